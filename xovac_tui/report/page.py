"""The page of a report: every cell made into words here, so that the template only lays them out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import tzinfo
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from xovac_tui.digits import format_number
from xovac_tui.durations import format_to_tenth
from xovac_tui.report import appendix, charts
from xovac_tui.report.appendix import alarm_rows, command_row, gap_rows, handled_rows, note_rows
from xovac_tui.report.deviations import deviations
from xovac_tui.report.facts import ChannelFigures, ReportFacts
from xovac_tui.report.formatting import (
    COOL,
    DASH,
    WARM,
    Pair,
    ReportTimes,
    Row,
    band,
    judged,
    judged_in,
    text,
    value,
)
from xovac_tui.report.judge import CriterionOutcome, Judgement, RunVerdict, judge
from xovac_tui.runs.state import Leg
from xovac_tui.units import MINUTE, to_celsius

_SIGNS = {CriterionOutcome.MET: "✓", CriterionOutcome.NOT_MET: "✗", CriterionOutcome.OPEN: "?"}
_SIMULATOR = "simulator.toml"
"""Contract of the built-in simulator: no real part was tested where it is in force."""
_MOST_STEP_ROWS = 300
"""Rows of figures by step; of more, only those of channels that the contract names are shown."""
_ENVIRONMENT = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).parent),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def page(facts: ReportFacts, zone: tzinfo | None) -> str:
    """Return the report as one page of HTML that needs nothing else."""
    times = ReportTimes(zone, facts.past.recorded.started, facts.past.until)
    return _ENVIRONMENT.get_template("report.html.j2").render(_Page(facts, times).all())


class _Page:
    """One report in words."""

    def __init__(self, facts: ReportFacts, times: ReportTimes) -> None:
        self._facts, self._times = facts, times
        self._past = facts.past
        self._judgement: Judgement = judge(facts)

    def all(self) -> dict[str, Any]:
        """Return all that the template lays out."""
        facts, past, units = self._facts, self._past, self._facts.units
        verdict = self._judgement.verdict
        day = self._times.day(past.recorded.started)
        return {
            "title": text(past.recorded.name, 120) if past.recorded.name else "Run without a name",
            "run": past.recorded.label,
            "interim": past.running,
            "speed": "" if past.state.speed == 1.0 else format_number(past.state.speed),
            "simulated": any(_SIMULATOR in life.about.contract for life in facts.sessions),
            "chamber": text(facts.chamber, 80),
            "footer": _in_css(f"{past.recorded.label} of {text(facts.chamber, 80)}, {day}"),
            "day": day,
            "verdict": verdict.value,
            "verdict_class": {RunVerdict.PASS: "pass", RunVerdict.FAIL: "fail"}.get(verdict, "open"),
            "verdict_sign": {RunVerdict.PASS: "✓", RunVerdict.FAIL: "✗"}.get(verdict, "?"),
            "why": self._judgement.why,
            "criteria": [
                (_SIGNS[one.outcome], one.outcome.value, one.asks, text(one.found, 600))
                for one in self._judgement.criteria
            ],
            "allowance": format_to_tenth(facts.period) if facts.period else "",
            "limits_known": facts.recipe is not None and facts.recipe.limits is not None,
            "warm": units.temperature_words(WARM),
            "cool": units.temperature_words(COOL),
            "degrees": units.unit("degC"),
            "pace": f"{units.difference_unit('degC')}/min",
            "zone": self._times.zone_words,
            "subject": self._subject(),
            "people": self._people(),
            "temperature_chart": Markup(charts.temperature_chart(facts, self._times)),
            "pressure_chart": Markup(charts.pressure_chart(facts, self._times)),
            "dwell_charts": [Markup(one) for one in charts.dwell_charts(facts, self._times)],
            "plan_shown": bool(past.planned_points()),
            "dwells": self._dwells(),
            "steps": self._steps(),
            "deviations": [text(one, 600) for one in deviations(facts)],
            "alarms": alarm_rows(facts, self._times),
            "handled": handled_rows(facts, self._times),
            "commands": [command_row(one.entry, self._times) for one in past.commands],
            "notes": note_rows(facts, self._times),
            "whole": facts.whole,
            "gaps": gap_rows(facts, self._times),
            "phases": self._phases(),
            "by_step": self._by_step(),
            "by_step_cut": self._step_rows() > _MOST_STEP_ROWS,
            "attachments": [appendix.attachment_words(one, self._times) for one in facts.attachments],
            "recipe": appendix.recipe_words(facts, self._times),
            "bare": appendix.bare_words(facts, self._times),
            "settings": appendix.reading_pairs(facts),
            "sessions": appendix.session_rows(facts),
            "in_force": [appendix.change_words(one, self._times) for one in facts.in_force],
            "changes": [appendix.change_words(one, self._times) for one in facts.changes],
            "source": self._source(),
        }

    # -- what it is about -------------------------------------------------------------------------------

    def _subject(self) -> list[Pair]:
        past, facts = self._past, self._facts
        least = "" if past.state.start_seen else "before "
        ended = "it goes on" if past.running else "not recorded"
        if past.recorded.ended is not None:
            ended = self._times.stamp(past.until)
        planned = past.planned_seconds
        took = format_to_tenth(past.seconds) + (
            f", planned {format_to_tenth(planned)}" if planned is not None else ""
        )
        return [
            ("Part", text(past.description) if past.description else "the recipe does not describe it"),
            ("Chamber", text(facts.chamber, 80)),
            ("Recipe", text(past.recorded.name, 120)),
            ("Run", f"{past.recorded.label}, {self._result()}"),
            ("Began", least + self._times.stamp(past.recorded.started)),
            ("Ended", ended),
            ("Took", took),
            ("Times", f"in {self._times.zone_words}"),
        ]

    def _result(self) -> str:
        past = self._past
        if past.running:
            return "running"
        return "end not recorded" if past.recorded.ended is None else past.state.result.value

    def _people(self) -> list[Pair]:
        """Return the users who acted in this run, and what they did."""
        did: dict[str, Counter[str]] = {}
        past = self._past
        if past.load is not None:
            did.setdefault(past.load.who, Counter())["handed the recipe over"] += 1
        for one in past.commands:
            did.setdefault(one.entry.who, Counter())[f"sent {one.entry.command}"] += 1
        for mark in past.marks:
            if mark.mark.kind == "note":
                did.setdefault(mark.who, Counter())["wrote a note"] += 1
        for alarm in self._facts.alarms:
            if alarm.acknowledged_by:
                did.setdefault(alarm.acknowledged_by, Counter())["acknowledged an alarm"] += 1
        for change in self._facts.handled:
            if change.who:
                did.setdefault(change.who, Counter())[f"alarm {change.event.value}"] += 1
        for paper in self._facts.attachments:
            did.setdefault(paper.about.who, Counter())["attached a file"] += 1
        return [
            (text(who, 60), ", ".join(what if n == 1 else f"{what} ({n} times)" for what, n in deeds.items()))
            for who, deeds in did.items()
        ]

    # -- what was run ---------------------------------------------------------------------------------

    def _legs(self) -> Sequence[Leg]:
        return self._past.view().legs

    def _dwells(self) -> list[dict[str, Any]]:
        made, units = [], self._facts.units
        for leg in self._legs():
            dwell = leg.dwell
            if dwell is None:
                continue
            found = self._judgement.of_step(leg.step)
            outcome = found.outcome if found is not None else CriterionOutcome.OPEN
            edges = dwell.target - dwell.tolerance, dwell.target + dwell.tolerance
            condition = "" if dwell.pressure is None else f"≤ {units.pressure_words(dwell.pressure)}"
            cells = (
                str(leg.step),
                band(units, dwell.target, dwell.tolerance),
                condition or "any pressure",
                format_to_tenth(leg.planned),
                format_to_tenth(dwell.elapsed),
                format_to_tenth(dwell.in_tolerance),
                format_to_tenth(dwell.creditable),
                str(dwell.excursions),
                judged_in(units, "degC", dwell.minimum, *edges),
                judged_in(units, "degC", dwell.maximum, *edges),
            )
            made.append({"cells": cells, "sign": _SIGNS[outcome], "outcome": outcome.value})
        return made

    def _steps(self) -> list[Row]:
        state, plan = self._past.state, self._past.plan
        made: list[Row] = []
        for leg in self._legs():
            segment = plan.item(leg.step) if plan is not None and state.fits else None
            due = None if segment is None else self._past.recorded.started + segment.start / state.speed
            about = "~" if leg.estimated else ""
            took = "unseen" if leg.start is None else "goes on"
            if leg.start is not None and leg.end is not None:
                took = about + format_to_tenth(leg.end - leg.start)
            elif leg.start is not None and not self._past.running:
                took = "end not seen"
            made.append(
                (
                    str(leg.step),
                    "" if leg.cycle is None else f"{leg.cycle[0]}/{leg.cycle[1]}",
                    text(self._past.label_in(leg, self._facts.units), 120),
                    DASH if due is None else self._times.stamp(due),
                    about
                    + self._times.stamp(
                        None if leg.start is None else self._past.recorded.started + leg.start
                    ),
                    format_to_tenth(leg.planned),
                    took,
                    self._rate(leg),
                )
            )
        return made

    def _rate(self, leg: Leg) -> str:
        """Return the mean rate of a ramp in the chamber's time, from its first value to its last."""
        facts = self._facts
        channel = facts.channel(facts.controlled)
        if leg.kind != "ramp" or leg.start is None or channel is None:
            return ""
        found = facts.step_figures(channel, self._past.recorded.started + leg.start)
        if found is None or found.last_at <= found.first_at:
            return DASH
        first, last = to_celsius(found.first, channel.unit), to_celsius(found.last, channel.unit)
        if first is None or last is None:
            return DASH
        # As the recipe counts: a simulated minute is a part of one of the wall clock.
        pace = (last - first) / (found.last_at - found.first_at) * MINUTE / self._past.state.speed
        return judged(facts.units.change(pace, "degC"))

    # -- figures ----------------------------------------------------------------------------------------

    def _phases(self) -> list[tuple[str, list[Row]]]:
        """Return the figures of the whole run and of its dwells."""
        return [
            (phase.name, list(self._figures(place, self._facts.channels)))
            for place, phase in enumerate(self._facts.phases)
            if phase.step is None
        ]

    def _step_rows(self) -> int:
        return len(self._facts.channels) * sum(one.step is not None for one in self._facts.phases)

    def _by_step(self) -> list[tuple[str, list[Row]]]:
        channels = self._facts.channels
        if self._step_rows() > _MOST_STEP_ROWS:
            wanted = (self._facts.controlled, self._facts.pressure)
            channels = tuple(one for one in channels if one.name in wanted)
        return [
            (f"Step {phase.step}: {text(phase.name, 120)}", list(self._figures(place, channels)))
            for place, phase in enumerate(self._facts.phases)
            if phase.step is not None
        ]

    def _figures(self, place: int, channels: Iterable[ChannelFigures]) -> Iterable[Row]:
        for one in channels:
            found, decides = one.figures[place], one.name == self._facts.controlled
            if found is None:
                continue
            units = self._facts.units
            low, high, mean = (
                judged_in(units, one.unit, figure)
                if decides
                else value(figure, one.unit, log=one.log, units=units)
                for figure in (found.low, found.high, found.mean)
            )
            yield (
                text(one.label, 60),
                text(units.unit(one.unit), 20) if one.unit else "",
                low,
                self._times.since(found.low_at),
                high,
                self._times.since(found.high_at),
                mean,
                f"{found.count:,}",
            )

    def _source(self) -> dict[str, str]:
        facts = self._facts
        return {
            "record": text(facts.record, 120),
            "events": f"{facts.events:,}",
            "hash": facts.data_hash,
            "audit": text(facts.audit, 200) if facts.audit else "",
            "program": text(facts.program, 80),
            "made": self._times.stamp(facts.made),
        }


def _in_css(words: str) -> Markup:
    """Return text for a quoted string of a style sheet, in which HTML's escapes mean nothing."""
    plain = " -_.,"
    return Markup(
        "".join(
            sign if sign.isascii() and (sign.isalnum() or sign in plain) else f"\\{ord(sign):x} "
            for sign in words
        )
    )
