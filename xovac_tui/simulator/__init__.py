"""A stand-in device: physics, controller, faults, and a real socket.io server."""
