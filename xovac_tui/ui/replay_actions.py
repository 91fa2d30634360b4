"""The keys that a replay has: they turn its playback."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

from textual import work

from xovac_tui.errors import XovacError
from xovac_tui.ui.action import Action
from xovac_tui.ui.terminal.app import TerminalApp
from xovac_tui.ui.workspace import Workspace

if TYPE_CHECKING:
    from xovac_tui.replay.playback import Playback

_REPLAY = "replay_"
LIVE_ONLY = frozenset({"note", "observe", "reconnect", "seen"})
"""Actions that do something to a chamber that is there; a replay says so when they are tried."""

ACTIONS = (
    Action("replay-faster", "]", "faster", "Replay faster.", footer=True),
    Action("replay-slower", "[", "slower", "Replay slower.", footer=True),
    Action("replay-on", ">", "+1 min", "Go on by a minute.", footer=True, method="replay_skip(60)"),
    Action("replay-back", "<", "−1 min", "Go back by a minute.", footer=True, method="replay_skip(-60)"),
    Action("replay-on-10", ")", "+10 min", "Go on by ten minutes.", method="replay_skip(600)"),
    Action("replay-back-10", "(", "−10 min", "Go back by ten minutes.", method="replay_skip(-600)"),
    Action("replay-on-60", "}", "+1 h", "Go on by an hour.", method="replay_skip(3600)"),
    Action("replay-back-60", "{", "−1 h", "Go back by an hour.", method="replay_skip(-3600)"),
    Action(
        "replay-next-mark",
        "semicolon",
        "next mark",
        "Go to the next mark: a step, a note, an alarm, a link that was lost.",
        footer=True,
        method="replay_mark(1)",
    ),
    Action(
        "replay-last-mark", "apostrophe", "mark before", "Go to the mark before.", method="replay_mark(-1)"
    ),
    Action(
        "replay-go-to",
        "@",
        "go to",
        "Go to a time of the replay: 14:05, 2026-11-23 14:05, or 2h30 after its start.",
        footer=True,
    ),
)


class ReplayKeys(TerminalApp):
    """What the app does for a replay; without one these keys are not there."""

    workspace: Workspace

    @property
    def playback(self) -> Playback | None:
        """What turns the replay; None on a live chamber."""
        return self.workspace.playback

    def is_replay(self) -> bool:
        """Say that nothing can be done to a chamber in a replay, if this is one."""
        if self.playback is None:
            return False
        self.notify("This is a replay: nothing can be sent or noted.", timeout=4, markup=False)
        return True

    def flush(self) -> None:
        """Show the picture of now."""
        raise NotImplementedError

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Have a replay's keys only in a replay."""
        if action.startswith(_REPLAY) and self.playback is None:
            return False
        return super().check_action(action, parameters)

    def action_replay_faster(self) -> None:
        """Replay faster."""
        if self.playback is not None:
            self.playback.faster()
            self.flush()

    def action_replay_slower(self) -> None:
        """Replay slower."""
        if self.playback is not None:
            self.playback.slower()
            self.flush()

    def action_replay_skip(self, seconds: int) -> None:
        """Go on, or back, by so many seconds."""
        if self.playback is not None:
            self.playback.skip(float(seconds))
            self.flush()

    def action_replay_mark(self, step: int) -> None:
        """Go to another mark."""
        if self.playback is not None:
            if not self.playback.to_mark(step):
                where = "after" if step > 0 else "before"
                self.notify(f"There is no mark {where} this one.", timeout=3, markup=False)
            self.flush()

    @work(group="dialog")
    async def action_replay_go_to(self) -> None:
        """Ask for a time, and go there."""
        from xovac_tui.recording.moments import moment
        from xovac_tui.ui.dialogs.ask import AskDialog

        playback = self.playback
        if playback is None:
            return
        words = "A time such as 14:05, with its date where there are several days, or 2h30 after the start."
        typed = await self.workspace.ask(AskDialog(self.workspace, "Go to", words))
        if not typed:
            return
        replay, zone = playback.replay, UTC if self.workspace.times.mode == "utc" else None
        try:
            playback.seek(replay.mono_of(moment(typed, replay.origin_time, replay.sliced.head.end, zone)))
        except XovacError as error:
            self.notify(str(error), severity="warning", timeout=10, markup=False)
        self.flush()
