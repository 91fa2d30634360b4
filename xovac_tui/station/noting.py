"""What is in force, as a record keeps it: settings, contract, whom to trust, rules of alarms.

Never a secret: the place of the file that holds them at the most.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec

from xovac_tui.api.contract import Contract
from xovac_tui.chamber.alarmrules import Watchlist
from xovac_tui.config import Profile, RecordSettings
from xovac_tui.config.alarms import Rule
from xovac_tui.config.model import SIMULATOR_CONTRACT
from xovac_tui.readfile import read_at_most

_MOST = 12
"""Keys of a change that are told in words; all of them are in its JSON."""
_LARGEST = 10_000_000
"""Bytes of a file of certificates that are hashed; a bundle of all authorities has a fiftieth of that."""
_LONGEST = 60
"""Characters of a value that is told in words."""


def in_force(profile: Profile, settings: RecordSettings, contract: Contract) -> Iterator[tuple[str, str]]:
    """Yield each kind of what is noted at the opening of a record, and what is in force, as JSON."""
    yield "settings", as_json(_settings(profile, settings))
    yield "contract", as_json(_contract(profile, contract))
    yield "trust", as_json(_trust(profile))


def limits(watchlist: Watchlist) -> str:
    """Return the rules of alarms in force, and how the set of limits is chosen, as JSON."""
    rules = {}
    for rule in watchlist.rules:
        usual = msgspec.to_builtins(Rule(name=rule.name, kind=rule.kind))
        rules[rule.name] = {
            "kind": rule.kind,
            **{key: value for key, value in msgspec.to_builtins(rule).items() if value != usual[key]},
        }
    chosen = watchlist.settings
    return as_json(
        {
            "rules": rules,
            "limit_set": chosen.limit_set,
            "ambient_above": chosen.ambient_above,
            "tvac_below": chosen.tvac_below,
        }
    )


def as_json(value: Any) -> str:
    """Return JSON that is the same for the same value, however it was put together."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def in_words(before: str, after: str) -> str:
    """Return what differs between two texts of JSON: `recipe.max: 80 -> 90; observe: false -> true`."""
    if not before:
        return "in the record for the first time"
    try:
        old, new = dict(_leaves(json.loads(before))), dict(_leaves(json.loads(after)))
    except (ValueError, RecursionError):
        return "became another one"
    found = [
        f"{key + ': ' if key else ''}{_said(old.get(key))} -> {_said(new.get(key))}"
        for key in sorted(old | new)
        if old.get(key) != new.get(key)
    ]
    more = f"; and {len(found) - _MOST} more" if len(found) > _MOST else ""
    return "; ".join(found[:_MOST]) + more or "became another one"


def _settings(profile: Profile, settings: RecordSettings) -> dict[str, Any]:
    # What is about trust and the contract is noted for itself, and each console observes or does not.
    others = ("url", "ca_file", "fingerprint", "contracts", "observe")
    own = {key: value for key, value in msgspec.to_builtins(profile).items() if key not in others}
    kept = {"keep_days": settings.keep_days, "delete_unexported": settings.delete_unexported}
    return {"address": _address(profile.url), **own, "record_kept": kept}


def _contract(profile: Profile, contract: Contract) -> dict[str, Any]:
    files = {Path(name).name: _file_hash(name) for name in profile.contracts if name != SIMULATOR_CONTRACT}
    whole = msgspec.json.encode(msgspec.to_builtins(contract), order="sorted")
    return {"names": list(contract.files), "files": files, "effective": hashlib.sha256(whole).hexdigest()}


def _trust(profile: Profile) -> dict[str, Any]:
    encrypted = profile.url.lower().startswith(("https:", "wss:"))
    if not encrypted:
        verified = "nothing: the connection is not encrypted"
    elif profile.fingerprint:
        verified = "one pinned certificate"
    else:
        verified = "authorities of one's own" if profile.ca_file else "the system's authorities"
    return {
        "encrypted": encrypted,
        "verified_by": verified,
        "fingerprint": profile.fingerprint.replace(":", "").lower(),
        "ca_file": Path(profile.ca_file).name,
        "ca_sha256": _file_hash(profile.ca_file) if profile.ca_file else "",
    }


def _address(url: str) -> str:
    """Return where a chamber is, without a name, a password or a query, which may be secrets."""
    try:
        parts = urlsplit(url)
        host = f"[{parts.hostname}]" if parts.hostname and ":" in parts.hostname else parts.hostname
        return f"{parts.scheme}://{host}{f':{parts.port}' if parts.port is not None else ''}"
    except ValueError:
        return ""


def _file_hash(name: str) -> str:
    try:
        return hashlib.sha256(read_at_most(Path(name), _LARGEST)).hexdigest()
    except OSError as error:
        return f"cannot be read: {error.strerror or error}"


def _leaves(value: Any, parent: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every leaf of JSON by its dotted name; things with a name by that, in whatever order."""
    if isinstance(value, dict):
        for key, held in value.items():
            yield from _leaves(held, f"{parent}.{key}" if parent else str(key))
    elif named := _by_name(value):
        yield from _leaves(named, parent)
    else:
        yield parent, value


def _by_name(value: Any) -> dict[str, Any]:
    if not isinstance(value, Sequence) or isinstance(value, str):
        return {}
    names = [one.get("name") if isinstance(one, dict) else None for one in value]
    if len(set(names)) != len(names) or not all(isinstance(name, str) for name in names):
        return {}
    return {str(name): one for name, one in zip(names, value, strict=True)}


def _said(value: Any) -> str:
    if value is None or value in ("", [], {}):
        return "nothing"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."
