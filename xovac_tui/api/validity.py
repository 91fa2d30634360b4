"""What a channel's values mean and which count: what a contract says, and what its unit makes impossible."""

from __future__ import annotations

import math
import re
from array import array
from collections.abc import Sequence
from typing import Annotated, TypeAlias

import msgspec

from xovac_tui.api.plausible import plausible
from xovac_tui.digits import digits
from xovac_tui.units import PRESSURE, lowest, unit_of

_SINGLE = 1e-6
"""Part by which a number may differ from itself after it was a 32-bit float (24 bits: 6e-8) in a device."""
MOST = 64
"""Numbers, and texts, that may mean "no value"."""
_LONGEST = 40
"""Characters of a text in a reason."""
_LONGEST_NUMBER = 64
"""Characters of a text that is read as a number."""
_IMPOSSIBLE = "which is assumed to be impossible"
_DECIMAL = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")


Numbers: TypeAlias = Annotated[tuple[float, ...], msgspec.Meta(max_length=MOST)]
Texts: TypeAlias = Annotated[tuple[str, ...], msgspec.Meta(max_length=MOST)]


def number_of(text: str) -> float | None:
    """Return the number that a text is in decimal; None where it is none, or none that is finite.

    Decimal text is an optional sign, digits with at most one point among, before or after them, and an
    optional exponent (`e` or `E`, an optional sign, digits), with white space around it. Nothing else is a
    number: no comma, no thousands, no underscore, no hexadecimal, no `inf` or `nan`, no unit.
    """
    words = text.strip()
    if len(words) > _LONGEST_NUMBER or not _DECIMAL.fullmatch(words):
        return None
    number = float(words)
    return number if math.isfinite(number) else None


class Validity(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a channel's values must be so that they count, in the channel's unit. Bounds: None is no bound."""

    numeric: bool = False
    """Its values are numbers: decimal text is read as one; other text, `true` and `false` are no value."""

    low: float | None = None
    """Lowest value that counts."""
    high: float | None = None
    """Highest value that counts."""
    above: float | None = None
    """Every value that counts is above this: 0 for a pressure, absolute zero for a temperature."""
    numbers: Numbers = ()
    """Numbers that mean "no value"."""
    texts: Texts = ()
    """Texts that mean "no value", in small letters."""
    assumed: bool = False
    """`low` and `high` are those that are assumed for the quantity, and not a contract's."""

    def read(self, value: bool | float | str | None) -> tuple[bool | float | str | None, str]:
        """Return what a value means, and why it does not count, as a clause; empty where it does."""
        if self.numeric and isinstance(value, bool):
            return value, f"{'true' if value else 'false'} is a truth value, and no number"
        if self.numeric and isinstance(value, str) and not self._stands(value):
            number = number_of(value)
            return (value, _no_number(value)) if number is None else (number, self.problem(number))
        return value, self.problem(value)

    def number(self, text: str) -> float | None:
        """Return a text as a sample: NaN where it does not count, None where a text makes no sample."""
        if not self.numeric:
            return None
        value, problem = self.read(text)
        return math.nan if problem or not isinstance(value, float) else value

    def problem(self, value: bool | float | str | None) -> str:
        """Return why a value does not count, as a clause; empty where it does.

        Truth values (of which `read` says more), null and numbers that are not finite always do.
        """
        if isinstance(value, str):
            return f'"{value.strip()[:_LONGEST]}" stands for no value' if self._stands(value) else ""
        if value is None or isinstance(value, bool) or not math.isfinite(value):
            return ""
        if self._stands_for_none(value):
            return f"{digits(value)} stands for no value"
        if self.above is not None and value <= self.above:
            return f"{digits(value)} is not above {digits(self.above)}, which is impossible"
        if self.low is not None and value < self.low:
            why = _IMPOSSIBLE if self.assumed else "the lowest that is valid"
            return f"{digits(value)} is below {digits(self.low)}, {why}"
        if self.high is not None and value > self.high:
            why = _IMPOSSIBLE if self.assumed else "the highest that is valid"
            return f"{digits(value)} is above {digits(self.high)}, {why}"
        return ""

    def _stands(self, text: str) -> bool:
        return text.strip().casefold() in self.texts

    def _stands_for_none(self, value: float) -> bool:
        return any(abs(value - number) <= _SINGLE * abs(number) for number in self.numbers)

    @property
    def bounds(self) -> bool:
        """True where some numbers do not count."""
        return bool(self.numbers) or not self.low is self.high is self.above is None

    def usable(self, values: Sequence[float]) -> Sequence[float]:
        """Return numbers with NaN in the place of those that do not count."""
        if not self.bounds:
            return values
        bounds = [bound for bound in (self.low, self.above) if bound is not None]
        floor, ceiling = max(bounds, default=-math.inf), math.inf if self.high is None else self.high
        finite = [value for value in values if value == value]
        if not finite:
            return values
        least, most = min(finite), max(finite)
        strict = self.above is not None and least <= self.above
        inside = floor <= least and most <= ceiling and not strict
        near = any(least - _SINGLE * abs(one) <= one <= most + _SINGLE * abs(one) for one in self.numbers)
        if inside and not near:
            return values
        return array("d", (math.nan if self.problem(value) else value for value in values))


def validity(
    unit: str,
    valid: tuple[float, float] | None = None,
    invalid: Sequence[float | str] = (),
    *,
    absolute: bool = False,
    numeric: bool = False,
) -> Validity | None:
    """Return the rule for a channel in a unit; None where every value counts as it came.

    A pressure must be above 0 and a temperature above absolute zero. The difference of two pressures may be
    negative: it is one where `valid` says so, unless the pressure must be an `absolute` one. Without `valid`
    the range counts that is assumed for the quantity (`plausible.toml`).
    """
    above = lowest(unit)
    differs = unit_of(unit).dimension == PRESSURE and valid is not None and valid[0] <= 0
    if differs and not absolute:
        above = None
    low, high = plausible(unit) if valid is None else (one if math.isfinite(one) else None for one in valid)
    made = Validity(
        numeric=numeric,
        low=low,
        high=high,
        above=above,
        assumed=valid is None and not low is high is None,
        numbers=tuple(float(one) for one in invalid if not isinstance(one, str) and math.isfinite(one)),
        texts=tuple(one.strip().casefold() for one in invalid if isinstance(one, str)),
    )
    return None if made == Validity() else made


def _no_number(text: str) -> str:
    words = text.strip()
    if not words:
        return "it is empty text, and no number"
    if "," in words and number_of(words.replace(",", ".")) is not None:
        return f'"{words[:_LONGEST]}" has a comma, which could mean two things'
    return f'"{words[:_LONGEST]}" is not a decimal number'
