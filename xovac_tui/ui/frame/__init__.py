"""The frame around every tab: bars, strips and the notices in place of it."""
