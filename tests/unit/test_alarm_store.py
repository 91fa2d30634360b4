"""What other processes write about alarms is read once, and all of it."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from tests.helpers.alarmchanges import UTC, changed
from xovac_tui.chamber.alarm import AlarmEvent
from xovac_tui.recording.alarm_store import RecordAlarmStore
from xovac_tui.recording.disk import lists
from xovac_tui.recording.disk.kinds import RecordedAlarm, Session
from xovac_tui.recording.disk.record import Record
from xovac_tui.recording.disk.writer import Writer

SESSION = Session(pid=1, host="lab", who="ada@lab", program="test", profile="bench", url="http://x")


def test_it_is_read_again_only_when_something_was_committed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = []

    def later(*arguments: Any, **options: Any) -> Any:
        read.append(options)
        return lists_later(*arguments, **options)

    lists_later = lists.later_alarms
    monkeypatch.setattr(lists, "later_alarms", later)
    path = tmp_path / "r.sqlite3"
    writer = Writer(path, SESSION, recording=True, utc=UTC, mono=0.0)
    with Record(path) as record:
        own = SimpleNamespace(record=record, session=99)
        store = RecordAlarmStore(cast(Any, own))
        for _ in range(4):
            assert store.later(0) == []
        assert len(read) == 1
        writer.item(RecordedAlarm(change=changed("hot", AlarmEvent.RAISED)))
        writer.commit(UTC + 1)
        ((row, found),) = store.later(0)
        assert found == changed("hot", AlarmEvent.RAISED)
        # Found once, it is found again by who asks from the same row, and nothing is after it.
        assert store.later(0)
        assert store.later(row) == []
        # Another session's own rows are another question.
        own.session = 1
        assert store.later(0) == []
        own.session = 99
        assert store.later(0)
    writer.close(UTC + 2)
