import os
import re
import sys
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from xovac_tui.errors import RecipeError
from xovac_tui.recipes.files import MAX_BYTES, list_recipes, load_recipe, parse_recipe
from xovac_tui.recipes.findings import FindingCode, flaw
from xovac_tui.recipes.model import Hold, Limits, Ramp, Recipe, Repeat
from xovac_tui.validation import DATE, TEXT, wrong_value

DESIGN = """
name = "Bakeout and 4 cycles"
description = "Board X, lot 3"
limits = { min = -30, max = 65 }    # of the test part, degC: checked, never sent
tolerance = 2
pressure = 1e-3

[[steps]]
to = 60
rate = 1.5
note = "gently"
[[steps]]
hold = "3h"
[[steps]]
repeat = 4
[[steps.steps]]
to = -20
over = "45min"
[[steps.steps]]
hold = "2h"
[[steps]]
to = 22
"""
HEAD = 'name = "X"\n'


def complaint(text: str | bytes) -> str:
    with pytest.raises(RecipeError) as caught:
        parse_recipe(text, "x.toml")
    message = str(caught.value)
    assert all(line.startswith("x.toml") and line.endswith((".", "?")) for line in message.split("\n"))
    return message


def refusal(text: str | bytes) -> str:
    try:
        parse_recipe(text, "x")
    except RecipeError as error:
        return str(error)
    return "fine"


def test_the_whole_format() -> None:
    assert parse_recipe(DESIGN, "x.toml") == Recipe(
        name="Bakeout and 4 cycles",
        description="Board X, lot 3",
        limits=Limits(-30, 65),
        tolerance=2,
        pressure=1e-3,
        steps=(
            Ramp(60, rate=1.5, note="gently"),
            Hold(10800),
            Repeat(4, (Ramp(-20, over=2700), Hold(7200))),
            Ramp(22),
        ),
    )


def test_the_manuals_example_is_a_recipe_and_its_complaints_are_real() -> None:
    page = (Path(__file__).parents[2] / "docs" / "recipes.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    assert parse_recipe(example, "x").name == "Bakeout and 4 cycles"
    wrong = example.replace("over = ", "rat = 1\nover = ").replace("to = 22", "hold = 30")
    assert complaint(wrong).replace("x.toml", "cycles.toml") in page


def test_windows_habits_are_fine() -> None:
    assert parse_recipe(b"\xef\xbb\xbf" + DESIGN.replace("\n", "\r\n").encode(), "x") == parse_recipe(
        DESIGN, "x"
    )


@pytest.mark.parametrize(
    ("body", "parts"),
    [
        # keys
        ("[[steps]]\nto = 5\nrat = 3", ["step 1: `rat` is not a known key.", 'Did you mean "rate"?']),
        ('[[steps]]\ndwell = "2h"', ["step 1: `dwell`", 'Did you mean "hold"?']),
        ("[[steps]]\ntemperature = 5", ["step 1: `temperature`", 'Did you mean "to"?']),
        (
            "[[steps]]\nto=1\n[[steps]]\nrepeat = 2\n[[steps.steps]]\nto = 5\nrat = 3",
            ["step 2.1: `rat`", '"rate"'],
        ),
        (
            "[[steps]]\nto = 5\n[limits]\nmin = 1\nmaks = 2",
            ["`limits.maks` is not a known key. Valid here: max, min.", "`limits.max` is missing"],
        ),
        ('desciption = "d"\n[[steps]]\nto = 5', ["desciption", 'Did you mean "description"?']),
        ("Tolerance = 1\n[[steps]]\nto = 5", ['`Tolerance` is not a known key. Did you mean "tolerance"?']),
        ("[[steps]]\nTO = 5", ['step 1: `TO` is not a known key. Did you mean "to"?']),
        ("qqq = 1\n[[steps]]\nto = 5", ["`qqq` is not a known key. Valid here: description, limits, name"]),
        ('"\\u001b[31m" = 1\n[[steps]]\nto = 5', ['\\u001b[31m"` is not a known key']),
        # what a step may be
        ("", ["steps is missing"]),
        ("steps = []", ["steps is missing"]),
        ("[steps]\nto = 5", ["double brackets"]),
        ("steps = [1]", ["step 1 is not a table"]),
        ('[[steps]]\nnote = "x"', ["step 1 says nothing to do"]),
        ("[[steps]]\nrate = 1", ["step 1", 'add "to"']),
        ('[[steps]]\nto = 5\nhold = "1h"', ["step 1 says to and hold at once"]),
        ('[[steps]]\nhold = "1h"\nrate = 1', ["step 1: rate does not belong"]),
        ('[[steps]]\nto = 1\nrate = 1\nover = "1h"', [f"step 1: it {flaw(FindingCode.RATE_AND_TIME)}."]),
        ("[[steps]]\nrepeat = 2", ["step 1: steps is missing", "[[steps.steps]]"]),
        ("[[steps]]\n[[steps.steps]]\nto = 1", ['no "repeat"']),
        # temperatures and rates
        ("[[steps]]\nto = nan", ["step 1: `to` is nan, but it must be a number"]),
        ("[[steps]]\nto = -inf", ["step 1: `to` is -inf, but it must be a number"]),
        ("[[steps]]\nto = true", ["step 1: `to` is true, but it must be a number"]),
        ('[[steps]]\nto = "60"', ["step 1: `to`", "no quotes"]),
        ('[[steps]]\nto = "1,5"', ["decimals with a point"]),
        ("[[steps]]\nto = -300", ["absolute zero"]),
        ("[[steps]]\nto = 6000", ["to = 6000 is above 1000 °C"]),
        ("[[steps]]\nto = 1" + "0" * 400, [wrong_value("to", 10**400, "a number")]),
        ("[[steps]]\nto = 1\nrate = 0", ["step 1: rate = 0 must be above 0"]),
        ("[[steps]]\nto = 1\nrate = -1.5", ["rate = -1.5 must be above 0", "direction"]),
        ("[[steps]]\nto = 1\nrate = 1e-9", ["outside 0.001 to 1000"]),
        # durations
        (
            "[[steps]]\nhold = 30",
            ['`hold` is 30, but it must be a duration with its unit, in quotes, like "30min"'],
        ),
        ("[[steps]]\nhold = 1e300", ['like "30min"']),
        ("[[steps]]\nhold = nan", ["step 1: `hold` is nan, but it must be a duration"]),
        (
            "[[steps]]\nhold = 01:30:00",
            [f"`hold` is {DATE}, but it must be a duration with its unit, in quotes"],
        ),
        ("[[steps]]\nhold = false", ["step 1: `hold` is false"]),
        ('[[steps]]\nhold = "0s"', [f'hold = "0s" {flaw(FindingCode.DURATION_NOT_POSITIVE)}.']),
        ('[[steps]]\nhold = "-1h"', ["negative"]),
        ('[[steps]]\nhold = "400d"', ["longer than 365d"]),
        ('[[steps]]\nto = 1\nover = "1,5h"', ["step 1: over", "with a point"]),
        # repeats
        (
            "[[steps]]\nrepeat = 0\n[[steps.steps]]\nto = 1",
            [f"step 1: repeat = 0 {flaw(FindingCode.NO_ROUNDS)}."],
        ),
        ("[[steps]]\nrepeat = -3\n[[steps.steps]]\nto = 1", ["at least 1"]),
        ("[[steps]]\nrepeat = 2.5\n[[steps.steps]]\nto = 1", ["whole number"]),
        ("[[steps]]\nrepeat = true\n[[steps.steps]]\nto = 1", ["whole number"]),
        ("[[steps]]\nrepeat = 99999\n[[steps.steps]]\nto = 1", ["too many rounds"]),
        (
            "[[steps]]\nrepeat = 9999\n[[steps.steps]]\nrepeat = 9999\n[[steps.steps.steps]]\nto = 1",
            ["unroll to 99980001", "repeat less"],
        ),
        # the rest of the head
        ("tolerance = 0\n[[steps]]\nto = 1", ["tolerance = 0 must be"]),
        ("pressure = -1\n[[steps]]\nto = 1", ["pressure = -1 must be", "mbar"]),
        ("pressure = 1e5\n[[steps]]\nto = 1", ["pressure = 100000.0 is outside", "check the number"]),
        ('pressure = "1e-3 mbar"\n[[steps]]\nto = 1', ["`pressure` is the text", "no unit"]),
        ("vacuum = 1e-3\n[[steps]]\nto = 1", ['Did you mean "pressure"?']),
        (
            "limits = 5\n[[steps]]\nto = 1",
            ["`limits` is 5, but it must be a table like limits = { min = -30, max = 65 }, in °C."],
        ),
        ("limits = {min = 5, max = 5}\n[[steps]]\nto = 1", [f"limits {flaw(FindingCode.LIMITS_CROSSED)}."]),
        ("limits = {min = nan, max = 5}\n[[steps]]\nto = 1", ["`limits.min` is nan"]),
        ("description = 5\n[[steps]]\nto = 1", [wrong_value("description", 5, TEXT)]),
        ('[[steps]]\nto = 1\nnote = "\\u0007"', [f"step 1: note {flaw(FindingCode.TEXT_NOT_PRINTABLE)}."]),
    ],
)
def test_what_is_wrong_is_named_with_what_would_be_right(body: str, parts: list[str]) -> None:
    message = complaint(HEAD + body)
    assert all(part in message for part in parts), message
    assert "\x1b" not in message


@pytest.mark.parametrize(
    ("head", "part"),
    [
        ("", "name is missing"),
        ("name = 5", "`name` is 5"),
        ('name = "  "', "name is empty"),
        (f'name = "{"x" * 65}"', "65 characters"),
        ('name = "a\\u001b[2J"', "cannot be shown"),
        ('name = "a\\nb"', "cannot be shown"),
    ],
)
def test_names(head: str, part: str) -> None:
    assert part in complaint(f"{head}\n[[steps]]\nto = 1")


def test_the_longest_name_is_fine() -> None:
    assert parse_recipe(f'name = "{"ä" * 64}"\n[[steps]]\nto = 1', "x").name == "ä" * 64


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        (HEAD + "[[steps]]\nto = 1,5", ["x.toml, line 3", "with a point"]),
        (HEAD + "[[steps]]\nhold = 30min", ["x.toml, line 3", "in quotes"]),
        (HEAD + "[[steps]]\nhold = 2h", ["x.toml, line 3", "in quotes"]),
        ("name = ", ["x.toml, line 1"]),
        (HEAD + HEAD, ["x.toml, line 2"]),
        ("", ["empty"]),
        (" \n\n", ["empty"]),
        (b"name = '\xff'", ["line 1", "UTF-8"]),
        ("name = 'x'".encode("utf-16"), ["UTF-8"]),
        (b"a\n" * MAX_BYTES, ["larger than"]),
        ("a" * 10_000, ["line 1 is longer"]),
        ("a = " + "[\n" * 20_000, ["nested too deep"]),
    ],
)
def test_files_that_are_no_recipe(text: str | bytes, parts: list[str]) -> None:
    message = complaint(text)
    assert all(part in message for part in parts), message


def test_repeats_nest_five_deep_and_no_deeper() -> None:
    def nested(depth: int) -> str:
        lines = [HEAD]
        for level in range(1, depth + 1):
            lines.append(f"[[{'.'.join(['steps'] * level)}]]\nrepeat = 1")
        return "\n".join([*lines, f"[[{'.'.join(['steps'] * (depth + 1))}]]\nto = 1"])

    assert parse_recipe(nested(5), "x")
    assert "nested too deep" in complaint(nested(6))


def test_many_problems_are_reported_together_but_not_all() -> None:
    message = complaint(HEAD + "[[steps]]\nto = nan\n" * 25)
    assert message.count("\n") == 10
    assert message.endswith("15 more problems like these.")


@given(st.text() | st.binary())
@example("a = " + "1" * 2400)
@example("a = 9999-99-99")
@example('"" = 1')
@example("steps.a = 1\nname.b = 2\nlimits = [1]")
def test_anything_is_a_recipe_or_a_sentence(text: str | bytes) -> None:
    assert refusal(text).endswith((".", "?", "fine"))


_values = st.sampled_from(
    ["1", "-5.5", "0", "9" * 20, "nan", "inf", "true", '"2h"', '"x"', '""', "[]", "[1]", "{}", "07:32:00"]
)
_keys = st.sampled_from(
    [
        "name",
        "description",
        "limits",
        "tolerance",
        "pressure",
        "to",
        "rate",
        "over",
        "hold",
        "repeat",
        "note",
        "steps",
        "rat",
    ]
)
_lines = st.builds("{} = {}".format, _keys, _values) | st.sampled_from(
    ["[[steps]]", "[[steps.steps]]", "[limits]", "[steps]", "[[steps.steps.steps]]"]
)


@given(st.lists(_lines, max_size=12).map("\n".join))
def test_anything_like_a_recipe_is_one_or_a_sentence(text: str) -> None:
    assert refusal(text).endswith((".", "?", "fine"))


def test_a_folder_lists_good_and_bad_files_sorted(tmp_path: Path) -> None:
    (tmp_path / "b.toml").write_text(DESIGN, encoding="utf-8")
    (tmp_path / "A.toml").write_text("name = ", encoding="utf-8")
    (tmp_path / "c.TOML").write_text(DESIGN, encoding="utf-8")
    (tmp_path / "d.toml").mkdir()
    (tmp_path / ".hidden.toml").write_text(DESIGN, encoding="utf-8")
    (tmp_path / "readme.txt").write_text("no", encoding="utf-8")
    files = list_recipes(tmp_path)
    assert [file.path.name for file in files] == ["A.toml", "b.toml", "c.TOML", "d.toml"]
    assert [file.name for file in files] == ["A", "Bakeout and 4 cycles", "Bakeout and 4 cycles", "d"]
    assert [file.recipe is None for file in files] == [True, False, False, True]
    assert "A.toml, line 1" in files[0].problem
    assert "is a folder" in files[3].problem
    assert files[1].problem == ""


def test_a_folder_that_is_not_there_holds_no_recipes(tmp_path: Path) -> None:
    assert list_recipes(tmp_path / "none") == ()
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(RecipeError, match="is not a folder"):
        list_recipes(tmp_path / "file")


def test_paths_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="does not exist"):
        load_recipe(tmp_path / "none.toml")
    with pytest.raises(RecipeError, match="is a folder"):
        load_recipe(tmp_path)
    with pytest.raises(RecipeError, match="not a usable file name"):
        load_recipe("a\0b.toml")
    with pytest.raises(RecipeError, match="cannot be read"):
        load_recipe("x" * 5000)
    huge = tmp_path / "huge.toml"
    huge.write_bytes(b"#\n" * MAX_BYTES)
    with pytest.raises(RecipeError, match="larger than"):
        load_recipe(huge)


def test_no_permission_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "secret.toml"
    path.write_text(DESIGN, encoding="utf-8")

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path if sys.platform == "win32" else os, "open", refuse)
    with pytest.raises(RecipeError, match=r"secret\.toml may not be read by you"):
        load_recipe(path)


@pytest.mark.skipif(sys.platform == "win32", reason="named pipes in folders are a POSIX thing")
def test_a_pipe_does_not_block(tmp_path: Path) -> None:
    if sys.platform != "win32":
        os.mkfifo(tmp_path / "pipe.toml")
    assert "not a regular file" in list_recipes(tmp_path)[0].problem


@pytest.mark.skipif(not Path("/dev/fd").is_dir(), reason="there are no such names here")
def test_a_pipe_of_the_shell_is_read() -> None:
    out, into = os.pipe()
    os.write(into, b'name = "Piped"\n[[steps]]\nhold = "1h"\n')
    os.close(into)
    try:
        assert load_recipe(Path(f"/dev/fd/{out}")).name == "Piped"
    finally:
        os.close(out)


@pytest.mark.skipif(sys.platform == "win32", reason="such names cannot be made there")
def test_escape_codes_in_file_names_are_made_visible(tmp_path: Path) -> None:
    (tmp_path / "a\x1b[2J.toml").write_text("x", encoding="utf-8")
    listed = list_recipes(tmp_path)[0]
    assert "\x1b" not in listed.name + listed.problem
