from __future__ import annotations

import asyncio
import json
import logging
import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.helpers.alarmchanges import UTC, changed, unresolved
from tests.helpers.hooks import Hook, hook
from tests.helpers.servers import Pki, make_pki, tcp_server
from xovac_tui.chamber.alarm import AlarmEvent, AlarmsView
from xovac_tui.clock import SystemClock
from xovac_tui.errors import NotifyError
from xovac_tui.notify.heartbeat import heartbeat
from xovac_tui.notify.message import AlarmNotice, MessageKind, compose
from xovac_tui.notify.notifier import Notifier
from xovac_tui.notify.sending import PAUSES, persist, send
from xovac_tui.notify.services import send_by_apprise
from xovac_tui.notify.settings import Heartbeat, NotifySettings, Receiver

SECRET = "hunter2hunter2"
MESSAGE = compose("bench-1", MessageKind.ALARM, [AlarmNotice(change=changed(run=12, step=3))], UTC)


def receiver(**values: Any) -> Receiver:
    return Receiver(**values)


def webhook(url: str, **more: Any) -> Receiver:
    usual = {"name": "hook", "kind": "webhook", "url": f"{url}/{SECRET}", "timeout": 2.0}
    return receiver(**(usual | more))


def command(*arguments: str, **more: Any) -> Receiver:
    return receiver(**({"name": "siren", "kind": "command", "command": arguments} | more))


def python(code: str, **more: Any) -> Receiver:
    return command(sys.executable, "-c", code, **more)


async def refused(one: Receiver) -> NotifyError:
    with pytest.raises(NotifyError) as caught:
        await send(one, MESSAGE)
    assert SECRET not in str(caught.value)
    return caught.value


# A webhook


async def test_a_webhook_is_notified_as_json() -> None:
    async with hook() as server:
        await send(webhook(server.url), MESSAGE)
    assert server.received == [MESSAGE.fields()]
    assert server.requests == [f"POST /{SECRET}"]


@pytest.mark.parametrize(
    ("status", "said", "again"),
    [
        (500, "it answered 500 Internal Server Error.", True),
        (429, "it answered 429 Too Many Requests.", True),
        (404, "it answered 404 Not Found. The address may be wrong", False),
        (302, "it answered 302 Found. It redirects, which is not followed", False),
        (299, "", True),
        (799, "it answered 799.", True),
    ],
)
async def test_what_a_webhook_answers_is_reported(status: int, said: str, again: bool) -> None:
    async with hook() as server:
        server.status = status
        if not said:
            await send(webhook(server.url), MESSAGE)
        else:
            error = await refused(webhook(server.url))
            assert str(error).startswith(said)
            assert error.again is again
    # Nothing went to where it redirects.
    assert server.requests == [f"POST /{SECRET}"]


async def test_a_webhook_that_does_not_answer_is_given_up() -> None:
    async with hook() as server:
        server.hold.clear()
        error = await refused(webhook(server.url, timeout=0.5))
        server.hold.set()
    assert str(error) == "it did not answer within 0.5 s."


async def test_no_listener_and_no_such_name(unused_tcp_port: int) -> None:
    error = await refused(webhook(f"http://127.0.0.1:{unused_tcp_port}"))
    assert str(error) == "nothing listens there (connection refused)."
    error = await refused(webhook("http://no-such-host.invalid"))
    assert str(error) == "the name in its address is not known here."


async def test_one_that_speaks_something_else_is_reported() -> None:
    async def babble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.write(b"\x00\x1b]0;owned\x07\r\n\r\n")
        await writer.drain()

    async with tcp_server(babble) as server:
        assert str(await refused(webhook(server.url))) == "the connection failed."


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Pki:
    return make_pki(tmp_path_factory.mktemp("pki"))


async def test_an_untrusted_certificate_gets_nothing(pki: Pki) -> None:
    async with hook(context=pki.self_signed) as server:
        error = await refused(webhook(server.url))
    assert str(error) == "its certificate cannot be trusted, so nothing was sent."
    assert not error.again
    assert server.requests == []


# A command


async def test_a_command_gets_the_message(tmp_path: Path) -> None:
    out = tmp_path / "out"
    code = (
        "import os, sys; e = os.environ; open(sys.argv[1], 'w').write("
        "sys.stdin.read() + '\\n' + e['XOVAC_NOTIFY_TITLE'] + '\\n' + e['XOVAC_NOTIFY_RUN'])"
    )
    await send(command(sys.executable, "-X", "utf8", "-c", code, str(out)), MESSAGE)
    fields, title, run = out.read_text(encoding="utf-8").splitlines()
    assert json.loads(fields) == MESSAGE.fields()
    assert title == MESSAGE.title
    assert run == "12"


async def test_no_shell_reads_a_command(tmp_path: Path) -> None:
    await send(python("import sys; assert sys.argv[1:] == []"), MESSAGE)
    error = await refused(command("echo $(id); true"))
    assert "there is no program" in str(error)


@pytest.mark.parametrize(
    ("one", "said", "again"),
    [
        (python("raise SystemExit(3)"), "ended with exit code 3.", True),
        (python("import os; os.kill(os.getpid(), 9)"), "ended with signal SIGKILL.", True),
        (command("no-such-program", SECRET), "there is no program no-such-program; check", False),
        (command("/etc/passwd", SECRET), "the program passwd cannot be run: Permission denied.", False),
    ],
)
@pytest.mark.skipif(os.name != "posix", reason="signals and modes are POSIX")
async def test_a_command_that_fails_is_reported(one: Receiver, said: str, again: bool) -> None:
    error = await refused(one)
    assert said in str(error)
    assert error.again is again


async def test_a_command_that_reads_nothing_is_no_failure() -> None:
    await send(python("pass"), MESSAGE)


@pytest.mark.skipif(os.name != "posix", reason="process groups are POSIX")
async def test_a_command_that_takes_too_long_is_ended_with_its_children(tmp_path: Path) -> None:
    out = tmp_path / "pid"
    code = (
        "import subprocess, sys, time; p = subprocess.Popen(['sleep', '60']); "
        f"open({str(out)!r}, 'w').write(str(p.pid)); time.sleep(60)"
    )
    began = time.monotonic()
    error = await refused(python(code, timeout=1.5))
    assert time.monotonic() - began < 5
    assert "took longer than 1.5 s, so it was ended." in str(error)
    child = int(out.read_text())
    for _ in range(200):
        if not _alive(child):
            break
        await asyncio.sleep(0.01)
    assert not _alive(child)


def _alive(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False


# A service


async def test_a_service_gets_title_and_text() -> None:
    pytest.importorskip("apprise")
    async with hook() as server:
        await send(apprise(server), MESSAGE)
    (reported,) = server.received
    assert reported["title"] == MESSAGE.title
    assert reported["message"] == MESSAGE.text
    assert reported["type"] == "failure"


async def test_a_service_that_fails_is_reported_without_its_address(caplog: pytest.LogCaptureFixture) -> None:
    pytest.importorskip("apprise")
    words: list[str] = []
    async with hook() as server:
        server.status = 403
        with pytest.raises(NotifyError, match="the service did not accept it") as caught:
            await send(apprise(server), MESSAGE, said=words.append)
    assert words
    assert SECRET not in f"{words} {caught.value} {caplog.text}"


async def test_what_is_known_of_one_address_is_not_said_of_another(monkeypatch: pytest.MonkeyPatch) -> None:
    both = threading.Barrier(2)

    class Apprise:
        def __init__(self, **_: Any) -> None:
            self.topic = ""

        def add(self, url: str) -> bool:
            self.topic = url.rpartition("/")[2]
            return True

        def notify(self, **_: Any) -> bool:
            both.wait(10)
            logging.getLogger("apprise").warning("The topic %s was not found.", self.topic)
            both.wait(10)
            return False

    library = SimpleNamespace(
        Apprise=Apprise, AppriseAsset=dict, NotifyType=str, NotifyFormat=SimpleNamespace(TEXT="text")
    )
    monkeypatch.setitem(sys.modules, "apprise", library)
    said: dict[str, list[str]] = {"FirstTopic": [], "OtherTopic": []}

    async def one(topic: str) -> None:
        with pytest.raises(NotifyError, match="did not accept it"):
            await send_by_apprise(f"ntfy://{topic}", MESSAGE, timeout=20, said=said[topic].append)

    await asyncio.gather(*map(one, said))
    assert list(said.values()) == [["The topic *** was not found."]] * 2


async def test_a_service_that_hangs_is_given_up() -> None:
    pytest.importorskip("apprise")
    async with hook() as server:
        server.hold.clear()
        error = await refused(apprise(server, timeout=0.5))
        server.hold.set()
    assert str(error) == "the service did not answer within 0.5 s."


async def test_the_end_of_the_program_waits_for_no_service_that_hangs() -> None:
    pytest.importorskip("apprise")
    async with hook() as server:
        server.hold.clear()
        await refused(apprise(server, timeout=0.5))
        names = [thread.name for thread in threading.enumerate()]
        server.hold.set()
    assert "notify-apprise" in names
    # Those of an executor are waited for, however long that takes; asyncio's own are called otherwise.
    assert not [name for name in names if name.startswith("ThreadPoolExecutor")]


async def test_without_the_library_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "apprise", None)
    error = await refused(Receiver(name="phone", kind="apprise", url=f"ntfys://{SECRET}"))
    assert "pip install 'xovac-tui[notify]'" in str(error)


async def test_an_address_that_is_none_is_reported() -> None:
    pytest.importorskip("apprise")
    error = await refused(Receiver(name="phone", kind="apprise", url=f"nothing://{SECRET}"))
    assert "Apprise does not know such an address" in str(error)


def apprise(server: Hook, **more: Any) -> Receiver:
    url = f"json://localhost:{server.port}/{SECRET}"
    return receiver(**({"name": "phone", "kind": "apprise", "url": url, "timeout": 5.0} | more))


# Again and again


class Pauses:
    """A sleep that only notes for how long."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)


@pytest.mark.parametrize(
    ("fails", "again", "tries"), [(0, True, 1), (2, True, 3), (9, True, 3), (9, False, 1)]
)
async def test_it_is_tried_three_times_where_that_may_help(fails: int, again: bool, tries: int) -> None:
    pauses, tried = Pauses(), 0

    async def attempt() -> None:
        nonlocal tried
        tried += 1
        if tried <= fails:
            raise NotifyError(f"failure {tried}.", again=again)

    if fails >= tries:
        with pytest.raises(NotifyError, match=f"failure {tries}"):
            await persist(attempt, sleep=pauses)
    else:
        await persist(attempt, sleep=pauses)
    assert tried == tries
    assert pauses.seconds == list(PAUSES[: tries - 1])


class FakeSender:
    """A notifier, with what it said of each receiver."""

    def __init__(self, settings: NotifySettings) -> None:
        self.said: list[tuple[str, str]] = []
        self.pauses = Pauses()
        self.notifier = Notifier(
            settings,
            "bench-1",
            SystemClock(),
            lambda name, why: self.said.append((name, why)),
            own_rules=["notification failed"],
            sleep=self.pauses,
        )

    async def until(self, condition: Callable[[], object], view: AlarmsView | None = None) -> None:
        """Wait until something is so, with the station's looks at the time if a view is given."""
        async with asyncio.timeout(10):
            while not condition():
                await asyncio.sleep(0.005)
                if view is not None:
                    self.notifier.tick(view, online=True)


async def test_one_that_hangs_does_not_hold_up_the_others() -> None:
    async with hook() as slow, hook() as quick:
        slow.hold.clear()
        receivers = (
            webhook(slow.url, name="slow", timeout=30),
            webhook(quick.url, name="quick", same_after=0.0),
        )
        teller = FakeSender(NotifySettings(receivers=receivers))
        teller.notifier.take([changed("a")], unresolved("a"))
        await teller.until(lambda: teller.said == [("quick", "")])
        # What happens meanwhile is gathered for the slow one, and goes in one message.
        view = unresolved("a", "b", "c")
        teller.notifier.take([changed("b")], view)
        await teller.until(lambda: len(quick.received) == 2, view)
        teller.notifier.take([changed("c")], view)
        await teller.until(lambda: len(quick.received) == 3, view)
        slow.hold.set()
        await teller.until(lambda: len(slow.received) == 2, view)
        await teller.notifier.close()
    assert slow.rules == [["a"], ["b", "c"]]


async def test_a_failure_is_notified_and_what_was_lost_is_sent_later() -> None:
    async with hook() as server:
        server.status = 500
        teller = FakeSender(NotifySettings(receivers=(webhook(server.url),)))
        teller.notifier.take([changed("a")], AlarmsView())
        await teller.until(lambda: teller.said)
        ((name, why),) = teller.said
        assert name == "hook"
        assert why == 'No notification reached "hook" (webhook): it answered 500 Internal Server Error.'
        assert len(server.requests) == 3
        # It is not notified of its own failure.
        teller.notifier.take([changed("notification failed")], AlarmsView())
        assert len(server.requests) == 3
        server.status = 204
        teller.notifier.take([changed("b")], AlarmsView())
        await teller.until(lambda: teller.said[-1] == ("hook", ""), AlarmsView())
        await teller.notifier.close()
    assert server.rules == [["b", "a"]]


async def test_it_ends_with_a_moment_for_what_is_on_its_way() -> None:
    async with hook() as server:
        teller = FakeSender(NotifySettings(receivers=(webhook(server.url),)))
        teller.notifier.take([changed("a")], AlarmsView())
        await teller.notifier.close()
        assert len(server.received) == 1
        server.hold.clear()
        teller.notifier.take([changed("b")], AlarmsView())
        began = time.monotonic()
        await teller.notifier.close(grace=0.2)
        assert time.monotonic() - began < 2
        server.hold.set()


async def test_a_reminder_goes_out_by_the_time_alone() -> None:
    async with hook() as server:
        teller = FakeSender(NotifySettings(receivers=(webhook(server.url, reminder=0.05),)))
        teller.notifier.take([changed("a")], unresolved("a"))
        await teller.until(lambda: server.received)
        await teller.until(lambda: len(server.received) == 2, unresolved("a"))
        await teller.notifier.close()
    assert [reported["kind"] for reported in server.received] == ["alarm", "reminder"]


# The heartbeat


async def test_the_heartbeat_calls_its_address() -> None:
    async with hook() as server:
        await heartbeat(Heartbeat(url=f"{server.url}/ping/{{chamber}}?x=1"), "bench 1/2")()
    assert server.requests == ["GET /ping/bench%201%2F2?x=1"]


async def test_it_beats_only_while_alarms_are_evaluated() -> None:
    async with hook() as server:
        teller = FakeSender(NotifySettings(heartbeat=Heartbeat(url=server.url, every=60.0)))
        teller.notifier.tick(AlarmsView(), online=False)
        await teller.until(lambda: teller.said == [("heartbeat", "")])
        teller.notifier.tick(AlarmsView(), online=False)
        await teller.notifier.close()
    assert len(server.requests) == 1


async def test_a_heartbeat_for_the_link_is_silent_without_one() -> None:
    async with hook() as server:
        beat = Heartbeat(url=f"{server.url}/{SECRET}", only_online=True)
        teller = FakeSender(NotifySettings(heartbeat=beat))
        teller.notifier.tick(AlarmsView(), online=False)
        await teller.notifier.close()
        assert server.requests == []
        server.status = 410
        teller.notifier.tick(AlarmsView(), online=True)
        await teller.until(lambda: teller.said)
    ((name, why),) = teller.said
    assert name == "heartbeat"
    assert why.startswith("The heartbeat did not arrive: it answered 410 Gone.")
    assert len(server.requests) == 1


async def test_the_pulse_keeps_its_time() -> None:
    from xovac_tui.notify.heartbeat import Pulse

    pulse = Pulse(Heartbeat(url="https://c", every=60.0))
    beats = [second for second in range(300) if pulse.due(float(second), online=True)]
    assert beats == [0, 60, 120, 180, 240]


async def test_a_change_without_receivers_sends_nothing() -> None:
    async with hook() as server:
        teller = FakeSender(NotifySettings(receivers=(webhook(server.url, severities=("critical",)),)))
        teller.notifier.take([changed("a"), changed("a", AlarmEvent.RETURNED)], unresolved("a"))
        teller.notifier.tick(unresolved("a"), online=True)
        await teller.notifier.close()
    assert server.requests == []
