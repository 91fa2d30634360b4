"""One socket.io connection: states, back-off, liveness, TLS; yields events, emits commands."""
