"""A chamber through a real sshd: how much later it is ONLINE, and when a cut far end is shown."""

from __future__ import annotations

import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.measure import SIZE, Row, at_most, median
from tests.helpers.pty import PROGRAM, Pty
from tests.helpers.simulator import simulator_process
from tests.servers.sshd import HOST, Sshd, sshd
from xovac_tui.config import Profile

LATER = 1.0
"""Seconds that the tunnel may add."""


@contextmanager
def console(url: str, far: Sshd, *, through: bool) -> Iterator[tuple[Pty, float]]:
    """Run the console until it is ONLINE, and give it with the seconds from its start until then."""
    with tempfile.TemporaryDirectory() as home:
        command = ", ".join(f'"{part}"' for part in far.command)
        ssh = f'ssh = "{HOST}"\n' if through else ""
        (Path(home) / "config.toml").write_text(
            f'[profiles.bench]\nurl = "{url}"\n{ssh}ssh_command = [{command}]\n'
        )
        # Its end here is that of all its processes at once, after which nothing deletes the socket.
        with Pty(PROGRAM, home=home, size=SIZE, env={"XDG_RUNTIME_DIR": home}) as program:
            program.wait_for("ONLINE")
            yield program, time.monotonic() - program.started


def until_online(url: str, far: Sshd, *, through: bool) -> float:
    """Return seconds."""
    with console(url, far, through=through) as (_, seconds):
        return seconds


def until_lost(url: str, far: Sshd) -> float:
    """Return the seconds from the moment the far end stops until the console says that the tunnel is down."""
    with console(url, far, through=True) as (program, _):
        time.sleep(1.5)
        far.cut(signal.SIGSTOP)
        stopped = time.monotonic()
        try:
            program.wait_for(lambda shown: "LOST" in shown and "tunnel is down" in shown, 60)
            return time.monotonic() - stopped
        finally:
            far.cut(signal.SIGKILL)


def measure(quick: bool) -> list[Row]:
    """Return the middle of several starts each, in turns, and the worst of a few cuts."""
    with (
        tempfile.TemporaryDirectory() as folder,
        sshd(Path(folder)) as far,
        simulator_process("--warm") as peer,
    ):
        url = peer.url.replace("127.0.0.1", "localhost")
        direct, tunnelled = [], []
        for _ in range(3 if quick else 11):
            direct.append(until_online(url, far, through=False))
            tunnelled.append(until_online(url, far, through=True))
        cut = max(until_lost(url, far) for _ in range(1 if quick else 3))
    added = median(tunnelled) - median(direct)
    return [
        at_most(f"ONLINE through ssh, later than directly ({median(direct):.2f} s)", added, LATER, "s"),
        at_most("cut far end of the tunnel to LOST", cut, Profile().lost_after, "s"),
    ]
