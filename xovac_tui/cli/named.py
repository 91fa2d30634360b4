"""Types of options and arguments that say where their values come from. Light to import."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from xovac_tui.completing.wanted import ValueKind

if TYPE_CHECKING:
    _TextType = click.ParamType[str]
else:
    # Older releases of click have no type parameter here.
    _TextType = click.ParamType


class Named(_TextType):
    """Text that names something, such as a profile; the command checks it."""

    name = "text"

    def __init__(self, kind: ValueKind) -> None:
        self.kind = kind

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the text."""
        return str(value)


class NamedFile(click.Path):
    """A path to a file of a certain kind, such as a recipe."""

    def __init__(self, kind: ValueKind, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.kind = kind


def kind_of(param: click.Parameter) -> ValueKind | None:
    """Return where the values of an option or argument come from; None where nothing is known of them."""
    if isinstance(param.type, Named | NamedFile):
        return param.type.kind
    return ValueKind.FILE if isinstance(param.type, click.Path) else None
