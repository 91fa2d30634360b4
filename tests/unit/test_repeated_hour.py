"""The hour that comes twice in autumn, and the one left out in spring: never two moments with one name."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from xovac_tui.recording.disk.schema import RecordError
from xovac_tui.recording.moments import moment, say
from xovac_tui.report.formatting import ReportTimes
from xovac_tui.ui.format import Times
from xovac_tui.zones import occurs_twice

BERLIN = ZoneInfo("Europe/Berlin")
FIRST = datetime(2026, 10, 25, 0, 30, tzinfo=UTC).timestamp()
"""02:30 CEST."""
SECOND = FIRST + 3600
"""02:30 CET."""
DAY = 86_400.0


@pytest.fixture(params=["named", "here"])
def zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[tzinfo | None]:
    """Give the zone as an object, and as that of this machine."""
    if request.param == "named":
        yield BERLIN
        return
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    yield None
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize("typed", ["2026-10-25 02:30", "2026-10-25T02:30:00", "02:30"])
def test_a_time_that_comes_twice_is_the_one_in_the_stretch_or_refused(
    typed: str, zone: tzinfo | None
) -> None:
    assert moment(typed, FIRST - 60, FIRST + 60, zone) == FIRST
    assert moment(typed, SECOND - 60, SECOND + 60, zone) == SECOND
    with pytest.raises(RecordError) as refused:
        moment(typed, FIRST - 600, SECOND + 600, zone)
    assert str(refused.value) == (
        "2026-10-25 02:30:00 came twice, because clocks were set back. "
        "Write 2026-10-25 02:30:00+02:00 or 2026-10-25 02:30:00+01:00."
    )


def test_what_is_said_of_it_is_read_back(zone: tzinfo | None) -> None:
    for utc in (FIRST, SECOND, FIRST - 3600, SECOND + 3600):
        assert moment(say(utc, zone), FIRST - DAY, SECOND + DAY, zone) == utc
    assert say(FIRST - 3600, zone) == "2026-10-25 01:30:00"
    assert say(FIRST, zone) == "2026-10-25 02:30:00+02:00"
    assert moment("2026-10-25T02:30:00+01:00", FIRST, SECOND, zone) == SECOND


def test_a_time_that_was_left_out_is_refused(zone: tzinfo | None) -> None:
    spring = datetime(2026, 3, 29, 1, 0, tzinfo=UTC).timestamp()
    with pytest.raises(RecordError, match="There was no 2026-03-29 02:30:00: clocks were set forward"):
        moment("2026-03-29 02:30", spring - DAY, spring + DAY, zone)
    assert moment("03:30", spring - DAY, spring + DAY, zone) == spring - DAY + 5400


def test_it_is_known_which_times_come_twice(zone: tzinfo | None) -> None:
    edges = [FIRST - 1801, FIRST - 1800, SECOND + 1799, SECOND + 1800]
    assert [occurs_twice(utc, zone) for utc in edges] == [False, True, True, False]
    assert not occurs_twice(FIRST, UTC)
    assert not any(occurs_twice(utc, zone) for utc in (-6.3e10, 253_402_300_799.9, 1e13))


@pytest.mark.parametrize("zone", ["here"], indirect=True)
def test_no_two_moments_have_one_name_on_the_screen(zone: tzinfo | None) -> None:
    times = Times("local")
    for how in (
        times.clock,
        times.clock_to_milli,
        times.short,
        times.day_and_time,
        times.second,
        times.stamp,
    ):
        assert how(FIRST) != how(SECOND)
    assert times.short(FIRST) == "02:30 CEST"
    assert times.clock_to_milli(SECOND + 0.25) == "02:30:00.250 CET"
    assert times.clock(FIRST - 3600) == "01:30:00"
    assert times.clock_with_zone(FIRST) == "02:30:00 CEST"
    assert times.short_with_zone(FIRST) == "02:30 CEST"
    assert Times("utc").short(FIRST) == "00:30"


def test_a_report_has_one_distance_from_utc_and_names_it() -> None:
    report = ReportTimes(BERLIN, FIRST - 3600, FIRST)
    assert report.zone_words == "CEST (UTC+02:00)"
    # A photo that is attached the day after is reported in the same one.
    assert (report.stamp(FIRST), report.stamp(SECOND)) == ("2026-10-25 02:30:00", "2026-10-25 03:30:00")
    assert ReportTimes(BERLIN, FIRST, SECOND).zone_words == "UTC"


@pytest.mark.usefixtures("zone")
def test_the_programs_own_log_is_in_utc(tmp_path: Path) -> None:
    from xovac_tui.logfile import LogFile

    handler = LogFile(tmp_path / "log")
    record = logging.LogRecord("n", logging.WARNING, "p", 1, "said", None, None)
    record.created, record.msecs = FIRST, 250.0
    assert handler.format(record).startswith("2026-10-25T00:30:00.250Z ")
    handler.close()
