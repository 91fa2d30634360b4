"""One panel of a tab in the place of all of them."""

from __future__ import annotations

from typing import Any

from textual.widget import Widget

from xovac_tui.ui.widgets.lines import SizedWidget

_GROWS = {"width": "1fr", "height": "1fr", "min_height": 0, "max_height": None, "margin": 0}
_NO_EDGE = ("", "none", "hidden", "blank")


class ZoomedPanel:
    """A panel that has the whole of its tab, until `undo`.

    Only styles of the widgets themselves are changed, and they are put back as they were.
    """

    def __init__(self, panel: Widget, pane: Widget) -> None:
        self.panel = panel
        self._pane = pane
        self._before: list[tuple[Widget, dict[str, Any]]] = []
        self.keep()

    def keep(self) -> None:
        """Hide what a tab has shown again meanwhile beside the panel, and give the panel all of the room."""
        node = self.panel
        while node is not self._pane and isinstance(node.parent, Widget):
            self._set(node, **_GROWS)
            for sibling in node.parent.children:
                if sibling is not node and sibling.display:
                    self._set(sibling, display="none")
            node = node.parent

    def _set(self, widget: Widget, **styles: Any) -> None:
        inline = widget.styles.inline
        if not any(one is widget for one, _ in self._before):
            self._before.append((widget, dict(inline.get_rules())))
        rules = inline.get_rules()
        for name, value in styles.items():
            if value is not None and str(rules.get(name)) != str(value):
                setattr(widget.styles, name, value)

    def undo(self) -> None:
        """Put everything back."""
        for widget, before in self._before:
            inline = widget.styles.inline
            for name in ("display", *_GROWS):
                inline.clear_rule(name)
                if name in before:
                    inline.set_rule(name, before[name])
            widget.refresh(layout=True)
        self._before.clear()


def panel_of(focused: Widget, pane: Widget) -> Widget:
    """Return the panel of a tab that a widget belongs to: the outermost one with a frame or a rule."""
    inside = [node for node in focused.ancestors_with_self if isinstance(node, Widget)]
    inside = inside[: inside.index(pane)]
    framed = [node for node in inside if node.styles.border_top[0] not in _NO_EDGE]
    if framed:
        return framed[-1]
    return focused if isinstance(focused, SizedWidget) else inside[-1]
