"""Notes of `config check`: keys without effect, unknown units, and paths that never arrived."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec

from xovac_tui import paths
from xovac_tui.api.contract import Contract
from xovac_tui.api.loader import SIMULATOR_CONTRACT, read_contract
from xovac_tui.cli.exposure import alarm_notes
from xovac_tui.config import Profile, Settings
from xovac_tui.errors import XovacError
from xovac_tui.plural import counted
from xovac_tui.recording.arrivals import never_arrived
from xovac_tui.text import clean, near_miss
from xovac_tui.units import is_known
from xovac_tui.validation import join_key

_MOST = 20
"""Notes of one profile about what never came."""


def contract_with_mistakes(profile: Profile) -> tuple[Contract, list[str]]:
    """Return the contract of a profile without its faulty parts, and a sentence for each mistake."""
    files = [Path(name) for name in profile.contracts if name != SIMULATOR_CONTRACT]
    return read_contract(files, simulator=SIMULATOR_CONTRACT in profile.contracts)


def notes(settings: Settings, place: Path) -> Iterator[str]:
    """Yield a sentence for each entry of alarm rules and contracts that may be a mistake.

    `place` is the file of the settings.
    """
    rules = [note for profile in settings.profiles.values() for note in alarm_notes(settings, place, profile)]
    yield from (f"Note: {note}" for note in dict.fromkeys(rules or alarm_notes(settings, place)))
    for name, profile in settings.profiles.items():
        contract, _ = contract_with_mistakes(profile)
        key = join_key("profiles", name)
        yield from (f"Note: `{key}`: {note}" for note in (*_forms(contract), *_units(contract)))
        record = paths.record_file(name, paths.records_folder(settings.record.folder, place))
        yield from (f"Note: `{key}`: {note}" for note in _arrivals(contract, record))


def _forms(contract: Contract) -> Iterator[str]:
    """Yield a sentence for each command that a contract file sends in an assumed form."""
    for event, spec in contract.commands.items():
        if spec.form_words:
            yield (
                f"`{join_key('commands', event)}`: its form is assumed, not documented: {spec.form.words}, "
                f"by {spec.form_source}."
            )


def _units(contract: Contract) -> Iterator[str]:
    for event, message in contract.messages.items():
        for leaf in message.leaves:
            if not is_known(leaf.unit):
                key = f'{join_key("messages", event)}."{leaf.path}".unit'
                yield (
                    f'`{key}`: "{clean(leaf.unit, 40)}" is not a known unit. '
                    "Its values are shown as they are and compared only with each other."
                )


def _arrivals(contract: Contract, record: Path) -> Iterator[str]:
    """Yield a sentence for each message and path of the contract that the record does not hold."""
    if not contract.messages or not record.is_file():
        return
    try:
        found = never_arrived(record, contract)
    except (XovacError, msgspec.MsgspecError, UnicodeError) as error:
        yield f"whether all paths come is not known: {error}"
        return
    for one in found[:_MOST]:
        key, newest = join_key("messages", one.event), counted(one.among, "event")
        if one.path is None:
            near = _near(one.event, one.there)
            yield f"`{key}`: no message of this name is among the newest {newest} of {record}.{near}"
        else:
            near = _near(one.path, one.there)
            yield (
                f'`{key}."{one.path}"`: no such path is in the newest {one.among:,} of these messages in '
                f"{record}.{near}"
            )
    if len(found) > _MOST:
        yield f"{len(found) - _MOST:,} more paths did not come."


def _near(name: str, there: tuple[str, ...]) -> str:
    """Return a hint at an arrived name that is nearly the same; empty without one."""
    return clean(near_miss(name, there), 200)
