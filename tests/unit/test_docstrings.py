"""Public methods have a docstring, but for overrides and `action_*`, which need none."""

import importlib
import inspect
import pkgutil
from collections.abc import Iterator

import xovac_tui


def _classes() -> Iterator[type]:
    for found in pkgutil.walk_packages(xovac_tui.__path__, "xovac_tui."):
        if found.name.endswith("__main__") or found.name == "xovac_tui.ui.terminal.driver":
            continue  # the driver needs POSIX
        module = importlib.import_module(found.name)
        for kind in vars(module).values():
            if inspect.isclass(kind) and kind.__module__ == found.name and not kind.__name__.startswith("_"):
                yield kind


def _undocumented(kind: type) -> Iterator[str]:
    for name, value in vars(kind).items():
        overrides = any(hasattr(base, name) for base in kind.__bases__)
        if name.startswith(("_", "action_")) or overrides:
            continue
        function = value.fget if isinstance(value, property) else inspect.unwrap(getattr(kind, name))
        if inspect.isfunction(function) and not function.__doc__:
            yield f"{kind.__module__}.{kind.__qualname__}.{name}"


def test_public_methods_say_what_they_do() -> None:
    assert [name for kind in _classes() for name in _undocumented(kind)] == []


class _Base:
    def known(self) -> None:
        """Do it."""


class _Derived(_Base):
    def known(self) -> None: ...

    def action_known(self) -> None: ...

    def new(self) -> None: ...


def test_an_undocumented_method_is_found() -> None:
    assert list(_undocumented(_Derived)) == [f"{__name__}._Derived.new"]
