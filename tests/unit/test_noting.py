"""What is in force when a record is opened: noted when it is another one than before, and no secrets."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.helpers.console import URL, FakeClock, FakeLink, make_station, recorder_of
from xovac_tui.alarms.kinds.level import HighRule
from xovac_tui.alarms.watchlist import Watchlist, limits
from xovac_tui.api.contract import Contract
from xovac_tui.api.loader import documented_contract, load_contract
from xovac_tui.config import Profile, Secrets
from xovac_tui.config.in_force import contract_noted, in_force
from xovac_tui.recipes.settings import RecipeSettings
from xovac_tui.recording.audit import verify
from xovac_tui.recording.differences import as_json, in_words
from xovac_tui.recording.disk import lists
from xovac_tui.recording.disk.kinds import RecordedChange
from xovac_tui.recording.disk.record import Record
from xovac_tui.recording.service import RecordChoice
from xovac_tui.recording.settings import RecordSettings
from xovac_tui.station.live import LiveStation

KINDS = ("settings", "contract", "trust")


async def visit(
    path: Path,
    profile: Profile,
    *,
    contract: Contract | None = None,
    settings: RecordSettings | None = None,
    watchlist: Watchlist | None = None,
    secrets: Secrets | None = None,
    early: Callable[[LiveStation], None] = lambda _: None,
    meanwhile: Callable[[LiveStation], None] = lambda _: None,
) -> None:
    """Open a station with its record, and leave it; `early` is called before the record is read."""
    clock = FakeClock()
    link = FakeLink(clock)
    station = make_station(
        clock,
        link,
        profile=profile,
        contract=contract or documented_contract(),
        secrets=secrets,
        record=RecordChoice(path=path, settings=settings or RecordSettings()),
        watchlist=watchlist,
    )
    async with station:
        early(station)
        await link.running.wait()
        assert await station.record_read(10)
        station.tick()
        meanwhile(station)


def noted(path: Path) -> list[RecordedChange]:
    with Record(path) as record:
        return lists.changes(record)


def said(path: Path) -> list[tuple[str, str]]:
    return [(one.kind, one.text) for one in noted(path)]


async def test_what_is_in_force_is_noted_once(tmp_path: Path) -> None:
    path, profile = tmp_path / "r", Profile(url=URL)
    await visit(path, profile)
    first = "in the record for the first time"
    assert said(path) == [(kind, first) for kind in KINDS]
    assert {(one.who, one.before) for one in noted(path)} == {("ada@lab", "")}
    await visit(path, profile)
    assert len(noted(path)) == 3
    assert verify(path).well


async def test_what_is_noted_before_the_record_is_read_is_not_all_of_it(tmp_path: Path) -> None:
    path, profile = tmp_path / "r", Profile(url=URL)
    await visit(path, profile)
    changed = Profile(url=URL, stale_after=5.0)
    await visit(path, changed, early=lambda one: recorder_of(one).note_change("limits", "[]"))
    await visit(path, changed, early=lambda one: recorder_of(one).note_change("limits", "[]"))
    assert [kind for kind, _ in said(path)] == [*KINDS, "limits", "settings"]


async def test_a_change_is_noted_with_what_was_before(tmp_path: Path) -> None:
    path = tmp_path / "r"
    await visit(path, Profile(url=URL, recipe=RecipeSettings(max=80.0)))
    changed = Profile(url=URL, recipe=RecipeSettings(max=90.0), stale_after=5.0)
    await visit(path, changed, settings=RecordSettings(keep_days=30.0))
    (one,) = noted(path)[3:]
    assert one.kind == "settings"
    assert one.text == "recipe.max: 80.0 -> 90.0; record_kept.keep_days: 0.0 -> 30.0; stale_after: 3.0 -> 5.0"
    assert json.loads(one.before)["recipe"]["max"] == 80.0
    assert json.loads(one.after)["recipe"]["max"] == 90.0


async def test_another_trust_is_noted(tmp_path: Path) -> None:
    path, pem = tmp_path / "r", tmp_path / "ca.pem"
    pem.write_text("one")
    await visit(path, Profile(url=URL))
    await visit(path, Profile(url=URL.replace("http:", "https:")))
    await visit(path, Profile(url=URL.replace("http:", "https:"), ca_file=str(pem)))
    pem.write_text("two")
    await visit(path, Profile(url=URL.replace("http:", "https:"), ca_file=str(pem)))
    texts = [text for kind, text in said(path) if kind == "trust"]
    assert texts[1] == (
        "encrypted: false -> true; verified_by: nothing: the connection is not encrypted -> "
        "the system's authorities"
    )
    assert "verified_by: the system's authorities -> authorities of one's own" in texts[2]
    assert texts[3].startswith("ca_sha256: ")


async def test_a_contract_file_that_says_something_else_is_noted(tmp_path: Path) -> None:
    path, file = tmp_path / "r", tmp_path / "own.toml"
    for label in ("Plate", "Plate A", "Plate A"):
        file.write_text(f'[messages.sensor_data]\n"p.A" = {{ channel = "plate_a", label = "{label}" }}\n')
        await visit(path, Profile(url=URL, contracts=(str(file),)), contract=load_contract((file,)))
    texts = [text for kind, text in said(path) if kind == "contract"]
    assert len(texts) == 2
    assert "effective: " in texts[1]
    assert "files.own.toml: " in texts[1]


def test_what_an_older_version_did_not_keep_is_no_change() -> None:
    contract = documented_contract()
    now = json.loads(contract_noted(contract, {"own.toml": "ab"}))
    before = {key: now[key] for key in ("names", "files", "effective")}
    assert in_words(as_json(before), as_json(now)) == (
        "commands: nothing -> kept from now on; messages: nothing -> kept from now on; "
        "responses: nothing -> kept from now on"
    )


async def test_alarm_rules_are_noted_by_the_evaluating_process(tmp_path: Path) -> None:
    path = tmp_path / "r"
    for limit in (80.0, 85.0):
        rule = HighRule(name="Plate A high", channel="plate_a", limit=limit)
        await visit(path, Profile(url=URL), watchlist=Watchlist(rules=(rule,)))
    # A command of a script evaluates nothing.
    await visit(path, Profile(url=URL))
    texts = [text for kind, text in said(path) if kind == "limits"]
    assert texts == ["in the record for the first time", "rules.Plate A high.limit: 80.0 -> 85.0"]


async def test_a_switch_between_observe_and_control_is_noted(tmp_path: Path) -> None:
    path = tmp_path / "r"

    def switch(station: LiveStation) -> None:
        for observe in (True, True, False):
            station.set_observe(observe)

    await visit(path, Profile(url=URL), meanwhile=switch)
    assert [(one.before, one.after, one.text) for one in noted(path)[3:]] == [
        ('"CONTROL"', '"OBSERVE"', "a console was switched to OBSERVE"),
        ('"OBSERVE"', '"CONTROL"', "a console was switched to CONTROL"),
    ]


async def test_a_record_that_was_lost_is_reported_again(tmp_path: Path) -> None:
    path = tmp_path / "records" / "r"

    def lose(station: LiveStation) -> None:
        station.record.flush()
        shutil.rmtree(path.parent)
        path.parent.mkdir()
        # The recorder looks for its file when it has made sure that all is on the disk.
        station.record.change("mode", "x")
        station.clock.advance(10.0)  # type: ignore[attr-defined]
        station.record.flush()

    await visit(path, Profile(url=URL), meanwhile=lose)
    assert [kind for kind, _ in said(path) if kind != "mode"] == list(KINDS)


async def test_secrets_are_never_noted(tmp_path: Path) -> None:
    path = tmp_path / "r"
    url = "https://ada:hunter2@[::1]:8443/?token=hunter2"
    secrets = Secrets(auth={"key": "hunter2"}, headers={"X-Key": "hunter2"})
    for kind, after in in_force(Profile(url=url), RecordSettings(), documented_contract()):
        assert "hunter2" not in after, kind
        if kind == "settings":
            assert json.loads(after)["address"] == "https://[::1]:8443"
    await visit(path, Profile(url=URL, auth_file=str(tmp_path / "auth.toml")), secrets=secrets)
    assert all("hunter2" not in one.after for one in noted(path))
    assert "auth.toml" in noted(path)[0].after


def test_every_setting_of_a_profile_is_noted_somewhere() -> None:
    """What is added to the settings later must not be forgotten here."""
    reported = " ".join(after for _, after in in_force(Profile(), RecordSettings(), documented_contract()))
    left_out = {"url", "contracts", "observe"}
    for key in set(Profile.__struct_fields__) - left_out:
        assert f'"{key}"' in reported, key


def test_a_file_that_cannot_be_read_is_said_to_be_so(tmp_path: Path) -> None:
    profile = Profile(url="https://x", ca_file=str(tmp_path / "none.pem"))
    trust = dict(in_force(profile, RecordSettings(), documented_contract()))["trust"]
    assert json.loads(trust)["ca_sha256"] == "cannot be read: No such file or directory"


def test_limits_name_what_differs_from_a_bare_rule() -> None:
    rule = HighRule(name="P", channel="p", limit=1.0, deadband_ratio=0.2)
    found = limits(Watchlist(rules=(rule,)))
    assert found["rules"] == {"P": {"kind": "high", "channel": "p", "limit": 1.0, "deadband_ratio": 0.2}}


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ({"a": {"b": 1}}, {"a": {"b": 2}}, "a.b: 1 -> 2"),
        ({"a": "x"}, {"a": ""}, "a: x -> nothing"),
        ({}, {"a": [1, 2]}, "a: nothing -> [1, 2]"),
        ({"a": {}}, {"a": {"b": None}}, "became another one"),
        ("OBSERVE", "CONTROL", "OBSERVE -> CONTROL"),
        ({"a": "y" * 100}, {"a": 1}, f"a: {'y' * 57}... -> 1"),
        (
            dict.fromkeys("abcdefghijklmno", 0),
            {},
            "; ".join(f"{k}: 0 -> nothing" for k in "abcdefghijkl") + "; and 3 more",
        ),
    ],
)
def test_what_differs_is_reported_in_words(before: Any, after: Any, words: str) -> None:
    assert in_words(as_json(before), as_json(after)) == words


def test_what_was_before_may_be_anything() -> None:
    assert in_words("", "{}") == "in the record for the first time"
    assert in_words("no json", "{}") == "became another one"
    assert msgspec.json.decode(as_json({"b": 1, "a": 2})) == {"a": 2, "b": 1}
    assert as_json({"b": 1, "a": 2}) == as_json({"a": 2, "b": 1})
