"""The one way in which a number becomes digits for people: nothing is ever shown as minus nothing."""

from __future__ import annotations

import math
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


def spell_number(value: float) -> str:
    """Return a number with all its digits and a plain minus sign, as files and fields have it: "-20"."""
    number = float(value) + 0.0
    if not math.isfinite(number):
        return "—"
    return str(int(number)) if number.is_integer() and abs(number) < 1e15 else repr(number)


def format_number(value: float, decimals: int = 2) -> str:
    """Return a number with a true minus sign and without trailing zeros."""
    text = figure(value, f".{decimals}f")
    return text.rstrip("0").rstrip(".") if "." in text else text
