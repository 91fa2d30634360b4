"""The strict reader over tables whose keys depend on one of them: tagged unions."""

from __future__ import annotations

from typing import Any

import msgspec

from xovac_tui.validation import TEXT, missing_key, mistakes, other_tags_key, sound, wrong_value


class Shape(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, tag_field="kind"):
    name: str
    colour: str = ""


class Circle(Shape, tag="circle"):
    radius: float
    rings: int = 0


class Square(Shape, tag="square"):
    side: float = 1.0


class Ring(Shape, tag="ring"):
    radius: float = 1.0


AnyShape = Circle | Square | Ring
KINDS = 'one of "circle", "ring", "square"'


class Drawing(msgspec.Struct, forbid_unknown_fields=True):
    shapes: tuple[AnyShape, ...] = ()
    best: AnyShape | None = None


def said(**shape: Any) -> list[str]:
    return list(mistakes({"shapes": [shape]}, Drawing))


def test_a_right_table_has_no_mistakes() -> None:
    assert said(kind="circle", name="a", radius=2) == []
    assert said(kind="square", name="a") == []
    assert list(mistakes({"best": {"kind": "ring", "name": "a"}}, Drawing)) == []


def test_a_wrong_tag_is_reported_with_the_nearest_and_all_others() -> None:
    assert said(kind="squar", name="a", side=2) == [
        wrong_value("shapes, item 1.kind", "squar", KINDS) + ' Did you mean "square"?'
    ]
    assert said(kind=3, name="a") == [wrong_value("shapes, item 1.kind", 3, KINDS)]


def test_a_missing_tag_is_reported_once_with_the_other_mistakes() -> None:
    assert said(side="wide", colur="red") == [
        missing_key("shapes, item 1.kind", KINDS),
        wrong_value("shapes, item 1.side", "wide", "a number"),
        '`shapes, item 1.colur` is not a known key. Did you mean "colour"?',
        missing_key("shapes, item 1.name", TEXT),
    ]


def test_a_field_of_another_kind_is_named_as_such() -> None:
    assert said(kind="square", name="a", radius=2, rings=1) == [
        other_tags_key("shapes, item 1.radius", "kind", "square", ("circle", "ring")),
        other_tags_key("shapes, item 1.rings", "kind", "square", ("circle",)),
    ]


def test_a_field_of_no_kind_is_reported_with_the_nearest_of_its_own() -> None:
    assert said(kind="circle", name="a", radius=1, radios=2) == [
        '`shapes, item 1.radios` is not a known key. Did you mean "radius"?'
    ]


def test_a_field_that_one_kind_needs_is_missing_only_there() -> None:
    assert said(kind="circle", name="a") == [missing_key("shapes, item 1.radius", "a number")]
    assert said(kind="ring", name="a") == []


def test_what_is_no_table_is_reported() -> None:
    assert list(mistakes({"shapes": [3], "best": "x"}, Drawing)) == [
        wrong_value("shapes, item 1", 3, "a table"),
        wrong_value("best", "x", "a table"),
    ]


def test_values_can_be_hidden() -> None:
    (sentence,) = mistakes({"best": {"kind": "secret", "name": "a"}}, Drawing, hide=True)
    assert "secret" not in sentence


def test_what_is_sound_of_a_list_of_such_tables_keeps_its_places() -> None:
    shapes = [{"kind": "circle"}, {"kind": "square", "name": "b"}, {"kind": "ring", "name": "c"}]
    found, left = sound({"shapes": shapes}, Drawing)
    assert found.shapes == (Square(name="b"), Ring(name="c"))
    assert left.places == {"shapes": [1, 2]}
