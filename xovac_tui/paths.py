"""Places: where settings, state, log, recipes, themes and the shipped data are."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Literal

import platformdirs

from xovac_tui.createfile import PRIVATE, whole_file
from xovac_tui.errors import SettingsError

APP = "xovac-tui"
RECORD_ENDING = ".xovac.sqlite3"
STOP_PROOFS = "stop-proofs.toml"
HOME_VARIABLE = "XOVAC_HOME"
"""One folder for everything this program reads and writes; for tests, and for a stick that travels."""


def home() -> Path | None:
    """Return the folder of `XOVAC_HOME`, absolute, or None where it is not set."""
    value = os.environ.get(HOME_VARIABLE, "").strip()
    if not value:
        return None
    try:
        return Path(os.path.abspath(os.path.expanduser(value)))
    except OSError:  # a relative name, and the current folder was deleted
        return Path(value)


_Kind = Literal["user_config_path", "user_state_path", "user_log_path", "user_data_path", "user_cache_path"]


def _platform(kind: _Kind) -> Path:
    """Return one of this platform's usual folders; SettingsError where no home is known."""
    try:
        path = Path(getattr(platformdirs.PlatformDirs(APP, appauthor=False), kind))
    except RuntimeError:
        path = Path()
    # Some releases give a name with `~` in it, which would become a folder of that name.
    if not path.is_absolute():
        raise SettingsError(
            "This user has no home folder that could be found (HOME is not set), so there is no place for "
            f"settings. Set {HOME_VARIABLE} to a folder that may be written, such as /tmp/{APP}."
        )
    return path


def settings_folder() -> Path:
    """Return the folder of the settings file; it may not exist yet."""
    return home() or _platform("user_config_path")


def settings_file() -> Path:
    """Return the settings file that is read when none is named."""
    return settings_folder() / "config.toml"


def themes_folder() -> Path:
    """Return the folder of the user's own theme files."""
    return settings_folder() / "themes"


def recipes_folder(configured: str = "", settings_path: Path | None = None) -> Path:
    """Return the folder of recipe files: the configured one, or `recipes` beside the settings file."""
    beside = settings_path.parent if settings_path else settings_folder()
    return against(beside, configured) if configured else beside / "recipes"


def state_folder() -> Path:
    """Return the folder of what the program itself remembers."""
    return home() or _platform("user_state_path")


def state_file() -> Path:
    """Return the file in which the program remembers theme, window and pinned channels."""
    return state_folder() / "state.toml"


def stop_proofs_file() -> Path:
    """Return the file that says on which chambers STOP was proven."""
    return state_folder() / STOP_PROOFS


def records_folder(configured: str = "", settings_path: Path | None = None) -> Path:
    """Return the folder of the records: the configured one, or `records` among this program's data."""
    beside = settings_path.parent if settings_path else settings_folder()
    return against(beside, configured) if configured else (home() or _platform("user_data_path")) / "records"


def record_file(name: str, folder: Path | None = None) -> Path:
    """Return the record of the chamber with this name."""
    return (folder or records_folder()) / f"{name}{RECORD_ENDING}"


def record_files(record: Path) -> list[Path]:
    """Return a record and the files that belong to it, whether they exist or not."""
    return [record.with_name(record.name + ending) for ending in ("", "-wal", "-shm", ".lock")]


def log_file() -> Path:
    """Return the log file, the only place for tracebacks."""
    base = home()
    return (base / "logs" if base else _platform("user_log_path")) / f"{APP}.log"


def cache_folder() -> Path:
    """Return the folder of what may be deleted at any time, because it is made again."""
    base = home()
    return base / "cache" if base else _platform("user_cache_path")


def shipped(name: str) -> Path:
    """Return a shipped file or folder, from an installed wheel or from a checkout."""
    package = Path(__file__).resolve().parent
    installed = package / "_data" / name
    return installed if installed.exists() else package.parent / name


def shipped_themes() -> Path:
    """Return the folder of the themes that come with the program."""
    return shipped("themes")


def example_settings() -> Path:
    """Return `config.example.toml`: every key with its default."""
    return shipped("config.example.toml")


def against(folder: Path, name: str) -> Path:
    """Return a path from a settings file as an absolute one; relative names start at `folder`."""
    return Path(os.path.abspath(folder / os.path.expanduser(name)))


def shown(path: Path) -> str:
    """Return the path as people write it: `~` for their own folder (whole on Windows)."""
    if sys.platform != "win32":
        try:
            return f"~/{path.relative_to(Path.home())}"
        except (ValueError, RuntimeError):
            pass
    return str(path)


def write_atomically(path: Path, text: str, mode: int | None = None, *, replace: bool = True) -> None:
    """Write a UTF-8 text file so that a reader sees the old or the new one, never a half.

    `mode` are its permissions; without, only its owner may read it. A link is replaced, not followed. Raises
    OSError where the place cannot be written, and FileExistsError without `replace` where the name is taken.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(path, replace=replace, mode=PRIVATE if mode is None else mode) as file:
        file.write(text)


AUTH_VARIABLE = "XOVAC_AUTH"


HEADERS_VARIABLE = "XOVAC_HEADERS"
