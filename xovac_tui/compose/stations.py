"""Builds stations from settings."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import msgspec

from xovac_tui import alarms, analysis, config, link
from xovac_tui.alarms.rules_in_force import watchlist
from xovac_tui.alarms.service import AlarmPorts, AlarmService
from xovac_tui.alarms.surroundings import Unforwarded
from xovac_tui.alarms.watchlist import Watchlist
from xovac_tui.api.contract import STOP_COMMAND
from xovac_tui.api.link import LinkCallbacks
from xovac_tui.api.shipped import SIMULATOR_CONTRACT
from xovac_tui.chamber.history import ChannelHistory
from xovac_tui.chamber.model import Chamber
from xovac_tui.clock import Clock, SystemClock
from xovac_tui.compose.chambers import ChamberSetup, plan_settings, record_path, target
from xovac_tui.compose.summaries import summary_of
from xovac_tui.config import Effective, Profile
from xovac_tui.config.secrets import read_addresses, sink_secret
from xovac_tui.displayunits import AS_REPORTED, DisplayUnits
from xovac_tui.forwarding.service import ForwardPlan, ForwardPorts, ForwardService
from xovac_tui.forwarding.view import ForwardView, SinkState
from xovac_tui.forwarding.wording import sink_sentence
from xovac_tui.link import ssh
from xovac_tui.link.target import Target, shown_through
from xovac_tui.notify.service import NotifyService
from xovac_tui.notify.settings import NotifySettings
from xovac_tui.recording.alarm_store import RecordAlarmStore
from xovac_tui.recording.log import Log
from xovac_tui.recording.service import RecordChoice, RecordService, Subject
from xovac_tui.recording.settings import HeldFor
from xovac_tui.runs.follower import RunFollower
from xovac_tui.runs.service import RunService
from xovac_tui.simulator.child import SimulatorChild
from xovac_tui.simulator.options import SimulatorOptions
from xovac_tui.station.contract_files import ContractFiles
from xovac_tui.station.live import LiveStation, Parts, this_user
from xovac_tui.station.news import NewsFeed
from xovac_tui.station.proofs import StopProof, StopProofs
from xovac_tui.station.service import Service
from xovac_tui.station.setup import LinkFactory, LinkPort, Manner, Reach, StationSetup


class Equipment(msgspec.Struct, frozen=True, kw_only=True):
    """The parts of a station other than its link; None: the station lacks that part."""

    record: RecordChoice | None = None
    """Record that the station writes."""
    watchlist: Watchlist | None = None
    """Alarm rules that the station evaluates."""
    notify: NotifySettings | None = None
    """Receivers of alarms, with their addresses read."""
    forward: ForwardPlan | None = None
    """Where the record is forwarded to, with its addresses read."""
    proofs: StopProofs | None = msgspec.field(default_factory=StopProofs)
    """Chambers on which STOP is proven, from this user's file; None: not used."""
    log_events: int = 50_000
    """Newest events kept in memory."""
    units: DisplayUnits = AS_REPORTED
    """The units in which notifications and screens have values."""


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
    has, name, contract = equipment or Equipment(), setup.name, setup.contract
    clock, who, news = clock or SystemClock(), who or this_user(), NewsFeed()
    speed = 1.0 if simulator is None else simulator.speed
    about = described(setup, clock, who=who, speed=speed, demo=simulator is not None)
    chamber, log = Chamber(contract, stale_after=setup.profile.stale_after), Log(has.log_events)

    def in_force() -> Iterable[tuple[str, str]]:
        assert has.record is not None
        return config.in_force.in_force(setup.profile, has.record.settings, chamber.contract)

    subject = Subject(
        name=name,
        url=lambda: station.manner.address,
        contract=contract,
        who=who,
        speed=speed,
        in_force=in_force,
        contract_noted=config.in_force.contract_noted,
    )
    record = RecordService(has.record, subject, clock, log, news.publish)
    follower = RunFollower(contract, record, clock, speed=speed)
    runs = RunService(follower, chamber, record, clock, about.plan_settings)
    alarms = AlarmService(
        has.watchlist,
        chamber,
        clock,
        AlarmPorts(
            store=RecordAlarmStore(record),
            values=lambda: values(
                setup, chamber, lambda full_name: record.history(full_name, chamber.history), follower.times
            ),
            run_now=follower.now,
            publish=news.publish,
            unforwarded=lambda: unforwarded(forward.view),
        ),
        who=who,
    )
    alarms.show_in(has.units)
    notify = NotifyService(has.notify, name, alarms, clock)
    # The order is behaviour: an event is recorded before it is evaluated, a run sees the chamber
    # before an alarm names its step, and notifications know what was active before the rules are evaluated.
    forward = ForwardService(
        has.forward,
        record,
        clock,
        news.publish,
        ForwardPorts(secret=sink_secret, summary=lambda: summary_of(station, has.forward)),
    )
    # Forwarding ends before the record does, which then takes how far the sinks are.
    services: Sequence[Service] = (forward, record, runs, notify, alarms)
    aim = target(setup)
    tunnel = ssh.tunnel.Tunnel(aim) if aim.ssh and link is None else None
    station = LiveStation(
        about,
        Parts(chamber, log, record, runs, alarms, forward, services),
        Reach(
            aim,
            link or partial(real_link, tunnel=tunnel),
            None if simulator is None else partial(_served, simulator),
            tunnel,
        ),
        news,
        # The simulator's STOP needs no proof, and every demo has another address.
        has.proofs if simulator is None else None,
    )
    return station


def described(
    setup: ChamberSetup, clock: Clock, *, who: str = "", speed: float = 1.0, demo: bool = False
) -> StationSetup:
    """Return what a station, live or replayed, is told of its chamber."""
    profile = setup.profile

    def insight(source: analysis.insight.InsightSource) -> analysis.insight.Insight:
        return analysis.insight.Insight(
            setup.insight, source, volume=profile.volume, limit_pressure=profile.recipe.pressure
        )

    return StationSetup(
        name=setup.name,
        contract=setup.contract,
        contract_files=ContractFiles(
            [Path(name) for name in profile.contracts if name != SIMULATOR_CONTRACT],
            simulator=SIMULATOR_CONTRACT in profile.contracts,
        ),
        manner=Manner(
            observe_only=profile.observe,
            expert=profile.expert,
            send_when_stale=profile.send_when_stale,
            address=shown_through(profile.url, profile.ssh),
            place=place_of(profile),
            demo=demo,
        ),
        clock=clock,
        who=who,
        speed=speed,
        plan_settings=partial(plan_settings, profile),
        insight=insight,
    )


def place_of(profile: Profile) -> str:
    """Return the server and namespace that a proof belongs to, and the way through which it is reached."""
    way = f" ssh {profile.ssh}" if profile.ssh else ""
    return f"{profile.url.rstrip('/')}{profile.path} {profile.namespace}{way}"


@asynccontextmanager
async def _served(simulator: SimulatorOptions) -> AsyncIterator[str]:
    """Run the simulator as a child process, and yield its address."""
    async with SimulatorChild(simulator) as child:
        yield child.url


def stop_proof(setup: ChamberSetup) -> StopProof | None:
    """Return this user's proof that STOP has reached the chamber; None if there is none."""
    form = setup.contract.commands[STOP_COMMAND].form.words
    return StopProofs().get(setup.name, place_of(setup.profile), form)


def real_link(target: Target, callbacks: LinkCallbacks, tunnel: ssh.tunnel.Tunnel | None = None) -> LinkPort:
    """Return a socket.io link. socket.io, which takes a third of a second to import, is imported here."""
    if tunnel is None:
        return link.connection.Link(target, callbacks)
    return link.connection.Link(target, callbacks, connector=ssh.connector.TunnelConnector(tunnel))


def values(
    setup: ChamberSetup,
    chamber: Chamber,
    curve: Callable[[str], ChannelHistory | None],
    times: Callable[[], analysis.values.Times],
) -> analysis.values.ChamberValues:
    """Return the values for expressions: the channels' past, the run, and the settings' criteria.

    Shared by alarm rules and `wait`. `curve` gives the past of a channel by its
    full name, `times` the seconds for which run and step go on.
    """
    return analysis.values.ChamberValues(
        chamber, curve=curve, criteria=setup.insight.stability.criteria, times=times
    )


def attending(
    found: Effective, setup: ChamberSetup, record: RecordChoice | None, *, demo: bool = False
) -> Equipment:
    """Return the services of a program that attends to a chamber: alarms, and notifications of the settings.

    A demo keeps terminal receivers only: nothing leaves this machine.
    """
    return Equipment(
        record=record,
        watchlist=alarm_watchlist(found, setup),
        notify=None if demo else read_addresses(found.settings.notify),
        forward=None if demo else forward_plan(found, setup),
        log_events=found.settings.display.log_events,
        units=found.settings.display.units,
    )


def forward_plan(found: Effective, setup: ChamberSetup) -> ForwardPlan | None:
    """Return where the record of a chamber is forwarded to; None: nowhere."""
    settings = found.settings.forward
    sinks = settings.chosen(setup.profile.forward)
    return ForwardPlan(settings, read_addresses(sinks), setup.name) if sinks else None


def held_for(found: Effective, setup: ChamberSetup) -> HeldFor:
    """Return for which stores old events of a chamber are kept longer."""
    settings = found.settings.forward
    chosen = settings.chosen(setup.profile.forward)
    return HeldFor(sinks=tuple(one.name for one in chosen if one.takes_history), days=settings.hold_days)


def alarm_watchlist(found: Effective, setup: ChamberSetup) -> Watchlist:
    """Return the alarm rules in force, from the settings and the files that they name."""
    settings, profile = found.settings.alarms, setup.profile
    written: Sequence[alarms.kinds.Rule] = ()
    if settings.files or settings.rules or profile.alarms:
        written = alarms.rules.read_rules(settings, profile.alarms)
    return watchlist(
        settings,
        profile.recipe,
        setup.contract,
        written,
        records=profile.record,
        simulator=SIMULATOR_CONTRACT in profile.contracts,
        behind=found.settings.forward.behind if held_for(found, setup).sinks else None,
    )


def unforwarded(view: ForwardView) -> Unforwarded | None:
    """Return what is not forwarded yet, for the alarm; None while that is not known of each sink."""
    unknown = {SinkState.STARTING, SinkState.ELSEWHERE, SinkState.OFF}
    if not view.sinks or any(one.state in unknown for one in view.sinks):
        return None
    slowest = max(view.sinks, key=lambda one: one.behind)
    return Unforwarded(seconds=slowest.behind, why=sink_sentence(slowest))


def record_choice(
    found: Effective,
    setup: ChamberSetup,
    *,
    visit: bool = False,
    asked: bool | None = None,
) -> RecordChoice | None:
    """Return the record of this chamber by the settings in force; None: not recorded.

    `asked` is the command line's choice: True, False, or None for none.
    """
    if not (setup.profile.record if asked is None else asked):
        return None
    return RecordChoice(
        path=record_path(found, setup),
        settings=found.settings.record,
        held=held_for(found, setup),
        visit=visit,
        # Keys must not wait for a record that takes long to read; a script waits for the data it asks for.
        background=visit,
    )


def looking(found: Effective, setup: ChamberSetup, path: Path | None = None) -> LiveStation:
    """Return the station of a command that only reads the record, at `path` or the chamber's own.

    The file need not exist.
    """
    # Whether there is one is not checked here: a share that does not answer would hold up the command.
    path = path or record_path(found, setup)
    choice = RecordChoice(path=path, settings=found.settings.record, may_record=False, read_only=True)
    return build_station(setup, Equipment(record=choice))


def sending(found: Effective, setup: ChamberSetup, *, begin: bool = False) -> LiveStation:
    """Return the station of one command, which continues a record; with `begin` it may begin one, too."""
    choice = record_choice(found, setup)
    if choice is not None:
        choice = msgspec.structs.replace(choice, may_record=False, begin=begin)
    return build_station(setup, Equipment(record=choice))
