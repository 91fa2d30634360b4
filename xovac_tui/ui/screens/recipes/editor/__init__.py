"""The recipe editor: table of steps, form of the chosen one, planned profile and findings."""

from xovac_tui.ui.action import Action

ACTIONS = (
    Action("step-edit", "enter", "edit", "Go to the form of the chosen step.", footer=True),
    Action("step-ramp", "a", "+ramp", "Insert a ramp below the cursor.", footer=True),
    Action("step-hold", "h", "+hold", "Insert a hold below the cursor.", footer=True),
    Action("step-repeat", "l", "+loop", "Insert an empty repeat (a loop) below the cursor.", footer=True),
    Action("edit-save", "s", "save", "Save the recipe; the version before is kept.", footer=True),
    Action("step-delete", "d,delete", "delete", "Delete the step, a repeat with all in it.", footer=True),
    Action("edit-undo", "z", "undo", "Take the last change back.", footer=True),
    Action("edit-redo", "Z", "redo", "Do again what was taken back."),
    Action("step-copy", "c", "copy", "Insert a copy of the step below it."),
    Action("step-up", "K,shift+up", "move up", "Move the step up, into or out of a repeat too."),
    Action("step-down", "J,shift+down", "move down", "Move the step down, into or out of a repeat too."),
    Action("step-mark", "space", "mark", "Mark the step as one end of what is to be repeated, or unmark."),
    Action("step-wrap", "w", "repeat these", "Put the steps from the mark to the cursor into a repeat."),
    Action("step-unwrap", "W", "unrepeat", "Take the steps out of their repeat."),
    Action("edit-head", "m", "name, limits", "Edit name, description, limits and conditions."),
    Action("edit-findings", "f", "findings", "Go through what the check found; the step follows."),
    Action("edit-view", "v", "profile/check", "Show the planned profile, or what the check found."),
    Action(
        "edit-differences",
        "D",
        "differences",
        "Show what differs from the saved file, or from the example that this is a copy of.",
    ),
    Action(
        "edit-file-outside",
        "E",
        "$EDITOR",
        "Open the file in the editor that $VISUAL or $EDITOR names; STOP is not available meanwhile.",
    ),
    Action(
        "edit-leave",
        "escape",
        "back",
        "Back: from the form to the steps, from the steps to the recipes; asks about unsaved changes.",
        footer=True,
    ),
)
