"""The program `xovac-tui`, also as `python -m xovac_tui`."""

from __future__ import annotations

import importlib
import sys
from typing import NoReturn

from xovac_tui.completing.asked import ASKED


def main() -> NoReturn:
    """Run the program and leave with its exit code; to complete a word, without the command line's import."""
    if tuple(sys.argv[1:3]) == ASKED and len(sys.argv) > 4:
        importlib.import_module("xovac_tui.completing.answer").answer_shell(sys.argv[3], sys.argv[5:])
        sys.exit(0)
    importlib.import_module("xovac_tui.cli").main()
    raise AssertionError("the command line leaves by itself")


if __name__ == "__main__":
    main()
