"""The forms of a command, of an answer, and of the contract file itself. Nothing is sent."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import msgspec

from xovac_tui.api.contract import (
    CommandSpec,
    Confirm,
    Contract,
    FieldTable,
    Hazard,
    Origin,
    PayloadField,
    ResponseSpec,
    Role,
)
from xovac_tui.api.contracts.editing import ContractChange, ContractSource, command_changes
from xovac_tui.api.contracts.tables import command_at, command_table, confirm_at, response_at, response_table
from xovac_tui.api.loader import timeout_seconds
from xovac_tui.api.wireform import CALLBACK, Sends, WireForm
from xovac_tui.errors import SettingsError
from xovac_tui.station.contract_desk import MEMORY
from xovac_tui.text import clean
from xovac_tui.ui.dialogs.choose import ChooseDialog
from xovac_tui.ui.dialogs.contract.entries import (
    COMMAND,
    CONFIRM,
    FIELD,
    NO,
    RESPONSE,
    TOP,
    YES,
    Entry,
    Kind,
    table_of,
    text_of,
    texts_of,
)
from xovac_tui.ui.dialogs.contract.form import (
    WHOLE,
    ContractForm,
    FormEnd,
    FormGuess,
    FormPlan,
    PayloadFieldForm,
)
from xovac_tui.ui.dialogs.contract.save_edit import place_of, saved, wrong_with
from xovac_tui.ui.dialogs.facts import hazard_sign
from xovac_tui.ui.glyphs import Glyphs
from xovac_tui.ui.widgets.lines import Line
from xovac_tui.ui.workspace import Workspace

EVENT = Entry("event", "Event", "Its name on the wire, exactly.")
STARTS = Entry("starts", "Starts", "It starts the recipe that is loaded: one command does.", Kind.TRUTH)
NAME = Entry("name", "Key", "The key of the payload; empty: the field is taken out.")
_CONFIRM = tuple(msgspec.structs.replace(one, key=f"confirm.{one.key}") for one in CONFIRM)
WHOLE_COMMAND = (EVENT, COMMAND[0], STARTS, *COMMAND[1:-1], *_CONFIRM, COMMAND[-1])
WHOLE_RESPONSE = (EVENT, *RESPONSE)
_KEYS = {
    **{entry.key: (entry.key,) for entry in COMMAND},
    **{entry.key: ("confirm",) for entry in _CONFIRM},
}
_OF_THE_WIRE = frozenset(("starts", "sends", "arguments", "ack", *(one.key for one in _CONFIRM)))
"""What may be said of a command that the manual documents."""
_STARTS = frozenset(("start", "begin", "run", "go", "execute", "resume"))
_STOPS = frozenset(("stop", "cancel", "abort", "halt", "end"))
_ANSWER = re.compile(r"[_.-]?(?:ack|response|reply|result)$", re.IGNORECASE)
_NEW_FIELD = "a new field"
_HEAD = "This file: start command, origin, source"
_NEW_ANSWER = "A new answer"
_DOCUMENTED = "The manual documents it. Only how it crosses the wire, and what shows its effect, is yours."
_LOCKED = "The manual documents this, so it cannot be changed."


async def edit_command(workspace: Workspace, event: str = "") -> None:
    """Show the form of a command; without a name that of a new one."""
    desk, station = workspace.contract_desk, workspace.station
    where = command_at(event)
    while True:
        contract = station.contract
        before = contract.commands.get(event)
        locked = await desk.problem()
        source, seen = None, None
        try:
            seen = await desk.seen()
            source = None if station.contract_fixed else await desk.open(where)
        except SettingsError as error:
            locked = locked or error.sentences[0]
        texts = command_texts(before, contract, source)
        documented = before is not None and before.origin is Origin.DOCUMENTED
        fixed = frozenset(one.key for one in WHOLE_COMMAND if one.key not in _OF_THE_WIRE)
        events = seen.events if seen is not None else ()
        plan = FormPlan(
            heading=f"Command {event}" if event else "A new command",
            entries=WHOLE_COMMAND,
            texts=texts,
            typed=workspace.drafts.texts(where),
            guess=partial(guessed_command, contract, events) if not event else None,
            fixed=fixed if documented else frozenset(("event",) if event else ()),
            suggested={
                "event": _suggested(contract, events),
                "ack": list(filter(_is_word, events)),
            },
            about=_DOCUMENTED if documented else "",
            locked=locked,
            place=place_of(workspace, source),
            preview=partial(command_lines, glyphs=workspace.glyphs),
            check=partial(_check_command, workspace, source, before),
            save=partial(_save_command, workspace, source, before),
            remove=partial(_remove, workspace, source, where)
            if source is not None and event and not documented and source.given(where) is not None
            else None,
            open_fields=partial(_edit_fields, workspace),
        )
        if await _ask(workspace, plan, where) is not FormEnd.AGAIN:
            return


async def edit_contract_file(workspace: Workspace) -> None:
    """Choose what of the contract is neither a channel nor a command, and show its form."""
    contract = workspace.station.contract
    names = [_HEAD, _NEW_ANSWER, *(clean(name, 60) for name in contract.responses)]
    chosen = await workspace.ask(ChooseDialog(workspace, "The contract", names, _HEAD, width=60))
    if chosen == _HEAD:
        await _edit_head(workspace)
    elif chosen == _NEW_ANSWER:
        await _edit_response(workspace, None)
    elif chosen is not None:
        await _edit_response(workspace, list(contract.responses.values())[names.index(chosen) - 2])


async def _ask(workspace: Workspace, plan: FormPlan, where: tuple[str, ...]) -> FormEnd | None:
    desk = workspace.contract_desk
    form = ContractForm(workspace, plan, names_of_fields)
    end = await workspace.ask(form)
    form.keep_draft(where, end)
    if end is FormEnd.SAVED:
        how = "In force" if not desk.in_memory else f"In force {MEMORY}"
        workspace.say(f"{how}. {workspace.keys['undo-contract']} takes the change back.", title="Contract")
    return end


async def _remove(
    workspace: Workspace, source: ContractSource, where: tuple[str, ...]
) -> Mapping[str, str] | FormEnd:
    def changes(read: ContractSource) -> list[ContractChange]:
        gone = [ContractChange(where)]
        if where[0] == "commands":
            gone += [
                ContractChange(one)
                for one in (confirm_at(where[1]), *_answers_of(read, where[1]))
                if read.given(one) is not None
            ]
            if read.given(("start",)) == where[1]:
                gone.append(ContractChange(("start",)))
        return gone

    return await saved(workspace, source, changes, {}, f"{where[-1]} taken out")


def _answers_of(source: ContractSource, command: str) -> list[tuple[str, ...]]:
    return [response_at(one.event) for one in source.contract.responses.values() if one.command == command]


# -- a command ----------------------------------------------------------------------------------------


def command_texts(
    spec: CommandSpec | None, contract: Contract, source: ContractSource | None
) -> dict[str, str]:
    """Return the texts of the form of a command; None: of a new one."""
    table: dict[str, Any] = {}
    if spec is not None:
        # What the manual says of a command is shown as well.
        table = command_table(msgspec.structs.replace(spec, origin=Origin.USER))
    given = source.given((*command_at(spec.event), "source")) if source is not None and spec else None
    table["source"] = given if given is not None or spec is None else _source_of(spec)
    confirm = table.pop("confirm", {})
    return {
        **texts_of(COMMAND, table),
        **{f"confirm.{one.key}": text_of(one, confirm.get(one.key)) for one in CONFIRM},
        "event": spec.event if spec is not None else "",
        "starts": YES if spec is not None and contract.start == spec.event else NO,
    }


def _source_of(spec: CommandSpec) -> str | None:
    return spec.source if spec.origin is Origin.DOCUMENTED else None


def read_command(
    texts: Mapping[str, str], before: CommandSpec | None
) -> tuple[CommandSpec | None, dict[str, str]]:
    """Return the command that was typed; None with what is wrong, by entry. `before`: as it was."""
    event = texts["event"].strip()
    table, problems = table_of(COMMAND, texts)
    confirm, wrong = table_of(CONFIRM, {one.key: texts[f"confirm.{one.key}"] for one in CONFIRM})
    problems |= {f"confirm.{key}": said for key, said in wrong.items()}
    if not event:
        problems["event"] = "A command has a name, as the device knows it."
    ack = table.get("ack")
    sends = Sends(table["sends"]) if "sends" in table else Sends.TEXT
    arguments = tuple(table.get("arguments", ()))
    if arguments and sends is not Sends.TEXT:
        problems["arguments"] = "Sends and arguments exclude each other: keep one."
    form = WireForm(sends, arguments, ack == CALLBACK)
    timeout = 10.0
    if "timeout" in table:
        try:
            timeout = timeout_seconds(table["timeout"], "timeout", "form")
        except SettingsError:
            problems["timeout"] = 'A time-out is 0.1 s to 60 min, written such as "15s" or "2min".'
    if confirm and "role" not in confirm:
        problems["confirm.role"] = "Say which role shows its effect, or leave all three open."
    documented = before is not None and before.origin is Origin.DOCUMENTED
    if documented and before is not None and ack not in (before.ack, CALLBACK, None):
        problems["ack"] = f'Its answer is documented. Only "{CALLBACK}" can be said in its place.'
    if problems:
        return None, problems
    proof = msgspec.convert(confirm, Confirm) if confirm else None
    if before is not None and documented:
        answer = before.ack if not form.callback else None
        return msgspec.structs.replace(before, form=form, confirm=proof, ack=answer), {}
    return (
        CommandSpec(
            event=event,
            title=table.get("title", event),
            help=table.get("help", ""),
            fields=tuple(read_fields(texts["fields"])),
            ack=None if form.callback else ack,
            hazard=Hazard(table.get("hazard", Hazard.CONFIRM)),
            timeout=timeout,
            confirm=proof,
            means=table.get("means", ""),
            form=form,
            source=table.get("source", ""),
        ),
        {},
    )


def read_fields(text: str) -> list[PayloadField]:
    """Return the fields of a payload from the text of the form."""
    return [
        PayloadField(name=name, **msgspec.structs.asdict(msgspec.convert(table, FieldTable)))
        for name, table in json.loads(text).items()
    ]


def _changes(
    spec: CommandSpec, before: CommandSpec | None, starts: bool, source: ContractSource
) -> list[ContractChange]:
    """Return what a command's form changes in a file: its table, and which command starts."""
    changes = command_changes(source, spec)
    if spec.origin is not Origin.DOCUMENTED and changes and isinstance(changes[0].value, dict):
        table = {key: value for key, value in changes[0].value.items() if key != "source"}
        if spec.source:
            table["source"] = spec.source
        changes[0] = ContractChange(changes[0].where, table)
    started = source.contract.start == spec.event
    if starts and not started:
        changes.append(ContractChange(("start",), spec.event))
    elif started and not starts and source.given(("start",)) is not None:
        changes.append(ContractChange(("start",)))
    return changes


def _bound(
    texts: Mapping[str, str], before: CommandSpec | None, contract: Contract
) -> tuple[Any, dict[str, str]]:
    spec, problems = read_command(texts, before)
    if spec is None:
        return None, problems
    if before is None and spec.event in contract.commands:
        return None, {"event": "There is such a command already: choose it in the list and edit it."}
    return partial(_changes, spec, before, texts["starts"] == YES), {}


async def _check_command(
    workspace: Workspace,
    source: ContractSource | None,
    before: CommandSpec | None,
    texts: Mapping[str, str],
) -> Mapping[str, str]:
    changes, problems = _bound(texts, before, workspace.station.contract)
    if changes is None or source is None:
        return problems
    return await wrong_with(workspace.contract_desk, source, changes, _KEYS)


async def _save_command(
    workspace: Workspace,
    source: ContractSource | None,
    before: CommandSpec | None,
    texts: Mapping[str, str],
) -> Mapping[str, str] | FormEnd:
    changes, problems = _bound(texts, before, workspace.station.contract)
    if changes is None:
        return problems
    if source is None:
        return {WHOLE: "There is nothing to save it in."}
    return await saved(workspace, source, changes, _KEYS, clean(texts["event"], 60))


def command_lines(texts: Mapping[str, str], glyphs: Glyphs) -> list[Line]:
    """Return how a command will be listed and sent with these texts."""
    event = texts["event"].strip() or glyphs.dash
    title = texts["title"].strip() or event
    hazard = Hazard(texts["hazard"])
    names = list(json.loads(texts["fields"]))
    sends = texts["sends"]
    if texts["arguments"].strip():
        what = f"{texts['arguments'].strip()}, each an argument"
    elif sends == Sends.NOTHING:
        what = "no argument"
    elif sends == Sends.OBJECT:
        what = f"one object {{{', '.join(names)}}}"
    else:
        what = f"one text: JSON with {', '.join(names)}" if names else "one empty text"
    return [
        (
            ("Listed as  ", "$no-data"),
            (glyphs.plain(clean(title, 40)), "bold"),
            (
                f"  {hazard_sign(hazard, glyphs)} {hazard.value}",
                "bold $bad" if hazard is Hazard.CRITICAL else "$no-data",
            ),
            (f"   sends {glyphs.plain(clean(event, 40))}, {glyphs.plain(clean(what, 80))}", "$foreground"),
        )
    ]


def guessed_command(contract: Contract, events: Sequence[str], texts: Mapping[str, str]) -> list[FormGuess]:
    """Return what is guessed of a new command by its name, and by what came."""
    event = texts["event"].strip()
    words = [word.lower() for word in re.findall(r"[A-Z]?[^\W\d_A-Z]+|[A-Z]+|\d+", event)]
    if not words:
        return []
    title = " ".join(words)
    guesses = [FormGuess({"title": title[:1].upper() + title[1:]}, "from the name")]
    start = next((word for word in words if word in _STARTS), "")
    stop = next((word for word in words if word in _STOPS), "")
    if start and contract.start is None:
        guesses.append(FormGuess({"starts": YES}, f'the name says "{start}"'))
    if (start or stop) and contract.by_role(Role.STATE) is not None:
        shown = {"confirm.role": Role.STATE.value, "confirm.becomes": "running" if start else "idle"}
        guesses.append(FormGuess(shown, f'the name says "{start or stop}", and a channel has the state'))
    answer = next((one for one in events if one != event and _ANSWER.sub("", one) == event), "")
    if answer and answer not in contract.responses:
        guesses.append(FormGuess({"ack": answer}, "it came, and ends as answers do"))
    return guesses


def _suggested(contract: Contract, events: Sequence[str]) -> list[str]:
    """Return events that may be commands: what answers that came are named after, then all that came."""
    answered = [_ANSWER.sub("", one) for one in events if _ANSWER.search(one)]
    found = [one for one in (*answered, *events) if _is_word(one) and one not in contract.commands]
    return list(dict.fromkeys(found))


def _is_word(event: str) -> bool:
    return bool(event) and event.isprintable() and len(event) <= 100


# -- the fields of a payload --------------------------------------------------------------------------


def names_of_fields(text: str) -> str:
    """Return the names of a payload's fields, from the text of the form."""
    names = [clean(name, 30) for name in json.loads(text)]
    return ", ".join(names) or "none"


async def _edit_fields(workspace: Workspace, text: str) -> str | None:
    """Choose a field, or a new one, and edit it; return the fields as text, None where nothing changed."""
    fields: dict[str, Any] = json.loads(text)
    name = ""
    if fields:
        names = [*fields, _NEW_FIELD]
        chosen = await workspace.ask(ChooseDialog(workspace, "Fields", [clean(one, 60) for one in names], ""))
        if chosen is None:
            return None
        at = [clean(one, 60) for one in names].index(chosen)
        name = names[at] if at < len(fields) else ""
    made: dict[str, Any] | None = None

    async def check(texts: Mapping[str, str]) -> Mapping[str, str]:
        typed = texts["name"].strip()
        _, problems = table_of(FIELD, texts)
        if typed != name and typed in fields:
            problems["name"] = "There is a field of this name already."
        return problems

    async def keep(texts: Mapping[str, str]) -> Mapping[str, str] | FormEnd:
        nonlocal made
        if problems := await check(texts):
            return problems
        typed = texts["name"].strip()
        table, _ = table_of(FIELD, texts)
        made = {}
        for one, before in fields.items():
            if one != name:
                made[one] = before
            elif typed:
                made[typed] = table
        if not name and typed:
            made[typed] = table
        return FormEnd.SAVED

    plan = FormPlan(
        heading=f"Field {name}" if name else "A new field",
        entries=(NAME, *FIELD),
        texts={"name": name, **texts_of(FIELD, fields.get(name, {}))},
        check=check,
        save=keep,
        keeps="Keep",
    )
    await workspace.ask(PayloadFieldForm(workspace, plan))
    return None if made is None else json.dumps(made, ensure_ascii=False)


# -- answers, and the file itself -----------------------------------------------------------------------


async def _edit_response(workspace: Workspace, response: ResponseSpec | None) -> None:
    """Show the form of an answer; None: of a new one."""
    desk = workspace.contract_desk
    where = response_at(response.event if response is not None else "")
    locked = await desk.problem()
    source = None
    try:
        source = None if workspace.station.contract_fixed else await desk.open(where)
    except SettingsError as error:
        locked = locked or error.sentences[0]
    documented = response is not None and response.origin is Origin.DOCUMENTED
    table: dict[str, Any] = {}
    if response is not None:
        given = source.given((*where, "source")) if source is not None else None
        table = {**response_table(response), "source": response.source if documented else given}

    def read(texts: Mapping[str, str]) -> tuple[Any, dict[str, str]]:
        typed, problems = table_of(RESPONSE, texts)
        event = texts["event"].strip()
        if not event:
            problems["event"] = "An answer has a name, as the device sends it."
        if "command" not in typed:
            problems["command"] = "Say which command it answers."
        if not isinstance(typed.get("schema", {}), dict):
            problems["schema"] = 'A schema is a table, such as {"type": "object"}.'
        if problems:
            return None, problems
        return (lambda _: [ContractChange(response_at(event), typed)]), {}

    await _plain_form(
        workspace,
        source,
        read,
        FormPlan(
            heading=f"Answer {response.event}" if response is not None else "A new answer",
            entries=WHOLE_RESPONSE,
            texts={"event": response.event if response is not None else "", **texts_of(RESPONSE, table)},
            typed=workspace.drafts.texts(where),
            fixed=frozenset(("event",) if response is not None else ()),
            suggested={"command": list(workspace.station.contract.commands)},
            locked=locked or (_LOCKED if documented else ""),
            place=place_of(workspace, source),
            check=_nothing_wrong,
            save=_not_saved,
            remove=partial(_remove, workspace, source, where)
            if source is not None and source.given(where) is not None
            else None,
        ),
        where,
        RESPONSE,
    )


async def _edit_head(workspace: Workspace) -> None:
    """Show the form of the keys at the top of the file."""
    desk = workspace.contract_desk
    locked = await desk.problem()
    source = None
    table: dict[str, Any] = {}
    try:
        source = None if workspace.station.contract_fixed else await desk.open(("start",))
    except SettingsError as error:
        locked = locked or error.sentences[0]
    if source is not None:
        table = {one.key: source.given((one.key,)) for one in TOP}

    def read(texts: Mapping[str, str]) -> tuple[Any, dict[str, str]]:
        typed, problems = table_of(TOP, texts)

        def changes(now: ContractSource) -> list[ContractChange]:
            return [
                ContractChange((one.key,), typed.get(one.key))
                for one in TOP
                if typed.get(one.key) is not None or now.given((one.key,)) is not None
            ]

        return (None if problems else changes), problems

    where = ("start",)
    await _plain_form(
        workspace,
        source,
        read,
        FormPlan(
            heading="The contract file",
            entries=TOP,
            texts=texts_of(TOP, table),
            typed=workspace.drafts.texts(where),
            suggested={"start": list(workspace.station.contract.commands)},
            about=str(source.path) if source is not None and not desk.in_memory else "",
            locked=locked,
            place=place_of(workspace, source),
            check=_nothing_wrong,
            save=_not_saved,
        ),
        where,
        TOP,
    )


async def _nothing_wrong(texts: Mapping[str, str]) -> Mapping[str, str]:
    return {}


async def _not_saved(texts: Mapping[str, str]) -> Mapping[str, str] | FormEnd:
    return FormEnd.AS_IT_WAS


async def _plain_form(
    workspace: Workspace,
    source: ContractSource | None,
    read: Any,
    plan: FormPlan,
    where: tuple[str, ...],
    entries: Sequence[Entry],
) -> None:
    """Show a form whose texts `read` turns into changes of the file, or into what is wrong."""
    keys = {one.key: (one.key,) for one in entries}

    async def check(texts: Mapping[str, str]) -> Mapping[str, str]:
        changes, problems = read(texts)
        if changes is None or source is None:
            return dict(problems)
        return await wrong_with(workspace.contract_desk, source, changes, keys)

    async def save(texts: Mapping[str, str]) -> Mapping[str, str] | FormEnd:
        changes, problems = read(texts)
        if changes is None or source is None:
            return dict(problems) or {WHOLE: "There is nothing to save it in."}
        return await saved(workspace, source, changes, keys, plan.heading)

    await _ask(workspace, msgspec.structs.replace(plan, check=check, save=save), where)
