"""Make the list of all commands from the commands themselves, which imports every one of them."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping

import click

from xovac_tui.cli import root
from xovac_tui.cli.group import ListedGroup
from xovac_tui.cli.named import kind_of
from xovac_tui.cli.table import EVERY_EXIT, PROGRAM, Listed, imported
from xovac_tui.completing.listing import ListedArgument, ListedCommand, ListedOption, Listing


def listing_of(choices: Mapping[str, list[str]] | None = None) -> Listing:
    """Return the list of all commands.

    `choices` gives names that come with libraries, by kind of value; they complete words beside the others.
    """
    context = click.Context(root, info_name="xovac-tui", **root.context_settings)
    commands = list(_walk(root, context, [], PROGRAM))
    for command in commands:
        for param in (*command["options"], *command["arguments"]):
            param["choices"] = param["choices"] or list((choices or {}).get(param["values"] or "", []))
    return {"program": "xovac-tui", "commands": commands}


def _walk(
    command: click.Command, context: click.Context, words: list[str], listed: Listed
) -> Iterator[ListedCommand]:
    params = command.get_params(context)
    options = [param for param in params if isinstance(param, click.Option) and not param.hidden]
    exits = {int(code): words for code, words in (*EVERY_EXIT.items(), *listed.exits.items())}
    yield {
        "name": " ".join(words),
        "does": listed.help,
        "help": _paragraphs(command.help or ""),
        "terminal": listed.terminal,
        "arguments": [_argument(param, context) for param in params if isinstance(param, click.Argument)],
        "options": [_option(param) for param in options],
        "exit_codes": {str(code): exits[code] for code in sorted(exits)},
    }
    if isinstance(command, ListedGroup):
        for name, one in command.listed.items():
            found = imported(one.place)
            below = click.Context(found, info_name=name, parent=context)
            yield from _walk(found, below, [*words, name], one)


def _option(param: click.Option) -> ListedOption:
    kind = kind_of(param)
    takes = None if param.is_flag or param.count else param.metavar
    if takes is None and not (param.is_flag or param.count):
        takes = "WORD" if isinstance(param.type, click.Choice) else param.type.name.upper()
    option: ListedOption = {
        "names": [*param.opts, *param.secondary_opts],
        "off": list(param.secondary_opts),
        "takes": takes,
        "help": param.help or "",
        "required": param.required,
        "repeatable": param.multiple,
        "choices": _choices(param),
        "values": kind,
    }
    if param.show_default and isinstance(param.default, str | int | float):
        option["default"] = f"{param.default:g}" if isinstance(param.default, float) else str(param.default)
    return option


def _argument(param: click.Argument, context: click.Context) -> ListedArgument:
    return {
        "name": (param.metavar or (param.name or "").upper()).strip("[].").split("...")[0],
        "required": param.required,
        "many": param.nargs != 1,
        "choices": _choices(param),
        "values": kind_of(param),
    }


def _choices(param: click.Parameter) -> list[str]:
    return [str(one) for one in param.type.choices] if isinstance(param.type, click.Choice) else []


def _paragraphs(text: str) -> str:
    """Return a help text with each paragraph in one line."""
    paragraphs = inspect.cleandoc(text).split("\n\n")
    return "\n\n".join(" ".join(one.split()) for one in paragraphs)
