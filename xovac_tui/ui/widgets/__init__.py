"""Pieces of a screen that draw themselves line by line."""
