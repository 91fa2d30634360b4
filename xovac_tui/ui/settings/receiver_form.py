"""The form of a receiver of alarms: adds, changes and removes one in the settings file. It sends nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

from xovac_tui.config.secrets import write_address
from xovac_tui.config.settings_text import (
    HEARTBEAT_PATH,
    REMOVE,
    SettingsText,
    changed,
    receiver_tables,
    with_changed_receiver,
    with_receiver,
    without_receiver,
)
from xovac_tui.errors import SettingsError
from xovac_tui.notify.settings import HEARTBEAT, Receiver
from xovac_tui.paths import against
from xovac_tui.text import clean
from xovac_tui.tomltext import KeyPath
from xovac_tui.ui.dialogs.contract.form import WHOLE, ContractForm, FormEnd, FormPlan
from xovac_tui.ui.dialogs.question import QuestionDialog
from xovac_tui.ui.settings.receiver_entries import (
    ADDRESS,
    ADDRESS_FILE,
    KIND,
    NAME,
    address_file,
    receiver_entries,
    receiver_problems,
    receiver_table,
    receiver_texts,
)
from xovac_tui.ui.settings.settings_model import SettingsState
from xovac_tui.ui.workspace import Workspace

Save = Callable[[Callable[[SettingsText], SettingsText]], Awaitable[bool]]
"""Function that writes an edit of the settings file; returns whether it was written."""
_HAS_ADDRESS = "It has an address. Type one only to replace it; it is never shown."
_NOT_SAVED = "Nothing was saved. enter saves it into the file as it is now."
_NEW_ADDRESS = "The address goes into a private file beside the settings, and is never shown."


class ReceiverWork(msgspec.Struct, frozen=True):
    """One receiver in a form."""

    workspace: Workspace
    state: SettingsState
    save: Save
    before: Mapping[str, Any]
    """As the file has it; of a new one only the kind, which of the heartbeat is `HEARTBEAT`."""

    @property
    def name(self) -> str:
        """Its name in the file; empty for a new one."""
        return HEARTBEAT if self._is_heartbeat else str(self.before.get(NAME, ""))

    @property
    def _is_heartbeat(self) -> bool:
        return bool(self.before[KIND] == HEARTBEAT)

    @property
    def _tables(self) -> list[dict[str, Any]]:
        """The other receivers of the file."""
        return [one for one in receiver_tables(self.state.file) if one.get(NAME) != self.name]

    @property
    def _others(self) -> list[Receiver]:
        return [one for one in self.state.notify.receivers if one.name != self.name]

    async def edit(self) -> FormEnd | None:
        """Show the form; return how it ended, None if it was left."""
        kind, place = self.before[KIND], ("notify", "receivers", self.name, self.before[KIND])
        entries = receiver_entries(kind)
        has_address = any(one.key == ADDRESS for one in entries)
        known = self.before.get(ADDRESS) or self.before.get(ADDRESS_FILE)
        heading = f"Receiver {self.name} ({kind})" if self.name else f"New receiver: {kind}"
        plan = FormPlan(
            heading="Heartbeat" if self._is_heartbeat else heading,
            entries=entries,
            texts=receiver_texts(self.before),
            typed=self.workspace.drafts.texts(place),
            fixed=frozenset((KIND,)),
            about=(_HAS_ADDRESS if known else _NEW_ADDRESS) if has_address else "",
            locked=self.state.problem,
            place=clean(self.state.file.path.name, 40),
            check=self._check,
            save=self._save,
            remove=self._remove if self.name and len(self.before) > 1 else None,
        )
        form = ContractForm(self.workspace, plan)
        end = await self.workspace.ask(form)
        form.keep_draft(place, end)
        return end

    async def _check(self, texts: Mapping[str, str]) -> Mapping[str, str]:
        problems = receiver_problems(self.before, texts, self._others)
        if not problems and (name := texts.get(ADDRESS_FILE)):
            reason = self._file_problem(name, typed=bool(texts[ADDRESS]))
            return {ADDRESS_FILE: reason} if reason else {}
        return problems

    def _file_problem(self, name: str, *, typed: bool) -> str:
        """Return why the address cannot be in a private file of this name; empty where it can.

        A `typed` address is written into it, any other is there already.
        """
        if typed and (user := self._file_users.get(name)):
            return f"{clean(user, 40)} has its address in this file. Name another, or none."
        if name == self.before.get(ADDRESS_FILE):
            return ""
        try:
            there = against(self._folder, name).exists()
        except OSError as why:
            return f"No file can have this name: {why.strerror}."
        if typed and there:
            return "There is a file of this name. Leave the address empty to use it, or name another."
        return "" if typed or there else "There is no such file. Type the address above, and it is made."

    @property
    def _file_users(self) -> dict[str, str]:
        """What else has its address in which private file."""
        users = {str(one.get(ADDRESS_FILE, "")): str(one[NAME]) for one in self._tables}
        if not self._is_heartbeat:
            beat = self.state.file.value((*HEARTBEAT_PATH, ADDRESS_FILE))
            users[str(beat or "")] = f"The {HEARTBEAT}"
        return users

    @property
    def _folder(self) -> Path:
        return self.state.file.path.parent

    async def _save(self, texts: Mapping[str, str]) -> Mapping[str, str] | FormEnd:
        if problems := await self._check(texts):
            return problems
        table, _ = receiver_table(self.before, texts)
        address = table.pop(ADDRESS) if texts.get(ADDRESS) else ""
        made = None
        try:
            if address:
                file = table.setdefault(ADDRESS_FILE, self._new_file(str(table.get(NAME, self.name))))
                self._edited(self.state.file, table)  # refused before anything is written
                target = against(self._folder, file)
                made = None if target.exists() else target
                await asyncio.to_thread(write_address, target, address)
            if await self.save(lambda now: self._edited(now, table)):
                return FormEnd.SAVED
        except SettingsError as error:
            self._take_back(made)
            return {WHOLE: str(error)}
        self._take_back(made)
        return {WHOLE: _NOT_SAVED}

    def _take_back(self, made: Path | None) -> None:
        """Remove a private file that nothing leads to."""
        if made is not None:
            with suppress(OSError):
                made.unlink()

    def _new_file(self, name: str) -> str:
        there = [one.name for one in self._folder.glob("*.address")]
        return address_file(name, [*there, *(str(one.get(ADDRESS_FILE, "")) for one in self._tables)])

    def _edited(self, now: SettingsText, table: Mapping[str, Any]) -> SettingsText:
        """Return the settings file with the receiver as it is typed."""
        if not self.name:
            return with_receiver(now, table)
        keys = [one.key for one in receiver_entries(self.before[KIND])]
        changes = {key: table.get(key) for key in keys if table.get(key) != self.before.get(key)}
        if self._is_heartbeat:
            put: dict[KeyPath, Any] = {}
            for key, value in changes.items():
                put[*HEARTBEAT_PATH, key] = REMOVE if value is None else value
            return changed(now, put)
        return with_changed_receiver(now, self.name, changes)

    def _without(self, now: SettingsText) -> SettingsText:
        """Return the settings file without it."""
        if self._is_heartbeat:
            return changed(now, {HEARTBEAT_PATH: REMOVE})
        return without_receiver(now, self.name)

    async def _remove(self) -> Mapping[str, str] | FormEnd:
        name = clean(self.name, 60)
        question = QuestionDialog(
            self.workspace,
            f"Remove {name}?",
            f"{name} is removed from the settings: nothing goes to it from the next start on. "
            "A private file with its address stays where it is.",
            (("no", "Keep it", "n"), ("yes", "Remove it", "y")),
        )
        if await self.workspace.ask(question) != "yes":
            return {}
        try:
            done = await self.save(self._without)
        except SettingsError as error:
            return {WHOLE: str(error)}
        return FormEnd.SAVED if done else FormEnd.AS_IT_WAS
