"""The files of a record: the database, its `-wal` and its `-shm`. Only SQLite opens them while they are open.

Closing any descriptor of a file drops every POSIX lock of the process on it (fcntl(2); "How To Corrupt An
SQLite Database File", 2.2). A connection without its locks is invisible: the next program that closes the
record unlinks the `-wal` under it. So every connection to a record is made by `connect`, everything else
about the files is asked with stat(2), and while a connection is open any other `open` of its files in
this process fails with EBUSY, also from libraries and dialogs.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import sqlite3
import sys
import tempfile
import threading
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from xovac_tui import createfile

with contextlib.suppress(ImportError):  # not there on Windows, where nothing asks for it
    import fcntl

ENDINGS = ("", "-wal", "-shm")
"""What is behind the name of the database in the names of its files."""
_HEADER = 100
"""Bytes of the header of a database (sqlite.org, "Database File Format")."""
_DESCRIPTORS = ("/proc/self/fd", "/dev/fd")
"""Folders in which a system lists what a process has open."""
_SUFFIX = ".sqlite3"
_NEW = os.O_CREAT | os.O_EXCL
_ATTEMPTS = 5
"""How often a copy is made anew when the files change while they are copied."""

Identity = tuple[int, int]
"""Device and inode of a file."""


def real(path: Path) -> Path:
    """Return the path of the file itself, behind symbolic links: SQLite puts the other files beside that."""
    return Path(os.path.realpath(path))


def beside(path: Path, ending: str) -> Path:
    """Return the path of a file of a record by its ending, or of another one that belongs to it."""
    whole = real(path)
    return whole.with_name(whole.name + ending)


def size(path: Path, ending: str = "") -> int:
    """Return the bytes of a file of a record; 0 where there is none."""
    try:
        return beside(path, ending).stat().st_size
    except FileNotFoundError:
        return 0


def identity(path: Path) -> Identity | None:
    """Return which file is at a path, behind symbolic links; None where there is none.

    Raises OSError where that is unknown, such as on a share that does not answer.
    """
    try:
        found = os.stat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    return found.st_dev, found.st_ino


def unused(path: Path) -> Path:
    """Return a path, or the first one like it at which there is no file: `a-2.sqlite3`, `a-3.sqlite3`."""
    found, number = path, 1
    name = path.name.removesuffix(_SUFFIX)
    while os.path.lexists(found):
        number += 1
        found = path.with_name(f"{name}-{number}{path.name[len(name) :]}")
    return found


class Files:
    """Which files a connection has open, to notice when one of them is moved, deleted or replaced."""

    def __init__(self, path: Path, database: Identity | None) -> None:
        self.path = path
        self.real = real(path)
        self._paths = {ending: self.real.with_name(self.real.name + ending) for ending in ENDINGS}
        self._known: dict[str, Identity | None] = {"": database}

    @property
    def database(self) -> Identity | None:
        """The database that was opened."""
        return self._known[""]

    def known(self, ending: str) -> Identity | None:
        """Return which file was opened by that ending; None where that is unknown."""
        return self._known.get(ending)

    def learn(self) -> None:
        """Find all three files, of which each is there once something was written.

        Raises FileNotFoundError where one of them is gone or another one already.
        """
        found = {ending: identity(self._at(ending)) for ending in ENDINGS}
        lost = found[""] != self.database or None in found.values()
        ours = _open_here()
        # A system that does not even list the database there shows nothing of the others.
        if lost or (self.database in ours and not ours.issuperset(found.values())):
            said = "its files were moved or deleted when it was opened"
            raise FileNotFoundError(errno.ENOENT, said, str(self.path))
        self._known = found

    def in_place(self) -> bool:
        """Return False where one of the files is another one than was opened, or gone; OSError: unknown."""
        return identity(self.path) == self.database and all(
            identity(self._at(ending)) == known for ending, known in self._known.items()
        )

    def held(self) -> set[Identity]:
        """Return the files that are open, by what they were and by what has their names now."""
        found = set(self._known.values())
        for ending in ENDINGS:
            with contextlib.suppress(OSError):
                found.add(identity(self._at(ending)))
        return {one for one in found if one is not None}

    def drop_left_over(self) -> None:
        """Delete `-wal` and `-shm` of a database that is no longer here: they would spoil the next one."""
        for ending in ENDINGS[1:]:
            known = self._known.get(ending)
            if known is not None and identity(self._at(ending)) == known:
                self._at(ending).unlink()

    def _at(self, ending: str) -> Path:
        return self._paths[ending]


class RecordConnection(sqlite3.Connection):
    """A connection to a record. While it is open, only SQLite can open the record's files in this process."""

    files: Files
    note = ""
    """What is odd about the way in which it was opened, as a sentence; else empty."""
    _folder: tempfile.TemporaryDirectory[str] | None = None

    def close(self) -> None:
        """Close it, and let the files be opened by others again."""
        super().close()
        with _GATE:
            _OPEN.discard(self)
        if self._folder is not None:
            self._folder.cleanup()


_GATE = threading.RLock()
_OPEN: weakref.WeakSet[RecordConnection] = weakref.WeakSet()
_watching = False


def connect(
    path: Path, *, mode: str = "rw", immutable: bool = False, timeout: float = 5.0
) -> RecordConnection:
    """Open a database that exists; raises sqlite3.Error. `mode` is `ro` or `rw`, `timeout` in seconds.

    `immutable` reads the main file alone, without locks: what is in the `-wal` is not seen.
    """
    global _watching
    address = f"{real(path).as_uri()}?mode={mode}{'&immutable=1' if immutable else ''}"
    with _GATE:
        if not _watching:
            sys.addaudithook(_refuse_open)
            _watching = True
        before = identity(path)
        made = sqlite3.connect(
            address,
            uri=True,
            isolation_level=None,
            timeout=timeout,
            check_same_thread=False,
            factory=RecordConnection,
        )
        _OPEN.add(made)
        made.files = Files(path, before)
        if identity(path) != before:
            # Which of the two was opened is not known.
            made.close()
            raise sqlite3.OperationalError("the file was replaced when it was opened")
    return made


def in_memory() -> sqlite3.Connection:
    """Open an empty database that has no file."""
    return sqlite3.connect(":memory:")


def _refuse_open(event: str, arguments: tuple[Any, ...]) -> None:
    """Fail an `open` of a file of a record that this process has open: its end would drop SQLite's locks."""
    if event != "open" or not _OPEN or not isinstance(arguments[0], str | bytes | os.PathLike):
        return
    if (arguments[2] or 0) & _NEW == _NEW:
        # Opens no file that is there already.
        return
    try:
        found = os.stat(arguments[0])
    except (OSError, ValueError):
        return
    with _GATE:
        held = any((found.st_dev, found.st_ino) in one.files.held() for one in list(_OPEN))
    if held:
        said = "it belongs to a record that this program has open. `xovac-tui record copy` makes a copy"
        raise OSError(errno.EBUSY, said, os.fsdecode(arguments[0]))


def create(path: Path) -> None:
    """Make an empty file for a record where there is none, for its owner only; raises OSError.

    PermissionError where there is one that may not be written.
    """
    whole = real(path)
    # No thread may open the new file before it is closed here.
    with _GATE:
        if identity(whole) is None:
            with contextlib.suppress(FileExistsError):
                os.close(createfile.create(whole))
                return
    if not os.access(whole, os.R_OK | os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(whole))


def begins_as_database(path: Path) -> bool:
    """Return whether a file begins as an SQLite database does; False where it cannot be read."""
    if size(path) < _HEADER:
        return False
    try:
        with contextlib.closing(connect(path, mode="ro", immutable=True)) as main:
            main.execute("PRAGMA user_version").fetchone()
    except sqlite3.DatabaseError as error:
        return getattr(error, "sqlite_errorcode", 0) & 0xFF not in (
            sqlite3.SQLITE_NOTADB,
            sqlite3.SQLITE_CANTOPEN,
        )
    return True


def _open_here() -> set[Identity | None]:
    """Return the files that this process has open, as far as the system lists them."""
    found: set[Identity | None] = set()
    for folder in _DESCRIPTORS:
        with contextlib.suppress(OSError, ValueError):
            for number in [int(name) for name in os.listdir(folder)]:
                with contextlib.suppress(OSError):
                    state = os.fstat(number)
                    found.add((state.st_dev, state.st_ino))
            break
    return found


def descriptor_of(wanted: Identity | None) -> int:
    """Return a descriptor that this process has of a file; FileNotFoundError where none is known."""
    for folder in _DESCRIPTORS:
        with contextlib.suppress(OSError, ValueError):
            for number in [int(name) for name in os.listdir(folder)]:
                with contextlib.suppress(OSError):
                    found = os.fstat(number)
                    if (found.st_dev, found.st_ino) == wanted:
                        return number
    raise FileNotFoundError(errno.ENOENT, "it is not known to be open")


def present_path(wanted: Identity | None) -> Path | None:
    """Return where a file that this process has open is now; None where it was deleted or that is unknown."""
    for folder in _DESCRIPTORS:
        try:
            numbers = [int(name) for name in os.listdir(folder)]
        except (OSError, ValueError):
            continue
        for number in numbers:
            with contextlib.suppress(OSError, ValueError):
                found = os.fstat(number)
                if (found.st_dev, found.st_ino) != wanted:
                    continue
                path = _path_of(folder, number)
                # NFS keeps a deleted file that is open by such a name, until it is closed.
                if path is not None and not path.name.startswith(".nfs") and identity(path) == wanted:
                    return path
        return None
    return None


def _path_of(folder: str, number: int) -> Path | None:
    if sys.platform == "darwin":
        found = fcntl.fcntl(number, fcntl.F_GETPATH, b"\0" * 1024)
        return Path(os.fsdecode(found.rstrip(b"\0")))
    return Path(os.readlink(f"{folder}/{number}"))


# -- copies -----------------------------------------------------------------------------------------------


def copy_database(
    source: sqlite3.Connection,
    target: Path,
    *,
    replace: bool = False,
    last: bool = False,
    finish: Callable[[sqlite3.Connection], None] | None = None,
    progress: Callable[[float], None] | None = None,
) -> None:
    """Write all that a connection reads at one moment into a new file, whole or not at all.

    Only its owner may read it. With `last` it becomes the record at that path: nothing is committed by others
    between that moment and the one when it has its name. `finish` may change the copy before that; `progress`
    takes 0 to 1. Raises FileExistsError where there is a file and not `replace`, sqlite3.Error, OSError.
    """
    target = real(target)
    if not replace and identity(target) is not None:
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(target))
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        for _ in range(_ATTEMPTS):
            delete(part)
            create(part)
            version = _version(source)
            _fill(source, part, progress)
            # A second connection finds it in WAL mode, and makes one plain file of it.
            with contextlib.closing(connect(part)) as made:
                made.execute("PRAGMA journal_mode = DELETE").fetchone()
                if finish is not None:
                    finish(made)
            with _write_lock(source) if last else contextlib.nullcontext():
                if last and _version(source) != version:
                    continue
                for ending in ENDINGS[1:] if last else ():
                    # One that is here belongs to the old file, and would be taken for the new one's.
                    beside(target, ending).unlink(missing_ok=True)
                if replace:
                    os.replace(part, target)
                else:
                    _rename_to_new(part, target)
                return
        raise OSError(errno.EBUSY, "other programs write it all the time", str(target))
    finally:
        delete(part)


def _version(db: sqlite3.Connection) -> int:
    """Return a number that is another one once another connection has committed something."""
    return int(db.execute("PRAGMA data_version").fetchone()[0])


def _fill(source: sqlite3.Connection, part: Path, progress: Callable[[float], None] | None) -> None:
    def report_progress(_: int, left: int, pages: int) -> None:
        if progress is not None:
            progress(1.0 - left / max(pages, 1))

    # Without a transaction it would begin anew with each commit of another program; and a locked source is an
    # error here, where the copying itself would wait for ever.
    own = not source.in_transaction
    if own:
        source.execute("BEGIN")
    try:
        source.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        with contextlib.closing(connect(part)) as made:
            source.backup(made, pages=4096, progress=report_progress)
    finally:
        if own and source.in_transaction:
            source.execute("ROLLBACK")


@contextlib.contextmanager
def _write_lock(db: sqlite3.Connection) -> Iterator[None]:
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        with contextlib.suppress(sqlite3.Error):
            db.execute("ROLLBACK")


def _rename_to_new(part: Path, target: Path) -> None:
    """Give a file its name; FileExistsError where another program was quicker."""
    try:
        os.link(part, target)
    except FileExistsError:
        raise
    except OSError:
        # A file system without hard links.
        if identity(target) is not None:
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(target)) from None
        os.replace(part, target)


def delete(part: Path) -> None:
    """Delete a database that is no record, with what SQLite has put beside it."""
    for ending in (*ENDINGS, "-journal"):
        with contextlib.suppress(OSError):
            part.with_name(part.name + ending).unlink(missing_ok=True)


def connect_to_copy(path: Path) -> RecordConnection:
    """Open a copy of a database with what its `-wal` holds, where SQLite itself cannot; raises OSError.

    The copy is in a folder for temporary files, and goes when the connection is closed.
    """
    folder = tempfile.TemporaryDirectory(prefix="xovac-tui-", ignore_cleanup_errors=True)
    try:
        copy = Path(folder.name) / real(path).name
        for _ in range(_ATTEMPTS):
            before = _states(path)
            for ending in ENDINGS[:2]:
                shutil.copyfile(beside(path, ending), beside(copy, ending))
            if _states(path) == before:
                break
        else:
            raise OSError(errno.EBUSY, "another program writes it all the time", str(path))
        # Opened for writing once, it takes in what the `-wal` holds.
        with contextlib.closing(connect(copy)) as made:
            made.execute("PRAGMA journal_mode = DELETE").fetchone()
        made = connect(copy, mode="ro")
    except BaseException:
        folder.cleanup()
        raise
    made._folder = folder
    made.note = f"{path} cannot be opened with its -wal in a folder that may not be written: a copy was read."
    return made


def _states(path: Path) -> list[tuple[int, int]]:
    found = [beside(path, ending).stat() for ending in ENDINGS[:2]]
    return [(one.st_size, one.st_mtime_ns) for one in found]
