"""The log of a command, and how it reports what was not expected."""

from __future__ import annotations

import logging

from xovac_tui import __version__
from xovac_tui.logfile import setup_logging


def report_defect(error: Exception) -> str:
    """Log an error that nothing expected; return how it is reported."""
    log = setup_logging()
    logging.getLogger(__name__).critical("a defect", exc_info=error)
    where = f"The details are in {log}" if log else "The log file cannot be written"
    return (
        f"A defect in xovac-tui {__version__} ended it ({type(error).__name__}). {where}; "
        "please report it. This sends nothing; what was sent before may have happened."
    )
