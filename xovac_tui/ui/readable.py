"""Make the colours of any theme readable: text too near to its background is moved away. Pure.

The contrast is that of WCAG 2 (relative luminance, 1 to 21).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from textual.color import Color

LEAST_CONTRAST = 4.5
"""Contrast of text on its background that WCAG 2 asks for (level AA)."""
_SLACK = 1.07
"""Factor by which colours are moved further than needed: a focused field has a tint."""
_STEPS = 20
_LAYERS = ("background", "surface", "panel", "footer-background")
"""Variables that text stands on."""
_TEXT = (
    "foreground", "foreground-muted", "primary", "secondary", "accent", "success", "warning", "error",
    "text-primary", "text-secondary", "text-accent", "text-success", "text-warning", "text-error",
    "text-muted", "text-disabled", "footer-foreground", "footer-key-foreground",
    "footer-description-foreground", "border", "good", "stale", "bad", "no-data", "running", "recording",
    "planned", "axis", "mark", "cursor",
    *(f"alarm-{severity}" for severity in ("critical", "high", "medium", "low")),
    *(f"series-{number}" for number in range(1, 9)),
)  # fmt: skip
_CURSORS = ("block-cursor", "block-cursor-blurred", "input-selection")
"""Pairs of `-foreground` and `-background`."""
_WRITTEN = re.compile(r"(#[0-9A-Fa-f]{3,8})(?: (\d{1,3})%)?")
_WHITE, _BLACK = Color(255, 255, 255), Color(0, 0, 0)


def readable(variables: Mapping[str, str]) -> dict[str, str]:
    """Return a theme's variables with every text at `LEAST_CONTRAST` or more on every layer."""
    mended = dict(variables)
    background, foreground = _colour(mended["background"], _BLACK), _colour(mended["foreground"], _WHITE)
    # A bar of a strong colour has no room for text in the colours of good, bad and keys.
    mended["footer-background"] = mended["surface"]
    mended["footer-foreground"] = mended["footer-description-foreground"] = mended["foreground"]
    mended["footer-key-foreground"] = mended["accent"]
    muted = background.blend(foreground, 0.75, alpha=1.0)
    mended["foreground-muted"] = mended["text-muted"] = mended["text-disabled"] = muted.hex
    # A toast must be a layer that text was made for.
    mended["panel-lighten-1"] = mended["panel"]
    layers = [_colour(mended[name], background) for name in _LAYERS]
    for name in _TEXT:
        if name in mended:
            mended[name] = _moved(_colour(mended[name], foreground), layers).hex
    for name in _CURSORS:
        behind = _colour(mended.get(f"{name}-background", ""), background)
        ground = background.blend(behind, behind.a, alpha=1.0)
        front = _colour(mended.get(f"{name}-foreground", ""), foreground)
        mended[f"{name}-foreground"] = _moved(front, [ground]).hex
    return mended


def _colour(text: str, other: Color) -> Color:
    """Return a colour such as `#81a1c1 35%`; the other one for words such as `auto 87%`."""
    found = _WRITTEN.fullmatch(text)
    if found is None:
        return other
    return Color.parse(found[1]).multiply_alpha(float(found[2] or 100) / 100)


def _moved(colour: Color, layers: Iterable[Color]) -> Color:
    """Return the colour, blended with white or black as little as makes it readable on all layers."""
    layers = list(layers)
    colour = colour.with_alpha(1.0)
    best = max((_WHITE, _BLACK), key=lambda end: _least(end, layers))
    for step in range(_STEPS + 1):
        moved = colour.blend(best, step / _STEPS, alpha=1.0)
        if _least(moved, layers) >= LEAST_CONTRAST * _SLACK:
            return moved
    return best


def _least(colour: Color, layers: Iterable[Color]) -> float:
    return min(contrast(colour, layer) for layer in layers)


def contrast(one: Color, other: Color) -> float:
    """Return the WCAG contrast ratio of two colours, 1 to 21."""
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: Color) -> float:
    values = (part / 255 for part in colour.rgb)
    red, green, blue = (v / 12.92 if v <= 0.03928 else ((v + 0.055) / 1.055) ** 2.4 for v in values)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
