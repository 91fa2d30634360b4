"""Conditions of this program and its surroundings: link, record, disk, notifications."""

from __future__ import annotations

from xovac_tui.alarms.kinds.base import Around, Condition, now_holds
from xovac_tui.alarms.life import Look
from xovac_tui.text import clean


class LinkLost(Condition):
    """No connection to the chamber."""

    def look(self, around: Around, *, active: bool) -> Look | None:
        """Return whether there is no connection."""
        return now_holds(not around.chamber.linked)

    def words(self, limit_set: str) -> str:
        """Return what is watched."""
        return "no link to the chamber"

    def sentence(self, around: Around) -> str:
        """Return what is the matter."""
        why = around.chamber.link_view(around.mono).why
        return (
            f"There is no link to the chamber, which goes on by itself.{' ' if why else ''}{clean(why, 200)}"
        )


class RecorderFails(Condition):
    """The record cannot be written."""

    def look(self, around: Around, *, active: bool) -> Look | None:
        """Return whether the recorder fails."""
        return None if around.recorder_why is None else now_holds(bool(around.recorder_why))

    def words(self, limit_set: str) -> str:
        """Return what is watched."""
        return "the record cannot be written"

    def sentence(self, around: Around) -> str:
        """Return what is the matter."""
        return around.recorder_why or "The record could not be written."


class DiskLow(Condition):
    """Little room where the record is."""

    every = 5.0
    needs_limit = True

    def look(self, around: Around, *, active: bool) -> Look | None:
        """Return whether less than the limit is free."""
        limit, free = self.limit(around.limit_set), around.disk_free
        if limit is None or free is None:
            return None
        return now_holds(free < limit + (self.rule.deadband if active else 0.0))

    def value_words(self, around: Around) -> str:
        """Return what is free."""
        return "" if around.disk_free is None else f"{around.disk_free:.2f} GB"

    def limit_words(self, limit_set: str) -> str:
        """Return the limit."""
        limit = self.limit(limit_set)
        return "" if limit is None else f"{limit:g} GB"

    def words(self, limit_set: str) -> str:
        """Return what is watched."""
        return f"less than {self.limit_words(limit_set) or 'a limit'} free where the record is"

    def sentence(self, around: Around) -> str:
        """Return what is the matter."""
        return (
            f"The disk with the record has {self.value_words(around) or 'little'} left, less than "
            f"{self.limit_words(around.limit_set)}."
        )


class NotificationFails(Condition):
    """Somebody who was to be told could not be."""

    def look(self, around: Around, *, active: bool) -> Look | None:
        """Return whether a receiver could not be reached; what failed before a restart is not well by it."""
        if active and around.untried and not around.failing:
            return None
        return now_holds(bool(around.failing))

    def words(self, limit_set: str) -> str:
        """Return what is watched."""
        return "a notification could not be sent"

    def sentence(self, around: Around) -> str:
        """Return what is the matter."""
        return " ".join(around.failing.values()) or "A notification could not be sent."
