"""$EDITOR in a real terminal: it gets the terminal whole, and the console gets it back whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.helpers.editor import SOAK
from tests.helpers.pty import ALTERNATE_SCREEN, Pty, console, leave, press_stop
from xovac_tui.recipes.files import load_recipe
from xovac_tui.recipes.model import Ramp

WAITS = """#!/bin/sh
echo "EDITOR HAS $(basename "$1")"
read answer
sed -i.bak "s/to = 60/to = $answer/" "$1"
rm "$1.bak"
exit 0
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    (folder / "recipes").mkdir(parents=True)
    (folder / "recipes" / "soak.toml").write_text(SOAK.replace('"2h"', '"2h" # a comment'))
    return folder


def an_editor(folder: Path, script: str = WAITS) -> str:
    path = folder / "my editor"
    path.write_text(script)
    path.chmod(0o755)
    return f"'{path}' "


def on_recipes(program: Pty) -> None:
    program.wait_for("ONLINE")
    program.send("3")
    program.wait_for("Hot soak")
    program.wait_for("item")


def open_it(program: Pty) -> int:
    """Press E and say yes; return where the output of the editor begins."""
    program.send("E")
    program.wait_for("STOP is not available")
    mark = program.count
    program.answer("y")
    program.wait_raw(b"EDITOR HAS soak.toml", start=mark)
    assert ALTERNATE_SCREEN + b"l" in program.raw[mark:].partition(b"EDITOR HAS")[0]
    return mark


@pytest.mark.slow
def test_the_list_and_the_editor_open_it_and_read_what_came_of_it(home: Path, tmp_path: Path) -> None:
    with console("--demo", home=home, env={"EDITOR": an_editor(tmp_path)}, controlling=True) as program:
        on_recipes(program)
        mark = open_it(program)
        # What the console would draw meanwhile stays away from the editor's screen.
        drawn = program.raw[mark:].rpartition(b"EDITOR HAS")[2]
        assert b"ONLINE" not in drawn
        program.send("55\r")
        program.wait_raw(ALTERNATE_SCREEN + b"h", start=mark)
        program.wait_for("+55.0")
        assert load_recipe(home / "recipes" / "soak.toml").steps[0] == Ramp(55, rate=1)
        assert "# a comment" in (home / "recipes" / "soak.toml").read_text()
        program.send("e")
        program.wait_for("soak.toml  saved")
        (home / "recipes" / "soak.toml").write_text((home / "recipes" / "soak.toml").read_text() + "# end\n")
        program.send("E")
        program.wait_for("STOP is not available")
        mark = program.count
        program.answer("y")
        program.wait_raw(b"EDITOR HAS soak.toml", start=mark)
        program.send("not used\r")
        program.wait_raw(ALTERNATE_SCREEN + b"h", start=mark)
        program.wait_for("55 °C")
        press_stop(program)
        program.wait_for(lambda text: "STOP cancel_recipe" in text and "STOP armed" not in text)
        leave(program)
        assert program.wait() == 0
        program.assert_as_before()


@pytest.mark.slow
def test_ctrl_c_is_the_editors_and_a_bad_end_is_reported(home: Path, tmp_path: Path) -> None:
    with console("--demo", home=home, env={"VISUAL": an_editor(tmp_path)}, controlling=True) as program:
        on_recipes(program)
        mark = open_it(program)
        program.send("\x03")
        program.wait_raw(ALTERNATE_SCREEN + b"h", start=mark)
        program.wait_for("ended")
        program.wait_for("ONLINE")
        assert "LOST" not in program.text()
        leave(program)
        assert program.wait() == 0
        program.assert_as_before()


@pytest.mark.slow
def test_the_end_of_the_console_is_the_end_of_the_editor(home: Path, tmp_path: Path) -> None:
    with console("--demo", home=home, env={"EDITOR": an_editor(tmp_path)}, controlling=True) as program:
        on_recipes(program)
        open_it(program)
        program.signal(15)
        assert program.wait() == 128 + 15
        program.assert_as_before()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"EDITOR": None, "VISUAL": None}, "Neither VISUAL nor EDITOR is set"),
        pytest.param({"EDITOR": "'open", "VISUAL": None}, "unclosed quote", marks=pytest.mark.slow),
        pytest.param(
            {"EDITOR": "no-such-editor -x", "VISUAL": None}, "could not be started", marks=pytest.mark.slow
        ),
    ],
)
def test_without_an_editor_it_is_a_sentence(
    home: Path, environment: dict[str, str | None], said: str
) -> None:
    with console("--demo", home=home, env=environment) as program:
        on_recipes(program)
        program.send("E")
        if said.startswith("could"):
            program.wait_for("STOP is not available")
            program.answer("y")
        program.wait_for(lambda text: said in " ".join(text.split()) or said.split()[0] in text)
        program.wait_for("ONLINE")
        leave(program)
        assert program.wait() == 0
        program.assert_as_before()
