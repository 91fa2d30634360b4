"""`xovac-tui commands|completion|man`: the program about itself, from the list of its commands."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from xovac_tui import __version__, completing
from xovac_tui.cli.common import echo_result, table
from xovac_tui.cli.manpage import manual_page
from xovac_tui.cli.output import echo_data
from xovac_tui.completing.answer import answer_shell
from xovac_tui.completing.listing import FILE, ListedCommand, explained, option_usage, shipped_listing

_SHELLS = ("bash", "zsh", "fish")


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def commands(as_json: bool) -> None:
    """List all commands with their arguments, options, choices and exit codes.

    As JSON for programs: keys are not taken away or given another meaning; more may come.
    """
    listing = shipped_listing()
    lines = [line for command in listing["commands"] for line in _lines(command)]
    echo_result(as_json, {"version": __version__, **listing}, lines[1:])


@click.command()
@click.option("--answer", is_flag=True, hidden=True)
@click.argument("shell", type=click.Choice(_SHELLS))
@click.argument("words", nargs=-1, type=click.UNPROCESSED, metavar="")
def completion(answer: bool, shell: str, words: tuple[str, ...]) -> None:
    """Print the completion of commands, options and values for a shell.

    To switch it on: `eval "$(xovac-tui completion bash)"` in ~/.bashrc, the same with zsh in ~/.zshrc, or
    `xovac-tui completion fish | source` in ~/.config/fish/config.fish. Completing reads settings, contracts
    and records, never connects, and prints no error.
    """
    if answer:
        answer_shell(shell, words)
        return
    if words:
        raise click.UsageError("Name one shell only.")
    folder = Path(completing.__file__).parent / "shells"
    echo_data((folder / f"{shell}.sh").read_text(encoding="utf-8"), nl=False)


@click.command()
def man() -> None:
    """Print the manual page, for man.

    To install it: `xovac-tui man > ~/.local/share/man/man1/xovac-tui.1`.
    """
    made = datetime.fromtimestamp(FILE.stat().st_mtime, UTC).date().isoformat()
    echo_data(manual_page(shipped_listing(), made), nl=False)


def _lines(command: ListedCommand) -> list[str]:
    arguments = [
        f"[{one['name']}]" if not one["required"] else one["name"] + ("..." if one["many"] else "")
        for one in command["arguments"]
    ]
    rows = [(f"  {option_usage(one)}", explained(one)) for one in command["options"]]
    codes = [(f"  exit {code}", means) for code, means in command["exit_codes"].items()]
    title = " ".join(["xovac-tui", *command["name"].split(), *arguments])
    return ["", f"{title}: {command['does']}", *table([*rows, *codes])]
