"""What the console says of a STOP that was never proven, and how it is proven from there."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.helpers.console import Console, console
from tests.ui.test_controls import listed
from tests.ui.test_recipes_pane import dialogs, recipes_tab, say_yes
from xovac_tui.api.loader import load_contract
from xovac_tui.chamber.snapshot import Outcome
from xovac_tui.simulator.device import CANCEL_WHILE_IDLE
from xovac_tui.station.proofs import StopProofs
from xovac_tui.station.proving import NEVER, UNPROVEN
from xovac_tui.ui.dialogs.facts import FactsView
from xovac_tui.ui.widgets.lines import LinesWidget


def asked(c: Console) -> str:
    """Return what the open question says, on one line."""
    return " ".join(fact.text for view in c.app.screen.query(FactsView) for fact in view.facts)


async def question(c: Console, key: str) -> None:
    """Press a key, and wait until its question can be answered."""
    await c.press(key)
    await c.until(lambda: dialogs(c) == 1)

    def shown() -> bool:
        c.app.flush()
        return bool(asked(c))

    await c.until(shown)
    c.clock.advance(1)


def heading(c: Console) -> str:
    return str(c.app.query_one("#commands-box").border_title)


async def test_controls_and_start_say_that_stop_was_never_proven_until_it_is(tmp_path: Path) -> None:
    proofs = StopProofs(tmp_path / "stop-proofs.toml")
    async with console(tmp_path, tab="controls", proofs=proofs) as c:
        assert UNPROVEN in heading(c)
        await c.press("3")
        await question(c, "S")
        assert f"{NEVER} Prove it while nothing runs: f8." in asked(c)
        await c.press("escape")
        await question(c, "f8")
        assert "the answer must be a warning" in asked(c)
        assert c.link.emitted == [], "nothing is sent before the answer"
        await say_yes(c)
        assert c.link.emitted == [("cancel_recipe", "")]
        c.link.answer("cancel_recipe", "warning", CANCEL_WHILE_IDLE)
        await c.until(lambda: any("STOP is proven" in message for message in c.messages))
        await c.press("2")
        assert heading(c) == "Commands"
        await c.press("3")
        await question(c, "S")
        assert c.station.proving.proof is not None
        assert c.station.proving.proof.words in asked(c)


async def test_the_question_before_loading_says_it_too(tmp_path: Path) -> None:
    proofs = StopProofs(tmp_path / "stop-proofs.toml")
    async with recipes_tab(tmp_path, proofs=proofs) as (c, _pane):
        await question(c, "L")
        assert f"{NEVER} Prove it while nothing runs: f8." in asked(c)


@pytest.mark.parametrize(("mode", "said"), [("running", "would cancel it"), ("observe", "only observes")])
async def test_it_is_not_asked_where_it_must_not_be_sent(tmp_path: Path, mode: str, said: str) -> None:
    proofs = StopProofs(tmp_path / "stop-proofs.toml")
    async with console(tmp_path, proofs=proofs, observe=mode == "observe") as c:
        await c.readings("running" if mode == "running" else "idle")
        await c.press("f8")
        await c.until(lambda: any(said in message for message in c.messages))
        assert (dialogs(c), c.link.emitted) == (0, [])


async def test_a_run_that_begins_while_it_is_asked_closes_the_question(tmp_path: Path) -> None:
    async with console(tmp_path, proofs=StopProofs(tmp_path / "stop-proofs.toml")) as c:
        await question(c, "f8")
        await c.readings("running")
        await c.until(lambda: any("went from IDLE to RUNNING" in message for message in c.messages))
        assert (dialogs(c), c.link.emitted) == (0, [])


async def test_an_assumed_form_is_marked_where_it_is_met(tmp_path: Path) -> None:
    file = tmp_path / "form.toml"
    file.write_text('[commands.cancel_recipe]\nsends = "nothing"\n')
    contract = load_contract([file], simulator=True)
    async with console(tmp_path, tab="controls", contract=contract, size=(120, 36)) as c:
        await c.until(lambda: len(listed(c)) == len(contract.commands))
        assert "assumed" in listed(c)["Cancel the running recipe"]
        assert "no payload; no argument, assumed" in c.app.query_one("#about", LinesWidget).plain
        await question(c, "enter")
        assert "cancel_recipe [no argument (assumed," in asked(c)
        await say_yes(c)
        assert c.link.emitted == [("cancel_recipe", ())]


async def test_a_clock_that_was_sent_does_not_look_set(tmp_path: Path) -> None:
    async with console(tmp_path, tab="controls") as c:
        await c.station.send("sync_xovac_time")
        await c.settle()
        assert "no answer" in listed(c)["Set the chamber's clock"]
        assert any(Outcome.DONE.shown in message for message in c.messages)
