"""Why a command was not sent: a code with its data, and the only place that words it."""

from __future__ import annotations

from enum import Enum

import msgspec

from xovac_tui.api.link import LinkWord


class RefusalCode(Enum):
    """What a guard found, in words: the reason as a clause, and what follows from it."""

    OBSERVED = "This console only observes", ", so {command} {outcome}. Take control first."
    NO_LINK = "The link is {link}", ", so {command} {outcome}, and it is not kept for later."
    SILENT = (
        "The server answers no ping",
        ", so {command} {outcome}: a blocked one would carry it out late. Ask again when the link is ONLINE."
        "{still}",
    )
    STALE = (
        "The data are stale",
        ", so {command} {outcome}: what the chamber does cannot be seen. For a device that is silent by "
        "habit, set send_when_stale = true in its profile.{still}",
    )
    IN_FLIGHT = (
        "{command} was sent {seconds:.1f} s ago and still waits for its answer",
        ". Nothing was sent twice.",
    )
    NOT_ALLOWED = "{problem}", ""
    """By the contract."""
    OTHER_CONTRACT = (
        "The contract says something else of {command} now than when this was asked for",
        ", so it {outcome}. Ask again.",
    )
    RUNNING = (
        "A recipe runs, or may run, and {command} would cancel it",
        ", so it {outcome}. Prove STOP while the chamber is idle.",
    )
    BLIND = (
        "The chamber does not report any more whether a recipe runs, and {command} would cancel one",
        ", so it {outcome}. Look at the chamber, then prove STOP again.",
    )
    REPLAY = "This is a replay: nothing can be sent", "."


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
    def cause(self) -> str:
        """The reason alone, as a clause that begins a sentence."""
        return self._worded(self.code.value[0])

    @property
    def sentence(self) -> str:
        """What happened, why, and what to do, for a command that was requested."""
        return self._worded("".join(self.code.value), "was not sent")

    @property
    def before(self) -> str:
        """The same for a command that has not been requested yet."""
        return self._worded("".join(self.code.value), "cannot be sent now")

    def strip(self, control_key: str) -> str:
        """Return the reason in the few words of STOP's strip; `control_key` is what takes control."""
        match self.code:
            case RefusalCode.REPLAY:
                return self.sentence
            case RefusalCode.OBSERVED if not self.always:
                return f"OBSERVE: STOP was not sent. Press {control_key} to take control."
            case RefusalCode.IN_FLIGHT:
                return "STOP was sent, and waits for its answer. Nothing was sent twice."
            case RefusalCode.NO_LINK:
                return f"{self.cause}: STOP was not sent, and is not kept."
        return f"{self.cause}: STOP was not sent."

    def _worded(self, template: str, outcome: str = "") -> str:
        still = " The STOP key (! !) sends it all the same." if self.stop else ""
        return template.format(outcome=outcome, still=still, **msgspec.structs.asdict(self))
