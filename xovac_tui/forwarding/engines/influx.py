"""Writes the Influx line protocol over HTTP.

The protocol: docs.influxdata.com, "Line protocol reference" of InfluxDB 1.8. A point with the measurement,
the tags and the time of another one takes its place, so a batch that is sent again changes nothing.
"""

from __future__ import annotations

import contextlib
import gzip
import http.client
import json
import logging
import re
from base64 import b64encode
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import NamedTuple
from urllib.parse import SplitResult, parse_qsl, quote, unquote_plus, urlencode, urlsplit

import msgspec

from xovac_tui import __version__
from xovac_tui.forwarding.batch import Batch, ChannelRow, EventRow, LogRow, stamp
from xovac_tui.forwarding.engines.deadline import deadline
from xovac_tui.forwarding.engines.unreached import explained, trusting
from xovac_tui.forwarding.failures import Failure, FailureCode, SinkError, SinkRemedy
from xovac_tui.forwarding.recordparts import Part
from xovac_tui.forwarding.sinksettings import ForwardedChamber
from xovac_tui.text import clean

SETTLES = 60.0
"""Seconds that are sent again to a store other than InfluxDB once the connection was lost.

InfluxDB answers when its log is on the disk. VictoriaMetrics 1.79 was killed: what it had confirmed in the
8 s before was gone.
"""
MOST = 5_000
"""Rows of a batch. InfluxData advises 5,000 to 10,000 lines."""
_PARTLY = re.compile(r"partial write: (?!unable to parse).*dropped=([0-9]{1,9})", re.DOTALL)
_DIGITS = re.compile(r"[0-9]+")
_MOST_LOGGED = 20
_PATHS = {"1": "/write", "2": "/api/v2/write", "3": "/api/v3/write_lp"}
_IN_PATHS = "/%:@!$&'()*+,;="
"""What stays as it is in a path (RFC 3986, 3.3), beside letters and digits."""
_RESERVED = {"time": "time_"}
"""A path that is no name of a field -> the name that it gets: InfluxDB drops a point with a field `time`."""
_SHOWN = frozenset(("db", "bucket", "org", "rp", "precision", "consistency"))
"""Keys of an address whose values are no secrets."""
_HOUR = 3_600_000_000
"""Microseconds."""
GRACE = 1.0
"""Seconds beyond the time-out after which a connection is shut down."""
_LONGEST_ANSWER = 4_000
"""Bytes of an answer that are read."""
_KEY = str.maketrans({",": r"\,", "=": r"\=", " ": r"\ ", "\\": "\\\\"})
_MEASUREMENT = str.maketrans({",": r"\,", " ": r"\ "})
_QUOTED = str.maketrans({'"': r"\"", "\\": r"\\"})


class Access(msgspec.Struct, frozen=True):
    """How to get into a store. Not shown: it holds the secret."""

    user: str
    secret: str
    api: str
    ca_file: str
    timeout: float
    gzip: bool

    def __repr__(self) -> str:
        return "Access(…)"

    def headers(self) -> dict[str, bytes]:
        """Return what names the user in a request."""
        if self.user:
            return {"Authorization": f"Basic {self._pair()}".encode()}
        if self.secret:
            word = "Token" if self.api == "2" else "Bearer"
            return {"Authorization": f"{word} {self.secret}".encode()}
        return {}

    def secrets(self) -> tuple[str, ...]:
        """Return what no answer may show, as it is sent."""
        return (self.secret, self._pair()) if self.secret else ()

    def _pair(self) -> str:
        return b64encode(f"{self.user}:{self.secret}".encode()).decode()


def write_address(url: str, api: str, database: str, org: str) -> str:
    """Return the address to which lines are posted; one with a path keeps it, and what stands behind it."""
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    path = parts.path
    if path in ("", "/"):
        path = _PATHS[api]
    if database:
        query.setdefault("bucket" if api == "2" else "db", database)
    if org:
        query.setdefault("org", org)
    query.setdefault("precision", "nanosecond" if api == "3" else "ns")
    return parts._replace(path=quote(path, safe=_IN_PATHS), query=urlencode(query), fragment="").geturl()


class _Answer(NamedTuple):
    """What a server answered."""

    status: int
    said: bytes
    """The beginning of its text."""
    retry_after: str


class InfluxWriter:
    """Posts lines to one address, on one connection that is kept open."""

    most = MOST

    def __init__(self, address: str, access: Access, chamber: ForwardedChamber) -> None:
        self._parts = urlsplit(address)
        self._access = access
        self._lines = Lines(chamber)
        self.settles = SETTLES
        """Seconds until what is confirmed is on the disk, as the newest answer lets assume."""
        self.losses = 0
        self._connection: http.client.HTTPConnection | None = None
        self._hidden = _hidden(self._parts, access)
        self._logged: set[str] = set()
        """What it said of points that it left out, without numbers."""

    def open(self) -> None:
        """Connect; raises SinkError."""
        self.close()
        parts, timeout = self._parts, self._access.timeout
        host = parts.hostname or ""
        try:
            if parts.scheme == "https":
                context = trusting(self._access.ca_file)
                self._connection = http.client.HTTPSConnection(
                    host, parts.port, timeout=timeout, context=context
                )
            else:
                self._connection = http.client.HTTPConnection(host, parts.port, timeout=timeout)
            self._connection.connect()
        except (OSError, ValueError) as error:
            self.close()
            raise explained(error) from error

    def cursor(self, part: Part, ours: int) -> int:
        """Return the record's cursor: the store keeps none."""
        return ours

    def send(self, batch: Batch) -> int:
        """Post a batch; return how many points the store has left out, such as those older than it keeps."""
        lines = "".join(self._lines.of(batch)).encode()
        return min(len(batch), self._post(lines)) if lines else 0

    def trial(self) -> Iterator[str]:
        """Try step by step whether it can be used: connect, then write nothing that stays."""
        self.open()
        yield "connect"
        self._post(b"")
        yield "write"

    def confirm(self) -> None:
        """Post nothing: the end of the store has closed the connection."""
        self._post(b"")

    def close(self) -> None:
        """Let go of the connection."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _log_once(self, said: str) -> None:
        kind = _DIGITS.sub("#", said)
        if kind not in self._logged and len(self._logged) < _MOST_LOGGED:
            self._logged.add(kind)
            logging.getLogger(__name__).warning("%s leaves points out: %s", self._parts.hostname, said)

    def _post(self, body: bytes) -> int:
        """Post lines; return how many points the store has left out, and stored the rest."""
        headers: dict[str, str | bytes] = {
            "User-Agent": f"xovac-tui/{__version__}",
            "Content-Type": "text/plain; charset=utf-8",
            **self._access.headers(),
        }
        if self._access.gzip and body:
            body = gzip.compress(body, 1)
            headers["Content-Encoding"] = "gzip"
        status, said, retry_after = self._asked(body, headers)
        if 200 <= status < 300 and not (status == 200 and said.strip()):
            return 0
        if left_out := partly(status, said):
            self._log_once(self._message(said))
            return left_out
        raise refusal(status, self._message(said), retry_after)

    def _asked(self, body: bytes, headers: Mapping[str, str | bytes]) -> _Answer:
        """Post once, or twice where the server had ended the connection since the batch before."""
        try:
            if self._connection is not None and self._connection.sock is not None:
                # What is sent again changes nothing.
                with contextlib.suppress(ConnectionError):
                    return self._exchange(self._connection, body, headers)
                self.losses += 1
            self.open()
            assert self._connection is not None
            return self._exchange(self._connection, body, headers)
        except (OSError, http.client.HTTPException, ValueError) as error:
            self.close()
            raise explained(error) from error

    def _exchange(
        self, connection: http.client.HTTPConnection, body: bytes, headers: Mapping[str, str | bytes]
    ) -> _Answer:
        target = self._parts.path + (f"?{self._parts.query}" if self._parts.query else "")
        with deadline(self._access.timeout + GRACE, connection.sock.fileno) as late:
            try:
                connection.request("POST", target, body, headers)
                answer = connection.getresponse()
                said = answer.read(_LONGEST_ANSWER)
            except (OSError, http.client.HTTPException) as error:
                if late.is_set():
                    raise TimeoutError from error
                raise
        # Others claim a version, too.
        self.settles = 0.0 if "X-Influxdb-Build" in answer.headers else SETTLES
        if not answer.isclosed():
            # The rest of it may have no end.
            self.close()
        return _Answer(answer.status, said, answer.headers.get("Retry-After", ""))

    def _message(self, said: bytes) -> str:
        """Return what an answer says as one clean line, without what this program sent as a secret."""
        text = _plain(said)
        for secret in self._hidden:
            text = text.replace(secret, "…")
        return clean(text, 200)


def partly(status: int, said: bytes) -> int:
    """Return how many points of a batch an answer says were dropped while the others were stored; else 0.

    InfluxDB 1 answers 400 and InfluxDB 2 answers 422: `partial write: field type conflict: ... dropped=1`, or
    `partial write: points beyond retention policy dropped=3`.
    """
    found = _PARTLY.search(said.decode("utf-8", "replace")) if status in (400, 422) else None
    return int(found[1]) if found is not None else 0


def refusal(status: int, detail: str, retry_after: str) -> SinkError:
    """Return what an answer other than 204 means; `detail` is what it says, cleaned."""
    if status in (401, 403):
        return SinkError(Failure(FailureCode.CREDENTIALS, detail, status), SinkRemedy.SETTINGS)
    if status < 400:
        return SinkError(Failure(FailureCode.NOT_A_STORE, detail, status), SinkRemedy.SETTINGS)
    if status in (404, 405, 410):
        return SinkError(Failure(FailureCode.NOT_FOUND, detail, status), SinkRemedy.SETTINGS)
    if status == 413:
        return SinkError(Failure(FailureCode.TOO_LARGE, detail, status), SinkRemedy.SMALLER)
    if status in (400, 422):
        return SinkError(Failure(FailureCode.BAD_ROW, detail, status), SinkRemedy.SMALLER)
    code = FailureCode.BUSY if status in (429, 503) else FailureCode.ANSWER
    return SinkError(Failure(code, detail, status), SinkRemedy.WAIT, _seconds(retry_after))


def _plain(said: bytes) -> str:
    """Return what an answer says: its `error` or `message` where it is an object of JSON that has one."""
    text = said.decode("utf-8", "replace").strip()
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if isinstance(found, dict):
        text = str(found.get("error") or found.get("message") or text)
    return text


def _hidden(parts: SplitResult, access: Access) -> tuple[str, ...]:
    """Return what no message may show: secrets, and what of an address may be one, as it is sent."""
    own = [parts.path] if parts.path not in _PATHS.values() else []
    given = [part.partition("=") for part in parts.query.split("&")]
    own += [value for name, _, value in given if name not in _SHOWN]
    plain = [*access.secrets(), *own, *(unquote_plus(one) for one in own)]
    return tuple(sorted({one for one in plain if one}, key=len, reverse=True))


def _seconds(retry_after: str) -> float | None:
    """Return for how many seconds a `Retry-After` asks (RFC 9110, 10.2.3): a number of them, or a date."""
    if retry_after.strip().isdecimal():
        return float(retry_after)
    try:
        return max(0.0, (parsedate_to_datetime(retry_after) - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError, OverflowError):
        return None


class Lines:
    """Makes lines of rows.

    Measurements: `xovac` (readings; tags chamber, site, event; fields by path), `xovac_text` (what messages
    say in words), `xovac_log` (alarms, commands, marks, runs), `xovac_channel` (label and unit of a channel,
    at the hour of the first reading that is sent with them).
    """

    def __init__(self, chamber: ForwardedChamber) -> None:
        tags = f",chamber={_tag(chamber.name)}"
        if chamber.site:
            tags += f",site={_tag(chamber.site)}"
        self._tags = tags
        self._heads: dict[tuple[str, str], str] = {}
        self._fields: dict[str, str] = {}

    def of(self, batch: Batch) -> Iterator[str]:
        """Yield the lines of a batch, each with its line break."""
        hour = batch.events[0].utc // _HOUR * _HOUR * 1000 if batch.events else 0
        for channel in batch.channels:
            yield self._channel(channel, hour)
        for row in batch.events:
            if row.values:
                yield self._values(row)
            if row.texts:
                yield self._texts(row)
        for entry in batch.log:
            yield self._log(entry)

    def _head(self, measurement: str, event: str) -> str:
        found = self._heads.get((measurement, event))
        if found is None:
            found = self._heads[measurement, event] = f"{measurement}{self._tags},event={_tag(event)} "
        return found

    def _field(self, path: str) -> str:
        found = self._fields.get(path)
        if found is None:
            found = self._fields[path] = _RESERVED.get(path) or _key(path or "value")
        return found

    def _values(self, row: EventRow) -> str:
        field = self._field
        # Always with a point or an exponent: a number without would make the field one of whole numbers.
        fields = ",".join([f"{field(path)}={value!r}" for path, value in row.values])
        return f"{self._head('xovac', row.event)}{fields} {stamp(row.utc, row.key.number)}\n"

    def _texts(self, row: EventRow) -> str:
        fields = ",".join([f"{self._field(path)}={_text(text)}" for path, text in row.texts])
        return f"{self._head('xovac_text', row.event)}{fields} {stamp(row.utc, row.key.number)}\n"

    def _log(self, row: LogRow) -> str:
        fields = [
            f"{name}={_text(text)}"
            for name, text in (
                ("title", row.title),
                ("state", row.state),
                ("text", row.text),
                ("who", row.who),
                ("key", row.key.text),
            )
        ]
        if row.ended is not None:
            fields.append(f"ended={row.ended / 1e6!r}")
        head = f"xovac_log{self._tags},kind={_tag(row.kind)}"
        return f"{head} {','.join(fields)} {stamp(row.utc, row.key.number)}\n"

    def _channel(self, row: ChannelRow, at: int) -> str:
        reported = f"label={_text(row.label)},unit={_text(row.unit)}"
        return f"xovac_channel{self._tags},channel={_tag(row.name)} {reported} {at}\n"


def _tag(text: str) -> str:
    """Return a tag's value or a field's name: no line break, and no backslash at its end."""
    return _key(clean(text, 200) or "-")


def _key(text: str) -> str:
    return clean(text, 200).replace("\\", "/").translate(_KEY)


def _text(text: str) -> str:
    return f'"{clean(text).translate(_QUOTED)}"'
