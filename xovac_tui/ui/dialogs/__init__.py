"""Questions that must be answered before the console goes on."""
