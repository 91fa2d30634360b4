"""The strict reader over tables whose keys depend on one of them: tagged unions."""

from __future__ import annotations

from typing import Any

import msgspec

from xovac_tui.validation import mistakes, sound


class Shape(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, tag_field="form"):
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


class Drawing(msgspec.Struct, forbid_unknown_fields=True):
    shapes: tuple[AnyShape, ...] = ()
    best: AnyShape | None = None


def said(**shape: Any) -> list[str]:
    return list(mistakes({"shapes": [shape]}, Drawing))


def test_a_right_table_has_no_mistakes() -> None:
    assert said(form="circle", name="a", radius=2) == []
    assert said(form="square", name="a") == []
    assert list(mistakes({"best": {"form": "ring", "name": "a"}}, Drawing)) == []


def test_a_wrong_tag_is_reported_with_the_nearest_and_all_others() -> None:
    assert said(form="squar", name="a", side=2) == [
        '`shapes, item 1.form` is the text "squar", but it must be one of "circle", "ring", "square". '
        'Did you mean "square"?'
    ]
    assert said(form=3, name="a") == [
        '`shapes, item 1.form` is 3, but it must be one of "circle", "ring", "square".'
    ]


def test_a_missing_tag_is_reported_once_with_the_other_mistakes() -> None:
    assert said(side="wide", colur="red") == [
        '`shapes, item 1.form` is missing; it must be one of "circle", "ring", "square".',
        '`shapes, item 1.side` is the text "wide", but it must be a number.',
        '`shapes, item 1.colur` is not a known key. Did you mean "colour"?',
        "`shapes, item 1.name` is missing; it must be text in quotes.",
    ]


def test_a_field_of_another_kind_is_named_as_such() -> None:
    assert said(form="square", name="a", radius=2, rings=1) == [
        '`shapes, item 1.radius` is not a key of form "square", only of circle, ring. '
        "Remove it, or change `form`.",
        '`shapes, item 1.rings` is not a key of form "square", only of circle. Remove it, or change `form`.',
    ]


def test_a_field_of_no_kind_is_reported_with_the_nearest_of_its_own() -> None:
    assert said(form="circle", name="a", radius=1, radios=2) == [
        '`shapes, item 1.radios` is not a known key. Did you mean "radius"?'
    ]


def test_a_field_that_one_kind_needs_is_missing_only_there() -> None:
    assert said(form="circle", name="a") == ["`shapes, item 1.radius` is missing; it must be a number."]
    assert said(form="ring", name="a") == []


def test_what_is_no_table_is_reported() -> None:
    assert list(mistakes({"shapes": [3], "best": "x"}, Drawing)) == [
        "`shapes, item 1` is 3, but it must be a table.",
        '`best` is the text "x", but it must be a table.',
    ]


def test_values_can_be_hidden() -> None:
    (sentence,) = mistakes({"best": {"form": "secret", "name": "a"}}, Drawing, hide=True)
    assert "secret" not in sentence


def test_what_is_sound_of_a_list_of_such_tables_keeps_its_places() -> None:
    shapes = [{"form": "circle"}, {"form": "square", "name": "b"}, {"form": "ring", "name": "c"}]
    found, left = sound({"shapes": shapes}, Drawing)
    assert found.shapes == (Square(name="b"), Ring(name="c"))
    assert left.places == {"shapes": [1, 2]}
