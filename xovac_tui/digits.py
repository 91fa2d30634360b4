"""The one way in which a number becomes digits for people: nothing is ever shown as minus nothing."""

from __future__ import annotations

import re

MINUS = "\N{MINUS SIGN}"
_FORM = re.compile(r"([+ -]?)(.*)")


def digits(value: float, form: str = "g") -> str:
    """Return a number by a format such as `.1f`, `+.2f`, `.2e` or `g`, with the minus sign of a keyboard.

    What rounds to nothing has no minus: -0.04 by `.1f` is `0.0`, by `+.1f` it is `+0.0`.
    """
    sign, rest = _FORM.fullmatch(form).groups()  # type: ignore[union-attr]
    return format(value, f"{sign}z{rest}")


def figure(value: float, form: str = "g") -> str:
    """Return a number as `digits` does, with a true minus sign in its mantissa."""
    return with_minus(digits(value, form))


def with_minus(text: str) -> str:
    """Return a number's digits with a true minus sign in its mantissa."""
    mantissa, exponent, power = text.partition("e")
    return mantissa.replace("-", MINUS) + exponent + power
