"""Which rules are in force: defaults, files, settings, and every mistake in them."""

from __future__ import annotations

import hashlib
import math
import re
from pathlib import Path
from typing import get_args

import pytest

from tests.helpers.alarmed import Watched, event_names
from xovac_tui.alarms import rules as alarmfiles
from xovac_tui.alarms.kinds import AnyRule, Rule
from xovac_tui.alarms.kinds.level import HighRule
from xovac_tui.alarms.kinds.no_response import NoResponseRule
from xovac_tui.alarms.rules import WRONG_NAME, read_rules
from xovac_tui.alarms.rules_in_force import watchlist
from xovac_tui.alarms.settings import AlarmSettings
from xovac_tui.alarms.watchlist import Watchlist, limits
from xovac_tui.api.contract import Contract, LeafSpec, MessageSpec, Role
from xovac_tui.api.loader import documented_contract, load_contract
from xovac_tui.config import Profile, load_settings
from xovac_tui.errors import SettingsError
from xovac_tui.recipes.settings import RecipeSettings
from xovac_tui.recording.differences import as_json
from xovac_tui.validation import other_tags_key


def in_force(
    settings: AlarmSettings | None = None, profile: Profile | None = None, *, simulator: bool = True
) -> Watchlist:
    settings, profile = settings or AlarmSettings(), profile or Profile()
    contract = load_contract((), simulator=True) if simulator else documented_contract()
    return watchlist(
        settings,
        profile.recipe,
        contract,
        read_rules(settings, profile.alarms),
        records=profile.record,
        simulator="simulator" in profile.contracts,
    )


def mistake(rule: Rule) -> str:
    """Return the one sentence of a rule that cannot be right."""
    (sentence,) = rule.check()
    return sentence


def names(found: Watchlist) -> list[str]:
    return [rule.name for rule in found.rules]


def test_what_is_not_reported_is_off_and_says_why() -> None:
    found = in_force(simulator=False)
    assert "link lost" in names(found)
    assert "No contract says" in found.off["part not measured"]
    assert "No contract says" in found.off["vacuum lost"]
    reported_more = in_force()
    assert "part not measured" not in reported_more.off
    assert "`recipe.max`" in reported_more.off["part too hot"]
    known = in_force(profile=Profile(recipe=RecipeSettings(min=-40, max=85, pressure=1e-3)))
    assert {
        rule.name: rule.limit_in("tvac")
        for rule in known.rules
        if rule.limit_in("tvac") and rule.kind != "disk"
    } == {
        "part too hot": 85,
        "part too cold": -40,
        "vacuum lost": 1e-3,
    }
    assert set(known.off) == {"off setpoint", "frozen sensor"}
    assert "record = false" in in_force(profile=Profile(record=False)).off["recorder failing"]


def test_the_defaults_are_noted_as_by_the_version_before() -> None:
    """Else every record would note a change of limits, and a recorder of that version other rules."""
    noted = as_json(limits(in_force(simulator=False)))
    assert hashlib.sha256(noted.encode()).hexdigest() == (
        "bb2b50faa58019b23ca0844c9331b5f61eb375cec4da261e3ab357c4642cc2ef"
    )


def test_the_table_of_kinds_in_the_docs_has_the_keys_of_each() -> None:
    page = (Path(__file__).parents[2] / "docs" / "alarms.md").read_text(encoding="utf-8")
    rows = [line.split("|")[1:3] for line in page.split("| kind |")[1].splitlines()[2:] if line[:1] == "|"]
    in_docs = {
        kind: set(re.findall(r"`(\w+)`", keys))
        for kinds, keys in rows
        for kind in re.findall(r"`(\w+)`", kinds)
    }
    shared = set(Rule.__struct_fields__)
    assert in_docs == {
        str(one.__struct_config__.tag): set(one.__struct_fields__) - shared for one in get_args(AnyRule)
    }


def test_every_rule_of_ours_says_what_to_do() -> None:
    everything = in_force(profile=Profile(contracts=("simulator",)))
    for rule in everything.rules:
        if rule.name not in everything.off:
            assert rule.cause, rule.name
            assert rule.consequence, rule.name
            assert rule.action, rule.name


def test_the_file_of_the_simulator_is_as_right_as_any() -> None:
    file = Path(alarmfiles.__file__).with_name("simulator_alarms.toml")
    assert len(read_rules(AlarmSettings(files=(str(file),)))) == 3


def test_a_rule_of_the_simulator_says_that_its_limit_is_assumed() -> None:
    simulator = in_force(profile=Profile(contracts=("simulator",)))
    assert "TEC 1 hot" in names(simulator)
    assert "TEC 1 hot" not in names(in_force())
    assert all(
        "assumed" in rule.cause for rule in simulator.rules if rule.name in ("TEC 1 hot", "vacuum lost")
    )


def test_later_rules_take_the_place_of_earlier_ones(tmp_path: Path) -> None:
    (tmp_path / "all.toml").write_text(
        '[[rules]]\nname = "a"\nkind = "high"\nchannel = "x"\nlimit = 1\n'
        '[[rules]]\nname = "link lost"\nkind = "link"\nenabled = false\n'
    )
    (tmp_path / "bench.toml").write_text('[[rules]]\nname = "a"\nkind = "high"\nchannel = "x"\nlimit = 3\n')
    (tmp_path / "config.toml").write_text(
        '[alarms]\nfiles = ["all.toml"]\n'
        '[[alarms.rules]]\nname = "a"\nkind = "high"\nchannel = "x"\nlimit = 2\n'
        '[profiles.p]\n[profiles.q]\nalarms = ["bench.toml"]\n'
    )
    settings = load_settings(tmp_path / "config.toml").settings
    limits = {}
    for name, profile in settings.profiles.items():
        found = watchlist(
            settings.alarms,
            profile.recipe,
            documented_contract(),
            read_rules(settings.alarms, profile.alarms),
        )
        limits[name] = next(rule.limit_in("") for rule in found.rules if rule.name == "a")
        (link,) = [rule for rule in found.rules if rule.name == "link lost"]
        # Switched off, and still with its guidance.
        assert not link.enabled
        assert link.action
    assert limits == {"p": 2, "q": 3}
    none = watchlist(AlarmSettings(defaults=False), RecipeSettings(), documented_contract(), ())
    assert none.rules == ()


def owners(key: str) -> list[str]:
    """Return the kinds of rules that have a key, in the order of the alphabet."""
    kinds = {kind.__struct_config__.tag: kind.__struct_fields__ for kind in get_args(AnyRule)}
    return sorted(kind for kind, keys in kinds.items() if key in keys)


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ('name = ""\nkind = "link"', WRONG_NAME),
        ('name = "a"\nkind = "hihg"\nchannel = "x"', "hihg"),
        ('name = "a"\nkind = "high"\nlimit = 1', "`high` needs `channel`"),
        ('name = "a"\nkind = "high"\nchannel = "x"', "`high` needs `limit`"),
        (
            'name = "a"\nkind = "high"\nchannel = "x"\nvalue = "y"\nlimit = 1',
            mistake(HighRule(name="a", channel="x", value="y", limit=1.0)),
        ),
        (
            'name = "a"\nkind = "rate"\nvalue = "y"\nlimit = 1',
            other_tags_key("rules, item 1.value", "kind", "rate", owners("value")),
        ),
        (
            'name = "a"\nkind = "link"\nchannel = "x"',
            other_tags_key("rules, item 1.channel", "kind", "link", owners("channel")),
        ),
        ('name = "a"\nkind = "equals"\nchannel = "x"', "`equals` needs `equals`"),
        (
            'name = "a"\nkind = "no_response"\nchannel = "x"\nlimit = 1',
            mistake(NoResponseRule(name="a", channel="x", limit=1.0)),
        ),
        (
            'name = "a"\nkind = "high"\nchannel = "x"\nlimits = { moon = 1 }',
            "here: ambient, pumping, tvac.",
        ),
        ('name = "a"\nkind = "high"\nchannel = "x"\nlimit = 1\non_delay = -1', "on_delay"),
        ('name = "a"\nkind = "link"\n[[rules]]\nname = "a"\nkind = "link"', 'another rule called "a"'),
        ('name = "a"\nkind = "high"\nchanel = "x"\nlimit = 1', 'Did you mean "channel"?'),
    ],
)
def test_a_mistake_is_reported_with_its_file(tmp_path: Path, rule: str, said: str) -> None:
    file = tmp_path / "rules.toml"
    file.write_text(f"[[rules]]\n{rule}\n")
    with pytest.raises(SettingsError) as caught:
        read_rules(AlarmSettings(files=(str(file),)))
    assert str(file) in str(caught.value)
    assert said in str(caught.value)


def test_an_expression_that_cannot_be_understood_is_reported_with_its_column() -> None:
    settings = AlarmSettings(rules=({"name": "odd", "kind": "high", "value": "plate_a -", "limit": 1.0},))
    with pytest.raises(SettingsError, match=r'Alarm rule "odd", `value`, column 1\d: '):
        in_force(settings)


def test_a_rule_that_is_switched_off_watches_nothing() -> None:
    bench = Watched(HighRule(name="a", channel="plate_a", limit=1.0, enabled=False))
    assert event_names(bench.let_pass(3, plateT={"A": 99.0})) == []
    assert "switched off" in bench.view("a").off


def test_a_rule_for_some_sets_only() -> None:
    bench = Watched(HighRule(name="a", channel="plate_a", limit=1.0, sets=("ambient",)))
    assert event_names(bench.let_pass(3, plateT={"A": 99.0})) == []
    assert bench.view("a").off == "It is watched with the limits for ambient only."
    bench.limit_set = "ambient"
    assert event_names(bench.let_pass(1, plateT={"A": 99.0})) == [("a", "raised")]


@pytest.mark.parametrize(
    ("temperature", "pressure", "limits"),
    [
        ("degC", "mbar", (85.0, -40.0, 1e-3)),
        ("K", "Pa", (358.15, 233.15, 0.1)),
        ("degF", "hPa", (185.0, -40.0, 1e-3)),
        ("V", "counts", (None, None, None)),
        ("", "", (85.0, -40.0, None)),
    ],
)
def test_limits_of_the_profile_are_watched_in_the_unit_of_their_channel(
    temperature: str, pressure: str, limits: tuple[float | None, ...]
) -> None:
    leaves = (
        LeafSpec(path="part", unit=temperature, role=Role.CONTROLLED),
        LeafSpec(path="p", unit=pressure, role=Role.PRESSURE),
    )
    contract = Contract(commands={}, responses={}, messages={"m": MessageSpec("m", leaves)})
    recipe = RecipeSettings(min=-40, max=85, pressure=1e-3)
    found = watchlist(AlarmSettings(), recipe, contract, ())
    rules = {rule.name: rule for rule in found.rules}
    names = ("part too hot", "part too cold", "vacuum lost")
    for name, limit in zip(names, limits, strict=True):
        level = rules[name].limit_in("")
        assert level == limit if level is None or limit is None else math.isclose(level, limit)
        assert ("cannot be converted" in found.off.get(name, "")) is (limit is None)
