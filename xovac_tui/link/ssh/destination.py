"""Where ssh goes, and how it is called. Light to import."""

from __future__ import annotations

import math

from xovac_tui.link.target import Address, Target

UNANSWERED = 3
"""Questions of ssh to the far end that may stay without an answer (ServerAliveCountMax)."""
_SLOWEST = 5
"""Seconds between two of these questions at the most."""


def alive_interval(lost_after: float) -> int:
    """Return the whole seconds between two questions of ssh to a silent far end (ServerAliveInterval).

    ssh gives up after one more interval than `UNANSWERED`: in less than `lost_after` seconds, as far as whole
    seconds allow, so that the tunnel is known to be down before the chamber counts as lost.
    """
    return max(1, min(_SLOWEST, math.floor(lost_after / (UNANSWERED + 2))))


def ssh_command(target: Target, address: Address, listen: str, *, asks: bool) -> list[str]:
    """Return the command that forwards `listen` (a path, or host and port) to the chamber's host and port.

    The host is looked up at the far end. `asks`: ssh may ask at the terminal. Options here go before those of
    `~/.ssh/config`, and are known to OpenSSH since 6.7 (2014). A connection that another ssh shares
    (ControlMaster) is not taken: the forwarding would be its, and would stay when this one ends.
    """
    options = {
        **({} if asks else {"BatchMode": "yes"}),
        "ExitOnForwardFailure": "yes",
        "ConnectTimeout": str(max(1, math.ceil(target.connect_timeout))),
        "ServerAliveInterval": str(alive_interval(target.lost_after)),
        "ServerAliveCountMax": str(UNANSWERED),
        "ControlMaster": "no",
        "ControlPath": "none",
        "PermitLocalCommand": "no",
        # What it says is how its failures are told apart.
        "LogLevel": "INFO",
        "StreamLocalBindMask": "0177",
        "StreamLocalBindUnlink": "yes",
    }
    host = f"[{address.host}]" if ":" in address.host else address.host
    return [
        *target.ssh_command,
        "-N",
        "-T",
        *(part for name, value in options.items() for part in ("-o", f"{name}={value}")),
        "-L",
        f"{listen}:{host}:{address.port}",
        target.ssh,
    ]
