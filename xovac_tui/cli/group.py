"""Groups of commands that are imported when they are called, by the tables of commands."""

from __future__ import annotations

from typing import Any

import click
from click.shell_completion import CompletionItem

from xovac_tui.cli.table import Table, imported
from xovac_tui.text import nearest


class ListedGroup(click.Group):
    """Imports a command's module only when that command is called; names the nearest to a wrong name."""

    def __init__(self, *args: Any, listed: Table, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.listed = listed

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.listed)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.listed:
            return None
        command = imported(self.listed[cmd_name].place)
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        wrong = args and args[0] not in self.listed and not args[0].startswith("-")
        if wrong and not ctx.resilient_parsing:
            ctx.fail(f'There is no command "{args[0]}".{nearest(args[0], self.listed)}')
        return super().resolve_command(ctx, args)

    def sections(self) -> list[tuple[str, Table]]:
        """Return the commands as the help lists them, by title."""
        return [("Commands", self.listed)]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for title, table in self.sections():
            with formatter.section(title):
                formatter.write_dl([(name, listed.help) for name, listed in table.items()])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        begun = [name for name in self.listed if name.startswith(incomplete)]
        found = [CompletionItem(name, help=self.listed[name].help) for name in begun]
        return [*found, *click.Command.shell_complete(self, ctx, incomplete)]
