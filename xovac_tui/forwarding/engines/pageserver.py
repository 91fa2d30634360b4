"""An HTTP server for one page, which can be read by strangers and costs the recorder next to nothing."""

from __future__ import annotations

import logging
import socket
import socketserver
import threading
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

MOST_READERS = 16
"""Connections at one moment: each has a thread and a file, of which a process has 1,024 or fewer."""
SILENCE = 10.0
"""Seconds after which a reader that says nothing is let go."""


class PageServer(socketserver.ThreadingMixIn, WSGIServer):
    """Serves an application of WSGI; what is wrong with a request is no matter for the terminal."""

    daemon_threads = True
    request_queue_size = 32

    def __init__(self, address: str, port: int, application: Any) -> None:
        """Listen; raises OSError where that cannot be."""
        family, *_, where = socket.getaddrinfo(address, port, type=socket.SOCK_STREAM)[0]
        self.address_family = family
        self._room = threading.BoundedSemaphore(MOST_READERS)
        super().__init__((str(where[0]), port), _PageRequest)
        self.set_app(application)

    def server_bind(self) -> None:
        """Bind without a search for the name of this machine, which can take long."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = "localhost", int(self.server_address[1])
        self.setup_environ()

    def process_request(self, request: Any, client_address: Any) -> None:
        """Serve a reader in a thread, or turn it away where there are too many."""
        if not self._room.acquire(blocking=False):
            self.shutdown_request(request)
            return
        try:
            super().process_request(request, client_address)
        except BaseException:
            self._room.release()
            raise

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Serve a reader."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._room.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Log why a reader got nothing; the library would print it into the console."""
        logging.getLogger(__name__).debug("a reader of the page got nothing", exc_info=True)


class _PageRequest(WSGIRequestHandler):
    """A request for the page."""

    timeout = SILENCE

    def log_message(self, format: str, *_: Any) -> None:
        """Print nothing."""

    def get_stderr(self) -> Any:
        """Return what takes the errors of the application: nothing does."""
        return _NoErrors()


class _NoErrors:
    """Takes text, and keeps none."""

    def write(self, text: str) -> int:
        """Take text."""
        return len(text)

    def flush(self) -> None:
        """Do nothing."""
