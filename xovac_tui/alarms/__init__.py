"""Alarms: rules, their evaluation, and the life of an alarm (ISA-18.2)."""

from typing import TYPE_CHECKING

from xovac_tui.later import later

if TYPE_CHECKING:
    from xovac_tui.alarms import defaults as defaults
    from xovac_tui.alarms import evaluator as evaluator
    from xovac_tui.alarms import kinds as kinds
    from xovac_tui.alarms import rules as rules
else:
    __getattr__ = later(__name__)
