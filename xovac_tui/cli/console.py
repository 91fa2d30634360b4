"""Open the console in this terminal."""

from __future__ import annotations

import os
import sys
from functools import partial

import click
import msgspec

from xovac_tui import logfile, paths, ui
from xovac_tui.cli.beside import ABOUT_DEMO, SettingsProfiles, open_chamber, open_demo
from xovac_tui.cli.chambers import demo_chamber
from xovac_tui.cli.common import effective, on_terminal, typed
from xovac_tui.cli.exposure import alarm_notes, exposed_settings
from xovac_tui.cli.link import asked
from xovac_tui.cli.table import headless_words, imported
from xovac_tui.compose import chambers
from xovac_tui.config import Effective, Profile
from xovac_tui.config.state import load_state, recall
from xovac_tui.config.themes import ThemeSpec, shipped_themes, unknown_theme, user_themes
from xovac_tui.errors import NoChamberError, SettingsError
from xovac_tui.notify.settings import NotifySettings
from xovac_tui.simulator.faults import parse_fault
from xovac_tui.simulator.options import SimulatorOptions, check_options
from xovac_tui.station.live import LiveStation
from xovac_tui.ui.start import ProfileLine, Start

_DEMO_OPTIONS = ("speed", "seed", "warm", "fault")


def open_console(ctx: click.Context, /) -> int:
    """Read and check settings and options, run the screens, and return the exit code."""
    demo = demo_options(ctx)
    need_terminal()
    try:
        start, station = begin(ctx, demo)
    except NoChamberError:
        if not on_terminal():
            raise
        code: int | None = imported("first:ask_chamber")(ctx)
        if code is not None:
            return code
        start, station = begin(ctx, demo_options(ctx))
        start = msgspec.structs.replace(start, tour=not start.state.toured)
    return ui.app.run_console(start, asked(station))


def need_terminal(what: str = "console", instead: str = "") -> None:
    """Raise unless there is a terminal to draw `what` on.

    The error names the commands that need none, or the one that does the same (`instead`).
    """
    headless = f"Without a terminal use xovac-tui {instead or headless_words('or')}."
    # The screen is drawn on stderr, so a terminal on stdout alone does not help.
    for name, stream in (("input", sys.stdin), ("output", sys.stdout), ("error output", sys.stderr)):
        if not (stream and stream.isatty()):
            raise SettingsError(f"The {what} needs a terminal, but its {name} is not one. {headless}")
    if os.environ.get("TERM") == "dumb":
        raise SettingsError(f"TERM is dumb: such a terminal cannot place text. Set it right. {headless}")


def begin(ctx: click.Context, demo: SimulatorOptions | None, /) -> tuple[Start, LiveStation]:
    """Return the start values of the screens and the station; raises XovacError for a wrong setting."""
    found, record = effective(ctx), ctx.params["record"]
    setup = demo_chamber(found) if demo else chambers.resolve(found)
    again = partial(open_demo, found, demo, record) if demo else partial(open_chamber, found, setup, record)
    opened = again()
    about = ABOUT_DEMO if demo else opened.station.manner.address
    start = msgspec.structs.replace(
        make_start(found, setup.profile, rings=True),
        contract_place=opened.contract_place,
        profiles=SettingsProfiles(ctx, ProfileLine(setup.name, about), again),
    )
    assert isinstance(opened.station, LiveStation)
    return start, opened.station


def make_start(found: Effective, profile: Profile, /, *, rings: bool = False) -> Start:
    """Return the start values of the screens; raises SettingsError for an unknown theme.

    `rings`: the terminal does, as the settings say.
    """
    state, note = load_state()
    ours = shipped_themes()
    theirs, problems = user_themes(taken=[spec.name for spec in ours])
    themes = (*ours, *theirs)
    display = found.settings.display
    notes = (note, *problems, *exposed_settings(found, profile))
    # Only a theme from the command line or environment overrides the remembered one.
    asked = found.sources.get("display.theme", str(found.path)) != str(found.path)
    if asked:
        check_theme(display.theme, themes)
    return Start(
        display=display,
        keys=found.settings.keys,
        theme=display.theme if asked else recall(state.theme, display.theme),
        window=recall(state.window, display.window),
        themes=themes,
        recipes=paths.recipes_folder(found.settings.recipes, found.path),
        state=state,
        state_path=paths.state_file(),
        bell=NotifySettings(receivers=found.settings.notify.in_terminal if rings else ()),
        log_path=logfile.setup_logging(),
        settings_path=found.path,
        overridden={key: place for key, place in found.sources.items() if place != str(found.path)},
        notes=(*filter(None, notes), *alarm_notes(found.settings, found.path, profile)),
    )


def demo_options(ctx: click.Context, /) -> SimulatorOptions | None:
    """Return the simulator options of `--demo`, None without it; raises SettingsError for them alone."""
    given = ctx.params
    asked = [f"--{name}" for name in _DEMO_OPTIONS if given[name] not in (None, ())]
    if not given["demo"]:
        if asked:
            raise click.UsageError(
                f"{', '.join(asked)}: only together with --demo (or with `xovac-tui simulate`)."
            )
        return None
    if typed(ctx).profile or typed(ctx).url or typed(ctx).ssh:
        raise click.UsageError("--demo opens the built-in simulator: leave --profile, --url and --ssh out.")
    options = SimulatorOptions(
        port=0,
        speed=1.0 if given["speed"] is None else given["speed"],
        seed=1 if given["seed"] is None else given["seed"],
        warm=given["warm"] is not False,
        faults=tuple(parse_fault(text) for text in given["fault"]),
        parent_watch=True,
    )
    check_options(options)
    return options


def check_theme(name: str, themes: tuple[ThemeSpec, ...]) -> None:
    """Raise SettingsError where no theme goes by a name."""
    known = {spec.name for spec in themes} | ui.theming.textual_themes()
    if name not in known:
        raise unknown_theme(name, known)
