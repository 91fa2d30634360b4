import json
import re
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.helpers.recipes import bakeout, recipes, settings, temperatures, whole_recipes
from xovac_tui.errors import RecipeError
from xovac_tui.recipes.compiler import compile_recipe, to_device_json
from xovac_tui.recipes.exchange import FORMATS, export_recipe, from_device_json, import_recipe
from xovac_tui.recipes.files import parse_recipe
from xovac_tui.recipes.findings import FindingCode, finding, flaw
from xovac_tui.recipes.model import Hold, Ramp, Recipe, Repeat
from xovac_tui.recipes.plan import PlanSettings
from xovac_tui.recipes.spreadsheet import escape_formula, from_csv, to_csv, unescape_formula

RECIPE = Recipe(
    "Any",
    (
        Ramp(60, rate=1.5, note='Mind, "this"'),
        Hold(10800, "=HYPERLINK()"),
        Repeat(4, (Ramp(-20, over=2700), Hold(5400)), "-4 rounds"),
        Ramp(22),
    ),
)
CSV = """kind,to_degC,rate_K_per_min,over,hold,repeat,note
ramp,60,1.5,,,,"Mind, ""this\"""
hold,,,,3h,,'=HYPERLINK()
repeat,,,,,4,'-4 rounds
ramp,-20,,45m,,,
hold,,,,1h 30m,,
end,,,,,,
ramp,22,,,,,
"""
HEADING = "kind,to_degC,rate_K_per_min,over,hold,repeat,note\n"


def read(text: str | bytes) -> Recipe:
    return from_csv(text.encode() if isinstance(text, str) else text, "x.csv", "Any")[0]


def notes(text: str | bytes) -> str:
    return "\n".join(from_csv(text.encode() if isinstance(text, str) else text, "x.csv", "Any")[1])


def complaint(text: str) -> str:
    with pytest.raises(RecipeError) as caught:
        read(text)
    message = str(caught.value)
    assert all(line.startswith("x.csv") and line.endswith(".") for line in message.split("\n"))
    return message


def test_csv_as_people_with_a_spreadsheet_expect_it() -> None:
    assert to_csv(RECIPE) == CSV
    assert read(CSV) == RECIPE


@given(whole_recipes)
def test_csv_gives_the_same_steps_again(recipe: Recipe) -> None:
    recipe_read, reported = from_csv(to_csv(recipe).encode(), "x", recipe.name)
    assert recipe_read == Recipe(recipe.name, recipe.steps)
    assert reported == ()


@given(st.text("'=+-@\t\rab", max_size=6))
def test_formulas_are_made_harmless_and_come_back(text: str) -> None:
    assert not escape_formula(text).startswith(tuple("=+-@\t\r"))
    assert unescape_formula(escape_formula(text)) == text


def test_csv_as_spreadsheets_of_other_countries_write_it() -> None:
    heading = "sep=;\r\nKind;TO_degC; Rate;over;HOLD;times;Remark\r\n"
    text = heading + "ramp;-20,5;1,5;;;;x\r\n;;;;;;\r\nhold;;;;1,5h;;\r\n"
    wanted = Recipe("Any", (Ramp(-20.5, rate=1.5), Hold(5400)))
    for data in (
        text.encode(),
        text.encode("utf-8-sig"),
        text.encode("utf-16"),
        text.replace(";", "\t").replace("sep=\t", "sep=;").encode(),
    ):
        assert read(data) == wanted
    assert notes(text) == "Columns that mean nothing here were left out: Remark."


def test_text_of_an_old_code_page_is_read_and_reported() -> None:
    data = (HEADING + "hold,,,,2h,,60 °C").encode("cp1252")
    assert read(data).steps == (Hold(7200, "60 °C"),)
    assert "Windows-1252" in notes(data)


def test_a_mark_for_spreadsheets_is_written_where_it_matters() -> None:
    assert to_csv(bakeout(Hold(60, "60 °C"))).startswith("\ufeffkind")
    assert not to_csv(RECIPE).startswith("\ufeff")


def test_units_and_missing_kinds_are_understood() -> None:
    text = "to,rate,hold,times,note\n253.15 K,90 K/h,,,\n,,01:30:00,,\n'-5,,,,\n,,,,a remark\n"
    assert read(text).steps == (Ramp(-20, rate=1.5), Hold(5400), Ramp(-5))
    assert notes(text) == "Line 5 says nothing to do and was left out."


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", ["is empty", "kind, to_degC"]),
        ("a,b\n1,2\n", ["line 1 names no column"]),
        ("kind,to,TO_DEGC\n", ["line 1 names the column to_degC twice"]),
        (HEADING, ["there is no step"]),
        (HEADING + "wait,,,,2h,,", ["line 2", 'kind "wait"', "ramp, hold, repeat or end"]),
        (HEADING + "ramp,,1,,,,", ["line 2", 'has no "to_degC"']),
        (HEADING + "\n\nramp,5,1,2h,,,", ["line 4", "both a rate"]),
        (HEADING + 'hold,,,,2h,,"two\nlines"\nhold,,,,,,', ["line 4", 'has no "hold"']),
        (HEADING + "hold,,,,30,,", ["line 2", 'say "30min"']),
        (HEADING + "hold,,,,500d,,", ["line 2", "longer than"]),
        (HEADING + "ramp,-400,,,,,", ["line 2", "absolute zero"]),
        (HEADING + "ramp,5,0,,,,", ["line 2", "above 0 K/min"]),
        (HEADING + "ramp,5,,,2h,,", ["line 2", '"hold" means nothing']),
        (HEADING + ",5,,,2h,,", ["line 2", "ramp and hold at once"]),
        (HEADING + ",,1,,,,", ["line 2", "not where to"]),
        (HEADING + "repeat,,,,,x,", ["line 2", "whole number"]),
        (HEADING + "repeat,,,,,0,\nhold,,,,1h,,\nend", ["line 2", "at least 1"]),
        (HEADING + "repeat,,,,,2,\nend", ["line 2", "without steps"]),
        (HEADING + "repeat,,,,,2,\nhold,,,,1h,,", ["line 2", 'without an "end"']),
        (HEADING + "end", ["line 2", 'without a "repeat"']),
        (HEADING + "hold,,,,1h,," + "x" * 201, ["line 2", "201 characters"]),
        (HEADING + 'hold,,,,"1h', ["line 2", "cannot be read as CSV"]),
        (HEADING + "repeat,,,,,2,\n" * 6 + "hold,,,,1h,,\n" + "end\n" * 6, ["nested too deep"]),
        (HEADING + "repeat,,,,,9999,\n" * 2 + "hold,,,,1h,,\n" + "end\n" * 2, ["unroll to"]),
    ],
)
def test_every_mistake_is_named_with_its_line(text: str, parts: list[str]) -> None:
    message = complaint(text)
    assert all(part in message for part in parts), message


def test_many_mistakes_are_reported_together_but_not_all() -> None:
    message = complaint(HEADING + "ramp,x,,,,,\n" * 25)
    assert message.count("\n") == 10
    assert message.endswith("15 more problems like these.")


@given(
    st.text() | st.binary() | st.text("kindtorampholdepeat,;\n\"'=0123h", max_size=60).map(HEADING.__add__)
)
def test_anything_is_a_recipe_or_a_sentence(text: str | bytes) -> None:
    refusals = []
    data = text.encode(errors="replace") if isinstance(text, str) else text
    for attempt in (lambda: from_csv(data, "x", "Any"), lambda: from_device_json(data, "x", PlanSettings())):
        try:
            attempt()
        except RecipeError as error:
            refusals.append(str(error))
    assert all(refusal.endswith(".") for refusal in refusals)


def from_json(items: object, how: PlanSettings | None = None) -> Recipe:
    text = json.dumps({"name": "Any", "recipe": items})
    return from_device_json(text, "x.json", how or PlanSettings()).recipe


def test_the_devices_list_becomes_ramps_and_holds() -> None:
    items = [[60, 2400, 0.0], [60, 3600, 0], [60, 60, 0], [20.5, 1800, 0]]
    assert from_json(items).steps == (Ramp(60, over=2400), Hold(3600), Hold(60), Ramp(20.5, over=1800))
    how = PlanSettings(temperature_unit="K", duration_unit="h")
    assert from_json([[253.15, 1.5, 0], [253.15, 0.1, 0]], how).steps == (Ramp(-20, over=5400), Hold(360))


def test_what_was_taken_for_granted_is_said() -> None:
    text = json.dumps({"name": "Any", "recipe": [[60, 2400, 2.5], [60, 60, 0]]})
    ramp, jump = (
        from_device_json(text, "x", PlanSettings(step_reading=reading, temperature_unit="K"))
        for reading in ("ramp", "jump")
    )
    assert ramp.recipe == jump.recipe
    for imported in (ramp, jump):
        assert "read as K and durations as s" in imported.notes[0]
        assert imported.notes[-1].startswith("1 gradient was left out")
    assert "ramps over their duration" in ramp.notes[1]
    assert "When it arrives is not in the list" in jump.notes[1]


@given(recipes, settings, temperatures)
def test_compiled_again_it_is_the_same_list(recipe: Recipe, how: PlanSettings, start: float) -> None:
    try:
        sent = compile_recipe(recipe, how, start)
        again = from_device_json(to_device_json(sent), "x", how).recipe
    except RecipeError as error:
        # Nothing to do at all, or a ramp so short that no file may have it.
        assume("is shorter than" not in str(error) and "longer than" not in str(error))
        assume("nothing to do" not in str(error))
        raise
    items = compile_recipe(again, how, start).items
    assert [item for row in items for item in row] == pytest.approx(
        [item for row in sent.items for item in row], rel=1e-9, abs=2e-6
    )


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("", "line 1: this is not JSON"),
        ('{"name": "x",\n"recipe": [}', "line 2: this is not JSON"),
        ("[]", "must be an object"),
        ('{"recipe": [[1, 2, 3]]}', '"name" is missing'),
        ('{"name": "", "recipe": [[1, 2, 3]]}', finding(FindingCode.NAME_EMPTY, key="name").message),
        ('{"name": "x", "recipe": []}', "must be a list"),
        ('{"name": "x", "recipe": [[1, 2]]}', "item 1 must be three numbers"),
        ('{"name": "x", "recipe": [[1, 60, 0], [1, true, 0]]}', "item 2 must be three numbers"),
        ('{"name": "x", "recipe": [[NaN, 60, 0]]}', "a value that no recipe has"),
        ('{"name": "x", "recipe": [[1e999, 60, 0]]}', "item 1 must be three numbers"),
        ('{"name": "x", "recipe": [[%s, 60, 0]]}' % ("9" * 400), "item 1 must be three numbers"),
        ('{"name": "x", "recipe": [[%s, 60, 0]]}' % ("9" * 5000), "a value that no recipe has"),
        ("[" * 100_000, "nested too deep"),
        (
            '{"name": "x", "recipe": [[-300, 60, 0]]}',
            f"item 1: its target, -300 degC, {flaw(FindingCode.TEMPERATURE_TOO_LOW, lowest=-273.15)}",
        ),
        (
            '{"name": "x", "recipe": [[1, -60, 0]]}',
            f"item 1: its duration, -60 s, {flaw(FindingCode.DURATION_NOT_POSITIVE)}",
        ),
        ('{"name": "x", "recipe": [[1, 60, 0]' + ", [1, 60, 0]" * 10_000 + "]}", "unroll to 10001"),
        (b"\xff", "not UTF-8"),
    ],
)
def test_what_is_wrong_with_a_devices_list_is_named(text: str | bytes, part: str) -> None:
    with pytest.raises(RecipeError) as caught:
        from_device_json(text, "x.json", PlanSettings())
    assert part in str(caught.value)
    assert str(caught.value).startswith("x.json")


def test_files_are_distinguished(tmp_path: Path) -> None:
    how = PlanSettings()
    (tmp_path / "Two  cycles.csv").write_text(CSV)
    imported = import_recipe(tmp_path / "Two  cycles.csv", how)
    assert imported.recipe == Recipe("Two cycles", RECIPE.steps)
    assert 'called "Two cycles"' in imported.notes[-1]
    (tmp_path / "x.txt").write_text('\n {"name": "J", "recipe": [[1, 60, 0]]}')
    assert import_recipe(tmp_path / "x.txt", how).recipe.name == "J"
    (tmp_path / "x.toml").write_text("x")
    with pytest.raises(RecipeError, match="a recipe file already"):
        import_recipe(tmp_path / "x.toml", how)
    with pytest.raises(RecipeError, match="does not exist"):
        import_recipe(tmp_path / "none.csv", how)
    (tmp_path / "big.csv").write_bytes(b"," * 1_000_001)
    with pytest.raises(RecipeError, match="larger than"):
        import_recipe(tmp_path / "big.csv", how)


def test_every_format_is_exported(tmp_path: Path) -> None:
    texts = {format_: export_recipe(RECIPE, format_, PlanSettings()).text for format_ in FORMATS}
    assert texts["csv"] == CSV
    assert parse_recipe(texts["toml"], "x") == RECIPE
    assert json.loads(texts["json"])["recipe"][0] == [60, 1600, 0]
    assert export_recipe(RECIPE, "json", PlanSettings(), 30.0).text != texts["json"]
    for format_ in FORMATS:
        with pytest.raises(RecipeError) as caught:
            export_recipe(Recipe("x", ()), format_, PlanSettings())
        assert caught.value.sentences == (finding(FindingCode.STEPS_MISSING, key="steps").sentence,)


def test_the_manuals_sheet_is_what_is_exported() -> None:
    page = (Path(__file__).parents[2] / "docs" / "recipes.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    (sheet,) = re.findall(r"```csv\n(.*?)```", page, re.DOTALL)
    assert to_csv(parse_recipe(example, "x")) == sheet
