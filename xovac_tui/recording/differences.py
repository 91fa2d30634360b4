"""What differs between two things in force, as a record keeps them in JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

_MOST = 12
"""Keys of a change that are listed in words; all of them are in its JSON."""
_LAST = ("effective", "files")
"""Tables of hashes, which say less than what they are made of."""
_LONGEST = 60
"""Characters of a value that is shown in words."""


def as_json(value: Any) -> str:
    """Return JSON that is the same for the same value, however it was put together."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def in_words(before: str, after: str) -> str:
    """Return what differs between two texts of JSON: `recipe.max: 80 -> 90; observe: false -> true`."""
    if not before:
        return "in the record for the first time"
    try:
        was, now = json.loads(before), json.loads(after)
        first = _not_kept_before(was, now)
        old, new = dict(_leaves(was)), dict(_leaves({**now, **first} if first else now))
    except (ValueError, RecursionError):
        return "became another one"
    found = [
        f"{key + ': ' if key else ''}{_said(old.get(key))} -> {_said(new.get(key))}"
        for key in sorted(old | new, key=lambda key: (key.partition(".")[0] in _LAST, key))
        if old.get(key) != new.get(key)
    ]
    more = f"; and {len(found) - _MOST} more" if len(found) > _MOST else ""
    return "; ".join(found[:_MOST]) + more or "became another one"


def _not_kept_before(was: Any, now: Any) -> dict[str, str]:
    """Return the tables that an older version did not keep: that they are kept now is no change of them."""
    if not isinstance(was, dict) or not isinstance(now, dict):
        return {}
    return {key: "kept from now on" for key, held in now.items() if key not in was and isinstance(held, dict)}


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
