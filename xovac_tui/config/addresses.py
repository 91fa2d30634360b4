"""Reads the addresses that notifications go to: from files that only their owner can read."""

from __future__ import annotations

from pathlib import Path

import msgspec

from xovac_tui.config.secrets import need_private
from xovac_tui.errors import SettingsError
from xovac_tui.notify.settings import HEARTBEAT, NotifySettings, address_mistake
from xovac_tui.readfile import read_at_most

_MAX_BYTES = 10_000


def read_addresses(settings: NotifySettings) -> NotifySettings:
    """Return the settings with every `url_file` read into its `url`.

    Raises SettingsError with a sentence for each file that cannot be used; none holds an address.
    """
    problems: list[str] = []

    def address(file: str, *, http: bool, whose: str) -> str:
        try:
            return _read(Path(file), http=http)
        except SettingsError as error:
            problems.append(f"notifications, {whose}: {error}")
            return ""

    beat = settings.heartbeat
    if beat.url_file:
        url = address(beat.url_file, http=True, whose=f"the {HEARTBEAT}")
        beat = msgspec.structs.replace(beat, url=url)
    receivers = tuple(
        msgspec.structs.replace(
            one, url=address(one.url_file, http=one.kind == "webhook", whose=f'receiver "{one.name}"')
        )
        if one.url_file
        else one
        for one in settings.receivers
    )
    if problems:
        raise SettingsError(*problems)
    return msgspec.structs.replace(settings, heartbeat=beat, receivers=receivers)


def _read(path: Path, *, http: bool) -> str:
    """Return the address in a file: its only line that is neither empty nor begins with `#`."""
    need_private(path)
    try:
        raw = read_at_most(path, _MAX_BYTES + 1)
        text = raw.decode("utf-8-sig") if len(raw) <= _MAX_BYTES else ""
    except FileNotFoundError:
        raise SettingsError(f"{path}: there is no such file. Check the name, or create it.") from None
    except OSError as why:
        raise SettingsError(f"{path} cannot be read: {why.strerror or why}. Check its permissions.") from None
    except UnicodeDecodeError:
        raise SettingsError(f"{path} is no UTF-8 text. Write the address into it, on one line.") from None
    except ValueError:  # a NUL in the name
        raise SettingsError(f"{str(path)!r} is no usable file name. Correct it.") from None
    lines = [line.strip() for line in text.splitlines()]
    given = [line for line in lines if line and not line.startswith("#")]
    if len(given) != 1:
        raise SettingsError(f"{path} must hold one address, on a line of its own (# begins a comment).")
    if reason := address_mistake(given[0], http=http):
        raise SettingsError(f"{path}: {reason}")
    return given[0]
