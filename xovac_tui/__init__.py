"""xovac-tui: a keyboard-driven terminal console for the XO-VAC+ thermal vacuum chamber."""

__version__ = "0.1.0"
