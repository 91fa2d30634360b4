"""No package and no module is in a circle of imports; those for typing and inside functions count too."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache

import grimp
import pytest

Imports = Mapping[str, set[str]]
"""Module, or package -> what it imports."""


@cache
def graph() -> grimp.ImportGraph:
    return grimp.build_graph("xovac_tui", exclude_type_checking_imports=False, cache_dir=None)


def circles(imports: Imports) -> list[list[str]]:
    """Return the groups that reach each other (strongly connected components of more than one), sorted."""
    number: dict[str, int] = {}
    lowest: dict[str, int] = {}
    open_: list[str] = []
    found: list[list[str]] = []

    def visit(one: str) -> None:
        number[one] = lowest[one] = len(number)
        open_.append(one)
        for other in imports.get(one, ()):
            if other not in number:
                visit(other)
                lowest[one] = min(lowest[one], lowest[other])
            elif other in open_:
                lowest[one] = min(lowest[one], number[other])
        if lowest[one] == number[one]:
            at = open_.index(one)
            group, open_[at:] = open_[at:], []
            if len(group) > 1:
                found.append(sorted(group))

    for one in sorted(imports):
        if one not in number:
            visit(one)
    return sorted(found)


def module_imports() -> Imports:
    found = graph()
    return {name: found.find_modules_directly_imported_by(name) for name in found.modules}


def package_imports() -> Iterator[tuple[str, Imports]]:
    """Give each package, with what its children (modules and packages) import of each other."""
    modules = module_imports()
    for package in sorted(graph().modules):
        children = graph().find_children(package)
        if not children:
            continue
        inside = f"{package}."
        imports: dict[str, set[str]] = {child.removeprefix(inside): set() for child in children}
        for name, imported in modules.items():
            if not name.startswith(inside):
                continue
            child = name.removeprefix(inside).partition(".")[0]
            others = {
                one.removeprefix(inside).partition(".")[0] for one in imported if one.startswith(inside)
            }
            imports[child] |= others - {child}
        yield package, imports


def found_circles() -> set[str]:
    found = {", ".join(group) for group in circles(module_imports())}
    for package, imports in package_imports():
        found |= {f"{package}: {', '.join(group)}" for group in circles(imports)}
    return found


def test_there_is_no_circle() -> None:
    assert found_circles() == set()


@pytest.mark.parametrize(
    ("imports", "expected"),
    [
        ({"a": {"b"}, "b": {"c"}, "c": set()}, []),
        ({"a": {"b"}, "b": {"a"}, "c": {"a"}}, [["a", "b"]]),
        ({"a": {"b"}, "b": {"c"}, "c": {"a", "d"}, "d": {"e"}, "e": {"d"}}, [["a", "b", "c"], ["d", "e"]]),
    ],
)
def test_circles_are_found(imports: dict[str, set[str]], expected: list[list[str]]) -> None:
    assert circles(imports) == expected


def test_imports_for_typing_and_late_ones_count() -> None:
    imports = module_imports()
    assert "xovac_tui.logwriter" in imports["xovac_tui.logfile"], "inside a function"
    assert "xovac_tui.ui.terminal.driver" in imports["xovac_tui.ui.terminal"], "for typing"
