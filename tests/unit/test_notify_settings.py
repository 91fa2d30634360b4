from __future__ import annotations

import io
import os
from pathlib import Path

import msgspec
import pytest
from rich.console import Console

from xovac_tui import paths
from xovac_tui.config import load_settings, settings_problems
from xovac_tui.config.secrets import read_addresses, readable_by_others
from xovac_tui.errors import SettingsError
from xovac_tui.notify.settings import Heartbeat, NotifySettings, Receiver
from xovac_tui.validation import missing_key
from xovac_tui.withaddress import WithAddress, without_secrets

SECRET = "hunter2hunter2"
KINDS = 'one of "apprise", "bell", "command", "osc777", "osc9", "webhook"'


def problems(tmp_path: Path, text: str) -> str:
    file = tmp_path / "config.toml"
    file.write_text(text)
    return "\n".join(settings_problems(file)).replace(str(file), "FILE")


def receiver(text: str) -> str:
    return f'[[notify.receivers]]\nname = "phone"\n{text}\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (receiver('kind = "webhok"'), 'Did you mean "webhook"?'),
        (receiver(""), missing_key("notify.receivers, item 1.kind", KINDS)),
        (receiver('kind = "webhook"'), "`notify.receivers, item 1.url`: kind = \"webhook\" needs an address"),
        (receiver('kind = "apprise"'), 'kind = "apprise" needs an address: give `url_file` (or `url`).'),
        (receiver('kind = "command"'), "`notify.receivers, item 1.command`: a command needs the program"),
        (receiver('kind = "command"\ncommand = ["a\\u0000"]'), "a part holds a NUL"),
        (receiver('kind = "bell"\ncommand = ["x"]'), 'it has no effect with kind = "bell". Remove it.'),
        (receiver('kind = "bell"\nurl = "https://c"'), "item 1.url`: it has no effect with kind"),
        (receiver('kind = "osc9"\nurl_file = "a"'), "item 1.url_file`: it has no effect with kind"),
        (receiver('kind = "webhook"\nurl = "ftp://c/x"'), "must be http:// or https:// with a host"),
        (receiver('kind = "webhook"\nurl = "https://c:99999"'), "must be http:// or https:// with a host"),
        (receiver('kind = "webhook"\nurl = "https://c/a b"'), "spaces or control characters"),
        (receiver('kind = "apprise"\nurl = "topic"'), "not an Apprise address"),
        (receiver('kind = "webhook"\nurl = "https://c"\nurl_file = "f"'), "Keep one of them"),
        (receiver('kind = "bell"\nseverities = []'), "the list is empty"),
        (receiver('kind = "bell"\nseverities = ["hi"]'), 'Did you mean "high"?'),
        (receiver('kind = "bell"\nat_most = 0'), "a whole number from 1 to 1000"),
        (receiver('kind = "bell"\nremind = 5'), 'not a known key. Did you mean "reminder"?'),
        (receiver('kind = "bell"') * 2, '"phone" is named twice'),
        (receiver('kind = "bell"').replace("phone", ""), "give it a name of 1 to 64 printable characters"),
        (receiver('kind = "bell"').replace("phone", "heartbeat"), "is what the heartbeat is called"),
        ("[notify.heartbeat]\nevery = 1", "a number from 5 to 86400"),
        ('[notify.heartbeat]\nurl = "watch"', "`notify.heartbeat.url`: the address must be http"),
    ],
)  # fmt: skip
def test_each_mistake_is_a_sentence(tmp_path: Path, text: str, said: str) -> None:
    assert said in problems(tmp_path, text)


def test_no_sentence_repeats_an_address(tmp_path: Path) -> None:
    text = receiver(f'kind = "webhook"\nurl = "https://c:99999/{SECRET}"')
    text += f'[notify.heartbeat]\nurl = "nothing {SECRET}"\n'
    said = problems(tmp_path, text)
    assert said.count("\n") == 1
    assert SECRET not in said


def test_no_printed_form_holds_an_address_or_an_argument() -> None:
    notify = NotifySettings(
        heartbeat=Heartbeat(url=f"https://c/{SECRET}"),
        receivers=(
            Receiver(name="a", kind="webhook", url=f"https://c/{SECRET}"),
            Receiver(name="b", kind="command", command=("curl", SECRET)),
        ),
    )
    screen = io.StringIO()
    Console(file=screen, width=1000).print(notify, {"x": notify.receivers})
    shown = without_secrets(notify)
    printed = f"{notify!r} {notify} {screen.getvalue()} {msgspec.json.encode(shown).decode()}"
    assert SECRET not in printed
    assert "curl" in printed
    assert "(hidden)" in printed


def test_files_and_programs_are_found_beside_the_settings(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text(
        receiver('kind = "command"\ncommand = ["bin/siren", "on"]')
        + '[[notify.receivers]]\nname = "bare"\nkind = "command"\ncommand = ["siren"]\n'
        + '[[notify.receivers]]\nname = "hook"\nkind = "webhook"\nurl_file = "hook.address"\n'
        + '[notify.heartbeat]\nurl_file = "~/beat"\n'
    )
    notify = load_settings(file).settings.notify
    assert notify.receivers[0].command == (str(tmp_path / "bin" / "siren"), "on")
    assert notify.receivers[1].command == ("siren",)
    assert notify.receivers[2].url_file == str(tmp_path / "hook.address")
    assert notify.heartbeat.url_file == str(Path.home() / "beat")


def address_file(tmp_path: Path, text: str, mode: int = 0o600) -> NotifySettings:
    file = tmp_path / "hook.address"
    file.write_text(text)
    file.chmod(mode)
    hook = Receiver(name="hook", kind="webhook", url_file=str(file))
    return NotifySettings(receivers=(hook,), heartbeat=Heartbeat(url_file=str(file)))


def test_addresses_come_from_private_files(tmp_path: Path) -> None:
    found = read_addresses(address_file(tmp_path, "# of the lab\n\n https://c/x \n"))
    assert found.receivers[0].url == "https://c/x"
    assert found.heartbeat.url == "https://c/x"


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX")
def test_a_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    settings = address_file(tmp_path, f"https://c/{SECRET}", 0o644)
    open_to_all = readable_by_others(Path(settings.receivers[0].url_file), 0o644)
    with pytest.raises(SettingsError) as caught:
        read_addresses(settings)
    assert f'receiver "hook": {open_to_all}' in str(caught.value)
    assert SECRET not in str(caught.value)
    # The heartbeat's is reported as well.
    assert len(str(caught.value).splitlines()) == 2


@pytest.mark.parametrize(
    "text", ["", "# none", f"https://c/{SECRET}\nhttps://c/2", "x" * 20_000, f"no {SECRET}"]
)
def test_a_file_without_one_address_is_reported_without_repeating_it(tmp_path: Path, text: str) -> None:
    with pytest.raises(SettingsError, match=r"hook\.address") as caught:
        read_addresses(address_file(tmp_path, text))
    assert SECRET not in str(caught.value)


def test_a_file_that_is_not_there_is_reported(tmp_path: Path) -> None:
    hook = Receiver(name="hook", kind="webhook", url_file=str(tmp_path / "none"))
    with pytest.raises(SettingsError, match="there is no such file"):
        read_addresses(NotifySettings(receivers=(hook,)))


def test_the_manual_names_every_key_of_a_receiver_with_its_default() -> None:
    manual = (paths.example_settings().parent / "docs" / "notifications.md").read_text(encoding="utf-8")
    for field in msgspec.structs.fields(Receiver):
        needed = field.required
        shown = "needed" if needed else f"`{msgspec.json.encode(field.default).decode()}`"
        assert f"| `{field.encode_name}` | {shown} |" in manual


class Broker(WithAddress, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """As a service of another room would have one."""


class Deep(msgspec.Struct, frozen=True):
    """Settings with addresses at several depths."""

    broker: Broker
    spare: tuple[Broker, ...]
    name: str = "x"


def test_addresses_are_found_by_their_type_at_any_depth(tmp_path: Path) -> None:
    file = tmp_path / "broker.address"
    file.write_text(f"https://c/{SECRET}")
    file.chmod(0o600)
    settings = Deep(Broker(url_file=str(file)), (Broker(), Broker(url=f"https://d/{SECRET}")))
    read = read_addresses(settings)
    assert [one.url for one in (read.broker, *read.spare)] == [
        f"https://c/{SECRET}",
        "",
        f"https://d/{SECRET}",
    ]
    assert SECRET not in f"{read} {msgspec.json.encode(without_secrets(read))!r}"
    with pytest.raises(SettingsError, match=r"^Broker: .*there is no such file"):
        read_addresses(Deep(Broker(url_file=str(tmp_path / "none")), ()))
