"""Settings of alarms: what is watched, at which limits, and how the set of limits is chosen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from xovac_tui.chamber.alarm import LimitSet, SeverityName

RuleKind = Literal[
    "high",
    "high_high",
    "low",
    "low_low",
    "deviation",
    "rate",
    "stale",
    "equals",
    "link",
    "recorder",
    "disk",
    "no_response",
    "frozen",
    "notification",
]
Seconds = Annotated[float, Meta(ge=0, le=86_400)]

_LEVELS = ("high", "high_high", "low", "low_low", "deviation", "rate")
_BARE = ("link", "recorder", "disk", "notification")
"""Kinds that look at no channel."""


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One thing that is watched."""

    name: str
    """What it is called on the screen, and in the record: unique."""
    kind: RuleKind
    """`high` and `high_high` (above `limit`), `low` and `low_low` (below), `deviation` (farther than `limit`
    from the setpoint), `rate` (changes by more than `limit` a minute), `stale`, `equals`, `link` (lost),
    `recorder` (failing), `disk` (less than `limit` GB free), `no_response` (`output` high, but the channel
    does not move), `frozen` (the very same value for `over`), `notification` (one that failed)."""
    channel: str = ""
    """Channel by its short or full name."""
    value: str = ""
    """In place of a channel: an expression of channels, such as `plate_a - plate_b`."""
    limit: float | None = None
    """In the channel's unit, for every set of limits that `limits` does not name; None: not watched there."""
    limits: dict[LimitSet, float] = {}
    """Set of limits -> limit; overrides `limit` there."""
    equals: str | float | bool | None = None
    """For `equals`: the value that is an alarm."""
    output: str = ""
    """For `no_response`: the channel of the output."""
    output_limit: float | None = None
    """For `no_response`: at or above this the output is high; in its unit."""
    over: Seconds = 600.0
    """Seconds of the past that `no_response` and `frozen` look at."""
    deadband: Annotated[float, Meta(ge=0)] = 0.0
    """How far back behind the limit a value must be before the alarm returns, in the channel's unit."""
    deadband_ratio: Annotated[float, Meta(ge=0, lt=1)] = 0.0
    """The same as a ratio of the limit, for pressure: 0.2 is 20 %."""
    on_delay: Seconds = 0.0
    """Seconds for which the condition must hold before the alarm is raised."""
    off_delay: Seconds = 0.0
    """Seconds for which it must be gone before the alarm returns."""
    severity: SeverityName = "medium"
    sets: tuple[LimitSet, ...] = ()
    """Sets of limits in which it is watched at all; empty: in all of them."""
    cause: str = ""
    """Guidance: what is likely behind it."""
    consequence: str = ""
    """Guidance: what happens if nobody does anything."""
    action: str = ""
    """Guidance: what to do."""
    enabled: bool = True


class AlarmSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is watched on every chamber."""

    defaults: bool = True
    """Watch what this program watches by itself."""
    files: tuple[str, ...] = ()
    """TOML files with more `[[rules]]`, relative to the settings file."""
    limit_set: Literal["auto", "ambient", "pumping", "tvac"] = "auto"
    """Set of limits to begin with; `auto`: by the pressure."""
    ambient_above: Annotated[float, Meta(gt=0, le=1100)] = 500.0
    """mbar above which `auto` takes the limits for `ambient`."""
    tvac_below: Annotated[float, Meta(gt=0, le=1100)] = 1e-2
    """mbar below which `auto` takes those for `tvac`; between the two it is `pumping`."""
    rules: tuple[Rule, ...] = ()
    """A rule replaces an earlier one (a default, one of a file) of the same name."""


def rules_mistakes(rules: Sequence[Rule], key: str, places: Sequence[int] | None = None) -> Iterator[str]:
    """Yield a sentence for every rule that has the right types and still cannot be right.

    `places` are those of the rules in their list, where others were left out.
    """
    seen: set[str] = set()
    for number, rule in zip(range(len(rules)) if places is None else places, rules, strict=True):
        where = f"`{key}[{number}]`"
        if not rule.name.strip() or not rule.name.isprintable() or len(rule.name) > 60:
            yield f"{where}: `name` must be 1 to 60 printable characters: it is what the alarm is called."
        if rule.name in seen:
            yield f'{where}: there is another rule called "{rule.name}". Give one of them another name.'
        seen.add(rule.name)
        for sentence in _rule_mistakes(rule):
            yield f'{where} ("{rule.name}"): {sentence}'


def _rule_mistakes(rule: Rule) -> Iterator[str]:
    """Yield what is wrong with one rule; one that only switches a default off may be as short as it likes."""
    if not rule.enabled:
        return
    kind, named = rule.kind, bool(rule.channel or rule.value)
    if rule.channel and rule.value:
        yield "it has `channel` and `value`. Give one of them."
    if kind in _BARE and named:
        yield f"`{kind}` looks at no channel. Take `channel` or `value` out."
    if kind not in (*_BARE, "stale") and not named:
        yield f"`{kind}` needs `channel`, the short or full name of one, or an expression in `value`."
    if rule.value and kind not in ("high", "high_high", "low", "low_low", "equals"):
        yield f"`{kind}` cannot look at an expression. Give `channel`."
    if kind in (*_LEVELS, "disk", "no_response") and rule.limit is None and not rule.limits:
        yield f"`{kind}` needs `limit`, or `limits` with one for each set of limits that it is for."
    if kind == "equals" and rule.equals is None and not rule.value:
        yield "`equals` needs `equals`, the value that is an alarm."
    if kind == "no_response" and (not rule.output or rule.output_limit is None):
        yield "`no_response` needs `output`, the channel of the output, and `output_limit`."
