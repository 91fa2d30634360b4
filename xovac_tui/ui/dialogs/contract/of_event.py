"""From an event to the form of one of its channels, or of the command that it was. Nothing is sent."""

from __future__ import annotations

from collections.abc import Sequence

from xovac_tui.api.event import Direction
from xovac_tui.chamber.snapshot import ChannelView
from xovac_tui.recording.eventlog import LoggedEvent
from xovac_tui.text import clean
from xovac_tui.ui.dialogs.choose import ChooseDialog
from xovac_tui.ui.dialogs.contract.channel_form import edit_channel
from xovac_tui.ui.dialogs.contract.command_form import edit_command
from xovac_tui.ui.workspace import Workspace

_NAME = 56
_NO_CHANNEL = "This event makes no channel: it carries no value that can be named."
_NO_COMMAND = "No contract file names this command, and one cannot be named from here."


async def edit_event(workspace: Workspace, event: LoggedEvent) -> None:
    """Show the form of a channel of an event that came, chosen where it has several, or of a command."""
    if event.direction is Direction.OUT:
        if event.name in workspace.station.contract.commands:
            await edit_command(workspace, event.name)
        else:
            workspace.say(_NO_COMMAND, title="Contract")
        return
    channels = channels_of(workspace, event.name)
    if not channels:
        workspace.say(_NO_CHANNEL, title="Contract")
        return
    chosen: ChannelView | None = channels[0]
    if len(channels) > 1:
        names = [_line(number, one) for number, one in enumerate(channels, 1)]
        unnamed = next((n for n, one in enumerate(channels) if one.origin is None), 0)
        title = f"Channels of {clean(event.name, 40)}"
        asked = await workspace.ask(ChooseDialog(workspace, title, names, names[unnamed], width=_NAME))
        chosen = None if asked is None else channels[names.index(asked)]
    if chosen is not None:
        await edit_channel(workspace, chosen.full_name)


def channels_of(workspace: Workspace, event: str) -> Sequence[ChannelView]:
    """Return the channels that an event makes, in their order."""
    station = workspace.station
    return [one for one in station.snapshot().channels if station.chamber.leaf_of(one.full_name)[0] == event]


def _line(number: int, channel: ChannelView) -> str:
    """Return a channel as a line of a list; the number makes it unique."""
    path = channel.full_name
    label = "" if channel.origin is None else f"{clean(channel.label, 24)}  "
    return f"{number:>3}  {label}{clean(path, 60)}"
