"""Writes the list of commands in docs/scripts.md from the one command table: python docs/commands.py."""

from __future__ import annotations

from pathlib import Path

from xovac_tui.cli.group import ListedGroup
from xovac_tui.cli.table import COMMANDS, imported

PAGE = Path(__file__).parent / "scripts.md"
BEGIN, END = "<!-- commands -->\n", "<!-- /commands -->\n"


def commands_list() -> str:
    """Return the list as Markdown."""
    rows = ["| command | does | terminal |\n", "|---|---|---|\n"]
    for name, listed in COMMANDS.items():
        command, does = imported(listed.place), listed.help
        if isinstance(command, ListedGroup):
            does += f" {', '.join(f'`{sub}`' for sub in command.listed)}."
        rows.append(f"| `{name}` | {does} | {'needed' if listed.terminal else ''} |\n")
    return "".join(rows)


def with_list(page: str) -> str:
    """Return a page with the list between its marks."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}{commands_list()}{END}{after}"


if __name__ == "__main__":
    PAGE.write_text(with_list(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
