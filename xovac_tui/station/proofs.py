"""On which chambers STOP was proven, kept from one start of the program to the next.

A handler that wants another form of payload never runs, and STOP then does nothing. So STOP counts as working
only after the chamber has shown that `cancel_recipe` reaches it, at this address and in this form.
"""

from __future__ import annotations

import logging
import time
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import tomli_w

from xovac_tui import paths
from xovac_tui.createfile import only_saver
from xovac_tui.errors import SettingsError
from xovac_tui.text import clean
from xovac_tui.validation import read_toml

_HEAD = "# Written by xovac-tui: on which chambers STOP was proven, at which address and in which form.\n"
_LAST = 253_000_000_000.0
"""Seconds since 1970, in the year 9987: no calendar here goes on for much longer."""
_LOOK = 1.0
"""Seconds between two checks whether another program has written the file."""
_PATIENCE = 0.25
"""Seconds for which another program's save in the same folder is waited for."""


class StopProof(msgspec.Struct, frozen=True, kw_only=True):
    """That `cancel_recipe` has reached a chamber."""

    address: str
    form: str
    """How it crossed the wire, in words; empty: in the manual's form."""
    how: str
    who: str
    utc: float

    @property
    def words(self) -> str:
        """When STOP was proven, by whom and how, as a sentence."""
        day = datetime.fromtimestamp(self.utc, UTC)
        return f"STOP was proven on {day:%Y-%m-%d} by {clean(self.who, 60)}: {clean(self.how, 80)}."


class StopProofs:
    """The proofs of all profiles, in one file; what another program adds to it is seen."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or paths.stop_proofs_file()
        self._known: dict[str, StopProof] = {}
        self._read: tuple[int, int] | None = None
        self._checked = -_LOOK

    def get(self, profile: str, address: str, form: str) -> StopProof | None:
        """Return the proof that holds for a profile at this address and in this form, else None."""
        self._reload()
        found = self._known.get(profile)
        return found if found is not None and (found.address, found.form) == (address, form) else None

    def put(self, profile: str, proof: StopProof | None) -> str:
        """Keep a proof, or forget it (None); return a sentence where it cannot be written, else empty."""
        try:
            # The console waits here, STOP included.
            with only_saver(self.path, _PATIENCE):
                self._put(profile, proof)
        except OSError as error:
            return f"The proof of STOP cannot be saved in {self.path}: {error.strerror or error}."
        return ""

    def _put(self, profile: str, proof: StopProof | None) -> None:
        self._reload(now=True)
        if proof is None and profile not in self._known:
            return
        if proof is None:
            del self._known[profile]
        else:
            self._known[profile] = proof
        paths.write_atomically(self.path, _HEAD + tomli_w.dumps(msgspec.to_builtins(self._known)))

    def _reload(self, *, now: bool = False) -> None:
        """Read the file where it is another than the one that was read."""
        if not now and time.monotonic() - self._checked < _LOOK:
            return
        self._checked = time.monotonic()
        try:
            found = self.path.stat()
            seal = (found.st_mtime_ns, found.st_ino)
        except OSError:
            self._known, self._read = {}, None
            return
        if seal == self._read:
            return
        self._read = seal
        try:
            known = msgspec.convert(read_toml(self.path), dict[str, StopProof])
            # What was proven at no possible time is no proof of this program.
            self._known = {name: one for name, one in known.items() if 0 <= one.utc < _LAST}
        except (SettingsError, msgspec.ValidationError) as error:
            # What cannot be read proves nothing.
            logging.getLogger(__name__).warning("proofs of STOP ignored: %s", error)
            self._known = {}
