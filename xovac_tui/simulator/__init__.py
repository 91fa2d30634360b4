"""A stand-in for the chamber: physics, controller, faults, behind a real socket.io server.

Only the documented commands are the device's own; everything else about it is assumed, and says so.
This package imports nothing by itself, so that reading its options costs no socket.io.
"""
