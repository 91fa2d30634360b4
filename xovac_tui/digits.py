"""The one way in which a number becomes digits for people: nothing is ever shown as minus nothing."""

from __future__ import annotations

from functools import lru_cache

MINUS = "\N{MINUS SIGN}"


def digits(value: float, form: str = "g") -> str:
    """Return a number by a format such as `.1f`, `+.2f`, `.2e` or `g`, with the minus sign of a keyboard.

    What rounds to nothing has no minus: -0.04 by `.1f` is `0.0`, by `+.1f` it is `+0.0`.
    """
    return format(value, _never_minus_nothing(form))


def figure(value: float, form: str = "g") -> str:
    """Return a number as `digits` does, with a true minus sign in its mantissa."""
    return with_minus(digits(value, form))


def with_minus(text: str) -> str:
    """Return a number's digits with a true minus sign in its mantissa."""
    mantissa, exponent, power = text.partition("e")
    return mantissa.replace("-", MINUS) + exponent + power


@lru_cache(maxsize=256)
def _never_minus_nothing(form: str) -> str:
    """Return a format by which what rounds to nothing has no minus (PEP 682)."""
    sign = form[:1] if form[:1] in ("+", "-", " ") else ""
    return f"{sign}z{form[len(sign) :]}"
