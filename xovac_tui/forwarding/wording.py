"""The words of forwarding: one sentence a code, with its data; the only place that words a failure."""

from __future__ import annotations

from xovac_tui.durations import format_whole
from xovac_tui.forwarding.failures import Failure, FailureCode
from xovac_tui.forwarding.view import SETTINGS_WAIT, SinkState, SinkView
from xovac_tui.plural import counted
from xovac_tui.text import clean
from xovac_tui.units import DAY

_C = FailureCode
_SENTENCES: dict[FailureCode, str] = {
    _C.REFUSED: "Nothing listens at its address. Start the server, or correct `url`.",
    _C.NO_ANSWER: "It does not answer within `timeout`. Check the server and the network.",
    _C.UNKNOWN_HOST: "Its host name is not known here. Correct `url`, or this machine's name service.",
    _C.CONNECTION: "The connection failed: {detail}. Check the server and the network.",
    _C.CERTIFICATE: "Its certificate is not trusted: {detail}. Give its authority in `ca_file`.",
    _C.TLS: "Encryption could not begin: {detail}. Check that `url` names its port for TLS.",
    _C.CREDENTIALS: "It refuses the user, password or token{said}. Correct them, or their rights.",
    _C.NOT_FOUND: "It has no such database, bucket or path{said}. Make it there, or correct the settings.",
    _C.NOT_A_STORE: "What answers at its address is no store{said}. Correct `url`, or what stands before it.",
    _C.ADDRESS: "Its address cannot be used. Correct `url`, or the file that `url_file` names.",
    _C.ANSWER: "It answers with an error{said}. Look at the server's own log.",
    _C.BUSY: "It takes no more for now{said}.",
    _C.TOO_LARGE: "It does not take so much at once{said}. Raise its limit on the size of what is sent.",
    _C.BAD_ROW: "It does not take what is sent{said}. Check `url` and the server.",
    _C.TAKEN: "Another program has its identity, so the server ended this connection{said}. End one of them.",
    _C.NOBODY: "No program subscribes to what is sent, so it would be lost{said}. Start what stores it.",
    _C.MISSING: 'A library is missing. Install it with `pip install "xovac-tui[{detail}]"`.',
    _C.SECRET: "Its secret cannot be used: {detail}.",
    _C.FILE: "A certificate or key cannot be used: {detail}. Correct its setting or the file.",
    _C.RECORD: "The record cannot be read: {detail}.",
    _C.DEFECT: "A defect in this program stopped it ({detail}). The log file has details.",
}
_SHORT = {
    _C.MISSING: "not installed",
    _C.SECRET: "no secret",
    _C.RECORD: "record unreadable",
    _C.NOBODY: "no subscriber",
}
"""Codes that are no words for the screen themselves."""
_HTTP = 300
"""Failures are below that in MQTT (128 to 162), and from there on in HTTP."""


def failure_sentence(failure: Failure) -> str:
    """Return why something was not stored, and what to do, as sentences."""
    detail = clean(failure.detail, 300)
    reported = ", ".join(one for one in (str(failure.status or ""), detail) if one)
    return _SENTENCES[failure.code].format(
        detail=detail.rstrip(".") or "no reason given", said=f" ({reported})" * bool(reported)
    )


def failure_word(failure: Failure) -> str:
    """Return why something was not stored in a word or two: the status of HTTP, which people know."""
    return str(failure.status) if failure.status >= _HTTP else _SHORT.get(failure.code, failure.code.value)


def lag(seconds: float) -> str:
    """Return how far a store is behind, in one unit: `40 s`, `12 min`, `3 h`, `2 d`."""
    for size, unit in ((DAY, "d"), (3_600.0, "h"), (60.0, "min")):
        if seconds >= size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"


def short_words(view: SinkView) -> str:
    """Return what is wrong with a sink, shortly: `lab 3 h behind`, `lab: 401`; empty where nothing is."""
    name = clean(view.name, 24)
    if view.failure is not None:
        return f"{name}: {failure_word(view.failure)}"
    return f"{name} {lag(view.behind)} behind" if view.state is SinkState.BEHIND else ""


def sink_sentence(view: SinkView) -> str:
    """Return what a sink does, in sentences that begin with its name."""
    name = f"{clean(view.name, 64)}: "
    counts = _counts(view)
    if view.state is SinkState.STARTING:
        return f"{name}begins."
    if view.state is SinkState.ELSEWHERE:
        return f"{name}forwarded by the process that records."
    if view.state is SinkState.OFF:
        return f"{name}nothing is recorded here, so nothing is forwarded."
    if view.failure is None:
        return f"{name}{'up to date' if view.state is SinkState.ON else _behind(view)}.{counts}"
    again = (
        f"It is tried again every {format_whole(SETTINGS_WAIT)}." if view.state is SinkState.STOPPED else ""
    )
    waits = f" {_behind(view).capitalize()}, kept in the record." if view.rows else ""
    return f"{name}{failure_sentence(view.failure)} {again}".rstrip() + waits + counts


def _behind(view: SinkView) -> str:
    return f"{lag(view.behind)} behind, {counted(view.rows, 'event')} to send"


def _counts(view: SinkView) -> str:
    said = ""
    if view.skipped:
        said += (
            f" {counted(view.skipped, 'row was', 'rows were')} not taken and left out; the log file says why."
        )
    if view.missed:
        said += f" {counted(view.missed, 'event was', 'events were')} no longer in the record."
    return said
