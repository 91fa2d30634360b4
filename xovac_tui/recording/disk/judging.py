"""Which values of a record count: by the contract of its newest recorder, or by the one of today."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from xovac_tui.api.contract import Contract
from xovac_tui.api.validity import Validity
from xovac_tui.recording.disk.kinds import Session

_session = msgspec.json.Decoder(Session).decode


def recorded_rules(select: Callable[[str], Sequence[Sequence[Any]]]) -> Mapping[str, Validity]:
    """Return the rules of the newest recorder, by full names of channels; empty without one.

    A session that cannot be decoded has none here: whatever reads sessions reports the damage.
    """
    rows = select("SELECT about FROM sessions WHERE recording ORDER BY id DESC LIMIT 1")
    try:
        return _session(rows[0][0]).rules if rows else {}
    except (msgspec.MsgspecError, TypeError, UnicodeError):
        return {}


def rules_by(recorded: Mapping[str, Validity], contract: Contract) -> Mapping[str, Validity]:
    """Return the rules of a contract, and the recorded ones of channels that it does not name."""
    named = {message.full_name(leaf) for message in contract.messages.values() for leaf in message.leaves}
    return {name: rule for name, rule in recorded.items() if name not in named} | contract.rules()
