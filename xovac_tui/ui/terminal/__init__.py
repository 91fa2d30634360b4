"""The terminal: its life cycle, input and output; nothing about the chamber."""
