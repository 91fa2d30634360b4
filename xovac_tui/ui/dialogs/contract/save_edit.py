"""Save what was typed into a form of a contract; a file that changed meanwhile is asked about first."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from xovac_tui.api.contracts.editing import (
    ContractChange,
    ContractConflictError,
    ContractSource,
    EditCode,
    EditRefusedError,
    edited,
)
from xovac_tui.api.loader import read_contract
from xovac_tui.errors import SettingsError
from xovac_tui.station.contract_desk import ContractDesk
from xovac_tui.text import clean
from xovac_tui.ui.dialogs.contract.form import WHOLE, FormEnd
from xovac_tui.ui.dialogs.question import QuestionDialog
from xovac_tui.ui.workspace import Workspace

Changes = Callable[[ContractSource], Sequence[ContractChange]]
"""Returns the changes of a file that what was typed means."""
_MOST_SHOWN = 12
_FORM = Path("form")


async def wrong_with(
    desk: ContractDesk, source: ContractSource, changes: Changes, keys: Mapping[str, Sequence[str]]
) -> dict[str, str]:
    """Return what is wrong with changes, by the entry of a form.

    `keys` are entries and the keys of the first change's table that they give.
    """
    wanted = changes(source)
    try:
        await desk.check(source, wanted)
    except EditRefusedError as error:
        return await desk.apart(partial(_by_entry, source, wanted, keys, error))
    except SettingsError as error:
        return {WHOLE: _said(error.sentences[0], source)}
    return {}


async def saved(
    workspace: Workspace,
    source: ContractSource,
    changes: Changes,
    keys: Mapping[str, Sequence[str]],
    what: str,
) -> Mapping[str, str] | FormEnd:
    """Save changes and put them in force; return how the form ends, or what is wrong with them."""
    desk = workspace.contract_desk
    while True:
        wanted = changes(source)
        try:
            problem = await desk.save(await desk.check(source, wanted), what)
        except EditRefusedError as error:
            return await desk.apart(partial(_by_entry, source, wanted, keys, error))
        except ContractConflictError as error:
            answer = await workspace.ask(_Conflict(workspace, error))
            if answer == "reread":
                return FormEnd.AGAIN
            if answer != "over" or error.disk is None:
                return {WHOLE: "Not saved: the file was changed by another program. Nothing typed is lost."}
            source = error.disk
            continue
        except SettingsError as error:
            return {WHOLE: _said(error.sentences[0], source)}
        if problem:
            workspace.say(problem, "warning", title="Contract")
        return FormEnd.SAVED


def place_of(workspace: Workspace, source: ContractSource | None) -> str:
    """Return where a form is saved, for its frame."""
    if source is None:
        return ""
    if workspace.contract_desk.in_memory:
        return "lasts until the console ends"
    return workspace.glyphs.plain(clean(f"saved in {source.path.name}", 50))


class _Conflict(QuestionDialog):
    """What another program changed in the file, and what is to become of both."""

    def __init__(self, workspace: Workspace, error: ContractConflictError) -> None:
        theirs = [clean(line, 200) for line in error.theirs[:_MOST_SHOWN]]
        if len(error.theirs) > _MOST_SHOWN:
            theirs.append(f"and {len(error.theirs) - _MOST_SHOWN} more")
        words = "\n".join([error.sentences[0], "", *theirs])
        answers = [("back", "Back", "")]
        if error.disk is not None:
            answers += [("over", "Save mine", "s"), ("reread", "Drop mine", "r")]
        super().__init__(workspace, "The file was changed meanwhile", words, answers)


def _by_entry(
    source: ContractSource,
    changes: Sequence[ContractChange],
    keys: Mapping[str, Sequence[str]],
    error: EditRefusedError,
) -> dict[str, str]:
    """Return each problem by the entry that it goes away without; what belongs to none concerns the whole."""
    first = error.problems[0]
    if first.code is EditCode.NAME_TAKEN:
        return {"channel": _said(first.sentence, source)}
    found: dict[str, str] = {}
    left = list(_alone(source, changes))
    for entry, names in keys.items():
        remaining = list(_alone(source, _without(changes, names)))
        for sentence in left:
            if sentence not in remaining:
                found.setdefault(entry, _said(sentence, source))
    if found:
        return found
    for entry, names in keys.items():
        try:
            edited(source, _without(changes, names))
        except EditRefusedError:
            continue
        return {entry: _said(first.sentence, source)}
    return {WHOLE: _said(first.sentence, source)}


def _alone(source: ContractSource, changes: Sequence[ContractChange]) -> Iterator[str]:
    """Yield what is wrong with changes in a file of their own, which is quickly read."""
    data: dict[str, Any] = {}
    for change in changes:
        if change.value is None:
            continue
        inner = data
        for key in change.where[:-1]:
            inner = inner.setdefault(key, {})
        inner[change.where[-1]] = change.value
    _, wrong = read_contract([_FORM], simulator=source.simulator, tables={_FORM: data})
    yield from wrong


def _without(changes: Sequence[ContractChange], names: Sequence[str]) -> list[ContractChange]:
    """Return the changes without some keys of the first one's table."""
    if not changes or not isinstance(changes[0].value, dict):
        return list(changes)
    table = {key: value for key, value in changes[0].value.items() if key not in names}
    return [ContractChange(changes[0].where, table), *changes[1:]]


def _said(sentence: str, source: ContractSource) -> str:
    """Return a sentence without the file's name in front, which the form need not repeat."""
    for name in (str(source.path), str(_FORM)):
        if sentence[: len(name) + 2] == f"{name}: ":
            sentence = sentence[len(name) + 2 :]
    return clean(sentence, 400)
