"""A start without a chamber's name opens the connect screen, and is never a dead end."""

from __future__ import annotations

import asyncio

import pytest

from tests.helpers.commandline import CommandLine, Launched
from tests.helpers.records import message, write_record
from xovac_tui import paths
from xovac_tui.cli import console
from xovac_tui.config.state import State, load_state, save_state
from xovac_tui.ui import first_start
from xovac_tui.ui.first_lines import ConnectOffer, FirstStart, OfferKind


class Person:
    """Somebody at the connect screen, who makes these choices."""

    def __init__(self) -> None:
        self.choices: list[ConnectOffer | None] = []
        self.seen: list[FirstStart] = []

    def choose(self, first: FirstStart) -> tuple[ConnectOffer | None, int]:
        self.seen.append(first)
        return self.choices.pop(0), 0


@pytest.fixture
def person(monkeypatch: pytest.MonkeyPatch) -> Person:
    made = Person()
    monkeypatch.setattr(console, "on_terminal", lambda: True)
    monkeypatch.setattr(first_start, "run_first_start", made.choose)
    return made


def offer(kind: OfferKind, value: str = "") -> ConnectOffer:
    return ConnectOffer(kind, value, value, "")


def test_the_demo_is_opened_with_the_tour(
    line: CommandLine, launched: list[Launched], person: Person
) -> None:
    person.choices = [offer(OfferKind.DEMO)] * 2
    assert line().code == 0
    assert launched[0].simulator is not None
    assert launched[0].setup.name == "demo"
    assert launched[0].start.tour
    save_state(State(toured=True))
    assert line().code == 0
    assert not launched[1].start.tour


def test_an_address_opens_the_chamber_there_and_is_offered_again(
    line: CommandLine, launched: list[Launched], person: Person
) -> None:
    url = "http://chamber.lab:8080"
    person.choices = [offer(OfferKind.URL, url), None]
    assert line("--observe").code == 0
    (launch,) = launched
    assert launch.simulator is None
    assert launch.setup.profile.url == url
    assert launch.setup.profile.observe
    assert launch.equipment.record is not None
    assert launch.equipment.record.path.name == "chamber.lab-8080.xovac.sqlite3"
    assert load_state()[0].recent == (url,)
    line()
    assert [one.value for one in person.seen[1].offers if one.kind is OfferKind.URL] == [url]


def test_profiles_and_chambers_used_before_are_offered(
    line: CommandLine, launched: list[Launched], person: Person
) -> None:
    line.settings('[profiles.a]\nurl = "http://a:1"\n[profiles.b]\nurl = "http://b:1"\n')
    for name, url in (("a", "http://a:1"), ("demo-2", "http://127.0.0.1:9"), ("c-1", "http://c:1")):
        write_record(paths.record_file(name), [message(0, "{}")], profile=name, url=url)
    paths.record_file("broken").write_text("no database")
    person.choices = [offer(OfferKind.PROFILE, "b")]
    assert line().code == 0
    assert [(one.kind, one.shown) for one in person.seen[0].offers] == [
        (OfferKind.PROFILE, "a"),
        (OfferKind.PROFILE, "b"),
        (OfferKind.DEMO, "Demo"),
        (OfferKind.TYPED, "Address"),
        (OfferKind.SSH, "SSH destination"),
        (OfferKind.URL, "http://c:1"),
    ]
    assert launched[0].setup.name == "b"


def test_leaving_it_opens_nothing(line: CommandLine, launched: list[Launched], person: Person) -> None:
    person.choices = [None]
    assert line().code == 0
    assert launched == []


def test_a_saved_profile_is_opened_and_its_name_is_not_suggested_again(
    line: CommandLine, launched: list[Launched], person: Person
) -> None:
    person.choices = [None]
    line()
    first = person.seen[0]
    assert first.problem == ""
    bench = offer(OfferKind.URL, "http://bench.lab:1")
    assert first.name_for(bench) == "bench.lab"
    first.save("bench.lab", bench)
    assert line().code == 0
    assert (launched[0].setup.name, launched[0].setup.profile.url) == ("bench.lab", "http://bench.lab:1")
    line.settings('[profiles.a]\nurl = "http://a"\n[profiles.B]\n')
    person.choices = [None]
    line()
    assert person.seen[1].name_for(offer(OfferKind.URL, "http://b")) == "b-2"


def test_a_destination_of_ssh_names_the_profile_and_is_saved_with_it(
    line: CommandLine, launched: list[Launched], person: Person
) -> None:
    behind = ConnectOffer(OfferKind.URL, "http://localhost:8080", "", "", "me@lab-pc")
    person.choices = [None, behind]
    line()
    first = person.seen[0]
    assert first.name_for(behind) == "lab-pc"
    assert line().code == 0
    assert (launched[0].setup.profile.ssh, load_state()[0].recent) == ("me@lab-pc", ())
    assert launched[0].equipment.record is not None
    assert launched[0].equipment.record.path.name == "localhost-8080-via-me-lab-pc.xovac.sqlite3"
    first.save("lab-pc", behind)
    assert line().code == 0
    assert (launched[1].setup.name, launched[1].setup.profile.ssh) == ("lab-pc", "me@lab-pc")


def test_a_check_goes_the_way_of_doctor(line: CommandLine, launched: list[Launched], person: Person) -> None:
    person.choices = [None]
    line()

    async def checked() -> list[str]:
        found = person.seen[0].check(offer(OfferKind.URL, "http://127.0.0.1:1"))
        return [one.name async for one in found if one.failed]

    assert asyncio.run(checked()) == ["tcp"]
