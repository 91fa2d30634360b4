"""A contract that changes while the console runs: what is shown, asked and said."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from tests.helpers.console import Console, console, drawn, of_the_simulator
from tests.ui.test_dialogs import form, question
from xovac_tui.api.contract import Contract
from xovac_tui.chamber.news import ContractProblem, ContractProblemChanged
from xovac_tui.ui.dialogs.guard import CommandDialog
from xovac_tui.ui.screens.controls.form import FormDialog
from xovac_tui.ui.screens.controls.pane import ControlsPane


def with_command(event: str, **changes: object) -> Contract:
    """Return the simulator's contract with another word about one command."""
    known = of_the_simulator()
    spec = msgspec.structs.replace(known.commands[event], **changes)
    return msgspec.structs.replace(known, commands={**known.commands, event: spec})


def renamed(path: str, **changes: object) -> Contract:
    """Return the simulator's contract with another word about one leaf of `chamber_state`."""
    known = of_the_simulator()
    message = known.messages["chamber_state"]
    leaves = tuple(
        msgspec.structs.replace(leaf, **changes) if leaf.path == path else leaf for leaf in message.leaves
    )
    changed = msgspec.structs.replace(message, leaves=leaves)
    return msgspec.structs.replace(known, messages={**known.messages, "chamber_state": changed})


@pytest.fixture(autouse=True)
def settles_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a stroke that counts have counted once the pilot goes on."""
    for module in ("dialogs.guard", "screens.controls.pane"):
        monkeypatch.setattr(f"xovac_tui.ui.{module}.SETTLE_SECONDS", 0.01)


async def test_readings_and_trend_have_the_new_name(tmp_path: Path) -> None:
    async with console(tmp_path) as c:
        assert c.station.change_contract(renamed("part", label="Sample", unit="K"))
        await c.settle()
        readings = "\n".join(drawn(c.app.screen)[:12])
        assert "Sample" in readings
        assert "Test part" not in readings
        assert any("Contract changed" in said and "Sample" in said for said in c.messages)
        assert c.link.emitted == []


async def test_a_question_about_a_command_that_changed_closes_itself(tmp_path: Path) -> None:
    async with console(tmp_path, tab="controls") as c:
        await question(c)
        c.station.change_contract(renamed("part", label="Sample"))
        await c.settle()
        assert isinstance(c.app.screen, CommandDialog), "a name closes a question about a command"
        c.station.change_contract(with_command("start_recipe", means="Something else."))
        await closed(c)
        await form(c, "vent")
        assert isinstance(c.app.screen, FormDialog)
        known = of_the_simulator()
        c.station.change_contract(
            msgspec.structs.replace(
                known, commands={name: one for name, one in known.commands.items() if name != "vent"}
            )
        )
        await closed(c)
        assert "vent" not in [one.event for one in c.app.screen.query_one(ControlsPane).commands]
        assert c.link.emitted == []


async def closed(c: Console) -> None:
    """Wait until the dialog is gone, with its reason on the screen."""
    await c.until(lambda: not isinstance(c.app.screen, CommandDialog))
    await c.settle()
    assert any(said.startswith("Closed: ") and "contract" in said for said in c.messages)


async def test_a_contract_that_cannot_be_used_is_told(tmp_path: Path) -> None:
    async with console(tmp_path) as c:
        problem = ContractProblem(("own.toml, line 1: a mistake.", "own.toml, line 2: another."), 0.0)
        c.station.news.publish(ContractProblemChanged(problem))
        await c.settle()
        assert any(problem.sentence in said for said in c.messages)
        c.station.news.publish(ContractProblemChanged(None))
        await c.settle()
        assert len(c.messages) >= 2


async def test_the_key_that_connects_reads_the_files_again(tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    file.write_text("")
    async with console(tmp_path) as c:
        await c.station.reread_contract([file])
        file.write_text('[messages.chamber_state]\n"part" = { label = "Sample" }\n')
        await c.press("r")
        await c.until(lambda: any("Sample" in said for said in c.messages))
        assert c.link.reconnects == 1
        assert c.link.emitted == []
