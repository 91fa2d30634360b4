"""Why alarms refuse an action, and why not all of them are watched: codes, data, and their only words."""

from __future__ import annotations

from enum import Enum

import msgspec

from xovac_tui.durations import spell_duration


class AlarmRefusalCode(Enum):
    """Why nothing was done, with its words."""

    REPLAY = "This is a replay: its alarms can only be viewed."
    NONE_WAITS = "Nothing there waits to be acknowledged."
    SHELVED_WITHOUT_REASON = "Say why it is shelved: the next shift must know."
    OUT_WITHOUT_REASON = "Say why it is out of service: the next shift must know."
    SHELVED_TOO_LONG = "An alarm can be shelved for {longest} at the most."
    UNKNOWN_ALARM = 'There is no alarm "{name}".'
    UNKNOWN_SET = 'There is no set of limits "{name}". There are {others}.'
    WAITS_NO_MORE = "It does not wait to be acknowledged (any more)."
    CANNOT_SHELVE = "It is out of service, so it cannot be shelved."
    NOT_SHELVED = "It is not shelved (any more)."
    OUT_ALREADY = "It is out of service already."
    IN_ALREADY = "It is in service already."


class AlarmRefusal(msgspec.Struct, frozen=True):
    """Why an action on alarms was refused."""

    code: AlarmRefusalCode
    name: str = ""
    """Rule or set of limits that was named."""
    names: tuple[str, ...] = ()
    """Those that there are."""
    seconds: float = 0.0
    """Longest time that is allowed."""

    @property
    def sentence(self) -> str:
        """What is wrong, and what would be right."""
        return self.code.value.format(
            name=self.name, others=", ".join(self.names), longest=spell_duration(self.seconds)
        )


class AlarmsProblemCode(Enum):
    """Why what is shown may not be what holds, with its words."""

    OPENING = "Nothing is watched yet: the record is being opened, and may know of alarms."
    UNREADABLE = "What others did to alarms cannot be read from the record: {detail}"
    NO_ANSWER = "{who} does not answer: what was asked of alarms is not done (yet)."
    RULES_UNKNOWN = "{who} does not say what it watches; of an older version it watches nothing. Restart it."
    OTHER_RULES = (
        "{who} watches other rules than the settings name here, so that what is shown as normal may not be "
        "watched. Restart it."
    )


class AlarmsProblem(msgspec.Struct, frozen=True):
    """Why not all alarms are watched, or not as shown."""

    code: AlarmsProblemCode
    pid: int | None = None
    """Process that evaluates; None: not known."""
    detail: str = ""
    """What reading the record met, as a sentence."""

    @property
    def sentence(self) -> str:
        """What is the matter, and what to do."""
        who = f"Process {self.pid}" if self.pid else "The program that records"
        return self.code.value.format(who=who, detail=self.detail)
