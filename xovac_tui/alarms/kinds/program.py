"""Conditions of this program and its surroundings: link, record, disk, notifications."""

from __future__ import annotations

from xovac_tui.alarms.kinds.base import Condition, Context, now_holds
from xovac_tui.alarms.life import Verdict
from xovac_tui.text import clean


class LinkLost(Condition):
    """No connection to the chamber."""

    def evaluate(self, context: Context, *, active: bool) -> Verdict | None:
        """Return whether there is no connection."""
        return now_holds(not context.chamber.linked)

    def words(self, limit_set: str) -> str:
        """Return what is watched."""
        return "no link to the chamber"

    def sentence(self, context: Context) -> str:
        """Return what is the matter."""
        why = context.chamber.link_view(context.mono).why
        return (
            f"There is no link to the chamber, which goes on by itself.{' ' if why else ''}{clean(why, 200)}"
        )


class RecorderFails(Condition):
    """The record cannot be written."""

    def evaluate(self, context: Context, *, active: bool) -> Verdict | None:
        """Return whether the recorder fails."""
        return None if context.recorder_why is None else now_holds(bool(context.recorder_why))

    def words(self, limit_set: str) -> str:
        """Return what is watched."""
        return "the record cannot be written"

    def sentence(self, context: Context) -> str:
        """Return what is the matter."""
        return context.recorder_why or "The record could not be written."


class DiskLow(Condition):
    """Little room where the record is."""

    every = 5.0
    needs_limit = True

    def evaluate(self, context: Context, *, active: bool) -> Verdict | None:
        """Return whether less than the limit is free."""
        limit, free = self.limit(context.limit_set), context.disk_free
        if limit is None or free is None:
            return None
        return now_holds(free < limit + (self.rule.deadband if active else 0.0))

    def value_words(self, context: Context) -> str:
        """Return what is free."""
        return "" if context.disk_free is None else f"{context.disk_free:.2f} GB"

    def limit_words(self, limit_set: str) -> str:
        """Return the limit."""
        limit = self.limit(limit_set)
        return "" if limit is None else f"{limit:g} GB"

    def words(self, limit_set: str) -> str:
        """Return what is watched."""
        return f"less than {self.limit_words(limit_set) or 'a limit'} free where the record is"

    def sentence(self, context: Context) -> str:
        """Return what is the matter."""
        return (
            f"The disk with the record has {self.value_words(context) or 'little'} left, less than "
            f"{self.limit_words(context.limit_set)}."
        )


class NotificationFails(Condition):
    """Somebody who was to be told could not be."""

    def evaluate(self, context: Context, *, active: bool) -> Verdict | None:
        """Return whether a receiver could not be reached; what failed before a restart is not well by it."""
        if active and context.untried and not context.failing:
            return None
        return now_holds(bool(context.failing))

    def words(self, limit_set: str) -> str:
        """Return what is watched."""
        return "a notification could not be sent"

    def sentence(self, context: Context) -> str:
        """Return what is the matter."""
        return " ".join(context.failing.values()) or "A notification could not be sent."
