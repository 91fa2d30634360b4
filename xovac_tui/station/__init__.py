"""Wires one chamber together: link + chamber + ledger + record. The only thing that a face talks to."""
