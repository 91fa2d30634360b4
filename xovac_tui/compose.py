"""The composition root: the only place that builds a station from settings.

A new service is one more part here. Rooms are imported late: the command line reads this module before it
knows what is asked of it, and the first paint must not wait for what it does not show.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import msgspec

from xovac_tui import paths
from xovac_tui.analysis.settings import InsightSettings
from xovac_tui.api.contract import STOP_COMMAND, Role
from xovac_tui.api.loader import SIMULATOR_CONTRACT, load_contract
from xovac_tui.config import Effective, Profile, Secrets, load_secrets, profile_name_for
from xovac_tui.link.target import Target

if TYPE_CHECKING:
    from xovac_tui.alarms.kinds import Rule
    from xovac_tui.alarms.watchlist import Watchlist
    from xovac_tui.analysis.insight import Insight, InsightSource
    from xovac_tui.analysis.values import ChamberValues, Times
    from xovac_tui.api.contract import Contract
    from xovac_tui.chamber.history import ChannelHistory
    from xovac_tui.chamber.model import Chamber
    from xovac_tui.clock import Clock
    from xovac_tui.link.target import Target
    from xovac_tui.notify.settings import NotifySettings
    from xovac_tui.recipes.plan import PlanSettings
    from xovac_tui.recipes.rates import Rates
    from xovac_tui.recording.disk.record import Record
    from xovac_tui.recording.exports.slice import RecordSlice
    from xovac_tui.recording.service import RecordChoice
    from xovac_tui.replay.station import ReplayStation
    from xovac_tui.simulator.options import SimulatorOptions
    from xovac_tui.station.live import LiveStation
    from xovac_tui.station.port import LinkCallbacks, LinkFactory, LinkPort
    from xovac_tui.station.proofs import StopProof, StopProofs
    from xovac_tui.station.service import Service
    from xovac_tui.station.setup import StationSetup


class ChamberSetup(msgspec.Struct, frozen=True):
    """One chamber as the settings describe it."""

    name: str
    profile: Profile
    contract: Contract
    secrets: Secrets = Secrets()
    insight: InsightSettings = InsightSettings()
    """What counts as stable, and which advice is given."""


class Equipment(msgspec.Struct, frozen=True, kw_only=True):
    """The parts of a station other than its link; None: the station lacks that part."""

    record: RecordChoice | None = None
    """Record that the station writes."""
    watchlist: Watchlist | None = None
    """Alarm rules that the station evaluates."""
    notify: NotifySettings | None = None
    """Receivers of alarms, with their addresses read."""
    proofs: StopProofs | None = msgspec.field(default_factory=lambda: _proofs())
    """Chambers on which STOP is proven, from this user's file; None: not used."""
    log_events: int = 50_000
    """Newest events kept in memory."""


def resolve(found: Effective) -> ChamberSetup:
    """Return the chamber of the settings in force, with its contract and secrets."""
    name, profile = found.resolve()
    return ChamberSetup(name, profile, contract_of(profile), load_secrets(profile), found.settings.insight)


def contract_of(profile: Profile) -> Contract:
    """Return the contract read from the files of a profile."""
    files = [Path(name) for name in profile.contracts if name != SIMULATOR_CONTRACT]
    return load_contract(files, simulator=SIMULATOR_CONTRACT in profile.contracts)


# -- stations ---------------------------------------------------------------------------------------------


def build_station(
    setup: ChamberSetup,
    equipment: Equipment | None = None,
    *,
    simulator: SimulatorOptions | None = None,
    clock: Clock | None = None,
    who: str | None = None,
    link: LinkFactory | None = None,
) -> LiveStation:
    """Return the station of a chamber, not connected yet.

    `simulator` makes the built-in one start and end with the station as a child process. `clock`, `who`
    (`user@host`) and `link` default to this machine's clock, its user, and socket.io.
    """
    from xovac_tui.alarms.service import AlarmService
    from xovac_tui.chamber.model import Chamber
    from xovac_tui.clock import SystemClock
    from xovac_tui.notify.service import NotifyService
    from xovac_tui.recording.alarm_store import RecordAlarmStore
    from xovac_tui.recording.log import Log
    from xovac_tui.recording.service import RecordService, Subject
    from xovac_tui.runs.follower import RunFollower
    from xovac_tui.runs.service import RunService
    from xovac_tui.station.live import LiveStation, Parts, this_user
    from xovac_tui.station.news import Bulletin
    from xovac_tui.station.port import Reach

    has, name, contract = equipment or Equipment(), setup.name, setup.contract
    clock, who, news = clock or SystemClock(), who or this_user(), Bulletin()
    speed = 1.0 if simulator is None else simulator.speed
    described = _described(setup, clock, who=who, speed=speed, demo=simulator is not None)
    chamber, log = Chamber(contract, stale_after=setup.profile.stale_after), Log(has.log_events)

    def in_force() -> Iterable[tuple[str, str]]:
        from xovac_tui.config.in_force import in_force

        assert has.record is not None
        return in_force(setup.profile, has.record.settings, contract)

    subject = Subject(
        name=name,
        url=lambda: station.manner.address,
        contract=contract,
        who=who,
        speed=speed,
        in_force=in_force,
    )
    record = RecordService(has.record, subject, clock, log, news.publish)
    follower = RunFollower(contract, record, clock, speed=speed)
    runs = RunService(follower, chamber, record, clock, described.plan_settings)
    alarms = AlarmService(
        has.watchlist,
        chamber,
        contract,
        RecordAlarmStore(record),
        clock,
        who=who,
        values=lambda: values(
            setup, chamber, lambda full_name: record.history(full_name, chamber.history), follower.times
        ),
        run_now=follower.now,
        publish=news.publish,
    )
    notify = NotifyService(has.notify, name, alarms, clock)
    # The order is behaviour: an event is recorded before it is evaluated, a run sees the chamber
    # before an alarm names its step, and notifications know what was active before the rules are evaluated.
    services: Sequence[Service] = (record, runs, notify, alarms)
    station = LiveStation(
        described,
        Parts(chamber, log, record, runs, alarms, services),
        Reach(target(setup), link or real_link, None if simulator is None else partial(_served, simulator)),
        news,
        # The simulator's STOP needs no proof, and every demo has another address.
        has.proofs if simulator is None else None,
    )
    return station


def build_replay(
    setup: ChamberSetup,
    sliced: RecordSlice,
    *,
    record: Record | None = None,
    origin: float | None = None,
    speed: float = 1.0,
    clock: Clock | None = None,
) -> ReplayStation:
    """Return a station that replays a slice of a record.

    `record` is the slice's source, for charts that reach back before it; None for a file. `origin` is the
    even time at which the slice begins, with the lead-in of a run. `speed`: recorded seconds a second.
    """
    from xovac_tui.clock import SystemClock
    from xovac_tui.replay.model import Replay
    from xovac_tui.replay.station import ReplayStation

    replay = Replay(sliced, setup.contract, stale_after=setup.profile.stale_after, origin=origin)
    return ReplayStation(_described(setup, clock or SystemClock()), replay, record, speed=speed)


def _described(
    setup: ChamberSetup, clock: Clock, *, who: str = "", speed: float = 1.0, demo: bool = False
) -> StationSetup:
    from xovac_tui.station.setup import Manner, StationSetup

    profile = setup.profile

    def insight(source: InsightSource) -> Insight:
        # Late, so that the first paint does not wait for it.
        from xovac_tui.analysis.insight import Insight

        return Insight(setup.insight, source, volume=profile.volume, limit_pressure=profile.recipe.pressure)

    return StationSetup(
        name=setup.name,
        contract=setup.contract,
        manner=Manner(
            observe_only=profile.observe,
            expert=profile.expert,
            send_when_stale=profile.send_when_stale,
            address=profile.url,
            place=_place(profile),
            demo=demo,
        ),
        clock=clock,
        who=who,
        speed=speed,
        plan_settings=partial(plan_settings, profile, setup.contract),
        insight=insight,
    )


@asynccontextmanager
async def _served(simulator: SimulatorOptions) -> AsyncIterator[str]:
    """Run the simulator as a child process, and yield its address."""
    from xovac_tui.simulator.child import SimulatorChild

    async with SimulatorChild(simulator) as child:
        yield child.url


def stop_proof(setup: ChamberSetup) -> StopProof | None:
    """Return this user's proof that STOP has reached the chamber; None if there is none."""
    form = setup.contract.commands[STOP_COMMAND].form.words
    return _proofs().get(setup.name, _place(setup.profile), form)


def _place(profile: Profile) -> str:
    """Return the server and namespace that a proof belongs to."""
    return f"{profile.url.rstrip('/')}{profile.path} {profile.namespace}"


def _proofs() -> StopProofs:
    from xovac_tui.station.proofs import StopProofs

    return StopProofs()


def real_link(target: Target, callbacks: LinkCallbacks) -> LinkPort:
    """Return a socket.io link. Imported late: socket.io takes a third of a second."""
    from xovac_tui.link.connection import Link

    return Link(
        target,
        contract_kind=callbacks.contract_kind,
        on_event=callbacks.on_event,
        on_status=callbacks.on_status,
        clock=callbacks.clock,
    )


# -- what a station is built with -------------------------------------------------------------------------


def target(setup: ChamberSetup) -> Target:
    """Return the address and manner of connecting, from the profile."""
    profile, secrets = setup.profile, setup.secrets
    return Target(
        url=profile.url,
        path=profile.path,
        namespace=profile.namespace,
        transports=profile.transports,
        ca_file=profile.ca_file,
        fingerprint=profile.fingerprint,
        connect_timeout=profile.connect_timeout,
        lost_after=profile.lost_after,
        auth=secrets.auth,
        headers=secrets.headers,
        query=secrets.query,
    )


def values(
    setup: ChamberSetup,
    chamber: Chamber,
    curve: Callable[[str], ChannelHistory | None],
    times: Callable[[], Times],
) -> ChamberValues:
    """Return the values for expressions: the channels' past, the run, and the settings' criteria.

    Shared by alarm rules and `wait`. `curve` gives the past of a channel by its
    full name, `times` the seconds for which run and step go on.
    """
    from xovac_tui.analysis.values import ChamberValues

    return ChamberValues(chamber, curve=curve, criteria=setup.insight.stability.criteria, times=times)


def plan_settings(profile: Profile, contract: Contract, rates: Rates | None = None) -> PlanSettings:
    """Return how the device of a profile reads recipes; `rates` are those of its recorded runs."""
    from xovac_tui.recipes.plan import PlanSettings

    recipe = profile.recipe
    return PlanSettings(
        temperature_unit=recipe.temperature_unit,
        duration_unit=recipe.duration_unit,
        step_reading=recipe.step_reading,
        chamber_min=recipe.min,
        chamber_max=recipe.max,
        assumed_rate=recipe.assumed_rate,
        tolerance=recipe.tolerance,
        pressure=recipe.pressure,
        max_items=recipe.max_items,
        rates=rates,
        pressure_reported=contract.by_role(Role.PRESSURE) is not None,
    )


def attending(
    found: Effective, setup: ChamberSetup, record: RecordChoice | None, *, demo: bool = False
) -> Equipment:
    """Return the services of a program that attends to a chamber: alarms, and notifications of the settings.

    A demo keeps terminal receivers only: nothing leaves this machine.
    """
    from xovac_tui.config.addresses import read_addresses

    return Equipment(
        record=record,
        watchlist=alarm_watchlist(found, setup),
        notify=None if demo else read_addresses(found.settings.notify),
        log_events=found.settings.display.log_events,
    )


def alarm_watchlist(found: Effective, setup: ChamberSetup) -> Watchlist:
    """Return the alarm rules in force, from the settings and the files that they name."""
    from xovac_tui.alarms.in_force import watchlist

    settings, profile = found.settings.alarms, setup.profile
    written: Sequence[Rule] = ()
    if settings.files or settings.rules or profile.alarms:
        # Late: the kinds of alarms are many files, and the first picture must not wait for them.
        from xovac_tui.alarms.rules import read_rules

        written = read_rules(settings, profile.alarms)
    return watchlist(
        settings,
        profile.recipe,
        setup.contract,
        written,
        records=profile.record,
        simulator=SIMULATOR_CONTRACT in profile.contracts,
    )


def record_choice(
    found: Effective,
    setup: ChamberSetup,
    *,
    may_record: bool = True,
    begin: bool = True,
    visit: bool = False,
    asked: bool | None = None,
) -> RecordChoice | None:
    """Return the record of this chamber by the settings in force; None: not recorded.

    Without `begin` an existing record is continued, and none is begun. `asked` is the command line's
    choice: True, False, or None for none.
    """
    from xovac_tui.recording.service import RecordChoice

    if not (setup.profile.record if asked is None else asked):
        return None
    return RecordChoice(
        path=record_path(found, setup),
        settings=found.settings.record,
        may_record=may_record,
        begin=begin,
        visit=visit,
        # Keys must not wait for a record that takes long to read; a script waits for the data it asks for.
        background=visit,
    )


def past_choice(found: Effective, path: Path) -> RecordChoice:
    """Return a record to be read only; the file need not exist yet."""
    from xovac_tui.recording.service import RecordChoice

    # Whether there is one is not checked here: a share that does not answer would hold up the command.
    return RecordChoice(path=path, settings=found.settings.record, may_record=False, read_only=True)


def record_path(found: Effective, setup: ChamberSetup) -> Path:
    """Return the path of a chamber's record; a typed address becomes part of the name.

    A profile at its own address has its name alone, so that two chambers never share a record.
    """
    name, url = setup.name, setup.profile.url
    known = found.settings.profiles.get(name)
    if found.url == url and (known is None or known.url != url):
        name = name if found.profile is None else f"{name}-{profile_name_for(url)}"
        port = urlsplit(url).port
        name = f"{name}-{port}" if port else name
    return paths.record_file(name, paths.records_folder(found.settings.record.folder, found.path))
