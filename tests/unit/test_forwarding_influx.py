"""The Influx line protocol: what lines say, and what the answers of a server mean."""

from __future__ import annotations

import gzip
import re
import socket
import threading
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.helpers.servers import make_pki
from xovac_tui.forwarding.batch import Batch, EventRow, LogRow, RowKey, stamp
from xovac_tui.forwarding.engines.influx import SETTLES, Access, InfluxWriter, Lines, write_address
from xovac_tui.forwarding.failures import FailureCode, SinkError, SinkRemedy
from xovac_tui.forwarding.recordparts import Part
from xovac_tui.forwarding.sinksettings import ForwardedChamber

BENCH = ForwardedChamber("bench", "lab")
SOURCE = "0123456789abcdef" * 2


def row(number: int = 7, **values: float) -> EventRow:
    return EventRow(
        RowKey(SOURCE, Part.EVENTS, number), 1_790_000_000_123_456, "sensors", [*values.items()], []
    )


def batch(*rows: EventRow) -> Batch:
    return Batch(Part.EVENTS, 0, len(rows), events=list(rows))


# -- lines ----------------------------------------------------------------------------------------------

_KEY = re.compile(r"(?:\\.|[^\\,= ])+")
_FIELD = re.compile(r'(?P<key>(?:\\.|[^\\,= ])+)=(?:"(?P<text>(?:\\.|[^"\\])*)"|(?P<number>[^ ,]+))')


def parsed(line: str) -> tuple[str, dict[str, str], dict[str, float | str], int]:
    """Read a line as the reference of InfluxDB 1.8 describes it, by none of the code that writes it."""
    measurement = re.match(r"(?:\\.|[^\\, ])+", line)
    assert measurement
    at, tags = measurement.end(), {}
    while line[at] == ",":
        name = _KEY.match(line, at + 1)
        assert name
        assert line[name.end()] == "="
        value = _KEY.match(line, name.end() + 1)
        assert value
        tags[_plain(name[0])] = _plain(value[0])
        at = value.end()
    assert line[at] == " "
    at += 1
    fields: dict[str, float | str] = {}
    while True:
        field = _FIELD.match(line, at)
        assert field, line[at:]
        text = field["text"]
        value_of: float | str = float(field["number"]) if text is None else re.sub(r'\\(["\\])', r"\1", text)
        fields[_plain(field["key"])] = value_of
        at = field.end()
        if line[at] != ",":
            break
        at += 1
    end = re.fullmatch(r" (-?[0-9]+)\n", line[at:])
    assert end, line[at:]
    return _plain(measurement[0]), tags, fields, int(end[1])


def _plain(text: str) -> str:
    return re.sub(r"\\([,= ])", r"\1", text)


@given(
    st.text(max_size=12),
    st.text(max_size=12),
    st.dictionaries(
        st.text(max_size=8), st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=5
    ),
    st.dictionaries(st.text(max_size=8), st.text(max_size=12), min_size=1, max_size=3),
    st.integers(0, 10**12),
)
def test_every_line_can_be_read_and_says_what_came(
    chamber: str, event: str, values: dict[str, float], texts: dict[str, str], number: int
) -> None:
    key = RowKey(SOURCE, Part.EVENTS, number)
    one = EventRow(key, 1_790_000_000_000_001, event, [*values.items()], [*texts.items()])
    entry = LogRow(RowKey(SOURCE, Part.ALARMS, number), 5, "alarm", chamber, "raised", event, "ada@bench")
    lines = [*Lines(ForwardedChamber(chamber, "lab")).of(Batch(Part.EVENTS, 0, 1, events=[one], log=[entry]))]
    assert len(lines) == 3
    assert all(line.count("\n") == 1 for line in lines)
    read = [parsed(line) for line in lines]
    assert [one[0] for one in read] == ["xovac", "xovac_text", "xovac_log"]
    # Names that differ only in what cannot be written share a field, of which the newest value stays.
    assert set(read[0][2].values()) <= set(values.values())
    assert read[0][3] == 1_790_000_000_000_001_000 + number % 1000
    assert read[2][2]["key"] == f"{SOURCE}:alarms:{number}"


def test_a_line_is_as_the_manual_of_influxdb_writes_it() -> None:
    [line] = Lines(BENCH).of(batch(row(7, **{"plate.A": -20.0, "p": 1e-05})))
    assert line == "xovac,chamber=bench,site=lab,event=sensors plate.A=-20.0,p=1e-05 1790000000123456007\n"


def test_a_field_is_not_called_time() -> None:
    # InfluxDB 1 to 3 drop the whole point: `input field "time" on measurement "xovac" is invalid`.
    [line] = Lines(BENCH).of(batch(row(7, time=3.0, p=1.0)))
    assert " time_=3.0,p=1.0 " in line


@given(st.integers(0, 2**53), st.integers(0, 2**40))
def test_rows_of_one_microsecond_are_different_points(utc: int, number: int) -> None:
    assert stamp(utc, number) // 1000 == utc
    assert len({stamp(utc, number + more) for more in range(1000)}) == 1000


@pytest.mark.parametrize(
    ("url", "api", "database", "org", "address"),
    [
        ("http://a:8086", "1", "xovac", "", "http://a:8086/write?db=xovac&precision=ns"),
        ("http://a:8428/", "1", "", "", "http://a:8428/write?precision=ns"),
        ("https://a", "2", "b 1", "lab", "https://a/api/v2/write?bucket=b+1&org=lab&precision=ns"),
        ("http://a", "3", "x", "", "http://a/api/v3/write_lp?db=x&precision=nanosecond"),
        ("http://a/own?db=q", "1", "x", "", "http://a/own?db=q&precision=ns"),
    ],
)
def test_the_address_follows_the_kind_of_server(
    url: str, api: str, database: str, org: str, address: str
) -> None:
    assert write_address(url, api, database, org) == address


# -- answers --------------------------------------------------------------------------------------------


class Answers(BaseHTTPRequestHandler):
    """A server that gives the answers that a test lists, and keeps what it was sent."""

    protocol_version = "HTTP/1.1"
    answers: ClassVar[list[tuple[int, dict[str, str], bytes]]] = []
    got: ClassVar[list[tuple[dict[str, str], bytes]]] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.got.append((dict(self.headers), body))
        status, headers, said = self.answers.pop(0) if self.answers else (204, {}, b"")
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, *_: object) -> None:
        """Print nothing."""


@contextmanager
def answering(*answers: tuple[int, dict[str, str], bytes]) -> Iterator[str]:
    Answers.answers, Answers.got = list(answers), []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def writer(url: str, *, user: str = "", secret: str = "", api: str = "1", ca_file: str = "") -> InfluxWriter:
    access = Access(user, secret, api, ca_file, 2.0, True)
    return InfluxWriter(write_address(url, api, "xovac", ""), access, BENCH)


def failure(url: str, **access: str) -> SinkError:
    with pytest.raises(SinkError) as caught:
        writer(url, **access).send(batch(row(p=1.0)))
    return caught.value


@pytest.mark.parametrize(
    ("status", "headers", "said", "code", "remedy", "after"),
    [
        (401, {}, b'{"error":"authorization failed"}', FailureCode.CREDENTIALS, SinkRemedy.SETTINGS, None),
        (403, {}, b"no", FailureCode.CREDENTIALS, SinkRemedy.SETTINGS, None),
        (404, {}, b'{"error":"database not found"}', FailureCode.NOT_FOUND, SinkRemedy.SETTINGS, None),
        (302, {"Location": "/x"}, b"", FailureCode.NOT_A_STORE, SinkRemedy.SETTINGS, None),
        # A page to sign in at, in place of the store: nothing is stored.
        (200, {}, b"<html>Welcome</html>", FailureCode.NOT_A_STORE, SinkRemedy.SETTINGS, None),
        (400, {}, b'{"error":"unable to parse"}', FailureCode.BAD_ROW, SinkRemedy.SMALLER, None),
        (413, {}, b"", FailureCode.TOO_LARGE, SinkRemedy.SMALLER, None),
        (429, {"Retry-After": "17"}, b"", FailureCode.BUSY, SinkRemedy.WAIT, 17.0),
        (
            429,
            {"Retry-After": f"Fri, 01 Jan 2027 00:00:00 +{9**30}"},
            b"",
            FailureCode.BUSY,
            SinkRemedy.WAIT,
            None,
        ),
        (503, {"Retry-After": "nonsense"}, b"", FailureCode.BUSY, SinkRemedy.WAIT, None),
        (
            500,
            {},
            b'{"message":"engine: no space left on device"}',
            FailureCode.ANSWER,
            SinkRemedy.WAIT,
            None,
        ),
        (500, {}, b"\x1b[2J\xff" * 3000, FailureCode.ANSWER, SinkRemedy.WAIT, None),
    ],
)
def test_what_an_answer_means(
    status: int,
    headers: dict[str, str],
    said: bytes,
    code: FailureCode,
    remedy: SinkRemedy,
    after: float | None,
) -> None:
    with answering((status, headers, said)) as url:
        error = failure(url)
    assert (error.failure.code, error.failure.status) == (code, status)
    assert (error.remedy, error.retry_after) == (remedy, after)
    assert error.failure.detail.isprintable()
    assert len(error.failure.detail) <= 200


def test_what_was_dropped_of_a_batch_is_counted_and_the_rest_is_stored() -> None:
    said = b'{"error":"partial write: points beyond retention policy dropped=2"}'
    with answering((400, {}, said), (204, {}, b"")) as url:
        sink = writer(url)
        assert sink.send(batch(row(1, p=1.0), row(2, p=2.0), row(3, p=3.0))) == 2
        # The connection goes on.
        assert sink.send(batch(row(4, p=4.0))) == 0
        sink.close()


def test_a_batch_is_compressed_and_says_who_sends_it() -> None:
    with answering() as url:
        for access in ({"secret": "s"}, {"secret": "s", "api": "2"}, {"user": "ada", "secret": "pässword"}):
            sink = writer(url, **access)
            sink.send(batch(row(p=1.5)))
            sink.close()
        said = [headers["Authorization"] for headers, _ in Answers.got]
        body = gzip.decompress(Answers.got[0][1])
    assert said == ["Bearer s", "Token s", "Basic YWRhOnDDpHNzd29yZA=="]
    assert body == b"xovac,chamber=bench,site=lab,event=sensors p=1.5 1790000000123456007\n"


def test_the_secret_is_in_no_printed_form() -> None:
    assert "hush" not in repr(Access("ada", "hush", "1", "", 1.0, True))


def test_a_server_that_is_not_there_or_says_nothing_is_waited_for() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        port = silent.getsockname()[1]
        assert failure(f"http://127.0.0.1:{port}").failure.code is FailureCode.REFUSED
        silent.listen()
        access = Access("", "", "1", "", 0.2, True)
        sink = InfluxWriter(f"http://127.0.0.1:{port}/write", access, BENCH)
        with pytest.raises(SinkError) as caught:
            sink.send(batch(row(p=1.0)))
        assert caught.value.failure.code is FailureCode.NO_ANSWER
        assert caught.value.remedy is SinkRemedy.WAIT
    assert failure("http://no.such.host.invalid:1").failure.code is FailureCode.UNKNOWN_HOST


def test_an_unknown_authority_is_refused_and_a_known_one_is_not(tmp_path: Path) -> None:
    pki = make_pki(tmp_path)
    with answering() as url:
        port = int(url.rpartition(":")[2])
    server = ThreadingHTTPServer(("127.0.0.1", port), Answers)
    server.socket = pki.good.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        error = failure(f"https://localhost:{port}")
        assert (error.failure.code, error.remedy) == (FailureCode.CERTIFICATE, SinkRemedy.SETTINGS)
        sink = writer(f"https://localhost:{port}", ca_file=str(pki.ca_file))
        assert sink.send(batch(row(p=1.0))) == 0
        sink.close()
        missing = failure(f"https://localhost:{port}", ca_file=str(tmp_path / "none.pem"))
        assert missing.remedy is SinkRemedy.SETTINGS
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(
    ("headers", "settles"),
    [
        ({"X-Influxdb-Build": "OSS", "X-Influxdb-Version": "1.6.7"}, 0.0),
        ({"X-Influxdb-Version": "1.8.0", "X-Server-Hostname": "store"}, SETTLES),
        ({}, SETTLES),
    ],
    ids=["InfluxDB 1.6", "VictoriaMetrics 1.79", "another"],
)
def test_only_influxdb_is_known_to_keep_what_it_confirms(headers: dict[str, str], settles: float) -> None:
    with answering((204, headers, b"")) as url:
        one = writer(url)
        one.send(batch(row(t=1.0)))
        assert one.settles == settles
        one.confirm()
        one.close()
    with pytest.raises(SinkError):
        one.confirm()


@contextmanager
def talking(talk: Callable[[socket.socket], None]) -> Iterator[str]:
    """Serve connections by hand, each in a thread of its own."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            while True:
                try:
                    line, _ = listening.accept()
                except OSError:
                    return
                threading.Thread(target=one, args=(line,), daemon=True).start()

        def one(line: socket.socket) -> None:
            with line, suppress(OSError):
                talk(line)

        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        # A thread that accepts does not hear that the socket is closed.
        with suppress(OSError):
            listening.shutdown(socket.SHUT_RDWR)


def asked(line: socket.socket) -> bytes:
    """Return one request, whole."""
    got = b""
    while b"\r\n\r\n" not in got:
        got += line.recv(65536)
    head, _, body = got.partition(b"\r\n\r\n")
    found = re.search(rb"Content-Length: (\d+)", head)
    assert found
    while len(body) < int(found[1]):
        body += line.recv(65536)
    return head + body


def test_an_answer_without_an_end_costs_neither_memory_nor_time() -> None:
    sent = 0

    def talk(line: socket.socket) -> None:
        nonlocal sent
        asked(line)
        line.sendall(b"HTTP/1.1 500 Oops\r\n\r\n")
        while sent < 100_000_000:
            sent += line.send(bytes(100_000))

    with talking(talk) as url:
        assert failure(url).failure.code is FailureCode.ANSWER
    assert sent < 20_000_000


@pytest.mark.parametrize("word", [b"H", b"HTTP/1.1 100 Continue\r\n\r\n"])
def test_an_answer_that_comes_ever_so_slowly_is_none(word: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("xovac_tui.forwarding.engines.influx.GRACE", 0.0)

    def talk(line: socket.socket) -> None:
        asked(line)
        for _ in range(200):
            line.sendall(word)
            threading.Event().wait(0.02)

    with talking(talk) as url:
        access = Access("", "", "1", "", 0.2, True)
        sink = InfluxWriter(f"{url}/write", access, BENCH)
        with pytest.raises(SinkError) as caught:
            sink.send(batch(row(p=1.0)))
    assert caught.value.failure.code is FailureCode.NO_ANSWER


def test_a_connection_that_was_idle_and_ended_is_no_failure() -> None:
    connections = 0

    def talk(line: socket.socket) -> None:
        nonlocal connections
        connections += 1
        asked(line)
        line.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")

    with talking(talk) as url:
        sink = writer(url)
        for number in range(3):
            assert sink.send(batch(row(number, p=1.0))) == 0
        sink.close()
    assert connections == 3


@pytest.mark.parametrize("user", ["", "ada"])
def test_a_server_that_repeats_what_it_was_sent_shows_no_secret(user: str) -> None:
    def talk(line: socket.socket) -> None:
        said = asked(line).replace(b"\r\n", b" ")[-150:] + b" hush hash"
        line.sendall(b"HTTP/1.1 401 No\r\nContent-Length: %d\r\n\r\n%b" % (len(said), said))

    with talking(talk) as url:
        error = failure(f"{url}/own-hash?db=x&p=hash", user=user, secret="hush")
    assert error.failure.code is FailureCode.CREDENTIALS
    for secret in ("hush", "hash", b64encode(b"ada:hush").decode()):
        assert secret not in error.failure.detail


def test_a_secret_and_a_path_of_any_letters_can_be_sent() -> None:
    with answering() as url:
        sink = writer(f"{url}/\u00fcber uns", secret="\u043a\u043b\u044e\u0447")
        assert sink.send(batch(row(p=1.0))) == 0
        sink.close()
    assert Answers.got[0][0]["Authorization"].encode("latin-1").decode() == "Bearer \u043a\u043b\u044e\u0447"


def test_files_that_are_no_certificates_are_named(tmp_path: Path) -> None:
    (tmp_path / "garbage.pem").write_bytes(bytes(range(256)))
    for path in (tmp_path, tmp_path / "none.pem", tmp_path / "garbage.pem"):
        error = failure("https://localhost:1", ca_file=str(path))
        assert (error.failure.code, error.remedy) == (FailureCode.FILE, SinkRemedy.SETTINGS)
        assert "ca_file" in error.failure.detail


def test_a_server_without_tls_and_one_that_is_killed_amid_it_are_no_wrong_certificates() -> None:
    def plain(line: socket.socket) -> None:
        line.recv(1000)
        line.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    def killed(line: socket.socket) -> None:
        line.recv(1000)

    for talk, code in ((plain, FailureCode.TLS), (killed, FailureCode.CONNECTION)):
        with talking(talk) as url:
            error = failure(url.replace("http:", "https:"))
        assert (error.failure.code, error.remedy) == (code, SinkRemedy.WAIT)
