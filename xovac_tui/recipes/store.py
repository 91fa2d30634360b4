"""Recipe files are saved, renamed and deleted here, so that nothing is lost by a slip.

The version before each save goes into `.previous` beside the file, a deleted file into `.trash`.
All of it waits for the disk: not for the thread that draws. `now` is in seconds since 1970 UTC.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import stat
import unicodedata
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeAlias

import msgspec

from xovac_tui import recipes
from xovac_tui.createfile import create, only_saver
from xovac_tui.errors import RecipeError
from xovac_tui.paths import write_atomically
from xovac_tui.recipes.files import MAX_BYTES, is_candidate, parse_recipe, read_bytes
from xovac_tui.recipes.model import Recipe
from xovac_tui.recipes.writer import write_recipe
from xovac_tui.text import clean

PREVIOUS, TRASH = ".previous", ".trash"
KEPT = 20
"""Earlier versions of a recipe."""
_LONGEST_STEM = 60
"""Characters of a file name that is made here; every file system takes it, with a time after it."""
_LONGEST_BYTES = 150
_RESERVED = re.compile(r"(con|prn|aux|nul|conin|conout|clock|com[0-9]|lpt[0-9])")
_STAMPED = re.compile(r"(.+)\.([0-9]{8}T[0-9]{6}Z)(?:-([0-9]+))?\.toml", re.DOTALL)
_STAMP = "%Y%m%dT%H%M%SZ"

Fingerprint: TypeAlias = tuple[tuple[str, int, int], ...]
"""Name, time of the last change in ns, and bytes of every recipe file of a folder."""


class ChangedOnDisk(RecipeError):  # noqa: N818 - another program wrote the file: no error of this one
    """The file is not as it was when it was read; saving would take away what another program wrote."""


class Opened(msgspec.Struct, frozen=True):
    """A recipe file as it was read or saved: what it must still be when it is saved again."""

    path: Path
    text: str
    """All of it, comments too."""
    recipe: Recipe


class Version(msgspec.Struct, frozen=True):
    """An earlier version of a recipe file, or a deleted one."""

    path: Path
    stem: str
    """The name that its file had, without `.toml`."""
    saved: float
    """When it was replaced or deleted, seconds since 1970 UTC."""
    number: int = 1
    """Counts those of one second."""


def open_recipe(path: Path) -> Opened:
    """Read a recipe file in order to change it; RecipeError as `load_recipe`."""
    text, recipe = _parsed(read_bytes(path), path)
    return Opened(path, text, recipe)


def save_recipe(opened: Opened, recipe: Recipe, *, now: float, overwrite: bool = False) -> Opened:
    """Write a recipe to its file and keep the version before; comments and layout stay.

    ChangedOnDisk where another program has changed or removed the file since, unless `overwrite`.
    """
    text = _rewritten(opened, recipe)
    saved = _save_text(opened.path, text, None if overwrite else opened.text, now)
    # The very steps of the recipe: what is saved next is compared with them.
    return msgspec.structs.replace(saved, recipe=recipe) if saved.recipe == recipe else saved


def save_as(path: Path, recipe: Recipe, *, now: float, overwrite: bool = False) -> Opened:
    """Write a recipe to a file of any name; an existing one only with `overwrite`."""
    text = write_recipe(recipe)
    if overwrite and os.path.lexists(path) and not path.is_symlink():
        return _save_text(path, text, None, now)
    write_file(path, text, overwrite=overwrite)
    return Opened(path, text, parse_recipe(text, str(path)))


def write_file(path: Path, text: str, *, overwrite: bool = False) -> None:
    """Write an exported text to a file; an existing one only with `overwrite`.

    A link is a name that is taken; overwriting replaces it, and leaves alone the file that it leads to.
    """
    with _sentences(path):
        if _reserve(path):
            _fill(path, text)
        elif overwrite and path.is_file():
            write_atomically(path, text, stat.S_IMODE(path.stat().st_mode))
        else:
            raise RecipeError(f"{_shown(path)} exists already: choose another name, or overwrite it.")


def create_recipe(folder: Path, recipe: Recipe) -> Opened:
    """Write a new recipe into a folder, under a file name made from its own that no other file has."""
    return _create(folder, recipe.name, write_recipe(recipe))


def duplicate_recipe(opened: Opened, folder: Path, name: str = "") -> Opened:
    """Write a copy of a recipe, comments too, into a folder; by default as "NAME copy"."""
    name = name or f"{opened.recipe.name[:59]} copy"
    return _create(folder, name, _renamed(opened, name))


def rename_recipe(opened: Opened, name: str, *, now: float) -> Opened:
    """Give a recipe another name, in its file and as its file's name; earlier versions come along."""
    saved = _save_text(opened.path, _renamed(opened, name), opened.text, now)
    if file_name(name) == saved.path.name.casefold():
        return saved
    earlier = versions(saved.path)
    with _sentences(saved.path):
        path = _free(saved.path.parent, name)
        _move_onto(saved.path, path)
    for version in earlier:
        # A version that stays under the old name is not lost.
        with contextlib.suppress(OSError):
            _move(version.path, version.path.parent, path.stem, version.saved)
    return msgspec.structs.replace(saved, path=path)


def delete_recipe(path: Path, *, now: float) -> Version:
    """Move a recipe file into the folder `.trash` beside it, readable or not."""
    with _sentences(path):
        return _move(path, path.parent / TRASH, path.stem, now)


def undelete_recipe(deleted: Version) -> Path:
    """Move a deleted recipe back to where it was; under a new name where another file has taken its own."""
    folder = deleted.path.parent.parent
    with _sentences(deleted.path):
        path = folder / f"{deleted.stem}.toml"
        if not _reserve(path):
            path = _free(folder, deleted.stem)
        _move_onto(deleted.path, path)
    return path


def versions(path: Path) -> tuple[Version, ...]:
    """Return the earlier versions of a recipe file, the newest first; none where they cannot be read."""
    return tuple(version for version in _stamped(path.parent / PREVIOUS) if version.stem == path.stem)


def restore_version(path: Path, version: Version, *, now: float) -> Opened:
    """Make an earlier version the recipe's file again, byte for byte; what is there now is kept like it."""
    data = read_bytes(version.path)
    text, _ = _parsed(data, version.path)
    return _save_text(path, text, None, now)


def fingerprint(folder: Path) -> Fingerprint:
    """Return what differs when any program has changed a recipe in a folder; cheap, reads no file."""
    try:
        with os.scandir(folder) as entries:
            named = [entry for entry in entries if is_candidate(entry.name)]
    except OSError:
        # Listing the recipes says what is wrong with the folder.
        return ()
    found = []
    for entry in named:
        try:
            info = entry.stat()
            found.append((entry.name, info.st_mtime_ns, info.st_size))
        except OSError:  # a link to nowhere
            found.append((entry.name, 0, 0))
    return tuple(sorted(found))


def file_name(name: str) -> str:
    """Return a file name for a recipe's name, one that Linux, macOS and Windows all take.

    It has small letters, digits, `-` and `_` only, so names that differ in capitals do not meet.
    """
    words = unicodedata.normalize("NFKC", name).casefold()
    kept = "".join(c if unicodedata.category(c)[0] in "LMN" or c == "_" else "-" for c in words)
    stem = re.sub("-+", "-", kept)[:_LONGEST_STEM].encode()[:_LONGEST_BYTES].decode(errors="ignore")
    stem = stem.strip("-") or "recipe"
    return f"{stem}-recipe.toml" if _RESERVED.fullmatch(stem) else f"{stem}.toml"


def _rewritten(opened: Opened, recipe: Recipe) -> str:
    return recipes.rewriting.rewritten(opened.text, opened.recipe, recipe)


def _renamed(opened: Opened, name: str) -> str:
    return _rewritten(opened, msgspec.structs.replace(opened.recipe, name=name.strip()))


def _create(folder: Path, name: str, text: str) -> Opened:
    with _sentences(folder):
        folder.mkdir(parents=True, exist_ok=True)
        path = _free(folder, name)
        _fill(path, text)
    return Opened(path, text, parse_recipe(text, str(path)))


def _fill(path: Path, text: str) -> None:
    """Write the first text into a file that was reserved, or take the empty file away again."""
    try:
        write_atomically(path, text, stat.S_IMODE(path.stat().st_mode))
    except BaseException:
        with contextlib.suppress(OSError):
            path.unlink()
        raise


def _free(folder: Path, name: str) -> Path:
    """Return a path that no file had; there is an empty one now, so that no other program takes it."""
    first = file_name(name).removesuffix(".toml")
    taken = {entry.casefold() for entry in os.listdir(folder)}
    number = 1
    while True:
        candidate = f"{first}.toml" if number == 1 else f"{first}-{number}.toml"
        if candidate.casefold() not in taken and _reserve(folder / candidate):
            return folder / candidate
        number += 1


def _reserve(path: Path) -> bool:
    """Make an empty file, or return False where something has that name."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # As any new text file: in a shared folder of recipes others may read it.
        os.close(create(path, 0o666))
        return True
    except FileExistsError:
        if path.parent.is_dir():
            return False
        raise


def _move_onto(path: Path, reserved: Path) -> None:
    """Move a file to the place of an empty one that was made for it."""
    try:
        os.replace(path, reserved)
    except OSError:
        with contextlib.suppress(OSError):
            reserved.unlink()
        raise


def _save_text(path: Path, text: str, expected: str | None, now: float) -> Opened:
    """Write a text to a file, its version before into `.previous`; `expected` is what it must have now."""
    # A link stays one: its target is written.
    real = Path(os.path.realpath(path))
    saved = Opened(path, text, parse_recipe(text, str(path)))
    with _sentences(path), only_saver(real):
        _replace(path, real, text, expected, now)
    for version in versions(path)[KEPT:]:
        with contextlib.suppress(OSError):
            version.path.unlink()
    return saved


def _replace(path: Path, real: Path, text: str, expected: str | None, now: float) -> None:
    """Write a text to `real`, the file that `path` leads to; raises OSError where that cannot be."""
    current = _current(real)
    if expected is not None:
        _compare(path, current, expected)
    if current is None:
        if not _reserve(real):
            raise ChangedOnDisk(f"{_shown(path)} was just written by another program: read it again.")
        _fill(real, text)
    elif current != text.encode():
        info = real.stat()
        if not os.access(real, os.W_OK):
            raise PermissionError(errno.EACCES, "", str(real))
        kept = _keep(path, current, now)
        try:
            write_atomically(real, text, stat.S_IMODE(info.st_mode))
        except BaseException:
            with contextlib.suppress(OSError):
                kept.unlink()
            raise


def _current(path: Path) -> bytes | None:
    """Return what a file has now, or None where there is none."""
    if not os.path.lexists(path):
        return None
    data = read_bytes(path)
    if len(data) > MAX_BYTES:
        raise RecipeError(
            f"{_shown(path)} is larger than {MAX_BYTES:,} bytes, so no recipe: it stays as it is."
        )
    return data


def _compare(path: Path, current: bytes | None, expected: str) -> None:
    if current is None:
        raise ChangedOnDisk(
            f"{_shown(path)} was removed or renamed by another program since it was read. "
            "Nothing was saved: save again to write it anew."
        )
    if current != expected.encode():
        raise ChangedOnDisk(
            f"{_shown(path)} was changed by another program since it was read. Nothing was saved: "
            "read it again, or overwrite it (its version is kept)."
        )


def _keep(path: Path, data: bytes, now: float) -> Path:
    """Write an earlier version beside the file and return where."""
    folder = path.parent / PREVIOUS
    folder.mkdir(exist_ok=True)
    kept = _stamp_path(folder, path.stem, now)
    with os.fdopen(create(kept, 0o666), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    return kept


def _move(path: Path, folder: Path, stem: str, when: float) -> Version:
    folder.mkdir(exist_ok=True)
    target = _stamp_path(folder, stem, when)
    os.rename(path, target)
    version = _version(target)
    assert version is not None
    return version


def _stamp_path(folder: Path, stem: str, when: float) -> Path:
    """Return `folder/STEM.20261124T140211Z.toml`, with a number where there is one of that second."""
    stamp = datetime.fromtimestamp(when, UTC).strftime(_STAMP)
    path, number = folder / f"{stem}.{stamp}.toml", 1
    while os.path.lexists(path):
        number += 1
        path = folder / f"{stem}.{stamp}-{number}.toml"
    return path


def _stamped(folder: Path) -> list[Version]:
    try:
        found = [_version(path) for path in folder.iterdir()]
    except OSError:
        return []
    known = [version for version in found if version is not None]
    return sorted(known, key=lambda version: (version.saved, version.number), reverse=True)


def _version(path: Path) -> Version | None:
    named = _STAMPED.fullmatch(path.name)
    if named is None:
        return None
    try:
        when = datetime.strptime(named[2], _STAMP).replace(tzinfo=UTC).timestamp()
    except ValueError:  # a thirteenth month
        return None
    return Version(path, named[1], when, int(named[3] or 1))


def _parsed(data: bytes, path: Path) -> tuple[str, Recipe]:
    recipe = parse_recipe(data, str(path))
    return data.decode(), recipe


def _shown(path: Path) -> str:
    return clean(str(path), 400)


@contextlib.contextmanager
def _sentences(path: Path) -> Iterator[None]:
    """Turn what the system says about a file or folder into a sentence."""
    try:
        yield
    except OSError as error:
        raise RecipeError(_os_sentence(path, error)) from None
    except ValueError:  # a NUL in the path
        raise RecipeError(f"{_shown(path)} is not a usable file name.") from None


def _os_sentence(path: Path, error: OSError) -> str:
    name = _shown(path)
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"The disk of {name} is full. What was there is as it was: free some space and try again."
    if error.errno == errno.EROFS:
        return f"{name} is on a disk that may only be read: use another folder."
    if isinstance(error, TimeoutError):
        return f"{name} is just being saved by another program, which has not finished: save again."
    if isinstance(error, PermissionError):
        return f"{name} may not be written by you: change its permissions, or use another folder."
    if isinstance(error, FileNotFoundError):
        return f"{name} is not there any more: read the folder again."
    if error.errno == errno.ENAMETOOLONG:
        return f"{name} is too long a name: choose a shorter one."
    if isinstance(error, NotADirectoryError | FileExistsError):
        place = _shown(Path(error.filename or path))
        return f"{place} cannot be made, because a file is where a folder should be: move that away."
    reason = os.strerror(error.errno) if error.errno else type(error).__name__
    return f"{name} cannot be written: {reason}."
