"""The contract of a profile for a check, and what in it may be a mistake."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from xovac_tui.api.contract import Contract
from xovac_tui.api.loader import read_contract
from xovac_tui.api.shipped import SIMULATOR_CONTRACT
from xovac_tui.config import Profile
from xovac_tui.text import clean
from xovac_tui.units import is_known
from xovac_tui.validation import join_key


def contract_with_mistakes(profile: Profile) -> tuple[Contract, list[str]]:
    """Return the contract of a profile without its faulty parts, and a sentence for each mistake."""
    files = [Path(name) for name in profile.contracts if name != SIMULATOR_CONTRACT]
    return read_contract(files, simulator=SIMULATOR_CONTRACT in profile.contracts)


def assumed_forms(contract: Contract) -> Iterator[str]:
    """Yield a sentence for each command that a contract file sends in an assumed form."""
    for event, spec in contract.commands.items():
        if spec.form_words:
            yield (
                f"`{join_key('commands', event)}`: its form is assumed, not documented: {spec.form.words}, "
                f"by {spec.form_source}."
            )


def unknown_units(contract: Contract) -> Iterator[str]:
    """Yield a sentence for each unit that is compared with itself only."""
    for event, message in contract.messages.items():
        for leaf in message.leaves:
            if not is_known(leaf.unit):
                key = f'{join_key("messages", event)}."{leaf.path}".unit'
                yield unknown_unit(key, leaf.unit)


def unknown_unit(key: str, unit: str) -> str:
    """Return the sentence for a unit that is not known."""
    return (
        f'`{key}`: "{clean(unit, 40)}" is not a known unit. '
        "Its values are shown as they are and compared only with each other."
    )
