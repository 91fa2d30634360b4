"""`python -m xovac_tui` is the same program as `xovac-tui`."""

from xovac_tui.cli import main

if __name__ == "__main__":
    main()
