"""Why a command was not sent: a code with its data, and the only place that words it."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from xovac_tui.api.link import LinkWord


class RefusalCode(StrEnum):
    """What a guard found."""

    OBSERVED = "observed"
    """This console only observes."""
    NO_LINK = "no_link"
    """The link is neither ONLINE nor STALE."""
    SILENT = "silent"
    """The server answers no ping."""
    STALE = "stale"
    """The data are stale, and the profile does not allow that."""
    IN_FLIGHT = "in_flight"
    """A command of this name waits for its answer."""
    NOT_ALLOWED = "not_allowed"
    """The contract does not allow it."""
    RUNNING = "running"
    """STOP cannot be proven: a recipe runs, or may run."""
    BLIND = "blind"
    """STOP cannot be proven: the chamber stopped to report whether a recipe runs."""
    REPLAY = "replay"
    """This is a recorded chamber."""


class Refusal(msgspec.Struct, frozen=True):
    """Why a command was not, or could not be, sent."""

    code: RefusalCode
    command: str
    link: LinkWord = LinkWord.ONLINE
    seconds: float = 0.0
    """How long ago the command in flight was sent."""
    always: bool = False
    """The settings allow nothing but to observe, so taking control is no way out."""
    stop: bool = False
    """The STOP key would send the command all the same."""
    problem: str = ""
    """What the contract does not allow, as a sentence."""

    def same_as(self, other: Refusal | None) -> bool:
        """Return whether another refusal has the same reason, however much time lies between."""
        return other is not None and (self.code, self.link) == (other.code, other.link)

    @property
    def sentence(self) -> str:
        """What happened, why, and what to do: a command was asked for."""
        return self._whole("was not sent")

    @property
    def before(self) -> str:
        """The same about a command that has not been asked for yet."""
        return self._whole("cannot be sent now")

    @property
    def cause(self) -> str:
        """The reason alone, as a clause that begins a sentence."""
        match self.code:
            case RefusalCode.OBSERVED:
                return "This console only observes"
            case RefusalCode.NO_LINK:
                return f"The link is {self.link}"
            case RefusalCode.SILENT:
                return "The server answers no ping"
            case RefusalCode.STALE:
                return "The data are stale"
            case RefusalCode.IN_FLIGHT:
                return f"{self.command} was sent {self.seconds:.1f} s ago and still waits for its answer"
            case RefusalCode.RUNNING:
                return f"A recipe runs, or may run, and {self.command} would cancel it"
            case RefusalCode.BLIND:
                return (
                    "The chamber does not report any more whether a recipe runs, and "
                    f"{self.command} would cancel one"
                )
            case RefusalCode.REPLAY:
                return "This is a replay: nothing can be sent"
            case RefusalCode.NOT_ALLOWED:
                return self.problem

    def strip(self, control_key: str) -> str:
        """Return the reason in the few words of STOP's strip; `control_key` is what takes control."""
        match self.code:
            case RefusalCode.REPLAY:
                return self.sentence
            case RefusalCode.OBSERVED if self.always:
                return f"{self.cause}: STOP was not sent."
            case RefusalCode.OBSERVED:
                return f"OBSERVE: STOP was not sent. Press {control_key} to take control."
            case RefusalCode.IN_FLIGHT:
                return "STOP was sent, and waits for its answer. Nothing was sent twice."
            case RefusalCode.NO_LINK:
                return f"{self.cause}: STOP was not sent, and is not kept."
            case _:
                return f"{self.cause}: STOP was not sent."

    def _whole(self, outcome: str) -> str:
        named = self.code in (RefusalCode.RUNNING, RefusalCode.BLIND)
        so = f"{self.cause}, so {'it' if named else self.command} {outcome}"
        still = " The STOP key (! !) sends it all the same." if self.stop else ""
        match self.code:
            case RefusalCode.OBSERVED:
                return f"{so}. Take control first."
            case RefusalCode.NO_LINK:
                return f"{so}, and it is not kept for later."
            case RefusalCode.SILENT:
                return (
                    f"{so}: a blocked one would carry it out late. Ask again when the link is ONLINE.{still}"
                )
            case RefusalCode.STALE:
                return (
                    f"{so}: nobody can see what the chamber does. For a device that is silent by habit, set "
                    f"send_when_stale = true in its profile.{still}"
                )
            case RefusalCode.IN_FLIGHT:
                return f"{self.cause}. Nothing was sent twice."
            case RefusalCode.RUNNING:
                return f"{so}. Prove STOP while the chamber is idle."
            case RefusalCode.BLIND:
                return f"{so}. Look at the chamber, then prove STOP again."
            case RefusalCode.REPLAY:
                return f"{self.cause}."
            case RefusalCode.NOT_ALLOWED:
                return self.problem
