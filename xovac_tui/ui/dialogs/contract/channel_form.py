"""The form of a channel: its name, unit and meaning, saved into the contract and in force at once."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import msgspec

from xovac_tui.api.contract import Contract, LeafSpec, LeafTable
from xovac_tui.api.contracts.editing import ContractChange, ContractSource, leaf_change, renamed
from xovac_tui.api.contracts.guesses import Guess
from xovac_tui.api.contracts.tables import Where, leaf_at, leaf_table
from xovac_tui.chamber.snapshot import ChannelView, Quality, Snapshot
from xovac_tui.durations import format_age
from xovac_tui.errors import SettingsError
from xovac_tui.station.contract_desk import MEMORY, Seen
from xovac_tui.text import clean
from xovac_tui.ui.dialogs.contract.entries import LEAF, table_of, texts_of
from xovac_tui.ui.dialogs.contract.form import WHOLE, ContractForm, FormEnd, FormGuess, FormPlan
from xovac_tui.ui.dialogs.contract.save_edit import place_of, saved, wrong_with
from xovac_tui.ui.format import reading_with_unit
from xovac_tui.ui.glyphs import QUALITY_STYLE, Glyphs
from xovac_tui.ui.widgets.lines import Line
from xovac_tui.ui.workspace import Workspace
from xovac_tui.units import unit_of

_KEYS = {entry.key: (entry.key,) for entry in LEAF}
_NAME = 40


async def edit_channel(workspace: Workspace, full_name: str) -> None:
    """Show the form of a channel, and behind each the next one without a name."""
    done: list[str] = []
    asked: set[str] = set()
    channel = workspace.station.snapshot().channel(full_name)
    asking = None if channel is None else await _prepare(workspace, channel, asked)
    missed = False
    try:
        while asking is not None:
            form = ContractForm(workspace, asking.plan, missed=missed)
            end = await _ask(workspace, asking, form)
            missed = form.missed
            if end is FormEnd.SAVED:
                done.append(asking.full_name)
            if end is FormEnd.AGAIN:
                asking = await _prepare(workspace, asking.channel, asked)
            else:
                asking = asking.following[0] if end is not None and asking.following else None
    finally:
        workspace.window.dialog_follows = False
    if done:
        _say_saved(workspace, done)


class _Asking(msgspec.Struct):
    """A form that is to be shown, and the one behind it once that is prepared."""

    channel: ChannelView
    where: Where
    plan: FormPlan
    following: list[_Asking]

    @property
    def full_name(self) -> str:
        """Of the channel."""
        return self.channel.full_name


def next_unnamed(snapshot: Snapshot, channel: ChannelView, asked: set[str]) -> ChannelView | None:
    """Return the next channel that no contract names, after one that none names either."""
    if channel.origin is not None:
        return None
    names = [one.full_name for one in snapshot.channels]
    at = names.index(channel.full_name) if channel.full_name in names else 0
    turned = (*snapshot.channels[at:], *snapshot.channels[:at])
    return next((one for one in turned if one.origin is None and one.full_name not in asked), None)


def _say_saved(workspace: Workspace, done: Sequence[str]) -> None:
    what = "The channel is" if len(done) == 1 else f"{len(done)} channels are"
    how = f"in force and saved. {workspace.keys['undo-contract']} takes the last change back."
    if workspace.contract_desk.in_memory:
        how = f"in force {MEMORY}. {workspace.keys['undo-contract']} takes the last change back."
    workspace.say(f"{what} {how}", title="Contract")


async def _prepare(workspace: Workspace, channel: ChannelView, asked: set[str]) -> _Asking:
    """Return the form of a channel as it is now."""
    asked.add(channel.full_name)
    follows = next_unnamed(workspace.station.snapshot(), channel, asked)
    following: list[_Asking] = []

    async def prepare_next() -> None:
        if follows is not None:
            following.append(await _prepare(workspace, follows, asked))

    desk, station = workspace.contract_desk, workspace.station
    event, path = station.chamber.leaf_of(channel.full_name)
    where = leaf_at(event, path)
    leaf = leaf_in(workspace, event, path)
    locked = await desk.problem()
    source = None
    try:
        seen = await desk.seen()
        source = None if station.contract_fixed else await desk.open(where)
    except SettingsError as error:
        seen, locked = Seen({}, {}, ()), locked or error.sentences[0]
    texts = texts_of(LEAF, leaf_table(leaf))
    typed = workspace.drafts.texts(where)
    plan = FormPlan(
        before_end=prepare_next,
        heading=f"Channel {channel.full_name}",
        entries=LEAF,
        texts=texts,
        typed=typed,
        guesses=[*_as_saved(texts, typed), *(guess_texts(one) for one in seen.guesses.get(where, ()))],
        locked=locked,
        place=place_of(workspace, source),
        then=clean(follows.label, _NAME) if follows is not None else "",
        preview=partial(_preview, workspace, channel, seen.newest.get((event, path))),
        check=partial(_check, workspace, source, where, leaf),
        save=partial(_save, workspace, source, where, leaf),
    )
    return _Asking(channel, where, plan, following)


def _as_saved(texts: Mapping[str, str], typed: Mapping[str, str]) -> list[FormGuess]:
    """Return the way back from what was typed before to what the file says, an entry each."""
    return [FormGuess({key: text}, "as it is saved") for key, text in texts.items() if text and key in typed]


async def _ask(workspace: Workspace, asking: _Asking, form: ContractForm) -> FormEnd | None:
    """Show the form of one channel; return how it ended."""
    end = await workspace.ask(form)
    form.keep_draft(asking.where, end)
    return end


def leaf_in(workspace: Workspace, event: str, path: str) -> LeafSpec:
    """Return what the contract in force says of a leaf."""
    return leaf_of(workspace.station.contract, event, path)


def leaf_of(contract: Contract, event: str, path: str) -> LeafSpec:
    """Return what a contract says of a leaf."""
    message = contract.messages.get(event)
    known = next((one for one in message.leaves if one.path == path), None) if message else None
    return known or LeafSpec(path=path)


def guess_texts(guess: Guess) -> FormGuess:
    """Return a guess as texts of the form."""
    texts = texts_of(LEAF, dict(guess.values))
    return FormGuess({key: texts[key] for key in guess.keys}, guess.reason)


def read_leaf(texts: Mapping[str, str]) -> tuple[LeafTable | None, dict[str, str]]:
    """Return the leaf that was typed; None with what is wrong, by entry."""
    table, problems = table_of(LEAF, texts)
    if problems:
        return None, problems
    return msgspec.convert(table, LeafTable), {}


def _changes(
    where: Where, before: LeafSpec, leaf: LeafTable, full_name: str, source: ContractSource
) -> list[ContractChange]:
    """Return the change of a leaf: an old short name goes on working, an empty form takes the leaf out.

    So do names that another program gave it meanwhile: the form never showed them.
    """
    _, event, path = where
    if not leaf_table(leaf) and source.given(where) is not None:
        return [leaf_change(event, path, None)]
    now = leaf_of(source.contract, event, path)
    fresh = (one for one in now.aliases if one not in before.aliases)
    for old in dict.fromkeys((before.channel, now.channel, *fresh)):
        if old and old != leaf.channel:
            had = msgspec.structs.replace(leaf, channel=old)
            leaf = renamed(had, leaf.channel, source.contract, full_name)
    return [leaf_change(event, path, leaf)]


async def _check(
    workspace: Workspace,
    source: ContractSource | None,
    where: Where,
    before: LeafSpec,
    texts: Mapping[str, str],
) -> Mapping[str, str]:
    leaf, problems = read_leaf(texts)
    if leaf is None or source is None:
        return problems
    return await wrong_with(
        workspace.contract_desk, source, partial(_changes, where, before, leaf, _full(where)), _KEYS
    )


async def _save(
    workspace: Workspace,
    source: ContractSource | None,
    where: Where,
    before: LeafSpec,
    texts: Mapping[str, str],
) -> Mapping[str, str] | FormEnd:
    leaf, problems = read_leaf(texts)
    if leaf is None:
        return problems
    if source is None:
        return {WHOLE: "There is nothing to save it in."}
    name = clean(leaf.label or leaf.channel or _full(where), _NAME)
    return await saved(workspace, source, partial(_changes, where, before, leaf, _full(where)), _KEYS, name)


def _full(where: Where) -> str:
    _, event, path = where
    return f"{event}.{path}" if path else event


# -- the preview --------------------------------------------------------------------------------------


def _preview(
    workspace: Workspace, channel: ChannelView, newest: Any, texts: Mapping[str, str]
) -> Sequence[Line]:
    now = workspace.snapshot.channel(channel.full_name) or channel
    return preview_lines(now, newest, texts, workspace.glyphs)


def _shown_quality(channel: ChannelView, came: Any, problem: str) -> Quality:
    """Return the quality of a value as it will be shown; `problem` is why it would not count."""
    if problem:
        return Quality.BAD
    if came is None:
        return Quality.NO_DATA
    return Quality.STALE if channel.quality is Quality.STALE else Quality.GOOD


def preview_lines(channel: ChannelView, newest: Any, texts: Mapping[str, str], glyphs: Glyphs) -> list[Line]:
    """Return how a channel will be shown with these texts; `newest` is its newest value, as it came."""
    leaf, problems = read_leaf(texts)
    if leaf is None:
        return [(("Shown as  ", "$no-data"), (f"{glyphs.dash} ({next(iter(problems.values()))})", "$stale"))]
    spec = LeafSpec(path="", **msgspec.structs.asdict(leaf))
    spec = msgspec.structs.replace(spec, unit=unit_of(leaf.unit).name)
    came = newest
    if not channel.is_bool and (channel.value is not None or channel.text):
        came = channel.value if channel.value is not None else channel.text
    value, problem = spec.validity.read(came) if spec.validity is not None else (came, "")
    is_bool, number = isinstance(value, bool), None
    if isinstance(value, float | bool) and math.isfinite(value):
        number = float(value)
    text = clean(value, 64) if isinstance(value, str) else ""
    name = leaf.label or leaf.channel or channel.label
    view = msgspec.structs.replace(
        channel,
        label=name,
        unit=spec.unit,
        value=None if problem else number,
        text="" if problem else ("on" if value else "off") if is_bool else text,
        is_bool=is_bool,
        log=leaf.log,
        quality=_shown_quality(channel, came, problem),
    )
    tags = [
        word
        for word, given in (
            ("pinned", leaf.pin),
            ("log axis", leaf.log),
            (f"role {leaf.role.value}" if leaf.role else "", bool(leaf.role)),
            ("hidden", leaf.hide),
        )
        if given
    ]
    old = view.quality is Quality.STALE
    first: Line = (
        ("Shown as  ", "$no-data"),
        (f"{glyphs.quality(view.quality)} ", QUALITY_STYLE[view.quality]),
        (glyphs.plain(clean(name, _NAME)), "bold"),
        (f"  {glyphs.plain(reading_with_unit(view))}", "$no-data" if old else "bold $foreground"),
        (f" {format_age(view.age)} old" if old else "", "$stale"),
        (f"  {', '.join(tags)}" if tags else "", "$accent"),
    )
    second: Line = ((glyphs.plain(clean(f"bad: {problem}", 200)), "bold $bad"),)
    return [first, second] if problem else [first]
