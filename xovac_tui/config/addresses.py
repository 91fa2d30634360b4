"""Reads the addresses in settings from the files that they name, and that only their owner can read."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import msgspec

from xovac_tui.config.secrets import need_private
from xovac_tui.errors import SettingsError
from xovac_tui.readfile import read_at_most
from xovac_tui.withaddress import WithAddress, address_mistake, each_address

T = TypeVar("T")
_MAX_BYTES = 10_000


def read_addresses(settings: T) -> T:
    """Return settings, or a part of them, with every `url_file` read into its `url`.

    Raises SettingsError with a sentence for each file that cannot be used; none holds an address.
    """
    problems: list[str] = []

    def read(one: WithAddress) -> WithAddress:
        try:
            url = _read(Path(one.url_file), http=one.is_http) if one.url_file else one.url
        except SettingsError as error:
            problems.append(f"{one.whose}: {error}")
            return one
        return msgspec.structs.replace(one, url=url)

    found = each_address(settings, read)
    if problems:
        raise SettingsError("\n".join(problems))
    return found


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
        raise SettingsError(f"{path} is not UTF-8 text. Write the address into it, on one line.") from None
    except ValueError:  # a NUL in the name
        raise SettingsError(f"{str(path)!r} is not a usable file name. Correct it.") from None
    lines = [line.strip() for line in text.splitlines()]
    given = [line for line in lines if line and not line.startswith("#")]
    if len(given) != 1:
        raise SettingsError(f"{path} must hold one address, on a line of its own (# begins a comment).")
    if reason := address_mistake(given[0], http=http):
        raise SettingsError(f"{path}: {reason}")
    return given[0]
