"""Import the modules of a room when they are first used."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from types import ModuleType


def later(room: str) -> Callable[[str], ModuleType]:
    """Return the `__getattr__` of a package (PEP 562): each of its modules is imported when first named.

    The first use of `room.module.name` imports the module, and not the start of the program. The
    package imports those that are used so under `if TYPE_CHECKING`, so that types and circles are checked;
    tests/unit/test_import_hygiene.py tests that the first picture is drawn without them.
    """

    def module(name: str) -> ModuleType:
        if not name.startswith("_"):
            try:
                return importlib.import_module(f"{room}.{name}")
            except ModuleNotFoundError as error:
                if error.name != f"{room}.{name}":
                    raise
        raise AttributeError(f"module {room!r} has no attribute {name!r}")

    return module
