"""The actions of a replay: they control its playback."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC

from xovac_tui import recording, replay
from xovac_tui.errors import XovacError
from xovac_tui.ui import dialogs
from xovac_tui.ui.action import Action, placed
from xovac_tui.ui.workspace import Workspace

LIVE_ONLY = frozenset({"note", "observe", "reconnect", "seen", "chambers"})
"""Actions on a live chamber; in a replay they only show a message."""

ACTIONS = placed(
    "replay",
    Action("replay-faster", "]", "faster", "Replay faster.", footer=True),
    Action("replay-slower", "[", "slower", "Replay slower.", footer=True),
    Action("replay-on", ">", "+1 min", "Go on by a minute.", footer=True, method="skip(60)"),
    Action("replay-back", "<", "−1 min", "Go back by a minute.", footer=True, method="skip(-60)"),
    Action("replay-on-10", ")", "+10 min", "Go on by ten minutes.", method="skip(600)"),
    Action("replay-back-10", "(", "−10 min", "Go back by ten minutes.", method="skip(-600)"),
    Action("replay-on-60", "}", "+1 h", "Go on by an hour.", method="skip(3600)"),
    Action("replay-back-60", "{", "−1 h", "Go back by an hour.", method="skip(-3600)"),
    Action(
        "replay-next-mark",
        "semicolon",
        "next mark",
        "Go to the next mark: a step, a note, an alarm, a link that was lost.",
        footer=True,
        method="mark(1)",
    ),
    Action("replay-last-mark", "apostrophe", "mark before", "Go to the mark before.", method="mark(-1)"),
    Action(
        "replay-go-to",
        "@",
        "go to",
        "Go to a time of the replay: 14:05, 2026-11-23 14:05, or 2h30 after its start.",
        footer=True,
    ),
)


class ReplayActions:
    """The methods of these actions, which bindings name `replay.`; unavailable without a replay."""

    def __init__(self, workspace: Callable[[], Workspace]) -> None:
        self._workspace = workspace

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool:
        """Return whether there is a replay."""
        return self._workspace().playback is not None

    def action_faster(self) -> None:
        """Replay faster."""
        self._turn(lambda playback: playback.faster())

    def action_slower(self) -> None:
        """Replay slower."""
        self._turn(lambda playback: playback.slower())

    def action_skip(self, seconds: int) -> None:
        """Go on, or back, by so many seconds."""
        self._turn(lambda playback: playback.skip(float(seconds)))

    def action_mark(self, step: int) -> None:
        """Go to another mark."""

        def to_mark(playback: replay.playback.Playback) -> None:
            if not playback.to_mark(step):
                where = "after" if step > 0 else "before"
                self._workspace().say(f"There is no mark {where} this one.", seconds=3)

        self._turn(to_mark)

    def action_go_to(self) -> None:
        """Ask for a time, and go there."""
        self._workspace().window.run_worker(self._go_to(self._workspace()), group="dialog")

    def _turn(self, what: Callable[[replay.playback.Playback], None]) -> None:
        workspace = self._workspace()
        if workspace.playback is not None:
            what(workspace.playback)
            workspace.window.flush()

    async def _go_to(self, workspace: Workspace) -> None:
        words = "A time such as 14:05, with its date where there are several days, or 2h30 after the start."
        typed = await workspace.ask(dialogs.ask.AskDialog(workspace, "Go to", words))
        playback = workspace.playback
        if not typed or playback is None:
            return
        replay, zone = playback.replay, UTC if workspace.times.mode == "utc" else None
        try:
            playback.seek(
                replay.mono_of(
                    recording.moments.moment(typed, replay.origin_time, replay.sliced.head.end, zone)
                )
            )
        except XovacError as error:
            workspace.say(str(error), "warning", seconds=10)
        workspace.window.flush()
