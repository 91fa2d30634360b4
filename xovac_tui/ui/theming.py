"""Convert our theme files to Textual's themes."""

from __future__ import annotations

from textual.theme import BUILTIN_THEMES, Theme

from xovac_tui.config.themes import ThemeSpec


def to_textual(spec: ThemeSpec) -> Theme:
    """Return a Textual theme made from one of our theme files."""
    return Theme(
        name=spec.name,
        primary=spec.primary,
        secondary=spec.secondary,
        warning=spec.warning,
        error=spec.error,
        success=spec.success,
        accent=spec.accent,
        foreground=spec.foreground,
        background=spec.background,
        surface=spec.surface,
        panel=spec.panel,
        boost=spec.boost,
        dark=spec.dark,
        luminosity_spread=spec.luminosity_spread,
        text_alpha=spec.text_alpha,
        variables=dict(spec.variables),
    )


def textual_themes() -> frozenset[str]:
    """Return the names of Textual's own themes, which need no theme file."""
    return frozenset(BUILTIN_THEMES)
