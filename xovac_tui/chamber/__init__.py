"""The live model of one chamber, pure: events and the time go in, frozen snapshots come out."""
