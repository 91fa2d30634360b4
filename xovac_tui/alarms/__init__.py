"""Alarms: rules, their evaluation, and the life of an alarm (ISA-18.2)."""
