"""One writer a record: locks that the operating system takes away when their holder dies, however it dies.

One is beside the record, where other users and machines meet it. The other is named by the file's device
and inode, in a folder that is the same for every path to the file: a second name of it, or a lock file
that was removed, lets no second recorder in.
"""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from pathlib import Path
from stat import S_ISDIR

from xovac_tui.createfile import open_or_create
from xovac_tui.recording.disk.files import beside, identity, real, size

with contextlib.suppress(ImportError):
    import fcntl
with contextlib.suppress(ImportError):  # Windows
    import msvcrt

_ATTEMPTS = 5


class WriterLock:
    """The locks of a record; they are held for as long as the process lives or until they are released."""

    def __init__(self, record: Path) -> None:
        self._record = record
        self._held: dict[Path, int] = {}
        """Path -> descriptor."""

    @property
    def held(self) -> bool:
        """True while this object holds them."""
        return bool(self._held)

    def acquire(self) -> bool:
        """Take the locks; False where another process (or another station of this one) has one of them.

        Raises OSError where the folder cannot be written, or its file system knows no locks.
        """
        if self._held:
            return True
        path = beside(self._record, ".lock")
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        taken = _take(path, self._record)
        if taken is None:
            return False
        self._held[path] = taken
        if not self.keep():
            self.release()
            return False
        return True

    def keep(self) -> bool:
        """Take again what was removed, or has another name since the record is another file.

        False where another process has it meanwhile. Nothing happens while none is held.
        """
        if not self._held:
            return True
        # Without a record there is no inode yet. Without a folder for them the row in the record decides.
        wanted = [beside(self._record, ".lock"), *filter(None, [_by_inode(self._record, make=True)])]
        for path in [one for one in self._held if one not in wanted]:
            self._drop(path)
        for path in wanted:
            held = self._held.get(path)
            if held is not None and _is_at(held, path):
                continue
            try:
                taken = _take(path, self._record)
            except OSError:
                continue
            if taken is None:
                return False
            self._drop(path)
            self._held[path] = taken
        return True

    def release(self) -> None:
        """Give the locks back."""
        for path in list(self._held):
            self._drop(path)

    def _drop(self, path: Path) -> None:
        file = self._held.pop(path, None)
        if file is None:
            return
        with contextlib.suppress(OSError):
            # One that names what is not finished under another name is needed still.
            ended = path.parent == locks_folder() and not _words_in(path)[2:]
            if ended and sys.platform != "win32" and _is_at(file, path):
                path.unlink()
        with contextlib.suppress(OSError):
            os.close(file)

    def holder(self) -> int | None:
        """Return the process that wrote itself into the lock last; None where that is unknown."""
        return _holder(beside(self._record, ".lock"))[0]


def is_recorded(record: Path) -> bool:
    """Return whether a process holds a lock of a record now; the check makes and changes nothing."""
    paths = [beside(record, ".lock"), *filter(None, [_by_inode(record)])]
    return any(_is_locked(path) for path in paths)


def recorded_as(record: Path) -> tuple[Path, int | None] | None:
    """Return under which other name a file is recorded now, and by which process; None where it is not."""
    path = _by_inode(record)
    if path is None or not _is_locked(path):
        return None
    pid, name = _holder(path)
    other = Path(name)
    if not name or other == real(record) or identity(other) != identity(record):
        return None
    return other, pid


def unfinished_names(record: Path) -> list[Path]:
    """Return other names of a record's file beside which a `-wal` holds what was recorded under them.

    They are known where they are in the record's folder, or in the lock of the file by a killed recorder.
    """
    try:
        state = os.stat(record)
    except OSError:
        return []
    if state.st_nlink < 2:
        return []
    by_inode = _by_inode(record)
    names = [] if by_inode is None else [Path(name) for name in _words_in(by_inode)[1:] if name]
    with contextlib.suppress(OSError):
        names += real(record).parent.iterdir()
    found: list[Path] = []
    for name in dict.fromkeys(names):
        with contextlib.suppress(OSError):
            same = name != real(record) and identity(name) == (state.st_dev, state.st_ino)
            if same and size(name, "-wal"):
                found.append(name)
    return found


def _holder(path: Path) -> tuple[int | None, str]:
    """Return which process wrote itself into a lock, and the record's path by its word."""
    number, name, *_ = [*_words_in(path), "", ""]
    try:
        return int(number) or None, name
    except ValueError:
        return None, ""


def _words_in(path: Path) -> list[str]:
    """Return what is in a lock: a process, the name of the record, and names that are not finished."""
    try:
        number, _, names = path.read_text(encoding="utf-8", errors="surrogateescape").partition("\n")
    except OSError:
        return []
    return [number.strip(), *(name.rstrip("\n") for name in names.split("\0"))]


def locks_folder() -> Path:
    """Return the folder of the locks that are named by inode: this user's, whatever its environment says."""
    if sys.platform == "win32":
        return Path(tempfile.gettempdir()) / "xovac-tui-locks"
    return Path("/tmp") / f"xovac-tui-locks-{os.getuid()}"


def _by_inode(record: Path, *, make: bool = False) -> Path | None:
    """Return the lock named by a record's device and inode; None where there is no record or no folder."""
    try:
        found = identity(record)
        folder = locks_folder()
        if make:
            with contextlib.suppress(FileExistsError):
                folder.mkdir(mode=0o700)
        state = folder.lstat()
    except OSError:
        return None
    # A folder that another user made could hold what that user likes.
    mine = sys.platform == "win32" or state.st_uid == os.getuid()
    if found is None or not mine or not S_ISDIR(state.st_mode):
        return None
    return folder / f"{found[0]}-{found[1]}.lock"


def _take(path: Path, record: Path) -> int | None:
    """Lock a file, made where there is none; None where another process has it. Raises OSError."""
    for _ in range(_ATTEMPTS):
        # What is written there must not go through a link into any other file.
        file = open_or_create(path)
        try:
            _lock(file)
            if not _is_at(file, path):
                # Removed between the two.
                os.close(file)
                continue
        except (BlockingIOError, PermissionError):
            os.close(file)
            return None
        except OSError:
            os.close(file)
            raise
        # On a full disk nothing can be said about the holder, but it is held.
        with contextlib.suppress(OSError):
            names = "\0".join(map(str, [real(record), *unfinished_names(record)]))
            os.ftruncate(file, 0)
            os.write(file, f"{os.getpid()}\n{names}\n".encode("utf-8", "surrogateescape"))
        return file
    return None


def _is_at(file: int, path: Path) -> bool:
    """Return whether an open file is the one at a path."""
    found = os.fstat(file)
    return identity(path) == (found.st_dev, found.st_ino)


def _is_locked(path: Path) -> bool:
    try:
        file = os.open(path, os.O_RDWR if sys.platform == "win32" else os.O_RDONLY)
    except OSError:
        return False
    try:
        # Held for an instant: a recorder that begins just then tries again a little later.
        _probe(file)
    except OSError:
        return True
    finally:
        os.close(file)
    return False


if sys.platform == "win32":

    def _lock(file: int) -> None:
        # Far behind what is written there, which must stay readable.
        os.lseek(file, 4096, os.SEEK_SET)
        msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        os.lseek(file, 0, os.SEEK_SET)

    _probe = _lock

else:

    def _lock(file: int) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def _probe(file: int) -> None:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
