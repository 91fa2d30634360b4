"""What was typed into forms that were left without saving: shown again there, and named before it is lost."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

DraftPlace = tuple[str, ...]
"""What a form is about: keys from the top of a file, as `("messages", "sensor_data", "plate.A")`."""


class KeptText(NamedTuple):
    """The texts of a form that was left."""

    heading: str
    texts: Mapping[str, str]


class Drafts:
    """The drafts of one chamber; they last as long as the console."""

    def __init__(self) -> None:
        self._kept: dict[DraftPlace, KeptText] = {}

    @property
    def headings(self) -> list[str]:
        """What the forms are called, the first that was left first."""
        return [one.heading for one in self._kept.values()]

    def texts(self, place: DraftPlace) -> Mapping[str, str]:
        """Return what was typed into a form before; nothing where nothing was."""
        return self._kept[place].texts if place in self._kept else {}

    def keep(self, place: DraftPlace, heading: str, texts: Mapping[str, str]) -> None:
        """Keep what is typed in a form that is left."""
        self._kept[place] = KeptText(heading, texts)

    def drop(self, place: DraftPlace) -> None:
        """Forget what was typed into a form: it is saved, or is not wanted any more."""
        self._kept.pop(place, None)
