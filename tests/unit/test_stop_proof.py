"""STOP counts as working only where the chamber has shown that it arrives: at this address, in this form."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.helpers.console import URL, FakeClock, FakeLink, make_station, reading
from xovac_tui.api.link import LinkWord
from xovac_tui.api.loader import load_contract
from xovac_tui.chamber.snapshot import LedgerEntry, Outcome
from xovac_tui.config import Profile
from xovac_tui.createfile import SAVING, only_saver
from xovac_tui.recording.disk import lists
from xovac_tui.recording.disk.record import Record
from xovac_tui.recording.service import RecordChoice
from xovac_tui.recording.settings import RecordSettings
from xovac_tui.simulator.device import CANCEL_WHILE_IDLE
from xovac_tui.station.live import LiveStation, this_user
from xovac_tui.station.proofs import StopProofs
from xovac_tui.station.proving import NEVER, WHILE_IDLE, StopVerdict, VerdictCode
from xovac_tui.station.refusal import Refusal, RefusalCode


@asynccontextmanager
async def bench(
    folder: Path,
    *,
    url: str = URL,
    form: str = "",
    mode: str = "idle",
    observe: bool = False,
    record: bool = False,
) -> AsyncIterator[tuple[LiveStation, FakeLink, FakeClock]]:
    """A station in CONTROL, on a chamber that reports `mode` (nothing where that is empty)."""
    (folder / "form.toml").write_text(f"[commands.cancel_recipe]\n{form}\n" if form else "")
    clock = FakeClock()
    link = FakeLink(clock)
    station = make_station(
        clock,
        link,
        profile=Profile(url=url),
        contract=load_contract([folder / "form.toml"], simulator=True),
        observe=observe,
        record=RecordChoice(path=folder / "a.sqlite3", settings=RecordSettings()) if record else None,
        proofs=StopProofs(folder / "stop-proofs.toml"),
    )
    async with station:
        await asyncio.wait_for(link.running.wait(), 5)
        link.push(LinkWord.ONLINE)
        if mode:
            report(link, clock, mode)
        yield station, link, clock


def report(link: FakeLink, clock: FakeClock, mode: str) -> None:
    clock.advance(1.0)
    link.deliver("chamber_state", json.dumps(reading(mode, clock.utc())))


async def proved(
    station: LiveStation, link: FakeLink, result: str = "warning", message: str = CANCEL_WHILE_IDLE
) -> LedgerEntry:
    """Prove STOP on a chamber that answers so."""
    task = asyncio.create_task(station.proving.prove(blind=False))
    for _ in range(10):
        await asyncio.sleep(0)
    link.answer("cancel_recipe", result, message)
    return await task


async def test_the_documented_warning_while_idle_proves_it_and_is_kept(tmp_path: Path) -> None:
    async with bench(tmp_path) as (station, link, clock):
        assert station.proving.unproven
        entry = await proved(station, link)
        assert link.emitted == [("cancel_recipe", "")]
        assert station.proving.judge(entry) == StopVerdict(VerdictCode.DOCUMENTED, CANCEL_WHILE_IDLE)
        assert not station.proving.unproven
        proof = station.proving.proof
        assert proof is not None
        assert (proof.how, proof.who, proof.utc) == (WHILE_IDLE, entry.who, clock.utc())
    async with bench(tmp_path) as (station, _, _):
        assert station.proving.proof == proof
        assert station.proving.words == proof.words


async def test_another_address_or_form_is_not_proven(tmp_path: Path) -> None:
    async with bench(tmp_path) as (station, link, _):
        await proved(station, link)
    async with bench(tmp_path, url="http://other:8080") as (station, _, _):
        assert station.proving.unproven
    async with bench(tmp_path, form='sends = "nothing"') as (station, _, _):
        assert station.proving.unproven
    async with bench(tmp_path) as (station, _, _):
        assert not station.proving.unproven, (
            "nothing was sent, so the proof still holds for what it was made of"
        )


@pytest.mark.parametrize(
    ("result", "message", "proven", "code"),
    [
        ("warning", "Nichts läuft.", True, VerdictCode.OTHER_WARNING),
        ("success", "", False, VerdictCode.SUCCESS),
        ("error", "Bus fault.", False, VerdictCode.ERROR),
        ("done", "", False, VerdictCode.UNKNOWN),
    ],
)
async def test_what_each_answer_proves(
    tmp_path: Path, result: str, message: str, proven: bool, code: VerdictCode
) -> None:
    async with bench(tmp_path) as (station, link, _):
        await proved(station, link)
        entry = await proved(station, link, result, message)
        verdict = station.proving.judge(entry)
        assert (verdict.proven, verdict.code, verdict.said) == (proven, code, message)
        assert station.proving.unproven is not proven, "the newest evidence counts"


async def test_no_answer_proves_nothing_and_says_what_to_try(tmp_path: Path) -> None:
    async with bench(tmp_path) as (station, _, clock):
        task = asyncio.create_task(station.proving.prove(blind=False))
        await asyncio.sleep(0)
        clock.advance(10)
        station.tick()
        entry = await task
        assert entry.outcome is Outcome.UNKNOWN
        assert "--no-argument" in station.proving.judge(entry).words
        assert station.proving.unproven


@pytest.mark.parametrize(
    ("mode", "observe", "code"),
    [("running", False, RefusalCode.RUNNING), ("idle", True, RefusalCode.OBSERVED)],
)
async def test_it_is_refused_while_a_recipe_runs_or_in_observe(
    tmp_path: Path, mode: str, observe: bool, code: RefusalCode
) -> None:
    async with bench(tmp_path, mode=mode, observe=observe) as (station, link, _):
        entry = await station.proving.prove(blind=False)
        assert entry.outcome is Outcome.REFUSED
        assert entry.reason == Refusal(code, "cancel_recipe", always=observe).sentence
        assert link.emitted == []


async def test_a_chamber_that_reports_nothing_is_not_idle_after_a_load(tmp_path: Path) -> None:
    async with bench(tmp_path, mode="") as (station, link, _):
        assert station.proving.blind
        assert station.proving.blocked() is None
        loading = asyncio.create_task(station.send("load_recipe", {"name": "a", "recipe": [[20, 60, 0]]}))
        await asyncio.sleep(0)
        link.answer("load_recipe")
        await loading
        assert station.proving.blocked() == Refusal(RefusalCode.RUNNING, "cancel_recipe")


async def test_a_stop_that_ended_a_run_is_a_proof_too(tmp_path: Path) -> None:
    async with bench(tmp_path, mode="running") as (station, link, clock):
        stopping = asyncio.create_task(station.stop())
        await asyncio.sleep(0)
        link.answer("cancel_recipe")
        await stopping
        assert station.proving.unproven, "an answer alone is no proof"
        report(link, clock, "idle")
        assert "it ended a run" in station.proving.words


async def test_a_run_that_ended_long_after_a_stop_may_have_ended_by_itself(tmp_path: Path) -> None:
    async with bench(tmp_path, mode="running") as (station, link, clock):
        stopping = asyncio.create_task(station.stop())
        await asyncio.sleep(0)
        link.answer("cancel_recipe")
        await stopping
        for _ in range(60):
            report(link, clock, "running")
        report(link, clock, "idle")
        assert station.proving.unproven


async def test_a_state_of_an_earlier_connection_is_not_known(tmp_path: Path) -> None:
    async with bench(tmp_path) as (station, link, clock):
        assert not station.proving.blind
        link.push(LinkWord.LOST, "cut")
        clock.advance(2)
        link.push(LinkWord.ONLINE)
        assert station.proving.blind, "a recipe may have been started meanwhile"
        entry = await station.proving.prove(blind=False)
        assert (entry.outcome, link.emitted) == (Outcome.REFUSED, [])
        assert entry.reason == Refusal(RefusalCode.BLIND, "cancel_recipe").sentence
        report(link, clock, "idle")
        assert not station.proving.blind


def test_a_user_whose_name_is_no_utf8_can_be_written_down(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "\udcff\x1b[2J")
    assert this_user().isprintable()
    assert this_user().encode()


async def test_it_is_in_the_audit_log(tmp_path: Path) -> None:
    async with bench(tmp_path, record=True) as (station, link, _):
        assert await station.record_read(10)
        await proved(station, link)
        await asyncio.to_thread(station.record.flush)
        with Record(tmp_path / "a.sqlite3") as record:
            (change,) = [one for one in lists.changes(record) if one.kind == "stop"]
            assert change.text == StopVerdict(VerdictCode.DOCUMENTED, CANCEL_WHILE_IDLE).words
            assert json.loads(change.after)["address"] == f"{URL}/socket.io /"


async def test_what_cannot_be_kept_is_said_with_the_answer(tmp_path: Path) -> None:
    (tmp_path / "stop-proofs.toml").mkdir()
    async with bench(tmp_path) as (station, link, _):
        entry = await proved(station, link)
        assert "cannot be saved in" in station.proving.judge(entry).words


async def test_a_program_that_hangs_while_it_saves_holds_up_no_key_for_long(tmp_path: Path) -> None:
    async with bench(tmp_path) as (station, link, _):
        with only_saver(tmp_path / "stop-proofs.toml"):
            began = time.monotonic()
            entry = await proved(station, link)
            words = station.proving.judge(entry).words
            assert time.monotonic() - began < SAVING / 2
        assert "another program is saving" in words


async def test_proofs_of_other_programs_are_seen_and_odd_files_prove_nothing(tmp_path: Path) -> None:
    file = tmp_path / "stop-proofs.toml"
    async with bench(tmp_path) as (station, link, _):
        await proved(station, link)
    whole = file.read_text()
    for utc in ("1e300", "nan", "-1.0"):
        file.write_text(re.sub("utc = .*", f"utc = {utc}", whole))
        async with bench(tmp_path) as (station, _, _):
            assert station.proving.words == NEVER
    file.write_text("[bench-1]\naddress = 3\n")
    async with bench(tmp_path) as (station, link, _):
        assert station.proving.unproven
        await proved(station, link)
        assert StopProofs(file).get("bench-1", f"{URL}/socket.io /", "") is not None
