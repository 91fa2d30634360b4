"""The recipe editor: steps as a table, a form for the chosen one, and what comes of it beside them."""
