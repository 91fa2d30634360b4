"""Statements of a TOML file are changed one at a time; all else stays as it is written."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xovac_tui.tomltext import TomlText, same, toml_value

FILE = '''# head
start = "a" # why

[messages.m] # mm
"a" = { unit = "degC", label = "x" } # c
# own
b.unit = "K"
b.label = "B"

# about n
[messages.n."x.y"]
unit = """a
b"""   # tail

[commands.vent]
fields.rate = { type = "float", choices = [
  "a", # one
  "b",
] }
'''


def changed(*path: str, to: Any, quoted: bool = False) -> str:
    toml = TomlText(FILE)
    toml.put(path, to, quoted=quoted)
    return toml.text


@pytest.mark.parametrize(
    ("path", "value", "was", "is_now"),
    [
        (("start",), "b", 'start = "a" # why', 'start = "b" # why'),
        (
            ("messages", "m", "a"),
            {"label": "Y", "valid": [1.5, 2.0]},
            '{ unit = "degC", label = "x" } # c',
            '{ label = "Y", valid = [1.5, 2] } # c',
        ),
        (("messages", "m", "a", "pin"), True, 'label = "x" }', 'label = "x", pin = true }'),
        (("messages", "m", "b", "pin"), True, 'b.label = "B"\n', 'b.label = "B"\nb.pin = true\n'),
        (("messages", "n", "x.y", "pin"), True, "# tail\n", "# tail\npin = true\n"),
        (("messages", "n", "x.y", "unit"), "K", '"""a\nb"""   # tail', '"K"   # tail'),
        (("commands", "vent", "fields", "rate", "min"), 3, "\n] }", "\n], min = 3 }"),
        (("commands", "vent", "title"), "V", "\n] }\n", '\n] }\ntitle = "V"\n'),
        (("origin",), "user", "# why\n", '# why\norigin = "user"\n'),
    ],
)
def test_only_what_changes_is_written(path: tuple[str, ...], value: Any, was: str, is_now: str) -> None:
    assert was in FILE
    assert changed(*path, to=value) == FILE.replace(was, is_now)


def test_what_is_new_comes_behind_what_its_table_has() -> None:
    text = changed("messages", "m", 'c"\u202e\x07.d', to={"pin": True}, quoted=True)
    added = '"c\\"\\u202e\\u0007.d" = { pin = true }'
    assert text == FILE.replace('b.label = "B"\n', f'b.label = "B"\n{added}\n')
    text = changed("commands", "go x", to={"title": "A", "fields": {"n": {"type": "int"}}})
    assert text == FILE + '\n[commands."go x"]\ntitle = "A"\nfields.n = { type = "int" }\n'
    top = TomlText("# about\n\n# m\n[messages.m]\n")
    top.put(("start",), "go")
    assert top.text == '# about\n\nstart = "go"\n# m\n[messages.m]\n'


def test_the_ends_of_lines_stay() -> None:
    toml = TomlText('[messages.m]\r\n"a" = {}')
    toml.put(("messages", "m", "b"), {}, quoted=True)
    assert toml.text == '[messages.m]\r\n"a" = {}\r\n"b" = {}\r\n'


def test_a_table_is_taken_out_with_its_lines_and_comments_of_their_own_stay() -> None:
    toml = TomlText(FILE)
    toml.remove(("messages", "m", "b"))
    toml.remove(("messages", "n", "x.y"))
    toml.remove(("commands", "vent", "fields", "rate", "choices"))
    left = FILE.replace('b.unit = "K"\nb.label = "B"\n', "")
    left = left.replace('[messages.n."x.y"]\nunit = """a\nb"""   # tail\n', "")
    assert toml.text == left[: left.index(", choices")] + " }\n"
    listed = TomlText("[responses.a.schema]\nx = 1\n[[responses.a.schema.of]]\ny = 1\n[responses.b]\n")
    listed.remove(("responses", "a"))
    assert listed.text == "[responses.b]\n"


KEYS = st.sampled_from(["a", "b", "a.b", "", "q\"'", "\u202e", "x y", "#", "[", "\x00"])
VALUES = st.recursive(
    st.one_of(st.booleans(), st.integers(-5, 5), st.floats(allow_nan=False), st.text(max_size=4)),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(KEYS, inner, min_size=1, max_size=2),
    max_leaves=4,
)
LAYOUTS = st.sampled_from(
    [
        "",
        "# c",
        'a = { a = 1, b.a = [ 1, # x\n 2 ] } # t\n[b]\n"a.b" = 1',
        "a.b.a = 1\na.b.b = 2\n\n[b.a]\n[b.a.b]\na = 1",
        '[a]\n# c\n[a.a]\nb = \'\'\'\n[b]\'\'\'\n[b]\nb = """\n#""""\n',
        "[[b]]\nb = 1\n[b.a]\nx = 2\n[a]\nb = { a = {}, b = [{ a = '}' }] }",
    ]
)


@given(LAYOUTS, st.lists(st.tuples(st.lists(KEYS, min_size=1, max_size=3), VALUES | st.none()), max_size=4))
def test_any_edit_gives_what_was_asked_for(text: str, edits: list[tuple[list[str], Any]]) -> None:
    toml, wanted = TomlText(text), tomllib.loads(text)
    for path, value in edits:
        parents = [wanted]
        for key in path[:-1]:
            inner = parents[-1].get(key, {})
            if not isinstance(inner, dict):
                return
            parents.append(inner)
        for key, parent, inner in zip(path, parents, parents[1:], strict=False):
            parent.setdefault(key, inner)
        if value is None:
            parents[-1].pop(path[-1], None)
            toml.remove(tuple(path))
        else:
            parents[-1].pop(path[-1], None)
            parents[-1][path[-1]] = value
            toml.remove(tuple(path))
            toml.put(tuple(path), value)
    assert same(tomllib.loads(toml.text), wanted), toml.text


@given(VALUES)
def test_a_value_reads_as_it_was(value: Any) -> None:
    assert same(tomllib.loads(f"it = {toml_value(value)}")["it"], value)
