"""Drive the demo of an installed program in a terminal: `python -m tests.e2e.drive_demo PROGRAM`."""

from __future__ import annotations

import re
import sys
import tempfile
from pathlib import Path

from tests.helpers.pty import Pty, leave

READING = re.compile(r"TEST PART[^\n]*\n +[-−+]?\d+\.\d\b")

TABS = (("2", "cancel_recipe"), ("3", "Bakeout|bakeout"), ("4", "chamber_state"), ("1", READING.pattern))
"""Keys, and what their tabs show."""


def drive(program: str) -> str:
    """Open the demo far from any checkout, look at every tab, leave; return the first screen."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        with Pty([program, "--demo", "--speed", "30"], home=home, cwd=folder) as terminal:
            shown = terminal.wait_for(lambda text: READING.search(text) and "ONLINE" in text, 40)
            for key, word in TABS:
                terminal.send(key)
                terminal.wait_for(re.compile(word).search)
            leave(terminal)
            code = terminal.wait()
            terminal.assert_as_before()
            assert code == 0, f"exit code {code}: {terminal.left()}"
    return shown


if __name__ == "__main__":
    print(drive(str(Path(sys.argv[1]).absolute())))
    print(f"{sys.argv[1]} --demo: readings came, every tab opened, the terminal was given back.")
