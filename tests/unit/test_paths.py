import logging
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from xovac_tui import logfile, paths


def test_one_folder_holds_everything(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XOVAC_HOME", str(tmp_path))
    assert paths.settings_file() == tmp_path / "config.toml"
    assert paths.state_file() == tmp_path / "state.toml"
    assert paths.log_file() == tmp_path / "logs" / "xovac-tui.log"
    assert paths.themes_folder() == tmp_path / "themes"
    assert paths.recipes_folder() == tmp_path / "recipes"


def test_places_of_the_platform_are_absolute_and_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XOVAC_HOME", raising=False)
    for place in (paths.settings_file(), paths.state_file(), paths.log_file(), paths.recipes_folder()):
        assert place.is_absolute()
        assert "xovac-tui" in str(place)


def test_recipes_are_beside_the_settings_file_unless_configured(tmp_path: Path) -> None:
    settings = tmp_path / "lab.toml"
    assert paths.recipes_folder("", settings) == tmp_path / "recipes"
    assert paths.recipes_folder("mine", settings) == tmp_path / "mine"
    assert paths.recipes_folder("~/mine", settings) == Path.home() / "mine"


def test_shipped_data_is_found_from_a_checkout() -> None:
    assert paths.example_settings().is_file()
    assert (paths.shipped_themes() / "xovac-dark.toml").is_file()


def test_shipped_data_is_found_in_an_installed_package(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    data = tmp_path / "xovac_tui" / "_data"
    (data / "themes").mkdir(parents=True)
    (data / "config.example.toml").write_text("")
    monkeypatch.setattr(paths, "__file__", str(tmp_path / "xovac_tui" / "paths.py"))
    assert paths.shipped_themes() == data / "themes"
    assert paths.example_settings() == data / "config.example.toml"


def test_a_failed_write_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "deep" / "state.toml"
    paths.write_atomically(file, "old = 1\n")

    def fail(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="No space"):
        paths.write_atomically(file, "new = 2\n")
    assert file.read_text() == "old = 1\n"
    assert list(file.parent.iterdir()) == [file]


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX")
def test_written_files_are_private(tmp_path: Path) -> None:
    paths.write_atomically(tmp_path / "a.toml", "")
    assert stat.S_IMODE((tmp_path / "a.toml").stat().st_mode) == 0o600


def test_tracebacks_go_to_the_log_file_and_not_to_the_terminal(tmp_path: Path) -> None:
    code = (
        "import logging\n"
        "from xovac_tui import logfile\n"
        "print(logfile.setup_logging())\n"
        "logfile.setup_logging()\n"
        "try:\n    1 / 0\n"
        "except ZeroDivisionError:\n    logging.getLogger('xovac_tui.x').exception('defect')\n"
        "logging.getLogger('other').warning('from a library')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "XOVAC_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    log = tmp_path / "logs" / "xovac-tui.log"
    assert done.stdout.strip() == str(log)
    assert done.stderr == ""
    assert log.read_text().count("ZeroDivisionError: division by zero") == 1
    assert "from a library" in log.read_text()


def test_a_log_that_cannot_be_written_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "logs").write_text("a file where the folder should be")
    monkeypatch.setenv("XOVAC_HOME", str(tmp_path))
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    try:
        assert logfile.setup_logging() is None
    finally:
        for handler in [handler for handler in root.handlers if handler not in before]:
            root.removeHandler(handler)
        root.setLevel(level)
