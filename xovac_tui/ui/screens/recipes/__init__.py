"""Actions of the Recipes tab: load and start, make, keep and exchange recipes."""

from typing import TYPE_CHECKING

from xovac_tui.api.contract import LOAD_COMMAND, STOP_COMMAND
from xovac_tui.later import later
from xovac_tui.ui.action import START_COMMAND, Action

if TYPE_CHECKING:
    from xovac_tui.ui.screens.recipes import files as files
    from xovac_tui.ui.screens.recipes import loading as loading
else:
    __getattr__ = later(__name__)

ACTIONS = (
    Action(
        "load-recipe",
        "L",
        "load",
        "Load the chosen recipe into the chamber; asks first.",
        footer=True,
        sends=LOAD_COMMAND,
        on="recipe",
    ),
    Action(
        "start-recipe",
        "S",
        "start",
        "Start the recipe that is loaded; asks first.",
        footer=True,
        sends=START_COMMAND,
    ),
    Action(
        "cancel-recipe",
        "X",
        "cancel",
        "Cancel the running recipe; asks first.",
        footer=True,
        sends=STOP_COMMAND,
    ),
    Action("recipe-view", "v", "steps/check", "Show the steps, or what the check found.", footer=True),
    Action(
        "edit-recipe",
        "e,enter",
        "edit",
        "Edit the chosen recipe, or a copy of an example.",
        footer=True,
        on="recipe",
    ),
    Action("new-recipe", "N", "new", "Make a new recipe: from a template, or an empty one.", footer=True),
    Action("read-again", "R", "read again", "Read the recipe files again.", footer=True),
    Action(
        "edit-outside",
        "E",
        "$EDITOR",
        "Open the file in the editor that $VISUAL or $EDITOR names; STOP is not available meanwhile.",
        on="recipe",
    ),
    Action("copy-recipe", "c", "copy", "Make a copy of the chosen recipe, comments too.", on="recipe"),
    Action(
        "rename-recipe", "m,f2", "rename", "Give the chosen recipe and its file another name.", on="recipe"
    ),
    Action(
        "delete-recipe",
        "d,delete",
        "delete",
        "Move the chosen recipe into the trash folder; asks first.",
        on="recipe",
    ),
    Action("undelete-recipe", "z", "undelete", "Take the last deletion back."),
    Action(
        "recipe-versions",
        "V",
        "versions",
        "List the earlier versions of the chosen recipe with what has changed since, and go back to one.",
        on="recipe",
    ),
    Action(
        "compare-recipe",
        "D",
        "differences",
        "Show what differs between the recipe that is loaded and the chosen one.",
        on="recipe",
    ),
    Action("find-recipe", "slash", "find", "Show only recipes with some words in name, file or description."),
    Action("recipes-back", "escape", "back", "From the steps to the list; in it, show all recipes again."),
    Action("import-recipe", "i", "import", "Make a recipe from a CSV file or from the device's JSON."),
    Action(
        "export-recipe",
        "x",
        "export",
        "Write the chosen recipe as CSV, as the device's JSON, or as TOML.",
        on="recipe",
    ),
)
