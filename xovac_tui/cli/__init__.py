"""The root command. Light to import: `table.imported` imports each command when it is called."""

from __future__ import annotations

import contextlib
import errno
import gc
import io
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

import click
from click.core import ParameterSource

from xovac_tui import __version__
from xovac_tui.cli.group import ListedGroup
from xovac_tui.cli.named import Named
from xovac_tui.cli.options import fault_option, profile_option, ssh_option, transport_option
from xovac_tui.cli.output import echo_lines
from xovac_tui.cli.table import COMMANDS, Table, imported
from xovac_tui.completing.wanted import ValueKind
from xovac_tui.errors import Exit, XovacError

_TYPED = ParameterSource.COMMANDLINE
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)


class _Root(ListedGroup):
    """All commands."""

    def sections(self) -> list[tuple[str, Table]]:
        titles = (
            ("Commands that need no terminal", (False, False)),
            ("Commands for a terminal", (True, False)),
            ("About this program", (False, True)),
        )
        return [
            (
                title,
                {
                    name: listed
                    for name, listed in self.listed.items()
                    if (listed.terminal, listed.about) == which
                },
            )
            for title, which in titles
        ]

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            # The reader closed our output (`xovac-tui ... | head`), which is no error.
            drop_output()
            return int(Exit.OK)


@click.group(
    cls=_Root,
    listed=COMMANDS,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(__version__, prog_name="xovac-tui", message="%(prog)s %(version)s")
@profile_option("Chamber to open, by its name in the settings.")
@click.option("--url", metavar="URL", help="Chamber to open, by its address (http://HOST:PORT).")
@ssh_option("Reach it through this destination of ssh, which then sees the address.")
@transport_option
@click.option("--observe/--control", default=None, help="Look only: no command can be sent, STOP included.")
@click.option("--ascii/--unicode", default=None, help="Draw with plain characters only.")
@click.option("--record/--no-record", default=None, help="Keep a record of everything (usual), or none.")
@click.option(
    "--theme",
    type=Named(ValueKind.THEME),
    metavar="NAME",
    help="Colours: xovac-dark, xovac-light, xovac-contrast, ...",
)
@click.option("--config", metavar="FILE", type=click.Path(path_type=Path), help="Settings file to read.")
@click.option("--demo", is_flag=True, help="Open the built-in simulator; no chamber is needed.")
@click.option("--speed", type=float, metavar="X", help="Demo: model seconds per second (1).")
@click.option("--seed", type=int, metavar="N", help="Demo: another seed, other noise (1).")
@click.option("--warm/--cold", default=None, help="Demo: begin pumped down (usual), or at ambient.")
@fault_option("Demo: a fault; repeatable.")
@click.pass_context
def root(ctx: click.Context, /, **options: Any) -> None:
    """Watch and command an XO-VAC+ thermal vacuum chamber.

    Without a command, opens the console in this terminal, and asks for the chamber if none is named.
    """
    imported("defects:setup_logging")()
    if ctx.invoked_subcommand is not None:
        given = [one for one in ctx.command.params if ctx.get_parameter_source(one.name or "") is _TYPED]
        if given:
            imported("common:refuse_console_options")(given, ctx.invoked_subcommand)
    else:
        # Nothing made before the first picture is garbage, and collecting it would take a quarter of that
        # time; the screen switches collection on again.
        gc.disable()
        try:
            ctx.exit(imported("console:open_console")(ctx))
        finally:
            gc.enable()


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the program and leave with its exit code."""
    sys.exit(run(arguments))


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the program and return its exit code; every error is printed as a sentence on stderr."""
    _fill_closed_streams()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            # A sign that the terminal's encoding lacks is written as an escape and raises nothing.
            stream.reconfigure(errors="backslashreplace")
    try:
        result = root.main(arguments, prog_name="xovac-tui", standalone_mode=False)
        return result if isinstance(result, int) else int(Exit.OK)
    except click.Abort:
        return 130
    except click.ClickException as error:
        shown = io.StringIO()
        error.show(file=shown)
        echo_lines(shown.getvalue().rstrip("\n").split("\n"), err=True)
        return int(Exit.USAGE)
    except XovacError as error:
        code = f" [{error.code}]" if error.code else ""
        _print_last(f"{error}{code}", several_lines=error.several_lines)
        return int(error.exit_code)
    except PermissionError as error:
        if error.filename is None:
            return _defect(error)
        _print_last(
            f"{error.filename} cannot be used: {error.strerror}. Check its permissions and its folder's."
        )
        return int(Exit.USAGE)
    except OSError as error:
        # An error without a file name comes from standard output, the only file written without one.
        if error.errno not in _NO_ROOM or error.filename is not None:
            return _defect(error)
        drop_output()
        _print_last(f"The output cannot be written: {error.strerror}. Send it somewhere else.")
        return int(Exit.USAGE)
    except Exception as error:
        return _defect(error)


def drop_output() -> None:
    """Discard all further standard output, so that the interpreter's last flush does not fail."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _fill_closed_streams() -> None:
    """Open the null device in place of each standard stream that the caller has closed.

    Otherwise the next file or socket would get that stream's number and receive its output.
    """
    # In the order of their numbers: the system gives out the lowest free number first.
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115 - it stays open


def _defect(error: Exception) -> int:
    _print_last(imported("defects:report_defect")(error))
    return int(Exit.CRASH)


def _print_last(text: str, *, several_lines: bool = False) -> None:
    """Write a last sentence to stderr; wait only briefly for its reader."""
    imported("stderr:last_words")(text, several_lines=several_lines)
