"""The names of Textual's own themes, for checks of the settings."""

from textual.theme import BUILTIN_THEMES


def textual_themes() -> frozenset[str]:
    """Return the names that need no theme file."""
    return frozenset(BUILTIN_THEMES)
