"""What the question before a recipe is loaded says of its items, and of others who command the chamber."""

from __future__ import annotations

from tests.helpers.console import of_the_simulator
from xovac_tui.station.commands import Prepared
from xovac_tui.ui.dialogs.confirm import item_facts, other_client


def test_the_items_are_a_table_of_the_numbers_that_are_sent() -> None:
    spec = of_the_simulator().commands["load_recipe"]
    items = [[20.5, 3600.0, 0.0], [-173.15, 86400.0, 0.0]]
    facts = item_facts(Prepared(spec, "", {"name": "x", "recipe": items}), "K", "min")
    assert [fact.label for fact in facts] == ["Items", "", ""]
    assert facts[0].text.split() == ["item", "target", "K", "duration", "min", "gradient"]
    assert facts[2].text.split() == ["2", "-173.15", "86400", "0"]
    assert len({len(fact.text) for fact in facts}) == 1
    assert item_facts(Prepared(spec, "", {"name": "x"}), "K", "min") == []
    assert item_facts(Prepared(spec, "", None), "K", "min") == []


def test_another_client_is_told_for_an_hour() -> None:
    assert "sent set_pump 4m" in other_client(("set_pump", 100.0), 340.0)[0].text
    assert other_client(("set_pump", 100.0), 3_701.0) == []
    assert other_client(None, 10.0) == []
