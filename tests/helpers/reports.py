"""A record with eventful runs for a report, and a reader that is strict about its HTML."""

from __future__ import annotations

import hashlib
import sqlite3
from html.parser import HTMLParser
from pathlib import Path

from tests.helpers.pastruns import BEGAN, begin, record_run
from xovac_tui.chamber.alarm import AlarmChange, AlarmEvent, AlarmState, Severity
from xovac_tui.chamber.snapshot import Mark
from xovac_tui.recording.disk.kinds import RecordedAlarm, RecordedChange, RecordedMark
from xovac_tui.recording.disk.writer import Writer

NOW = BEGAN + 20_000.0
WICKED = '"><script>alert(1)</script>\x1b[31m\u202e'
"""What must never be more than text."""
SOURCE = """name = "Board X <b>"
description = "Flight board & spare </pre>"
tolerance = 3
pressure = 1e-3
limits = { min = -10, max = 55 }
[[steps]]
to = 50
over = "20min"
[[steps]]
hold = "40min"
[[steps]]
to = -5
over = "40min"
[[steps]]
hold = "30min"
"""
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c4944415408d763f8cfc00000030101"
    "00c9fe92ef0000000049454e44ae426082"
)
"""A red PNG."""


def eventful(path: Path) -> Path:
    """Write a record with a run that went well, with alarms, notes and papers by wicked people."""
    writer = begin(path)
    # Noted before the run.
    _change(writer, 50.0, "settings", '{"url": "http://x"}')
    record_run(writer, 1, 100.0, source=SOURCE, seconds=300.0)
    _change(writer, 200.0, "limits", "no JSON")
    _alarm(writer, 10.0, AlarmEvent.RAISED, "Door", "Door is open.")
    _alarm(writer, 210.0, AlarmEvent.RAISED, "Part hot", f"Part is 51.0 degC {WICKED}")
    _alarm(writer, 212.0, AlarmEvent.RETURNED, "Part hot", "")
    _alarm(writer, 220.0, AlarmEvent.SHELVED, "Pump", "", who="ann@lab", reason=WICKED)
    _alarm(writer, 9_000.0, AlarmEvent.ACKNOWLEDGED, "Part hot", "", who="ann@lab")
    writer.item(RecordedMark(mark=Mark(230.0, BEGAN + 230, "note", WICKED), who=WICKED))
    writer.commit(NOW)
    writer.close(NOW)
    with sqlite3.connect(path) as db:
        for name, media, data in (
            ("strap.png", "image/png", PIXEL),
            (WICKED, "text/plain", f"first line\n{WICKED}".encode()),
            ("board.pdf", "application/pdf", b"%PDF-1.7"),
        ):
            db.execute(
                "INSERT INTO attachments (session, t, run, who, name, media, text, hash, data) "
                "VALUES (1, ?, 1, 'ada@lab', ?, ?, 'how it was mounted', ?, ?)",
                (NOW, name, media, hashlib.sha256(data).hexdigest(), data),
            )
    db.close()
    return path


def _change(writer: Writer, at: float, kind: str, after: str) -> None:
    item = RecordedChange(kind=kind, who="ada@lab", text=WICKED, t=BEGAN + at, mono=at, after=after)
    writer.item(item)


def _alarm(
    writer: Writer, at: float, event: AlarmEvent, rule: str, text: str, *, who: str = "", reason: str = ""
) -> None:
    change = AlarmChange(
        rule=rule,
        event=event,
        state=AlarmState.UNACKNOWLEDGED,
        severity=Severity.HIGH,
        utc=BEGAN + at,
        mono=at,
        text=text,
        who=who,
        reason=reason,
        run=1,
    )
    writer.item(RecordedAlarm(change=change))


_VOID = {"meta", "br", "img", "link", "input", "hr"}


class Page(HTMLParser):
    """Reads a page, and notes what is not well nested, what it would fetch, and the cells of its tables."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.wrong: list[str] = []
        self.fetched: list[str] = []
        self.tags: set[str] = set()
        self.ids: list[str] = []
        self.handlers: list[str] = []
        self.rows: list[list[str]] = []
        self.text = ""
        self._cell: str | None = None
        self.feed(html)
        self.close()
        self.wrong += self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.text += " "
        for name, value in attrs:
            if name == "id":
                self.ids.append(value or "")
            if name.startswith("on"):
                self.handlers.append(name)
            if name in ("src", "href", "xlink:href", "data", "action") and not (value or "").startswith(
                ("#", "data:")
            ):
                self.fetched.append(value or "")
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self._cell = ""
        if tag not in _VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong.append(f"</{tag}> at {self.getpos()}")
        if tag in ("td", "th") and self._cell is not None:
            self.rows[-1].append(self._cell)
            self._cell = None

    def handle_data(self, data: str) -> None:
        self.text += data
        if self._cell is not None:
            self._cell += data
