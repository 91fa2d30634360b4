"""The Runs tab."""

from xovac_tui.ui.action import Action

ACTIONS = (
    Action(
        "runs-view",
        "enter,v",
        "view",
        "Show what has no room: chart, steps, lowest and highest values, or commands and notes.",
        footer=True,
    ),
    Action(
        "runs-compare",
        "c",
        "compare",
        "Mark the chosen run; on another one, show the two beside each other.",
        footer=True,
        on="run",
    ),
    Action(
        "runs-report",
        "R",
        "report",
        "Write the report of the chosen run, a page of HTML that prints well, into the folder exports.",
        footer=True,
        on="run",
    ),
    Action(
        "runs-find",
        "slash",
        "find",
        "Show only runs with some words in number, name, result or day.",
        footer=True,
    ),
    Action(
        "runs-attach",
        "a",
        "attach",
        "Attach a picture, PDF, text or CSV file to the chosen run; it is copied into the record.",
        footer=True,
        on="run",
    ),
    Action("runs-back", "escape", "back", "Leave the comparison, then take the words and the mark away."),
)
