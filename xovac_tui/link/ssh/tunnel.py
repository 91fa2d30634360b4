"""One ssh that forwards to the chamber: started, watched, told why it ended, and ended.

It belongs to no event loop: the console makes it before the screen takes the terminal, and its link uses it.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

from xovac_tui.api.link import LinkCode, LinkReason
from xovac_tui.errors import LinkError, SettingsError
from xovac_tui.link.ssh import keeper
from xovac_tui.link.ssh.destination import ssh_command
from xovac_tui.link.ssh.diagnosis import ending_of, refusal_of
from xovac_tui.link.streams import host_and_port, is_path
from xovac_tui.link.target import Address, Target, check_target
from xovac_tui.link.wording import worded
from xovac_tui.text import clean

_POLL = 0.02
"""Seconds between two checks whether ssh forwards already."""
_AFTERMATH = 0.3
"""Seconds for which what broke a connection is waited for: its sockets end before ssh does and says why."""
_LINES = 50
"""Newest lines of ssh that are kept."""
_MOST_SHOWN = 200
"""Lines of ssh that are shown while it may ask: a banner and a question have fewer."""
_LONGEST_LINE = 400
_LONGEST_PATH = 100
"""Bytes of a socket's path: Linux takes 107, macOS 103."""
_ENDING = 1.5
"""Seconds that ssh has to end in order."""


class Tunnel:
    """The way to a target by its destination of ssh."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._ssh: _Ssh | None = None
        self._failed: LinkError | None = None
        """Why the first tunnel was not made, until the link asks."""
        self._asked = False

    async def first(self, say: Callable[[str], None]) -> None:
        """Make the tunnel while ssh may ask at this terminal; once, and before anything else draws on it.

        Without a terminal nothing is done. A failure is raised by the next `up`. `say` shows a line there.
        """
        if self._asked or not (sys.stdin.isatty() and sys.stderr.isatty()):
            return
        self._asked = True
        # Else a far end that hangs would be a terminal that hangs without a word.
        say(f"Opening the SSH tunnel to {clean(self._target.ssh, 100)}.")
        try:
            await self._start(say)
        except LinkError as error:
            self._failed = error
        except SettingsError:
            return  # the link says so

    async def up(self) -> str:
        """Return the near end of the tunnel, made where there is none; raises LinkError with the reason."""
        if self._failed is not None:
            failed, self._failed = self._failed, None
            raise failed
        if self._ssh is None or self._ssh.ended or not self._ssh.usable:
            await self._start()
        assert self._ssh is not None
        return self._ssh.near_end

    @property
    def mark(self) -> int:
        """The number of lines that ssh has printed, for `trouble`."""
        return 0 if self._ssh is None else self._ssh.printed

    async def trouble(self, since: int) -> LinkReason | None:
        """Return why nothing gets through the tunnel; None where that is not its doing.

        It is waited for briefly. `since`: the `mark` before the connection that failed.
        """
        until = time.monotonic() + _AFTERMATH
        while (ssh := self._ssh) is not None:
            if ssh.ended:
                code, said = await ssh.ending()
                return self._reason(LinkCode.SSH_ENDED if code is LinkCode.SSH_FAILED else code, said)
            if refused := ssh.refusal(since):
                return self._reason(*refused)
            if time.monotonic() >= until:
                return None
            await asyncio.sleep(_POLL)
        return None

    async def close(self) -> None:
        """End ssh, and wait for its end."""
        ssh, self._ssh = self._ssh, None
        if ssh is not None:
            await ssh.close()

    async def _start(self, say: Callable[[str], None] | None = None) -> None:
        """Make the tunnel, or raise why there is none; with `say` ssh may ask, and its lines are shown."""
        if self._ssh is not None:
            self._ssh.let_go()
            self._ssh = None
        address = check_target(self._target)
        program = self._target.ssh_command[0]
        if shutil.which(program) is None:
            raise self._reason(LinkCode.SSH_MISSING, program).error()
        try:
            ssh = _Ssh(self._target, address, say)
        except OSError as error:
            raise self._reason(
                LinkCode.SSH_FAILED, clean(error.strerror or str(error), 100)
            ).error() from None
        try:
            await self._until_up(ssh, asks=say is not None)
        except BaseException:
            ssh.let_go()
            raise
        self._ssh = ssh

    async def _until_up(self, ssh: _Ssh, *, asks: bool) -> None:
        """Wait until ssh forwards, or raise why it does not; while it asks, as long as the answer takes."""
        until = time.monotonic() + self._target.tunnel_patience
        while not ssh.forwards():
            if ssh.ended:
                raise self._reason(*await ssh.ending()).error()
            if not asks and time.monotonic() >= until:
                raise self._reason(LinkCode.SSH_NO_ANSWER).error()
            await asyncio.sleep(_POLL)
        # The socket is there a moment before it is listened to.
        await asyncio.sleep(_POLL)
        ssh.begin()

    def _reason(self, code: LinkCode, said: str = "") -> LinkReason:
        said = said or "it gave no reason"
        return worded(code, check_target(self._target), said=said.rstrip("."), program=clean(said, 100))


class _Ssh:
    """A running ssh, and what it prints."""

    def __init__(self, target: Target, address: Address, say: Callable[[str], None] | None) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="xovac-", dir=_runtime_folder()))
        if os.name == "posix":
            self.near_end = str(self._folder / "x.sock")
        else:
            self.near_end = f"127.0.0.1:{_free_port()}"
        asks, self._say = say is not None, say
        self._lines: deque[tuple[int, str]] = deque(maxlen=_LINES)
        self.printed = 0
        own: dict[str, Any] = {}
        if not asks:
            # Without a terminal of its own nothing can ask, and no key reaches it.
            own = {"start_new_session": True}
            if sys.platform == "win32":
                own = {"creationflags": subprocess.CREATE_NO_WINDOW}
        self._process = subprocess.Popen(
            [
                sys.executable,
                "-I",
                "-S",
                keeper.__file__,
                str(self._folder),
                *ssh_command(target, address, self.near_end, asks=asks),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            **own,
        )
        self._pid = 0
        """Of ssh itself; 0: not known yet."""
        self._reader = threading.Thread(target=self._read, name="ssh", daemon=True)
        self._reader.start()

    @property
    def ended(self) -> bool:
        """Whether it has ended."""
        return self._process.poll() is not None

    @property
    def usable(self) -> bool:
        """Whether its near end is still there: what cleans up temporary files may have deleted it."""
        return not is_path(self.near_end) or os.path.exists(self.near_end)

    def forwards(self) -> bool:
        """Return whether its near end can be connected to."""
        if is_path(self.near_end):
            return os.path.exists(self.near_end)
        with socket.socket() as probe:
            probe.settimeout(_POLL)
            return not self.ended and probe.connect_ex(host_and_port(self.near_end)) == 0

    def begin(self) -> None:
        """Note that it forwards: what it printed until now is not about its end, and is dropped."""
        self._say = None
        self._lines.clear()

    async def ending(self) -> tuple[LinkCode, str]:
        """Return why it ended, once it has ended."""
        until = time.monotonic() + _AFTERMATH
        while self._reader.is_alive() and time.monotonic() < until:  # noqa: ASYNC110 - it is a thread
            await asyncio.sleep(_POLL)
        return ending_of([line for _, line in tuple(self._lines) if refusal_of(line) is None])

    def refusal(self, since: int) -> tuple[LinkCode, str] | None:
        """Return why the far end opened no way through it since a number of lines; None: it did not say."""
        found = [refusal_of(line) for number, line in tuple(self._lines) if number >= since]
        return next((one for one in reversed(found) if one is not None), None)

    def let_go(self) -> None:
        """Ask it to end, and wait for nothing: its keeper sees to it, also when this program ends first."""
        with contextlib.suppress(OSError):
            if self._process.stdin is not None:
                self._process.stdin.close()
        threading.Thread(target=self._reap, name="ssh-end", daemon=True).start()

    async def close(self) -> None:
        """End it, and wait for its end."""
        self.let_go()
        until = time.monotonic() + _ENDING
        while not self.ended and time.monotonic() < until:  # noqa: ASYNC110 - it is a process
            await asyncio.sleep(_POLL)

    def _reap(self) -> None:
        try:
            self._process.wait(_ENDING)
        except subprocess.TimeoutExpired:
            self._process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(_ENDING)
            self._process.kill()
            self._process.wait()
        # Its keeper has seen to all of this, unless something has killed that.
        if self._process.returncode < 0 and self._pid:
            with contextlib.suppress(OSError):
                os.kill(self._pid, signal.SIGTERM)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _read(self) -> None:
        """Keep what it prints; while it may ask, show that too, because a question may refer to it."""
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        with self._process.stdout as stream:
            self._pid = int(stream.readline(20) or 0)
        with self._process.stderr as stream:
            while raw := stream.readline(_LONGEST_LINE):
                line = clean(raw.decode("utf-8", "replace").strip(), _LONGEST_LINE)
                if not line:
                    continue
                self._lines.append((self.printed, line))
                self.printed += 1
                if (say := self._say) is not None and self.printed <= _MOST_SHOWN:
                    say(line)


def _runtime_folder() -> str:
    """Return a folder for a private folder with a socket in it: the user's own of the session, or a usual.

    A new folder in it has mode 0700, which keeps other users from the socket.
    """
    length = len("/xovac-12345678/x.sock")
    for name in (os.environ.get("XDG_RUNTIME_DIR", ""), tempfile.gettempdir()):
        short = len(os.fsencode(name)) + length <= _LONGEST_PATH
        if short and os.path.isabs(name) and os.access(name, os.W_OK | os.X_OK):
            return name
    return "/tmp" if os.name == "posix" else tempfile.gettempdir()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
