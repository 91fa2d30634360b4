"""What the screens declare, what is collected of it, and what the settings may do to the keys."""

from __future__ import annotations

import pytest
from textual.actions import parse
from textual.binding import Binding

from xovac_tui.errors import SettingsError
from xovac_tui.ui.action import STOP, Action, bindings
from xovac_tui.ui.actions import ActionPlace, check_keymap, places
from xovac_tui.ui.app import XovacApp
from xovac_tui.ui.app_actions import AppActions
from xovac_tui.ui.chamber_screen import ChamberScreen
from xovac_tui.ui.replay_actions import ReplayActions
from xovac_tui.ui.screens.pane import Pane
from xovac_tui.ui.tabs import TABS, Tab

PLACES = places()
OBJECTS = {
    "": XovacApp,
    "app": XovacApp,
    "screen": ChamberScreen,
    "everywhere": AppActions,
    "replay": ReplayActions,
}
"""Namespace of an action -> whose method it is."""
ACTIONS = [action for place in PLACES for action in place.actions]
by_title = pytest.mark.parametrize("place", PLACES, ids=lambda place: place.title)
by_id = pytest.mark.parametrize("tab", TABS, ids=lambda tab: tab.id)


@by_title
def test_ids_are_unique_within_a_place(place: ActionPlace) -> None:
    ids = [action.id for action in place.actions]
    assert len(ids) == len(set(ids))


def test_an_id_in_two_places_is_one_and_the_same_action() -> None:
    """The settings give it other keys on every tab that has it."""
    known: dict[str, Action] = {}
    assert [action.id for action in ACTIONS if known.setdefault(action.id, action) != action] == []


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
    for binding in bindings(ACTIONS):
        assert isinstance(binding, Binding)
        assert binding.id != STOP.id
        assert "exclamation_mark" not in binding.key
        assert "!" not in binding.key


@by_title
def test_bindings_carry_the_id_that_the_settings_name(place: ActionPlace) -> None:
    made = [binding.id for binding in bindings(place.actions) if isinstance(binding, Binding)]
    assert made == [action.id for action in place.actions if action is not STOP]


@by_id
def test_every_line_of_the_tabs_names_a_pane_that_has_the_keys_it_declares(tab: Tab) -> None:
    pane = tab.load()
    assert issubclass(pane, Pane)
    assert tab.actions == pane.ACTIONS
    bound = {binding.id for binding in pane.BINDINGS if isinstance(binding, Binding)}
    assert bound == {action.id for action in tab.actions}
    for action in tab.actions:
        place_of, name, _ = parse(action.action)
        assert hasattr(OBJECTS[place_of] if place_of else pane, f"action_{name}"), action.id


@pytest.mark.parametrize(
    "place", [place for place in PLACES if place.everywhere], ids=lambda place: place.title
)
def test_the_action_that_works_everywhere_exists(place: ActionPlace) -> None:
    for action in place.actions:
        if action is not STOP:
            place_of, name, _ = parse(action.action)
            assert hasattr(OBJECTS[place_of], f"action_{name}"), action.id


def test_a_good_keymap_is_taken() -> None:
    assert check_keymap({"pause": "f5", "quit": "f11,q"}) == {"pause": "f5", "quit": "f11,q"}


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


@pytest.mark.parametrize("key", ["j", "f5,G", "shift+tab", "pagedown"])
def test_a_fixed_key_of_lists_and_dialogs_is_refused(key: str) -> None:
    with pytest.raises(SettingsError, match=r'"keys\.pause": ".+" is a fixed key of lists and dialogs'):
        check_keymap({"pause": key})


@pytest.mark.parametrize("key", ["enter", "escape"])
def test_a_fixed_key_is_refused_where_it_collides_with_nothing(key: str) -> None:
    with pytest.raises(SettingsError, match="fixed key"):
        check_keymap({"log-filter": key, "log-detail": "f17", "log-back": "f18"})


def test_an_action_may_keep_the_fixed_key_that_it_has_by_default() -> None:
    assert check_keymap({"alarm-detail": "enter,f5"}) == {"alarm-detail": "enter,f5"}


@pytest.mark.parametrize("value", ["", " , "])
def test_an_action_without_a_key_is_refused(value: str) -> None:
    with pytest.raises(SettingsError, match="no key"):
        check_keymap({"pause": value})


def test_a_collision_within_a_scope_is_refused() -> None:
    with pytest.raises(SettingsError, match="both pause and note"):
        check_keymap({"pause": "n"})


@pytest.mark.parametrize(
    ("key", "other"), [("/", "log-filter"), ("question_mark", "help"), ("f5, /", "log-filter")]
)
def test_a_collision_is_refused_whichever_name_of_the_key_is_written(key: str, other: str) -> None:
    with pytest.raises(SettingsError, match=rf"both .*\b{other}\b"):
        check_keymap({"log-detail": key})


@by_id
def test_a_collision_between_everywhere_and_a_tab_is_refused(tab: Tab) -> None:
    with pytest.raises(SettingsError, match="both pause and"):
        check_keymap({"pause": tab.actions[0].keys.split(",")[0]})


def test_the_same_key_on_two_tabs_is_no_collision() -> None:
    one, two = (ActionPlace(name, (Action(name, "x", name, "Does it."),)) for name in "ab")
    assert check_keymap({}, (one, two)) == {}
    with pytest.raises(SettingsError):
        check_keymap({}, (one, two, ActionPlace("c", (Action("c", "x", "c", "Does it."),), everywhere=True)))
    with pytest.raises(SettingsError):
        check_keymap({}, (ActionPlace("ab", one.actions + two.actions),))
