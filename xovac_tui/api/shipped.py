"""The contracts that come with the program."""

from __future__ import annotations

from pathlib import Path

SIMULATOR_CONTRACT = "simulator"
"""In a profile's `contracts`: the shipped contract of this program's own simulator, not a file."""


def shipped_contracts(*, simulator: bool) -> tuple[Path, ...]:
    """Return the documented contract's file, with `simulator` also that of our simulator, in their order."""
    names = ("documented.toml", "simulator.toml") if simulator else ("documented.toml",)
    return tuple(Path(__file__).with_name(name) for name in names)
