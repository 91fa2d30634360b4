"""The tabs: Status, Controls, Recipes, Log."""
