"""A class name is unique in the package, and a file name repeats only where its folder completes it."""

import re
from collections import defaultdict
from pathlib import Path

import xovac_tui

PACKAGE = Path(xovac_tui.__file__).parent

GENERAL = {
    *(
        "actions.py",
        "app.py",
        "base.py",
        "check.py",
        "dialogs.py",
        "fields.py",
        "files.py",
        "form.py",
        "lines.py",
    ),
    *(
        "load.py",
        "loading.py",
        "model.py",
        "news.py",
        "opening.py",
        "pane.py",
        "past.py",
        "service.py",
        "settings.py",
        "wording.py",
    ),
    *(
        "state.py",
        "station.py",
        "status.py",
        "store.py",
        "table.py",
        "tables.py",
        "trend.py",
        "view.py",
        "writer.py",
    ),
}
"""Names that a folder completes: `screens/log/pane.py`, `alarms/service.py`."""


def _places() -> dict[str, list[str]]:
    places = defaultdict(list)
    for path in sorted(PACKAGE.rglob("*.py")):
        for name in re.findall(r"^class (\w+)", path.read_text(encoding="utf-8"), re.MULTILINE):
            places[name].append(str(path.relative_to(PACKAGE)))
    return places


def test_no_class_name_is_used_twice() -> None:
    assert {name: where for name, where in _places().items() if len(where) > 1} == {}


def test_a_file_name_repeats_only_where_its_folder_completes_it() -> None:
    places = defaultdict(list)
    for path in sorted(PACKAGE.rglob("*.py")):
        # A command, a dialog and a kind of alarm have the name of what they are about.
        if path.parent.name not in ("cli", "dialogs", "kinds") and path.name not in (
            "__init__.py",
            "__main__.py",
        ):
            places[path.name].append(str(path.relative_to(PACKAGE)))
    found = {name: where for name, where in places.items() if len(where) > 1 and name not in GENERAL}
    assert found == {}
