"""A simulated chamber: physics, controller and faults, behind a real socket.io server.

Only the documented commands are the device's own; all other behaviour is assumed and marked so.
This package imports nothing, so that reading its options does not import socket.io.
"""
