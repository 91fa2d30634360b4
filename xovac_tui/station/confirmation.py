"""How a person confirmed what is sent: it goes into the record with the command."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

STOP_KEY = "the STOP key, pressed twice"
ANSWER = "yes to the question"
TYPED_NAME = "the chamber's name, typed"
SAFE = "no question: the command is marked safe"
OPTION = "--yes on the command line"

_confirmation: ContextVar[str] = ContextVar("confirmation", default="")


@contextmanager
def confirmed_by(how: str) -> Iterator[None]:
    """Note with every command that is sent inside how a person confirmed it."""
    before = _confirmation.set(how)
    try:
        yield
    finally:
        _confirmation.reset(before)


def confirmation() -> str:
    """Return how a person confirmed what is being sent; empty where that is not known."""
    return _confirmation.get()
