"""Run one command, and end it when standard input ends: a killed console leaves no ssh behind.

A program of its own, run by path with nothing but the standard library:
`python -I -S keeper.py FOLDER COMMAND...`. The system closes the pipe to standard input when its other end
is gone, however the console ended; that holds on every platform. Keys that interrupt or suspend the console's
group of processes do not reach the command. FOLDER, which holds the socket of the command, is deleted at the
end. The exit code is the command's; 127 without one.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading

NOT_STARTED = 127
"""Exit code where the command could not be started."""
_PATIENCE = 1.0
"""Seconds that the command has to end in order."""


def main(folder: str, command: list[str]) -> int:
    """Run the command until it ends or standard input does; return its exit code."""
    for name in ("SIGINT", "SIGQUIT", "SIGTSTP", "SIGHUP"):
        if hasattr(signal, name):
            # The command inherits it.
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    try:
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    except OSError as error:
        sys.stderr.write(f"{error.strerror or error}\n")
        return NOT_STARTED
    # By it the console ends the command where this program is killed.
    sys.stdout.write(f"{child.pid}\n")
    sys.stdout.flush()
    signal.signal(signal.SIGTERM, lambda *_: child.terminate())
    threading.Thread(target=_end_with_input, args=(child,), daemon=True).start()
    code = child.wait()
    _delete(folder)
    return code if code >= 0 else 128 - code


def _end_with_input(child: subprocess.Popen[bytes]) -> None:
    while os.read(0, 1024):
        pass
    child.terminate()
    try:
        child.wait(_PATIENCE)
    except subprocess.TimeoutExpired:
        child.kill()


def _delete(folder: str) -> None:
    try:
        for name in os.listdir(folder):
            os.unlink(os.path.join(folder, name))
        os.rmdir(folder)
    except OSError:
        return


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
