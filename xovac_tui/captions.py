"""What a key of the settings is called in a form: written beside its type, so that a form needs no list."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec import Meta, inspect


class Caption(msgspec.Struct, frozen=True):
    """What is said of a key."""

    title: str
    """Two words at most, before its field."""
    help: str
    """A sentence, below the form."""


class CaptionedKey(msgspec.Struct, frozen=True):
    """A key of a struct."""

    name: str
    """As files have it."""
    caption: Caption
    type: inspect.Type
    default: Any
    """Its value where none is given; None where it must be given."""


def caption(title: str, help: str) -> Meta:
    """Return the annotation of a key of the settings with what is said of it."""
    return Meta(extra={"caption": Caption(title, help)})


def captioned_keys(struct: type[msgspec.Struct]) -> Iterator[CaptionedKey]:
    """Yield the keys of a struct that have a caption, in their order; those of its base come first."""
    for field in msgspec.structs.fields(struct):
        node = inspect.type_info(field.type)
        found = (node.extra or {}).get("caption") if isinstance(node, inspect.Metadata) else None
        if found is not None and isinstance(node, inspect.Metadata):
            default = None if field.default is msgspec.NODEFAULT else field.default
            yield CaptionedKey(field.encode_name, found, node.type, default)
