import itertools
import re
from pathlib import Path

import pytest
from rich.color import Color, ColorSystem
from textual.app import App
from textual.theme import BUILTIN_THEMES, Theme

from xovac_tui import paths, validation
from xovac_tui.config import themes
from xovac_tui.errors import SettingsError
from xovac_tui.validation import TRUTH, missing_key, wrong_value

Rgb = tuple[int, int, int]

THEMES = {spec.name: spec for spec in themes.shipped_themes()}
STATES = ("success", "warning", "error")
ALARMS = tuple(f"alarm-{severity}" for severity in ("critical", "high", "medium", "low"))
SERIES = tuple(f"series-{number}" for number in range(1, 9))
HEAT = ("cold", "mild", "hot")
TEXT = (
    "foreground", "primary", "accent", *STATES, "good", "stale", "bad", "no-data", "running", "recording",
    "text-primary", "text-accent", "text-success", "text-warning", "text-error",
    "footer-key-foreground", "footer-description-foreground", "planned", "axis", *HEAT, *SERIES, *ALARMS,
)  # fmt: skip


def colours(name: str) -> dict[str, str]:
    """All the colours that the screen will use, as Textual makes them of the theme."""
    theme = Theme(**{key: getattr(THEMES[name], key) for key in THEMES[name].__struct_fields__})
    return {**theme.to_color_system().generate(), **theme.variables}


def seen(colour: str, system: ColorSystem) -> Rgb:
    """What a terminal of this colour system shows; rich does the same for Textual."""
    return tuple(Color.parse(colour[:7]).downgrade(system).get_truecolor())  # type: ignore[return-value]


def luminance(rgb: Rgb) -> float:
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in (v / 255 for v in rgb)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: Rgb, other: Rgb) -> float:
    """The WCAG contrast ratio, 1 to 21."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def test_three_of_ours_with_the_default_first() -> None:
    assert list(THEMES) == ["xovac-dark", "xovac-contrast", "xovac-light"]


def test_names_do_not_hide_textuals_own() -> None:
    assert not set(THEMES) & set(BUILTIN_THEMES)


@pytest.mark.parametrize("name", THEMES)
@pytest.mark.parametrize("system", [ColorSystem.TRUECOLOR, ColorSystem.EIGHT_BIT, ColorSystem.STANDARD])
def test_ok_warning_and_error_stay_apart(name: str, system: ColorSystem) -> None:
    palette = colours(name)
    for group in (STATES, ("good", "stale", "bad"), tuple(f"text-{state}" for state in STATES)):
        shown = {seen(palette[key], system) for key in group}
        assert len(shown) == 3, f"{group} fall together in {system.name}"


@pytest.mark.parametrize("name", THEMES)
@pytest.mark.parametrize(
    ("system", "apart"), [(ColorSystem.TRUECOLOR, 4), (ColorSystem.EIGHT_BIT, 4), (ColorSystem.STANDARD, 3)]
)
def test_severities_stay_apart(name: str, system: ColorSystem, apart: int) -> None:
    """Of sixteen colours none is orange: there the glyph and the word have to do."""
    palette = colours(name)
    red, orange, yellow, blue = (seen(palette[key], system) for key in ALARMS)
    assert len({red, orange, yellow, blue}) >= apart
    assert red != yellow
    assert red[0] > max(red[1:])
    assert blue[2] > blue[0]


@pytest.mark.parametrize("name", THEMES)
@pytest.mark.parametrize("system", [ColorSystem.EIGHT_BIT, ColorSystem.STANDARD])
def test_each_state_keeps_its_hue(name: str, system: ColorSystem) -> None:
    palette = colours(name)
    green, amber, red = (seen(palette[key], system) for key in STATES)
    assert green[1] > green[0]
    assert green[1] > green[2]
    assert min(amber[:2]) > amber[2]
    assert red[0] > max(red[1:])
    assert red[1] / red[0] < amber[1] / amber[0]


@pytest.mark.parametrize("name", THEMES)
@pytest.mark.parametrize("system", [ColorSystem.TRUECOLOR, ColorSystem.EIGHT_BIT])
@pytest.mark.parametrize("ground", ["background", "surface", "panel"])
def test_text_is_readable_on_every_layer(name: str, system: ColorSystem, ground: str) -> None:
    palette = colours(name)
    wanted = 7.0 if name == "xovac-contrast" else 4.5
    behind = seen(palette[ground], system)
    # A panel is a thin heading; charts and readings are drawn on background and surface.
    keys = [key for key in TEXT if ground != "panel" or not key.startswith(("series", "axis", "planned"))]
    low = {key: round(contrast(seen(palette[key], system), behind), 2) for key in keys}
    assert {key: ratio for key, ratio in low.items() if ratio < wanted} == {}


@pytest.mark.parametrize("name", THEMES)
@pytest.mark.parametrize("key", ["block-cursor", "block-cursor-blurred", "input-selection"])
def test_selected_text_is_readable(name: str, key: str) -> None:
    palette = colours(name)
    for system in (ColorSystem.TRUECOLOR, ColorSystem.EIGHT_BIT):
        front, behind = (seen(palette[f"{key}-{side}"], system) for side in ("foreground", "background"))
        assert contrast(front, behind) >= (7.0 if name == "xovac-contrast" else 4.5)


@pytest.mark.parametrize("name", THEMES)
@pytest.mark.parametrize("system", [ColorSystem.TRUECOLOR, ColorSystem.EIGHT_BIT])
def test_lines_of_a_chart_stay_apart(name: str, system: ColorSystem) -> None:
    palette = colours(name)
    for one, other in itertools.combinations((*SERIES, "grid", "axis", *STATES), 2):
        apart = sum(
            abs(a - b) for a, b in zip(seen(palette[one], system), seen(palette[other], system), strict=True)
        )
        assert apart >= 40, f"{one} and {other} look alike in {system.name}"


@pytest.mark.parametrize("name", THEMES)
@pytest.mark.parametrize("system", [ColorSystem.TRUECOLOR, ColorSystem.EIGHT_BIT])
def test_no_background_layer_is_lost(name: str, system: ColorSystem) -> None:
    layers = [seen(colours(name)[key], system) for key in ("background", "surface", "panel")]
    assert len(set(layers)) == 3
    # In 256 colours a dark layer must stay grey, never jump to a saturated blue or green.
    assert all(max(layer) - min(layer) <= 8 for layer in layers)


@pytest.mark.parametrize("name", THEMES)
async def test_textual_takes_every_theme(name: str) -> None:
    app: App[None] = App()
    app.register_theme(Theme(**{key: getattr(THEMES[name], key) for key in THEMES[name].__struct_fields__}))
    async with app.run_test():
        app.theme = name
        assert app.get_css_variables()["series-1"] == THEMES[name].variables["series-1"]


@pytest.mark.parametrize("dark", [True, False])
def test_defaults_for_other_themes_hold_all_of_ours(dark: bool) -> None:
    defaults = themes.variable_defaults(dark)
    assert {*SERIES, *ALARMS} <= set(defaults)
    assert {"good", "stale", "bad", "no-data", "grid", "mark"} <= set(defaults)
    assert "footer-background" not in defaults


def test_our_themes_name_the_same_variables() -> None:
    ours = {"good", "stale", "bad", "no-data", "running", "recording"}
    ours |= {"planned", "axis", "grid", "mark", "cursor", *HEAT, *SERIES, *ALARMS}
    assert set(themes.variable_defaults(True)) == set(themes.variable_defaults(False)) == ours
    assert len(THEMES) == 3
    assert all(ours <= set(spec.variables) for spec in THEMES.values())


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('primry = "#112233"', '`primry` is not a known key. Did you mean "primary"?'),
        ('accent = "red"', '`accent` is "red", but it must be a colour such as "#6fb0bd".'),
        ("dark = 1", wrong_value("dark", 1, TRUTH)),
        ("text_alpha = 2.0", "`text_alpha` is 2.0, but it must be a number from 0 to 1."),
        ('[variables]\n"Series 1" = "#112233"', "`variables.Series 1`: a variable is named with"),
        ('[variables]\nseries-1 = "auto 60%"', '`variables.series-1` is "auto 60%", but it must be a colour'),
        ('[variables]\nborder = "blurple"', '`variables.border` is "blurple", but it must be a colour'),
        ('[variables]\nlink-style = "wavy"', '`variables.link-style` is "wavy", but it must be words'),
        ("surface = ", "not valid TOML"),
    ],
)
def test_a_bad_file_is_refused_with_file_key_and_reason(tmp_path: Path, line: str, said: str) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(f'name = "mine"\nprimary = "#112233"\n{line}\n')
    with pytest.raises(SettingsError) as caught:
        themes.load_theme(file)
    assert str(caught.value).startswith(str(file))
    assert said in str(caught.value)


def test_a_theme_without_name_is_reported(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('primary = "#112233"\n')
    with pytest.raises(SettingsError, match=re.escape(missing_key("name", validation.TEXT))):
        themes.load_theme(file)


def test_bad_user_themes_are_reported_and_the_good_are_used(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text('name = "mine"\nprimary = "#112233"\n')
    (tmp_path / "b.toml").write_text('name = "xovac-dark"\nprimary = "#112233"\n')
    (tmp_path / "c.toml").write_text('name = "c"\nprimary = "blue"\n')
    specs, problems = themes.user_themes(tmp_path, taken=THEMES)
    assert [spec.name for spec in specs] == ["mine"]
    assert len(problems) == 2
    assert "b.toml" in problems[0]
    assert "another theme has" in problems[0]
    assert "c.toml" in problems[1]


def test_no_folder_is_no_themes(tmp_path: Path) -> None:
    assert themes.user_themes(tmp_path / "none") == ([], [])


def test_an_unknown_theme_gets_the_nearest_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XOVAC_HOME", str(tmp_path))
    error = themes.unknown_theme("xovac-lite", [*THEMES, *BUILTIN_THEMES])
    assert 'Did you mean "xovac-light"?' in str(error)
    assert str(paths.themes_folder()) in str(error)
