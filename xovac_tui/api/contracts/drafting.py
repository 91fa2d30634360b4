"""Write a contract file of what came: each leaf without a name yet, each guess marked with its reason."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from xovac_tui.api.contract import RESERVED_EVENTS, Contract, LeafTable
from xovac_tui.api.contracts.guesses import Guess, GuessCode, guesses_of_all
from xovac_tui.api.contracts.samples import LeafSamples, Observed
from xovac_tui.api.contracts.tables import leaf_at, leaf_table
from xovac_tui.plural import counted
from xovac_tui.text import clean
from xovac_tui.tomltext import toml_key, toml_value

_LONGEST = 60
"""Characters of a value that came, in a comment."""
_HEAD = """\
# A draft of a contract: what came, with guesses. A line "guessed" says what of the next line is a guess, and
# why. Check each, correct it or take it out, and take its comment out.
# docs/contracts.md says what can be written here.
"""


class DraftedContract(msgspec.Struct, frozen=True):
    """A drafted contract file."""

    text: str
    leaves: int
    """Leaves that it names."""
    guesses: int
    known: int
    """Leaves that came and that the contract in force names already."""
    left_out: tuple[str, ...] = ()
    """Names of events that no contract can name."""


def drafted(observed: Observed, contract: Contract, source: str) -> DraftedContract:
    """Return a contract file with the leaves that came and that the contract in force does not name.

    `source` says where they come from, such as `5 minutes of bench-1`.
    """
    named = {leaf_at(event, leaf.path) for event, one in contract.messages.items() for leaf in one.leaves}
    every = [(event, path, samples) for event, path, samples in observed if event not in contract.responses]
    unusable = dict.fromkeys(event for event, _, _ in every if not _can_be_named(event))
    new = [one for one in every if leaf_at(one[0], one[1]) not in named and one[0] not in unusable]
    guesses = guesses_of_all(new, contract)
    lines = [*_HEAD.splitlines(), "", f"source = {toml_value(source)}"]
    event = None
    for name, path, samples in new:
        if name != event:
            event = name
            came = counted(observed.counts[name], "message", "messages")
            lines += ["", f"[messages.{toml_key(name)}]  # {came} came"]
        lines += _leaf(path, samples, guesses[leaf_at(name, path)])
    for name in unusable:
        lines += ["", f"# Left out: no contract can name the event {clean(name, _LONGEST)}."]
    return DraftedContract(
        text="\n".join(lines) + "\n",
        leaves=len(new),
        guesses=sum(map(len, guesses.values())),
        known=len(every) - len(new) - sum(event in unusable for event, _, _ in every),
        left_out=tuple(unusable),
    )


def _can_be_named(event: str) -> bool:
    return bool(event.strip()) and event.isprintable() and event not in RESERVED_EVENTS


def _leaf(path: str, samples: LeafSamples, guesses: list[Guess]) -> Iterator[str]:
    given: dict[str, Any] = {key: value for guess in guesses for key, value in guess.values}
    leaf = msgspec.convert(given, LeafTable)
    reasons = [one.sentence for one in guesses if one.code is not GuessCode.NAME_OF_PATH]
    if named := [key for one in guesses if one.code is GuessCode.NAME_OF_PATH for key in one.keys]:
        reasons.append(f"{' and '.join(sorted(named))}: {GuessCode.NAME_OF_PATH.value}")
    if reasons:
        yield f"# guessed: {clean('; '.join(reasons))}"
    yield f"{toml_key(path, quoted=True)} = {toml_value(leaf_table(leaf))}  # {_came(samples)}"


def _came(samples: LeafSamples) -> str:
    """Return what came of a leaf, for a comment."""
    if samples.values:
        return f"{samples.low:g} to {samples.high:g}" if samples.low != samples.high else f"{samples.low:g}"
    if samples.texts:
        return clean(", ".join(f'"{text}"' for text in list(samples.texts)[:4]), _LONGEST)
    if samples.truth:
        return "true or false"
    return "no reading yet"
