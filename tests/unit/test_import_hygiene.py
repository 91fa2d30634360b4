"""Each room is imported in a process of its own, and must not bring in what it has no business with."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

import xovac_tui

SCREEN = ("textual", "rich")
NETWORK = ("socketio", "engineio", "aiohttp")
POSIX_ONLY = ("fcntl", "termios", "tty", "pty", "pwd", "grp", "resource")
"""What is not there on Windows: nothing needs it to be imported."""

_PACKAGE = Path(xovac_tui.__file__).parent


def _modules() -> list[str]:
    names = []
    for file in sorted(_PACKAGE.rglob("*.py")):
        parts = list(file.relative_to(_PACKAGE.parent).with_suffix("").parts)
        if parts[-1] == "__init__":
            parts.pop()
        if parts[-1] != "__main__":
            names.append(".".join(parts))
    return names


def _in(name: str, rooms: Iterable[str]) -> bool:
    return any(name == room or name.startswith(f"{room}.") for room in rooms)


ALL = _modules()
# What sends notifications is imported where there is a receiver, and by the command that tests them.
_SENDING = ("notify.heartbeat", "notify.notifier", "notify.sending", "notify.trial", "cli.notify")
SENDING = [f"xovac_tui.{name}" for name in _SENDING]
NETWORKED = [
    name
    for name in ALL
    if _in(name, ["xovac_tui.link", "xovac_tui.simulator", "xovac_tui.notify.web", *SENDING])
]
DRAWING = [f"xovac_tui.report.{name}" for name in ("charts", "figures", "gather", "page")]
LIBRARIES = ("jinja2", "matplotlib", "numpy")
UI = [name for name in ALL if _in(name, ["xovac_tui.ui"])]
# Textual's POSIX driver is not there on Windows; our own module for it is imported only where it is.
DRIVER = "xovac_tui.ui.terminal.driver"
# What checks themes and keys, tries the link, or serves: only the place of a command names it.
COMMANDS = [f"xovac_tui.cli.{name}" for name in ("config_check", "doctor", "first", "simulate")]
OTHERS = [name for name in ALL if name not in {*NETWORKED, *DRAWING, *UI, *COMMANDS}]


def brought_in(
    modules: Iterable[str], unwanted: Iterable[str], block: Iterable[str] = ()
) -> dict[str, list[str]]:
    """Import modules one after the other in a fresh process; return what each was the first to bring in."""
    code = f"""
import importlib, sys
for name in {list(block)!r}:
    sys.modules[name] = None
seen = set()
for module in {list(modules)!r}:
    importlib.import_module(module)
    new = [name for name in {list(unwanted)!r} if sys.modules.get(name) is not None and name not in seen]
    seen.update(new)
    if new:
        print(module, *new)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return {line.split()[0]: line.split()[1:] for line in done.stdout.splitlines()}


def test_the_search_finds_something() -> None:
    assert "xovac_tui.api.event" in OTHERS
    found = brought_in(["xovac_tui.simulator.server", "xovac_tui.ui.app"], (*SCREEN, *NETWORK))
    assert found["xovac_tui.ui.app"] == list(SCREEN)
    assert "socketio" in found["xovac_tui.simulator.server"]


def test_only_the_screen_brings_in_textual_and_only_what_draws_a_report_its_libraries() -> None:
    assert brought_in([*OTHERS, *NETWORKED], (*SCREEN, *LIBRARIES), block=POSIX_ONLY) == {}


def test_only_link_simulator_and_webhooks_bring_in_the_network() -> None:
    # Nor does the screen: socket.io's import is longer than the first paint may be late.
    rooms = [*OTHERS, *(name for name in UI if name != DRIVER)]
    found = brought_in([*rooms, *DRAWING], (*NETWORK, *LIBRARIES), block=POSIX_ONLY)
    assert {name: new for name, new in found.items() if name not in DRAWING} == {}
    assert "matplotlib" in found["xovac_tui.report.charts"], "the search finds nothing"
    assert not {name for new in found.values() for name in new} & set(NETWORK)


def test_the_link_brings_in_nothing_of_blocking_clients_and_takes_them_from_nobody() -> None:
    blocking = ("requests", "urllib3", "websocket")
    found = brought_in(["xovac_tui.link.client", "xovac_tui.link.reasons", "requests"], blocking)
    assert found == {"requests": ["requests", "urllib3"]}


@pytest.mark.parametrize("name", ["xovac_tui.cli", "xovac_tui.cli.console", "xovac_tui.station"])
def test_the_start_brings_in_neither(name: str) -> None:
    assert brought_in([name], (*SCREEN, *NETWORK, "xovac_tui.ui.app")) == {}


def test_the_first_picture_does_not_wait_for_the_record_or_for_runs() -> None:
    late = (
        *("sqlite3", "hashlib", "xovac_tui.recipes.plan", "xovac_tui.recipes.rates"),
        *(f"xovac_tui.runs.{name}" for name in ("followed", "past")),
        *(f"xovac_tui.alarms.{name}" for name in ("kinds", "rules", "defaults", "evaluator")),
        *(f"xovac_tui.recording.disk.{name}" for name in ("codec", "items", "record", "recorder", "writer")),
        *("textual.widgets._text_area", "tomlkit"),
    )
    assert brought_in(["xovac_tui.cli.console", "xovac_tui.ui.app"], (*NETWORK, *late)) == {}
    assert brought_in(["xovac_tui.recording.disk.recorder"], late)


INDENTED_IMPORT = re.compile(r"^[ \t]+(import|from) ", re.MULTILINE)
LATE = {
    "forwarding/engines/epics.py": "p4p",
    "forwarding/engines/metrics.py": "prometheus_client",
    "forwarding/engines/postgres.py": "psycopg",
    "logfile.py": "xovac_tui.logwriter",
    "notify/services.py": "apprise",
    "recording/exports/parquet.py": "pyarrow",
    "text.py": "difflib",
}
"""Modules that import inside a function, and what: a library that may be missing, or what few starts need."""


def test_imports_are_at_the_top() -> None:
    found = {
        (str(file.relative_to(_PACKAGE)), alias.name.partition(".")[0] if given is None else given)
        for file in _PACKAGE.rglob("*.py")
        for source in [file.read_text(encoding="utf-8")]
        if INDENTED_IMPORT.search(source)  # parsing all files takes ten times as long
        for function in ast.walk(ast.parse(source))
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for given in [node.module if isinstance(node, ast.ImportFrom) else None]
        for alias in node.names
    }
    assert found == set(LATE.items())


def late_modules() -> dict[str, list[str]]:
    """Return the modules that rooms import when they are first named, by room (`later.py`)."""
    found: dict[str, list[str]] = {}
    for file in _PACKAGE.rglob("__init__.py"):
        room = ".".join(file.parent.relative_to(_PACKAGE.parent).parts)
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
                assert ast.unparse(node.orelse[0]) == "__getattr__ = later(__name__)"
                found[room] = [
                    f"{room}.{one.names[0].name}" for one in node.body if isinstance(one, ast.ImportFrom)
                ]
    return found


def test_what_rooms_import_later_is_not_there_at_the_first_picture() -> None:
    # The screen itself is late for commands only.
    late = [name for room, names in late_modules().items() if room != "xovac_tui.ui" for name in names]
    assert "xovac_tui.recording.disk.lists" in late
    assert brought_in(["xovac_tui.cli.console", "xovac_tui.ui.app"], late) == {}


def test_a_room_imports_what_is_named_and_says_what_it_lacks() -> None:
    code = """
import sys
from xovac_tui import runs
print("xovac_tui.runs.followed" in sys.modules, runs.followed.Run.__name__, hasattr(runs, "nothing_like_it"))
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout == "False Run False\n"


def test_settings_without_rules_are_read_without_the_kinds_of_alarms() -> None:
    code = """
import sys
from pathlib import Path
from xovac_tui import paths
from xovac_tui.api.loader import load_contract
from xovac_tui.alarms.rules_in_force import watchlist
from xovac_tui.config import Profile, load_settings

settings = load_settings(Path(paths.example_settings())).settings
rules = watchlist(settings.alarms, Profile().recipe, load_contract(()), ())
print("xovac_tui.alarms.kinds" in sys.modules, len(rules.rules), "xovac_tui.alarms.kinds" in sys.modules)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout == "False 11 True\n"


def test_the_keys_of_all_tabs_are_known_without_their_panes() -> None:
    # All panes are 130 modules: the first picture waits for its own tab only, keys put elsewhere or not.
    code = """
import sys
from xovac_tui.ui.actions import check_keymap
check_keymap({"window": "f5", "alarm-ack": "f6"})
print(*(name for name in sys.modules if name.startswith("xovac_tui.ui.screens.") and name.endswith(".pane")))
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.split() == ["xovac_tui.ui.screens.pane"]


def test_the_first_picture_does_not_wait_for_dataclasses_to_be_made() -> None:
    # Each takes 0.5 ms, a struct 0.04 ms, and there were seventeen of them.
    code = """
import dataclasses, sys
import xovac_tui.cli.console, xovac_tui.ui.app
for name, module in list(sys.modules.items()):
    for kind in list(vars(module).values()) if name.startswith("xovac_tui") else ():
        if isinstance(kind, type) and dataclasses.is_dataclass(kind) and kind.__module__ == name:
            print(name, kind.__name__)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout == ""
