"""The terminal itself: its life, its bytes in and out; nothing of the chamber."""
