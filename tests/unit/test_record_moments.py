from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from xovac_tui.recording.disk.schema import RecordError
from xovac_tui.recording.moments import moment, say

START = datetime(2026, 11, 23, 22, 10, 30, tzinfo=UTC).timestamp()
END = START + 10 * 3600


@pytest.mark.parametrize(
    ("typed", "seconds"),
    [
        ("2026-11-23T23:10:30Z", 3600.0),
        ("2026-11-23 23:10:30", 3600.0),
        ("2026-11-24T00:10:30.5+01:00", 3600.5),
        ("2026-11-24", 6570.0),
        ("2h30", 9000.0),
        ("0s", 0.0),
        (" 90 min ", 5400.0),
        ("1d", 86400.0),
        ("23:10", 3570.0),
        ("23:10:40", 3610.0),
        ("02:00", 13770.0),
        ("2:00", 13770.0),
        # The minute in which it began.
        ("22:10", -30.0),
    ],
)
def test_moments_are_read_as_people_name_them(typed: str, seconds: float) -> None:
    assert moment(typed, START, END, UTC) - START == seconds


def test_a_time_without_zone_is_in_the_zone_of_the_screen() -> None:
    zone = timezone(timedelta(hours=2))
    assert moment("2026-11-24T01:10:30", START, END, zone) - START == 3600.0
    assert moment("01:10", START, END, zone) - START == 3570.0
    assert say(START, zone) == "2026-11-24 00:10:30"


@pytest.mark.parametrize("typed", ["09:00", "21:00"])
def test_a_time_of_day_outside_is_reported_with_the_span(typed: str) -> None:
    with pytest.raises(RecordError, match="not between 2026-11-23 22:10:30 and 2026-11-24 08:10:30"):
        moment(typed, START, END, UTC)


@pytest.mark.parametrize(
    "typed",
    ["", "25:00", "12:60", "tomorrow", "2026-13-01", "99999-01-01", "-2h", "1e400", "2026-11-23T99:00"],
)
def test_what_is_no_moment_is_reported_with_examples(typed: str) -> None:
    with pytest.raises(RecordError, match=r"is not a time\. Write a date and time such as"):
        moment(typed, START, END, UTC)
