"""The root command. Light to import: each command imports what it needs."""

from __future__ import annotations

import contextlib
import errno
import gc
import importlib
import io
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

import click
from click.core import ParameterSource

from xovac_tui import __version__
from xovac_tui.cli.options import transport_option
from xovac_tui.cli.output import echo_lines
from xovac_tui.cli.table import COMMANDS
from xovac_tui.errors import Exit, XovacError

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)


class _Root(click.Group):
    """Imports a command's module only when that command is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].place.partition(":")
        command = getattr(importlib.import_module(module), name)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for title, terminal in (("Commands that need no terminal", False), ("Commands for a terminal", True)):
            names = [name for name, listed in COMMANDS.items() if listed.terminal is terminal]
            found = [(name, self.get_command(ctx, name)) for name in names]
            with formatter.section(title):
                formatter.write_dl(
                    [(name, command.get_short_help_str(60)) for name, command in found if command is not None]
                )

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            # The reader closed our output (`xovac-tui ... | head`), which is no error.
            drop_output()
            return int(Exit.OK)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            from xovac_tui.text import nearest

            ctx.fail(f'There is no command "{args[0]}".{nearest(args[0], COMMANDS)}')
        return super().resolve_command(ctx, args)


@click.group(cls=_Root, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="xovac-tui", message="%(prog)s %(version)s")
@click.option("--profile", "-p", metavar="NAME", help="Chamber to open, by its name in the settings.")
@click.option("--url", metavar="URL", help="Chamber to open, by its address (http://HOST:PORT).")
@transport_option
@click.option("--observe/--control", default=None, help="Look only: no command can be sent, STOP included.")
@click.option("--ascii/--unicode", default=None, help="Draw with plain characters only.")
@click.option("--record/--no-record", default=None, help="Keep a record of everything (usual), or none.")
@click.option("--theme", metavar="NAME", help="Colours: xovac-dark, xovac-light, xovac-contrast, ...")
@click.option("--config", metavar="FILE", type=click.Path(path_type=Path), help="Settings file to read.")
@click.option("--demo", is_flag=True, help="Open the built-in simulator; no chamber is needed.")
@click.option("--speed", type=float, metavar="X", help="Demo: model seconds per second (1).")
@click.option("--seed", type=int, metavar="N", help="Demo: another seed, other noise (1).")
@click.option("--warm/--cold", default=None, help="Demo: begin pumped down (usual), or at ambient.")
@click.option("--fault", multiple=True, metavar="NAME[@AFTER][:SECONDS]", help="Demo: a fault; repeatable.")
@click.pass_context
def root(ctx: click.Context, /, **options: Any) -> None:
    """Watch and command an XO-VAC+ thermal vacuum chamber.

    Without a command, opens the console in this terminal, and asks for the chamber if none is named.
    """
    from xovac_tui import logfile

    logfile.setup_logging()
    if ctx.invoked_subcommand is not None:
        _refuse_console_options(ctx, ctx.invoked_subcommand)
    else:
        # Nothing made before the first picture is garbage, and collecting it would take a quarter of that
        # time; the screen switches collection on again.
        gc.disable()
        try:
            from xovac_tui.cli.console import open_console

            ctx.exit(open_console(ctx))
        finally:
            gc.enable()


def _refuse_console_options(ctx: click.Context, command: str) -> None:
    """Refuse console options given before a command, which would ignore them."""
    sources = {param: ctx.get_parameter_source(param.name or "") for param in ctx.command.params}
    if given := [param for param, source in sources.items() if source is ParameterSource.COMMANDLINE]:
        from xovac_tui.config.resolve import Overrides

        for param in given:
            if param.name not in Overrides.__struct_fields__:
                shown = "/".join([*param.opts, *param.secondary_opts])
                raise click.UsageError(
                    f"{shown} before a command is for the console only, so {command} was not run. "
                    f"`xovac-tui {command} --help` lists what it takes."
                )


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
        echo_lines(shown.getvalue().rstrip("\n"), err=True)
        return int(Exit.USAGE)
    except XovacError as error:
        code = f" [{error.code}]" if error.code else ""
        _say_last(f"{error}{code}", several_lines=error.several_lines)
        return int(error.exit_code)
    except OSError as error:
        # An error without a file name comes from standard output, the only file written without one.
        if error.errno not in _NO_ROOM or error.filename is not None:
            return _defect(error)
        drop_output()
        _say_last(f"The output cannot be written: {error.strerror}. Send it somewhere else.")
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
    import logging

    from xovac_tui import logfile

    log = logfile.setup_logging()
    logging.getLogger(__name__).critical("a defect", exc_info=error)
    where = f"The details are in {log}" if log else "The log file cannot be written"
    _say_last(
        f"A defect in xovac-tui {__version__} ended it ({type(error).__name__}). {where}; "
        "please report it. This sends nothing; what was sent before may have happened."
    )
    return int(Exit.CRASH)


def _say_last(text: str, *, several_lines: bool = False) -> None:
    """Write a last sentence to stderr; wait only briefly for its reader."""
    from xovac_tui.cli.saying import last_words

    last_words(text, several_lines=several_lines)
