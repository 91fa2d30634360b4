"""The keys of the fleet, which has a screen of its own. They are fixed."""

from __future__ import annotations

from xovac_tui.ui.action import Action

OPEN = Action("open", "enter", "console", "Open the console of the chosen chamber.", footer=True)
ALARMS = Action(
    "alarms", "a", "alarms", "Give the alarms of all chambers the whole screen, or take it back.", footer=True
)
TROUBLED = Action(
    "troubled", "t", "troubled", "Show only chambers with which something is the matter.", footer=True
)
WORST = Action(
    "worst", "s", "worst first", "Sort the worst chambers first, or back into the fixed order.", footer=True
)
FIND = Action(
    "find", "slash", "find", "Show only chambers with these words in name, recipe or alarms.", footer=True
)
HELP = Action("help", "question_mark", "help", "Explain this screen and its keys.", footer=True)
QUIT = Action("leave", "q", "quit", "Leave the fleet. Recorders and chambers go on.", footer=True)
STOP_ELSEWHERE = Action(
    "no-stop",
    "!",
    "no STOP",
    "Say how to stop the recipe of the chosen chamber: nothing is sent from here.",
)
ACTIONS = (OPEN, ALARMS, TROUBLED, WORST, FIND, HELP, QUIT, STOP_ELSEWHERE)
