"""The terminal's driver on POSIX: Textual's own, with its ends tied up."""

from __future__ import annotations

from textual.drivers import linux_driver
from textual.drivers.linux_driver import LinuxDriver

from xovac_tui.ui.keyparser import ReadParser

# Textual's driver makes its parser by this name; STOP has to know which keys came in one read.
linux_driver.XTermParser = ReadParser  # type: ignore[attr-defined]


class PosixDriver(LinuxDriver):
    """Gives back everything it takes, and outlives a terminal that is gone."""

    _ours = False
    """The terminal is taken, and not given back yet."""
    _suspended = False

    def write(self, data: str) -> None:
        """Write, but neither after giving back nor for a writer that ended with the terminal.

        Textual would send the mouse pointer's shape to the shell, or wait for the dead writer for ever.
        """
        if self._ours and self._writer_thread is not None and self._writer_thread.is_alive():
            super().write(data)

    def start_application_mode(self) -> None:
        """Take the terminal."""
        self._ours = True
        super().start_application_mode()  # type: ignore[no-untyped-call]

    def stop_application_mode(self) -> None:
        """Give the terminal back; Textual forgets that it asked for the mouse in pixels."""
        if self._mouse_pixels:
            self.write("\x1b[?1016l")
        super().stop_application_mode()
        self._ours = False

    def suspend_application_mode(self) -> None:
        """Give the terminal back until we are continued."""
        self._suspended = True
        super().suspend_application_mode()

    def resume_application_mode(self) -> None:
        """Take the terminal again; not after a mere SIGSTOP and SIGCONT, which took nothing from us."""
        if self._suspended:
            self._suspended = False
            super().resume_application_mode()
        else:
            self._app.call_later(self._app.refresh, layout=True)

    def _run_input_thread(self) -> None:
        try:
            self.run_input_thread()
        except Exception as error:
            self._app.call_later(self._app._handle_exception, error)
