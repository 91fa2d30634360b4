"""Command handlers of other forms than the manual's example, as a device may have them."""

from __future__ import annotations

from functools import cache
from typing import Any, Literal

from xovac_tui.api.loader import load_contract

HandlerForm = Literal["noarg", "object", "args", "ack"]
HANDLER_FORMS: tuple[HandlerForm, ...] = ("noarg", "object", "args", "ack")


def fitting(form: HandlerForm | None, event: str, args: tuple[Any, ...]) -> tuple[Any, ...] | None:
    """Return the arguments in the usual form; None if this form's handler cannot take them.

    `noarg`: commands without a payload take no argument. `object`: a payload is an object, not JSON text.
    `args`: each field of a payload is an argument. `ack`: the usual arguments.
    """
    names = _fields(event)
    if form == "noarg" and not names:
        return None if args else ("",)
    if form == "object" and names:
        return args if len(args) == 1 and isinstance(args[0], dict) else None
    if form == "args" and names:
        return (dict(zip(names, args, strict=True)),) if len(args) == len(names) else None
    return args if len(args) == 1 else None if form else args


@cache
def _fields(event: str) -> tuple[str, ...]:
    spec = load_contract((), simulator=True).commands.get(event)
    return tuple(field.name for field in spec.fields) if spec is not None else ()
