"""Writes docs/keys.md from the one command table: python docs/keys.py."""

from __future__ import annotations

from pathlib import Path

from xovac_tui.ui.actions import keys_page

if __name__ == "__main__":
    (Path(__file__).parent / "keys.md").write_text(keys_page(), encoding="utf-8")
