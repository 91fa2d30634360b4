"""The one command table, and what the settings may do to its keys."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import pytest
from textual.binding import Binding

from tests.helpers.console import FakeClock, FakeLink, make_app
from xovac_tui.errors import SettingsError
from xovac_tui.ui.actions import ACTIONS, STOP, Action, actions, bindings, check_keymap, keys_page

SCOPES = sorted({action.scope for action in ACTIONS})


def test_ids_are_unique() -> None:
    ids = [action.id for action in ACTIONS]
    assert len(ids) == len(set(ids))


def test_every_action_explains_itself_in_a_sentence() -> None:
    for action in ACTIONS:
        assert action.title, action.id
        assert action.help.endswith("."), action.id
        assert action.help[0].isupper(), action.id


def test_the_defaults_do_not_collide() -> None:
    assert check_keymap({"pause": "p"}) == {"pause": "p"}


def test_no_default_key_is_one_that_multiplexers_take() -> None:
    """The palette has ctrl+p as a second key only."""
    for action in ACTIONS:
        keys = action.keys.split(",")
        assert any(not key.startswith("ctrl+") for key in keys), action.id
        assert "ctrl+enter" not in keys, action.id


def test_stop_has_no_binding_that_could_be_remapped() -> None:
    for scope in SCOPES:
        for binding in bindings(scope):
            assert isinstance(binding, Binding)
            assert binding.id != STOP.id
            assert "exclamation_mark" not in binding.key
            assert "!" not in binding.key


@pytest.mark.parametrize("scope", SCOPES)
def test_bindings_carry_the_id_that_the_settings_name(scope: str) -> None:
    made = [binding.id for binding in bindings(scope) if isinstance(binding, Binding)]
    assert made == [action.id for action in actions(scope) if action is not STOP]


@pytest.mark.parametrize("scope", [scope for scope in SCOPES if scope not in ("app", "replay")])
def test_the_action_of_every_tab_exists(scope: str, tmp_path: Path) -> None:
    from xovac_tui.ui.app import _pane
    from xovac_tui.ui.screens.insight.pane import InsightPane
    from xovac_tui.ui.screens.recipes.editor.pane import EditorPane

    clock = FakeClock()
    workspace = make_app(tmp_path, clock, FakeLink(clock)).workspace
    over = {"editor": EditorPane, "insight": InsightPane}
    pane = over[scope] if scope in over else type(_pane(scope, workspace))
    for action in actions(scope):
        assert hasattr(pane, f"action_{action.action.partition('(')[0]}"), action.id


@pytest.mark.parametrize("scope", ["app", "replay"])
def test_the_action_that_works_everywhere_exists(scope: str) -> None:
    from xovac_tui.ui.app import XovacApp

    for action in actions(scope):
        if action is not STOP:
            assert hasattr(XovacApp, f"action_{action.action.partition('(')[0]}"), action.id


def test_a_good_keymap_is_taken() -> None:
    assert check_keymap({"pause": "f5", "quit": "f10,q"}) == {"pause": "f5", "quit": "f10,q"}


def test_two_actions_may_swap_their_keys() -> None:
    assert check_keymap({"pause": "n", "note": "p"})


def test_an_unknown_action_is_refused_with_the_nearest() -> None:
    with pytest.raises(SettingsError, match="pause"):
        check_keymap({"puase": "f5"})


def test_stop_stays_where_it_is() -> None:
    with pytest.raises(SettingsError, match="always stays"):
        check_keymap({"stop": "f5"})


@pytest.mark.parametrize("key", ["!", "exclamation_mark", "f5,!", " ! "])
def test_nothing_else_gets_the_stop_key(key: str) -> None:
    with pytest.raises(SettingsError, match="STOP key"):
        check_keymap({"pause": key})


@pytest.mark.parametrize("value", ["", " , "])
def test_an_action_without_a_key_is_refused(value: str) -> None:
    with pytest.raises(SettingsError, match="no key"):
        check_keymap({"pause": value})


def test_a_collision_within_a_scope_is_refused() -> None:
    with pytest.raises(SettingsError, match="both pause and note"):
        check_keymap({"pause": "n"})


def test_a_collision_between_everywhere_and_a_tab_is_refused() -> None:
    tab = next(action for action in ACTIONS if action.scope != "app")
    with pytest.raises(SettingsError, match=tab.id):
        check_keymap({"pause": tab.keys.split(",")[0]})


def test_the_same_key_on_two_tabs_is_no_collision() -> None:
    table = (
        Action("a", "x", "a", "A.", "status"),
        Action("b", "x", "b", "B.", "controls"),
    )
    assert check_keymap({}, table) == {}
    for first, second in combinations(table, 2):
        with pytest.raises(SettingsError):
            check_keymap({}, (first, Action("c", second.keys, "c", "C.", first.scope)))


def test_the_keys_document_is_made_from_the_table() -> None:
    document = Path(__file__).parents[2] / "docs" / "keys.md"
    assert document.read_text(encoding="utf-8").strip() == keys_page().strip(), "run: python docs/keys.py"
