"""What is in force, as a record keeps it: settings, contract, trust in certificates. Never a secret."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec

from xovac_tui.api.contract import Contract, Origin
from xovac_tui.api.contracts.tables import key_of, tables_of
from xovac_tui.api.shipped import SIMULATOR_CONTRACT
from xovac_tui.config.model import Profile
from xovac_tui.readfile import read_at_most
from xovac_tui.recording.differences import as_json
from xovac_tui.recording.settings import RecordSettings

_LARGEST = 10_000_000
"""Bytes of a file of certificates that are hashed; a bundle of all authorities has a fiftieth of that."""


def in_force(profile: Profile, settings: RecordSettings, contract: Contract) -> Iterator[tuple[str, str]]:
    """Yield each kind of what is noted at the opening of a record, and what is in force, as JSON.

    Reads the contract files and the CA file.
    """
    yield "settings", as_json(_settings(profile, settings))
    files = [Path(name) for name in profile.contracts if name != SIMULATOR_CONTRACT]
    yield "contract", contract_noted(contract, hashes(files))
    yield "trust", as_json(_trust(profile))


def contract_noted(contract: Contract, hashes: Mapping[str, str]) -> str:
    """Return what is noted of a contract, as JSON: all that it adds to the manual, and its files' hashes."""
    whole = msgspec.json.encode(msgspec.to_builtins(contract), order="sorted")
    return as_json(
        {
            "names": list(contract.files),
            "files": dict(hashes),
            "effective": hashlib.sha256(whole).hexdigest(),
            **_tables(contract),
        }
    )


def _tables(contract: Contract) -> dict[str, dict[str, Any]]:
    """Return what a contract adds to the manual, by `messages`, `commands` and so on, then by place."""
    made: dict[str, dict[str, Any]] = {"commands": {}, "messages": {}, "responses": {}}
    for where, table in tables_of(contract).items():
        head, event = where[0], where[-1] if len(where) < 3 else where[1]
        documented = head == "responses" and contract.responses[event].origin is Origin.DOCUMENTED
        if table and not documented:
            made.setdefault(head, {})[key_of(where).removeprefix(f"{head}.")] = table
    return made


def _settings(profile: Profile, settings: RecordSettings) -> dict[str, Any]:
    # What is about trust and the contract is noted for itself, and each console observes or does not.
    others = ("url", "ca_file", "fingerprint", "contracts", "observe")
    own = {key: value for key, value in msgspec.to_builtins(profile).items() if key not in others}
    kept = {"keep_days": settings.keep_days, "delete_unexported": settings.delete_unexported}
    return {"address": _address(profile.url), **own, "record_kept": kept}


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


def hashes(files: Iterable[Path]) -> dict[str, str]:
    """Return the name of each file without its folder -> SHA-256, or why it cannot be read."""
    return {path.name: _file_hash(str(path)) for path in files}


def _file_hash(name: str) -> str:
    try:
        return hashlib.sha256(read_at_most(Path(name), _LARGEST)).hexdigest()
    except OSError as error:
        return f"cannot be read: {error.strerror or error}"
