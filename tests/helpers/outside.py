"""What another program does to files: by closing one a process drops only its own locks on it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def run_outside(code: str, *arguments: object) -> str:
    """Run Python code in another process, `argv[1:]` being the arguments; return what it printed."""
    done = subprocess.run(
        [sys.executable, "-S", "-c", code, *map(str, arguments)], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def write_outside(path: Path, at: int, data: bytes) -> None:
    """Write bytes into a file that exists, at a place."""
    code = (
        "import sys; f = open(sys.argv[1], 'r+b'); f.seek(int(sys.argv[2])); "
        "f.write(bytes.fromhex(sys.argv[3]))"
    )
    run_outside(code, path, at, data.hex())


def fill_outside(path: Path, at: int) -> None:
    """Write over all of a file from a place on."""
    code = (
        "import os, sys; at = int(sys.argv[2]); f = open(sys.argv[1], 'r+b'); f.seek(at); "
        "f.write(b'\\xa5' * (os.path.getsize(sys.argv[1]) - at))"
    )
    run_outside(code, path, at)


def read_outside(path: Path) -> bytes:
    """Return what is in a file."""
    return bytes.fromhex(run_outside("import sys; print(open(sys.argv[1], 'rb').read().hex())", path))


def copy_outside(source: Path, target: Path) -> None:
    """Copy a file, or a folder with all in it, into what is there."""
    code = (
        "import os, shutil, sys; "
        "(shutil.copytree if os.path.isdir(sys.argv[1]) else shutil.copyfile)(sys.argv[1], sys.argv[2])"
    )
    run_outside(code, source, target)
