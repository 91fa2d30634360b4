"""What a face sees of alarms, and does about them: the same live and in a replay."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable

from xovac_tui.chamber.alarm import AlarmsView, AlarmView


class AlarmDesk(ABC):
    """The alarms of one chamber, as a face sees them and acts on them.

    What acts returns why it was refused, as a sentence; an empty one when it is done (or asked for, where
    another program does it).
    """

    @abstractmethod
    def view(self) -> AlarmsView:
        """Return all alarms at this moment."""

    @abstractmethod
    def standing(self) -> AlarmsView:
        """Return only those that want attention; cheap, however many rules there are."""

    @abstractmethod
    def acknowledge(self, seen: Iterable[AlarmView]) -> str:
        """Acknowledge alarms as they were seen: what was raised after that is not meant."""

    @abstractmethod
    def shelve(self, rule: str, seconds: float, reason: str) -> str:
        """Silence an alarm for a time, eight hours at the most."""

    @abstractmethod
    def unshelve(self, rule: str) -> str:
        """Bring a shelved alarm back before its time."""

    @abstractmethod
    def take_out(self, rule: str, reason: str) -> str:
        """Take an alarm out of service, until somebody puts it back."""

    @abstractmethod
    def put_back(self, rule: str) -> str:
        """Put an alarm back into service."""

    @abstractmethod
    def use_set(self, name: str | None) -> str:
        """Choose the set of limits by hand; None: by the pressure again."""
