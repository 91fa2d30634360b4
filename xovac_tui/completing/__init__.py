"""Completion of typed words for bash, zsh and fish.

Each press of Tab starts the program, so nothing here imports click, Textual or the link, and the values of
one kind are imported when they are wanted. Reads files, and writes only the names of contracts into
a private cache; never connects, and never prints an error.
"""
