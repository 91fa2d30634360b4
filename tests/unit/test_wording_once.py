"""The wording of a sentence is tested in one module; others assert codes, or take it from the package."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
SQL = re.compile(r"\s*(SELECT|INSERT|UPDATE|DELETE|CREATE|PRAGMA)\b")
"""A statement is no sentence: tests that harm a record use the same words."""
WORD = re.compile(r"[A-Za-z']+")
LENGTH = 4
"""Words in a row that identify a sentence."""


def _phrases(text: str) -> set[str]:
    words = [word.lower() for word in WORD.findall(text)]
    return {" ".join(words[at : at + LENGTH]) for at in range(len(words) - LENGTH + 1)}


def _literals(path: Path) -> Iterator[tuple[int, str]]:
    """Yield line and text of everything quoted in a module that is no docstring and no SQL."""
    bare: set[int] = set()
    # A statement comes before the text that it is made of.
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Expr):
            bare.add(id(node.value))
        elif (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and len(node.value) >= 2 * LENGTH - 1  # fewer characters do not make so many words
            and id(node) not in bare
            and not SQL.match(node.value)
        ):
            yield node.lineno, node.value


def _sentences() -> dict[str, str]:
    """Return the sentence of each phrase that stands in exactly one text of the package."""
    texts: dict[str, set[str]] = defaultdict(set)
    for path in (ROOT / "xovac_tui").rglob("*.py"):
        for _, text in _literals(path):
            for phrase in _phrases(text):
                texts[phrase].add(f"{path.relative_to(ROOT)}: {text}")
    return {phrase: where.pop() for phrase, where in texts.items() if len(where) == 1}


def test_each_sentence_is_tested_in_one_module() -> None:
    sentences = _sentences()
    tested: dict[str, dict[str, int]] = defaultdict(dict)
    for path in (ROOT / "tests").rglob("test_*.py"):
        for line, text in _literals(path):
            for phrase in _phrases(text):
                if phrase in sentences:
                    module = f"{path.relative_to(ROOT)}"
                    tested[sentences[phrase]].setdefault(module, line)
    twice = {sentence: modules for sentence, modules in tested.items() if len(modules) > 1}
    assert not twice, "\n".join(
        f"{sentence!r}\n    " + "\n    ".join(f"{module}:{line}" for module, line in modules.items())
        for sentence, modules in sorted(twice.items())
    )
