"""A run followed against its plan: where it is, how its dwells count, when it ends, and how it ended."""
