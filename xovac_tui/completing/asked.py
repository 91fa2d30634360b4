"""How the functions of the shells call the program."""

ASKED = ("completion", "--answer")
"""Words behind the program's name; the shell's name, `--` and what was typed follow."""
