"""The kinds of alarms: one file each, with its settings, check, evaluation and words.

A new kind is a new file, and a line in each of the two lists here.
"""

from __future__ import annotations

from xovac_tui.alarms.kinds.base import Condition, Context, Rule
from xovac_tui.alarms.kinds.deviation import DeviationRule
from xovac_tui.alarms.kinds.disk import DiskRule
from xovac_tui.alarms.kinds.equals import EqualsRule
from xovac_tui.alarms.kinds.frozen import FrozenRule
from xovac_tui.alarms.kinds.level import HighHighRule, HighRule, Level, LowLowRule, LowRule
from xovac_tui.alarms.kinds.link import LinkRule
from xovac_tui.alarms.kinds.no_response import NoResponseRule
from xovac_tui.alarms.kinds.notification import NotificationRule
from xovac_tui.alarms.kinds.rate import RateRule
from xovac_tui.alarms.kinds.recorder import RecorderRule
from xovac_tui.alarms.kinds.stale import StaleRule
from xovac_tui.alarms.kinds.unforwarded import ForwardRule

__all__ = ["AnyRule", "Condition", "Context", "Level", "Rule"]

AnyRule = (
    HighRule
    | HighHighRule
    | LowRule
    | LowLowRule
    | DeviationRule
    | RateRule
    | StaleRule
    | EqualsRule
    | FrozenRule
    | NoResponseRule
    | LinkRule
    | RecorderRule
    | DiskRule
    | NotificationRule
    | ForwardRule
)
"""A rule of any kind; `kind` says which."""
