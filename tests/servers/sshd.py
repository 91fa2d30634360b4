"""OpenSSH's server as Debian has it, with keys and settings of its own; it runs as this user."""

from __future__ import annotations

import getpass
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.helpers.pty import descendants
from tests.servers.base import Server, free_port, listens, program

HOST = "lab-pc"
"""The destination: a host of the client's configuration."""


class Sshd(Server):
    """A server that lets this user in by one key, and a client's configuration that leads to it."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.folder = folder
        self.config = folder / "ssh_config"
        self.known_hosts = folder / "known_hosts"
        for key in ("host", "user", "other", "stranger"):
            self._make_key(key)
        (folder / "authorized_keys").write_bytes((folder / "user.pub").read_bytes())
        self.know("host")
        self.configure()
        self.serve()
        if os.getuid() == 0:
            # Where sshd, run by root, locks its unprivileged part up.
            Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
        super().__init__(
            [program("sshd", "openssh-server"), "-D", "-e", "-f", str(folder / "sshd_config")],
            folder,
            lambda: listens(self.port),
            name="sshd",
        )

    @property
    def command(self) -> tuple[str, ...]:
        """What a profile's `ssh_command` is for its client."""
        return (program("ssh", "openssh-client"), "-F", str(self.config))

    def _make_key(self, name: str) -> None:
        subprocess.run(
            ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", str(self.folder / name)],
            check=True,
        )

    def know(self, *names: str) -> None:
        """Let the client know these keys as the host's, and no others."""
        keys = [(self.folder / f"{name}.pub").read_text() for name in names]
        self.known_hosts.write_text("".join(f"[127.0.0.1]:{self.port} {key}" for key in keys))

    def configure(self, *, key: str = "user", more: str = "", port: int = 0) -> None:
        """Write the client's configuration: its key, and more lines."""
        self.config.write_text(
            f"Host {HOST}\n HostName 127.0.0.1\n Port {port or self.port}\n User {getpass.getuser()}\n"
            f" IdentityFile {self.folder / key}\n IdentitiesOnly yes\n IdentityAgent none\n"
            f" UserKnownHostsFile {self.known_hosts}\n GlobalKnownHostsFile /dev/null\n{more}"
        )

    def serve(self, more: str = "") -> None:
        """Write the server's configuration, with more lines; it is read at its next start."""
        (self.folder / "sshd_config").write_text(
            f"Port {self.port}\nListenAddress 127.0.0.1\nHostKey {self.folder / 'host'}\nPidFile none\n"
            f"AuthorizedKeysFile {self.folder / 'authorized_keys'}\nStrictModes no\nUsePAM no\n"
            f"PasswordAuthentication no\nKbdInteractiveAuthentication no\nPermitRootLogin yes\n{more}"
        )

    @property
    def sessions(self) -> list[int]:
        """Ids of the processes that serve connections."""
        return [] if self._process is None else descendants(self._process.pid)

    def cut(self, how: signal.Signals) -> None:
        """Send a signal to all that serves connections: SIGSTOP is a machine that hangs, SIGKILL its end."""
        for pid in self.sessions:
            os.kill(pid, how)


@contextmanager
def sshd(folder: Path) -> Iterator[Sshd]:
    """Run a server in a folder."""
    server = Sshd(folder)
    server.start()
    try:
        yield server
    finally:
        server.cut(signal.SIGKILL)
        server.kill()
