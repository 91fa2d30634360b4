"""Texts of the messages about link, record, alarms and commands. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from xovac_tui.api.link import LinkWord
from xovac_tui.chamber.alarm import LOUD, SEVERITIES, AlarmChange, AlarmEvent
from xovac_tui.chamber.alarm import Severity as AlarmSeverity
from xovac_tui.chamber.news import ContractChanged, ContractProblemChanged, LinkChanged, ModeChanged
from xovac_tui.chamber.snapshot import LedgerEntry, Outcome
from xovac_tui.forwarding.view import BEHIND, ForwardChanged, SinkState
from xovac_tui.forwarding.wording import sink_sentence
from xovac_tui.plural import counted
from xovac_tui.recording.status import RecorderChanged, RecorderState
from xovac_tui.station.news import ServiceFailed
from xovac_tui.station.service import SAID_AGAIN
from xovac_tui.text import clean
from xovac_tui.ui.format import where_logged
from xovac_tui.ui.frame.trust_bar import GOES_ON
from xovac_tui.ui.message_history import Severity


class MessageText(msgspec.Struct, frozen=True):
    """One message."""

    title: str
    said: str
    severity: Severity = "information"
    seconds: float = 5.0
    """How long it counts as new."""
    stays: bool = False
    """It stays until it was seen."""
    path: str = ""
    """The file that it is about."""


_LONGEST = 240
"""Characters of foreign text in a message at most."""
_SEVERITY: dict[Outcome, Severity] = {
    Outcome.SENT: "information",
    Outcome.SUCCESS: "information",
    Outcome.DONE: "warning",
    Outcome.REFUSED: "warning",
    Outcome.WARNING: "warning",
    Outcome.ERROR: "error",
    Outcome.UNKNOWN: "error",
}


def link_words(news: LinkChanged) -> MessageText | None:
    """Return the message for a change of the link, None if it needs none."""
    word, before = news.link.word, news.before.word
    if word is LinkWord.LOST and before in (LinkWord.ONLINE, LinkWord.STALE):
        why = f"{news.link.why} " if news.link.why else ""
        return MessageText("Link LOST", f"{why}The {GOES_ON}.", "error", 4.0)
    if word is LinkWord.ONLINE and before not in (LinkWord.ONLINE, LinkWord.STALE) and news.link.session > 1:
        return MessageText("Link is back", "Nothing was sent on reconnecting.", seconds=4.0)
    return None


def recorder_words(news: RecorderChanged) -> MessageText | None:
    """Return the message for a change of the recorder, None if it needs none."""
    view, before = news.recorder, news.before
    new = [note for note in view.notes if note not in before.notes]
    if view.state is RecorderState.FAILING and before.state is not RecorderState.FAILING:
        return MessageText("Record", view.why, "error", 12.0)
    if new:
        said = " ".join(note.sentence for note in new)
        return MessageText("Record", said, "warning", 20.0, path=new[-1].other or str(new[-1].path))
    if before.state is RecorderState.FAILING and view.state is RecorderState.ON:
        lost = (
            f" {counted(view.lost, 'event was', 'events were')} lost." if view.lost else " Nothing was lost."
        )
        return MessageText("Recording again", f"What was held in memory is written.{lost}", seconds=6.0)
    if view.state is RecorderState.ON and view.lost and not before.lost:
        return MessageText(
            "Events were lost",
            f"{counted(view.lost, 'event')} found no room in memory before being written. "
            "The record says where.",
            "warning",
            12.0,
        )
    if before.state is RecorderState.BESIDE and view.state is RecorderState.ON:
        return MessageText("Recording here now", "The process that recorded has ended.", seconds=6.0)
    return None


def forward_words(news: ForwardChanged) -> MessageText | None:
    """Return the message for sinks that fail, or store again after they were behind; None without any."""
    before = {one.name: one for one in news.before.sinks}
    failed = [
        one
        for one in news.view.sinks
        if one.failure is not None and ((was := before.get(one.name)) is None or was.failure is None)
    ]
    if failed:
        said = " ".join(sink_sentence(one) for one in failed)
        return MessageText("Not forwarded", said, "warning", 12.0)
    back = [
        one.name
        for one in news.view.sinks
        if one.state is SinkState.ON and (was := before.get(one.name)) is not None and was.behind > BEHIND
    ]
    if back:
        return MessageText("Forwarded again", f"{', '.join(back)} has everything that was recorded.")
    return None


_SERVICES = {
    "ForwardService": "Forwarding",
    "RecordService": "Recording",
    "AlarmService": "Evaluation of alarms",
    "RunService": "Following of runs",
    "NotifyService": "Notification",
}


def service_words(news: ServiceFailed, log_file: str) -> MessageText:
    """Return what is said of a service that fails by a defect; else the screen looks as if it worked."""
    said = (
        f"By a defect ({news.error}); do not rely on it. Link and STOP go on. Start the console again if "
        f"this stays. {where_logged(log_file)}"
    )
    what = _SERVICES.get(news.service, news.service)
    return MessageText(f"{what} fails", said.rstrip(), "error", SAID_AGAIN, path=log_file)


def mode_words(news: ModeChanged) -> MessageText:
    """Return the message for a switch between OBSERVE and CONTROL."""
    if news.observe:
        return MessageText("", "OBSERVE: nothing can be sent from here, STOP included.", seconds=4.0)
    return MessageText("", "CONTROL: commands can be sent.", seconds=4.0)


def contract_words(news: ContractChanged) -> MessageText:
    """Return what is said of another contract: what differs, and that nothing was sent."""
    return MessageText("Contract changed", f"{clean(news.words, _LONGEST)}. Nothing was sent.")


def contract_problem_words(news: ContractProblemChanged) -> MessageText:
    """Return what is said of contract files that cannot be used, or can again."""
    if news.problem is None:
        return MessageText("Contract", "The contract files can be used again, and are in force.")
    return MessageText("Contract not taken", clean(news.problem.sentence, 2 * _LONGEST), "warning", 15.0)


_MOST_ALARMS = 3


def alarm_words(changes: Iterable[AlarmChange]) -> MessageText | None:
    """Return one message for all newly raised alarms, None if there are none to show."""
    raised = [one for one in changes if one.event is AlarmEvent.RAISED and one.severity in LOUD]
    if not raised:
        return None
    raised.sort(key=lambda one: SEVERITIES.index(one.severity))
    worst = raised[0].severity
    several = len(raised) > 1
    title = f"{len(raised)} alarms, worst {worst.upper()}" if several else f"{worst.upper()} alarm"
    said = [clean(one.text or one.rule, _LONGEST) for one in raised[:_MOST_ALARMS]]
    if len(raised) > _MOST_ALARMS:
        said.append(f"and {len(raised) - _MOST_ALARMS} more")
    severity: Severity = "error" if worst is AlarmSeverity.CRITICAL else "warning"
    return MessageText(title, "\n".join(said), severity, stays=True)


def unreadable_words(why: str) -> MessageText:
    """Return the message for an earlier record that cannot be read."""
    said = f"{clean(why, _LONGEST)} Charts and log show what is in memory. REC says if it is still written."
    return MessageText("The record cannot be read", said, "warning", 20.0)


def outcome_words(entry: LedgerEntry, keys: Mapping[str, str]) -> MessageText | None:
    """Return the message for a command's outcome, None if it needs none; `keys` as `Workspace.keys`."""
    name = f"{'STOP: ' if entry.stop else ''}{entry.command}"
    if entry.dismissed:
        return None
    if entry.outcome is Outcome.SENT:
        return MessageText(f"{name} sent", "It waits for its answer.")
    if entry.duplicates:
        return MessageText(name, f"Answered {entry.duplicates + 1} times: {entry.outcome.shown}.", "warning")
    if entry.confirmed is not None:
        return MessageText(f"{name} confirmed", "The chamber's own messages show the effect.", seconds=4.0)
    if entry.late is not None:
        said = entry.message or "The answer came after the time was over."
        return MessageText(f"{name}: late {entry.late.value}", said, _SEVERITY[entry.late])
    severity = _SEVERITY[entry.outcome]
    said = entry.message or entry.reason
    if len(said) > _LONGEST:
        said = f"{clean(said, _LONGEST)} (the whole is in the ledger: {keys['tab-controls']})"
    if entry.outcome is Outcome.SUCCESS:
        said = said or "Acknowledged. Watch the readings for the effect."
    seconds = 4.0 if severity == "information" else 8.0
    stays = entry.outcome is Outcome.UNKNOWN
    return MessageText(f"{name} {entry.outcome.shown}", said, severity, seconds, stays)
