"""Messages of one event that do not all carry the same readings: each reading has its own pace."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.helpers.records import MONO, UTC, message
from tests.unit.test_validity import contract_of
from xovac_tui.api.link import LinkView, LinkWord
from xovac_tui.chamber.model import Chamber
from xovac_tui.chamber.snapshot import Quality
from xovac_tui.runs.dwell import Dwell

CONTRACT = """
[messages.readings]
"ta" = { channel = "plate", unit = "degC", role = "controlled" }
"p" = { channel = "pressure", unit = "mbar", role = "pressure" }
"""


class Bench:
    """A chamber with a message a second, and the dwell at 50 degC in it."""

    def __init__(self, tmp_path: Path) -> None:
        self.chamber = Chamber(contract_of(tmp_path, CONTRACT))
        self.now = MONO
        self.dwell: Dwell | None = None
        self.chamber.link_changed(LinkView(LinkWord.ONLINE, session=1), UTC, MONO)

    def say(self, **leaves: Any) -> None:
        self.now += 1.0
        self.chamber.apply(message(self.now - MONO, leaves, name="readings"))
        if self.dwell is not None:
            self.dwell = self.dwell.observe(self.chamber.observe(UTC + self.now, self.now))

    def run(self, seconds: int, every: int, other: int = 1) -> None:
        for at in range(1, seconds + 1):
            self.say(
                **({"ta": 50.0} if at % every == 0 else {}), **({"p": 1e-4} if at % other == 0 else {}), n=at
            )

    def quality(self, name: str) -> Quality:
        channel = self.chamber.snapshot(UTC + self.now, self.now).channel(name)
        assert channel is not None
        return channel.quality

    def begin(self) -> None:
        self.dwell = Dwell(self.now, 50.0, 2.0, 1e-3)
        self.dwell = self.dwell.observe(self.chamber.observe(UTC + self.now, self.now))


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


@pytest.mark.parametrize(("every", "other"), [(5, 1), (1, 10), (5, 4), (10, 10), (1, 1)])
def test_a_reading_in_some_of_the_messages_counts_at_its_own_pace(
    bench: Bench, every: int, other: int
) -> None:
    bench.run(60, every, other)
    bench.begin()
    bench.run(60, every, other)
    assert bench.dwell is not None
    assert (bench.dwell.in_tolerance, bench.dwell.creditable) == (60.0, 60.0)
    assert bench.quality("plate") is Quality.GOOD


def test_a_reading_that_is_carried_no_more_is_stale_by_its_own_pace(bench: Bench) -> None:
    bench.run(60, 5)
    bench.run(15, 1000)
    assert bench.quality("plate") is Quality.GOOD
    bench.run(1, 1000)
    assert bench.quality("plate") is Quality.STALE


def test_a_reading_that_all_messages_carried_is_stale_after_three_of_them(bench: Bench) -> None:
    bench.run(20, 1)
    bench.run(4, 1000)
    assert bench.quality("plate") is Quality.STALE
    # One message that left it out does not make it slow.
    bench.run(20, 1)
    bench.run(4, 1000)
    assert bench.quality("plate") is Quality.STALE


def test_a_loss_of_the_link_says_nothing_about_the_pace(bench: Bench) -> None:
    bench.run(60, 5)
    for session in (2, 3, 4):
        bench.chamber.link_changed(LinkView(LinkWord.LOST, session=session - 1), UTC, bench.now)
        bench.now += 100.0
        bench.chamber.link_changed(LinkView(LinkWord.ONLINE, session=session), UTC, bench.now)
        bench.run(5, 5)
    bench.run(16, 1000)
    assert bench.quality("plate") is Quality.STALE
