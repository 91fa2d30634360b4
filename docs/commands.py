"""Writes the list of commands from the one command table: python docs/commands.py.

As data into xovac_tui/completing/commands.json, as tables of commands and exit codes into docs/scripts.md.
"""

from __future__ import annotations

import json
from pathlib import Path

from xovac_tui.cli.table import COMMANDS
from xovac_tui.cli.walk import listing_of
from xovac_tui.completing.listing import FILE, Listing
from xovac_tui.completing.wanted import ValueKind
from xovac_tui.ui.theming import textual_themes

PAGE = Path(__file__).parent / "scripts.md"


def made_listing() -> Listing:
    """Return the list of commands as they are now, with the names of Textual's own themes."""
    return listing_of({ValueKind.THEME: sorted(textual_themes())})


def as_json(listing: Listing) -> str:
    """Return the list as its file holds it."""
    return json.dumps(listing, indent=1, ensure_ascii=False) + "\n"


def commands_list(listing: Listing) -> str:
    """Return the list as Markdown."""
    rows = ["| command | does | terminal |\n", "|---|---|---|\n"]
    for name, listed in COMMANDS.items():
        below = [one["name"].split()[1] for one in listing["commands"] if one["name"].startswith(f"{name} ")]
        does = listed.help + (f" {', '.join(f'`{sub}`' for sub in below)}." if below else "")
        rows.append(f"| `{name}` | {does} | {'needed' if listed.terminal else ''} |\n")
    return "".join(rows)


def exit_codes(listing: Listing) -> str:
    """Return what the exit codes mean, as Markdown: of every command, and where one differs, of that one."""
    every = listing["commands"][0]["exit_codes"]
    meanings: dict[tuple[str, str], list[str]] = {(code, means): [] for code, means in every.items()}
    for command in listing["commands"][1:]:
        for code, means in command["exit_codes"].items():
            if every.get(code) != means:
                meanings.setdefault((code, means), []).append(f"`{command['name']}`")
    rows = ["| exit code | of | means |\n", "|---|---|---|\n"]
    for code, means in sorted(meanings, key=lambda key: int(key[0])):
        names = meanings[code, means]
        rows.append(f"| {code} | {', '.join(names) if names else 'every command'} | {means} |\n")
    return "".join(rows)


def with_lists(page: str, listing: Listing) -> str:
    """Return a page with the lists between their marks."""
    for mark, made in (("commands", commands_list(listing)), ("exit-codes", exit_codes(listing))):
        begin, end = f"<!-- {mark} -->\n", f"<!-- /{mark} -->\n"
        before, _, rest = page.partition(begin)
        _, _, after = rest.partition(end)
        page = f"{before}{begin}{made}{end}{after}"
    return page


if __name__ == "__main__":
    made = made_listing()
    FILE.write_text(as_json(made), encoding="utf-8")
    PAGE.write_text(with_lists(PAGE.read_text(encoding="utf-8"), made), encoding="utf-8")
