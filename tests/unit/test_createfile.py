"""New files: made in one place, never through a link, whole or not at all."""

from __future__ import annotations

import ast
import logging
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.helpers.commandline import CommandLine, clean_environment
from tests.helpers.meanwhile import needs_locks
from tests.helpers.recipes import bakeout
from xovac_tui import createfile, logfile, paths
from xovac_tui.createfile import only_saver
from xovac_tui.errors import RecipeError
from xovac_tui.logfile import LogFile
from xovac_tui.recipes.store import save_as, write_file
from xovac_tui.recording.disk.lock import WriterLock
from xovac_tui.recording.disk.schema import RecordError, open_for_writing
from xovac_tui.recording.exports.events import export_file, save_events
from xovac_tui.recording.exports.newfile import new_file

RECIPE = bakeout()
PACKAGE = Path(createfile.__file__).parent
pytestmark = pytest.mark.skipif(os.name != "posix", reason="this system has no links that a user can plant")


MAKERS = ("write_text", "write_bytes", "touch", "mkstemp", "NamedTemporaryFile", "save_screenshot")


def makes_files(tree: ast.AST) -> list[int]:
    """Return the lines of calls that can create a file."""
    found = []
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        method = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        name = method or getattr(node.func, "id", "")
        given = [*node.args, *(one.value for one in node.keywords)]
        modes = [one.value for one in given if isinstance(one, ast.Constant) and isinstance(one.value, str)]
        opens = name == "open" and any(len(mode) < 4 and set(mode) & set("wxa") for mode in modes)
        if opens or method in MAKERS or (name == "open" and "O_CREAT" in ast.dump(node)):
            found.append(node.lineno)
    return found


def test_one_module_creates_files() -> None:
    texts = {file: file.read_text(encoding="utf-8") for file in PACKAGE.rglob("*.py")}
    found = {
        str(file.relative_to(PACKAGE)): len(lines)
        for file, text in texts.items()
        if any(word in text for word in ("open(", *MAKERS)) and (lines := makes_files(ast.parse(text)))
    }
    assert found == {"createfile.py": 2}


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    """A file of the user's that a planted link leads to."""
    file = tmp_path / "precious"
    file.write_text("mine", encoding="utf-8")
    return file


def planted(tmp_path: Path, target: Path, name: str = "out") -> Path:
    link = tmp_path / name
    link.symlink_to(target)
    return link


WAYS: dict[str, Callable[[Path], object]] = {
    "create": lambda path: os.close(createfile.create(path)),
    "whole": lambda path: _fill(path),
    "events": lambda path: save_events([], path),
    "recipe": lambda path: write_file(path, "x"),
    "saved as": lambda path: save_as(path, RECIPE, now=0.0),
    "appended": lambda path: os.close(createfile.open_or_create(path, append=True)),
}


def test_a_record_is_made_where_its_link_leads(tmp_path: Path, secret: Path) -> None:
    link = planted(tmp_path, tmp_path / "elsewhere")
    open_for_writing(link).close()
    assert (tmp_path / "elsewhere").stat().st_mode & 0o777 == 0o600
    assert link.is_symlink()
    with pytest.raises(RecordError):
        open_for_writing(planted(tmp_path, secret, "foreign"))
    assert secret.read_text(encoding="utf-8") == "mine"


def _fill(path: Path, *, force: bool = False) -> None:
    with new_file(path, force=force) as file:
        file.write("new")


@pytest.mark.parametrize("way", WAYS)
def test_a_link_that_leads_nowhere_makes_no_file_there(way: str, tmp_path: Path) -> None:
    link = planted(tmp_path, tmp_path / "elsewhere")
    with pytest.raises((OSError, RecordError, RecipeError)):
        WAYS[way](link)
    assert not (tmp_path / "elsewhere").exists()
    assert link.is_symlink()


@pytest.mark.parametrize("way", ["create", "whole", "events", "recipe", "saved as"])
def test_a_file_behind_a_link_stays_as_it_is(way: str, tmp_path: Path, secret: Path) -> None:
    link = planted(tmp_path, secret)
    with pytest.raises((OSError, RecordError, RecipeError)):
        WAYS[way](link)
    assert secret.read_text(encoding="utf-8") == "mine"


def test_what_the_user_confirmed_takes_the_name_and_not_the_file_behind_it(
    tmp_path: Path, secret: Path
) -> None:
    ways: tuple[Callable[[Path], object], ...] = (
        lambda path: _fill(path, force=True),
        lambda path: write_file(path, "new", overwrite=True),
        lambda path: save_as(path, RECIPE, now=0.0, overwrite=True),
        lambda path: paths.write_atomically(path, "new"),
    )
    for number, write in enumerate(ways):
        link = planted(tmp_path, secret, f"out{number}.toml")
        write(link)
        assert not link.is_symlink()
        assert secret.read_text(encoding="utf-8") == "mine"
    assert not list(tmp_path.glob(".xovac-*"))


def test_a_planted_name_beside_the_target_is_not_written_through(tmp_path: Path, secret: Path) -> None:
    # The name that the parts had: anyone could foretell it.
    planted(tmp_path, secret, f".out.{os.getpid()}.part")
    _fill(tmp_path / "out")
    assert secret.read_text(encoding="utf-8") == "mine"
    assert (tmp_path / "out").read_text(encoding="utf-8") == "new"


def test_a_lock_is_not_written_through_a_link(tmp_path: Path, secret: Path) -> None:
    planted(tmp_path, secret, "r.sqlite3.lock")
    with pytest.raises(OSError, match="symbolic link"):
        WriterLock(tmp_path / "r.sqlite3").acquire()
    assert secret.read_text(encoding="utf-8") == "mine"


def test_the_log_is_not_written_through_a_link(
    tmp_path: Path, secret: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(paths.HOME_VARIABLE, str(tmp_path))
    (tmp_path / "logs").mkdir()
    planted(tmp_path / "logs", secret, "xovac-tui.log")
    assert logfile.setup_logging() is None
    assert secret.read_text(encoding="utf-8") == "mine"
    (tmp_path / "logs" / "xovac-tui.log").unlink()
    log = logfile.setup_logging()
    assert log is not None
    # Past the other handlers: what pytest captures goes to its workers as UTF-8.
    (handler,) = [one for one in logging.getLogger().handlers if isinstance(one, LogFile)]
    handler.handle(logging.makeLogRecord({"levelno": 30, "msg": "half a pair \ud800 is written"}))
    logfile.setup_logging()
    assert "half a pair \\ud800 is written" in log.read_text(encoding="utf-8")
    assert stat.S_IMODE(log.stat().st_mode) == 0o600


def test_an_export_without_an_own_name_passes_over_a_planted_link(tmp_path: Path, secret: Path) -> None:
    first = export_file(tmp_path, "log", 0.0)
    first.symlink_to(tmp_path / "nowhere")
    assert export_file(tmp_path, "log", 0.0) != first


def test_a_pipe_is_written_only_where_the_user_named_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    try:
        _fill(tmp_path / "pipe")
        assert os.read(reader, 10) == b"new"
        with (
            pytest.raises(RecordError, match="is there and is not written over"),
            new_file(tmp_path / "pipe", derived=True),
        ):
            raise AssertionError("the pipe was opened")
        # Nor is one behind a link that anyone may have made.
        planted(tmp_path, tmp_path / "pipe")
        with pytest.raises(RecordError, match="is there"):
            _fill(tmp_path / "out")
    finally:
        os.close(reader)
    _fill(Path("/dev/null"))


def test_a_name_that_is_taken_meanwhile_stays_the_others(tmp_path: Path) -> None:
    target = tmp_path / "out"

    def both() -> None:
        with createfile.whole_file(target, replace=False) as file:
            file.write("late")
            target.write_text("first", encoding="utf-8")

    with pytest.raises(FileExistsError):
        both()
    assert target.read_text(encoding="utf-8") == "first"
    assert os.listdir(tmp_path) == ["out"]


def test_it_is_whole_where_a_file_system_knows_no_hard_links(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object, **__: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refused)
    _fill(tmp_path / "out")
    assert (tmp_path / "out").read_text(encoding="utf-8") == "new"
    assert os.listdir(tmp_path) == ["out"]
    with pytest.raises(RecordError, match="is there"):
        _fill(tmp_path / "out")


def test_new_files_are_the_users_alone_and_text_can_always_be_written(tmp_path: Path) -> None:
    with new_file(tmp_path / "out") as file:
        file.write("half \ud800")
    assert (tmp_path / "out").read_text(encoding="utf-8") == "half \\ud800"
    assert stat.S_IMODE((tmp_path / "out").stat().st_mode) == 0o600


def test_config_init_leaves_a_link_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clean_environment(monkeypatch, tmp_path)
    link = planted(tmp_path, tmp_path / "elsewhere", "config.toml")
    said = CommandLine(tmp_path, capsys)("config", "init", "--config", str(link))
    assert said.code == 2
    assert "already" in said.err
    assert not (tmp_path / "elsewhere").exists()


@needs_locks
def test_another_process_that_saves_is_waited_for_only_so_long(tmp_path: Path) -> None:
    target = tmp_path / "new" / "config.toml"
    with only_saver(target), pytest.raises(TimeoutError), only_saver(tmp_path / "other", patience=0.02):
        pass
    with only_saver(target):
        assert os.listdir(tmp_path) == [], "nothing is left behind"
