"""Tries a store or medium once, step by step, without a row of the record."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from xovac_tui.forwarding.failures import Failure, FailureCode, SinkError
from xovac_tui.forwarding.publisher import TriedPublisher
from xovac_tui.forwarding.sinksettings import ForwardedChamber, Sink


class Trial(msgspec.Struct, frozen=True):
    """How a trial went."""

    done: tuple[str, ...] = ()
    """Names of the steps that were done."""
    failure: Failure | None = None
    """Why the next one was not; None: all were done."""


def attempt(sink: Sink, chamber: ForwardedChamber, secret: Callable[[], str]) -> Trial:
    """Try a sink; `secret` reads its secret and may raise SinkError. Blocks for its time-outs."""
    done: list[str] = []
    try:
        known = secret()
        if sink.takes_history:
            history = sink.history(chamber, known)
            try:
                for step in history.trial():
                    done.append(f"{step} (history)" if sink.takes_state else step)
            finally:
                history.close()
        if sink.takes_state:
            publisher = sink.publisher(chamber, known)
            if isinstance(publisher, TriedPublisher):
                for step in publisher.trial():
                    done.append(step)
    except SinkError as error:
        return Trial(tuple(done), error.failure)
    except Exception as error:  # a defect of one kind must not hide the others
        return Trial(tuple(done), Failure(FailureCode.DEFECT, type(error).__name__))
    return Trial(tuple(done))
