"""Writes into PostgreSQL by psycopg 3.

Every table has the key of its rows as its primary key, and a batch is one transaction in which rows that are
there already are passed over: each row is there once, whatever was sent again. The cursor is the record's.
One in the database would be wrong where a record was copied, since both copies go on counting from there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import msgspec

from xovac_tui.errors import is_refused
from xovac_tui.forwarding.batch import Batch, ChannelRow
from xovac_tui.forwarding.engines.deadline import deadline
from xovac_tui.forwarding.failures import Failure, FailureCode, SinkError, SinkRemedy
from xovac_tui.forwarding.recordparts import Part
from xovac_tui.forwarding.sinksettings import ForwardedChamber
from xovac_tui.text import clean

if TYPE_CHECKING:
    import psycopg

MOST = 1_000
"""Rows of a batch."""
SCHEMA = """
CREATE SCHEMA IF NOT EXISTS {schema};
CREATE TABLE IF NOT EXISTS {schema}.channels (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    site text NOT NULL, chamber text NOT NULL, name text NOT NULL, label text NOT NULL, unit text NOT NULL,
    UNIQUE (site, chamber, name)
);
CREATE TABLE IF NOT EXISTS {schema}.samples (
    source uuid NOT NULL, number bigint NOT NULL, channel integer NOT NULL REFERENCES {schema}.channels,
    utc timestamptz NOT NULL, value double precision NOT NULL,
    PRIMARY KEY (channel, utc, source, number)
);
CREATE TABLE IF NOT EXISTS {schema}.texts (
    source uuid NOT NULL, number bigint NOT NULL, channel integer NOT NULL REFERENCES {schema}.channels,
    utc timestamptz NOT NULL, value text NOT NULL,
    PRIMARY KEY (channel, utc, source, number)
);
CREATE TABLE IF NOT EXISTS {schema}.log (
    source uuid NOT NULL, part text NOT NULL, number bigint NOT NULL,
    site text NOT NULL, chamber text NOT NULL, utc timestamptz NOT NULL,
    kind text NOT NULL, title text NOT NULL, state text NOT NULL, text text NOT NULL, who text NOT NULL,
    PRIMARY KEY (source, part, number)
);
CREATE TABLE IF NOT EXISTS {schema}.runs (
    source uuid NOT NULL, number bigint NOT NULL,
    site text NOT NULL, chamber text NOT NULL, name text NOT NULL,
    started timestamptz NOT NULL, ended timestamptz, result text NOT NULL, reason text NOT NULL,
    PRIMARY KEY (source, number)
);
CREATE OR REPLACE VIEW {schema}.readings AS
    SELECT s.utc, c.site, c.chamber, c.name AS channel, c.label, s.value, c.unit, s.source, s.number
    FROM {schema}.samples s JOIN {schema}.channels c ON c.id = s.channel;
CREATE OR REPLACE VIEW {schema}.alarms AS
    SELECT utc, site, chamber, title AS rule, state AS event, text, who, source, number
    FROM {schema}.log WHERE kind = 'alarm';
CREATE OR REPLACE VIEW {schema}.commands AS
    SELECT utc, site, chamber, title AS command, state AS outcome, text, who, source, number
    FROM {schema}.log WHERE kind = 'command';
CREATE OR REPLACE VIEW {schema}.steps AS
    SELECT utc, site, chamber, text AS step, source, number FROM {schema}.log WHERE kind = 'step';
"""
"""Statements that make what is missing. `samples` and `texts` become hypertables where TimescaleDB is."""
_HYPERTABLE = (
    "SELECT create_hypertable('{schema}.{table}', 'utc', if_not_exists => true, migrate_data => true)"
)
_SPACES = re.compile(r"\s+")
_MAKING = 0x584F5641
"""Advisory lock within which the tables are made: several recorders may begin at one moment."""


class Database(msgspec.Struct, frozen=True):
    """Where the tables are, and how to get there. Not shown: it holds the secret."""

    url: str
    user: str
    secret: str
    ca_file: str
    schema: str
    timeout: float

    def __repr__(self) -> str:
        return "Database(…)"

    def options(self) -> dict[str, Any]:
        """Return what is given to libpq beside the address (postgresql.org, "Parameter Key Words")."""
        given = {"user": self.user, "password": self.secret, "sslrootcert": self.ca_file}
        found: dict[str, Any] = {name: value for name, value in given.items() if value}
        if self.ca_file:
            found["sslmode"] = "verify-full"
        # libpq takes whole seconds, and two at least.
        found["connect_timeout"] = max(2, round(self.timeout))
        found["application_name"] = "xovac-tui"
        found["options"] = f"-c statement_timeout={round(self.timeout * 1000)} -c timezone=UTC"
        return found


class PostgresWriter:
    """One connection to a database."""

    most = MOST
    settles, losses = 0.0, 0

    def __init__(self, where: Database, chamber: ForwardedChamber) -> None:
        """Raise SinkError where psycopg is not installed."""
        try:
            import psycopg
        except ImportError as error:
            raise SinkError(Failure(FailureCode.MISSING, "postgres"), SinkRemedy.SETTINGS) from error
        self._psycopg = psycopg
        self._where, self._chamber = where, chamber
        self._connection: psycopg.Connection[Any] | None = None
        self._channels: dict[str, int] = {}
        """Full name of a channel -> its id."""

    def open(self) -> None:
        """Connect, and make the tables that are missing."""
        self.close()
        with self._explained():
            self._check_address()
            self._connection = self._psycopg.connect(
                self._where.url, autocommit=True, **self._where.options()
            )
            self._make(self._connection)

    def cursor(self, part: Part, ours: int) -> int:
        """Return the record's cursor."""
        return ours

    def send(self, batch: Batch) -> int:
        """Store a batch in one transaction; return 0."""
        connection = self._open()
        before = dict(self._channels)
        try:
            with self._explained(), connection.transaction(), connection.cursor() as cursor:
                self._name(cursor, batch.channels)
                self._store_events(cursor, batch)
                self._store_log(cursor, batch)
        except SinkError:
            # What was named in the transaction is not there.
            self._channels = before
            raise
        return 0

    def confirm(self) -> None:
        """Do nothing: what is confirmed stays."""

    def close(self) -> None:
        """Let go of the connection."""
        connection, self._connection = self._connection, None
        self._channels = {}
        if connection is not None:
            connection.close()

    def trial(self) -> Iterator[str]:
        """Try step by step whether it can be used: connect, with the tables made; write and take it back."""
        self.open()
        yield "connect"
        connection = self._open()
        with self._explained(), connection.transaction(force_rollback=True), connection.cursor() as cursor:
            self._name(cursor, (ChannelRow("trial", "trial", ""),))
        self._channels = {}
        yield "write"

    # -- inside ---------------------------------------------------------------------------------------

    def _check_address(self) -> None:
        """Raise SinkError for an address that libpq cannot read: what libpq says of it repeats it."""
        try:
            self._psycopg.conninfo.conninfo_to_dict(self._where.url)
        except (self._psycopg.Error, UnicodeError):
            raise SinkError(Failure(FailureCode.ADDRESS), SinkRemedy.SETTINGS) from None

    def _open(self) -> psycopg.Connection[Any]:
        if self._connection is None:
            self.open()
        assert self._connection is not None
        return self._connection

    def _sql(self, text: str) -> Any:
        """Return a statement with the schema, whose name is known to be a plain one."""
        return self._psycopg.sql.SQL(text.replace("{schema}", self._where.schema))

    def _make(self, connection: psycopg.Connection[Any]) -> None:
        with connection.transaction(), connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", (_MAKING,))
            there = cursor.execute("SELECT to_regclass(%s)", (f"{self._where.schema}.steps",)).fetchone()
            if there is not None and there[0] is not None:
                return
            cursor.execute(self._sql(SCHEMA))
            if cursor.execute("SELECT 1 FROM pg_extension WHERE extname = 'timescaledb'").fetchone():
                for table in ("samples", "texts"):
                    cursor.execute(self._sql(_HYPERTABLE.replace("{table}", table)))

    def _name(self, cursor: psycopg.Cursor[Any], channels: tuple[ChannelRow, ...]) -> None:
        """Write what channels are called, and learn their ids."""
        for one in channels:
            found = cursor.execute(
                self._sql(
                    "INSERT INTO {schema}.channels (site, chamber, name, label, unit) "
                    "VALUES (%s, %s, %s, %s, %s) ON CONFLICT (site, chamber, name) "
                    "DO UPDATE SET label = excluded.label, unit = excluded.unit RETURNING id"
                ),
                (self._chamber.site, self._chamber.name, clean(one.name), one.label, one.unit),
            ).fetchone()
            assert found is not None
            self._channels[one.name] = found[0]

    def _ids(self, cursor: psycopg.Cursor[Any], batch: Batch) -> Callable[[str, str], int]:
        """Return what gives the id of a channel by the name of its message and its path."""
        paths = {(row.event, path) for row in batch.events for path, _ in (*row.values, *row.texts)}
        names = {pair: ".".join(filter(None, pair)) for pair in paths}
        missing = sorted({name for name in names.values() if name not in self._channels})
        self._name(cursor, tuple(ChannelRow(name, clean(name), "") for name in missing))
        ids = {pair: self._channels[name] for pair, name in names.items()}
        return lambda event, path: ids[event, path]

    def _store_events(self, cursor: psycopg.Cursor[Any], batch: Batch) -> None:
        if not batch.events:
            return
        id_of = self._ids(cursor, batch)
        numbers = [
            (row.key.source, row.key.number, id_of(row.event, path), row.utc, value)
            for row in batch.events
            for path, value in row.values
        ]
        texts = [
            (row.key.source, row.key.number, id_of(row.event, path), row.utc, value)
            for row in batch.events
            for path, value in row.texts
        ]
        for table, kind, rows in (("samples", "double precision", numbers), ("texts", "text", texts)):
            if rows:
                self._copy(cursor, table, kind, rows)

    def _copy(self, cursor: psycopg.Cursor[Any], table: str, kind: str, rows: list[tuple[Any, ...]]) -> None:
        cursor.execute(
            f"CREATE TEMP TABLE arriving_{table} "
            f"(source uuid, number bigint, channel integer, utc bigint, value {kind}) ON COMMIT DROP"
        )
        with cursor.copy(f"COPY arriving_{table} FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        cursor.execute(
            self._sql(
                f"INSERT INTO {{schema}}.{table} (source, number, channel, utc, value) "
                "SELECT source, number, channel, to_timestamp(0) + utc * interval '1 microsecond', value "
                f"FROM arriving_{table} ON CONFLICT DO NOTHING"
            )
        )

    def _store_log(self, cursor: psycopg.Cursor[Any], batch: Batch) -> None:
        site, chamber = self._chamber.site, self._chamber.name
        for row in batch.log:
            source, part, number = row.key
            if part is Part.RUNS:
                cursor.execute(
                    self._sql(
                        "INSERT INTO {schema}.runs VALUES (%s, %s, %s, %s, %s, "
                        "to_timestamp(0) + %s * interval '1 microsecond', "
                        "to_timestamp(0) + %s::bigint * interval '1 microsecond', %s, %s) "
                        "ON CONFLICT (source, number) DO UPDATE "
                        "SET ended = excluded.ended, result = excluded.result, reason = excluded.reason"
                    ),
                    (source, number, site, chamber, row.title, row.utc, row.ended, row.state, row.text),
                )
                continue
            cursor.execute(
                self._sql(
                    "INSERT INTO {schema}.log VALUES (%s, %s, %s, %s, %s, "
                    "to_timestamp(0) + %s * interval '1 microsecond', %s, %s, %s, %s, %s) "
                    "ON CONFLICT DO NOTHING"
                ),
                (
                    *(source, part.value, number, site, chamber, row.utc),
                    *(row.kind, row.title, row.state, row.text, row.who),
                ),
            )

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Raise SinkError for what psycopg raises, and for a server that does not answer in time."""
        # libpq waits for an answer without an end.
        with deadline(self._where.timeout + 1.0, self._descriptor) as late:
            try:
                yield
            except (self._psycopg.DataError, UnicodeError) as error:
                # A value, also one that the library itself does not take: text with a NUL, half a character.
                self.close()
                raise SinkError(Failure(FailureCode.BAD_ROW, _said(error)), SinkRemedy.SMALLER) from error
            except self._psycopg.Error as error:
                self.close()
                if late.is_set():
                    raise SinkError(_NO_ANSWER, SinkRemedy.WAIT) from error
                raise explained(error) from error

    def _descriptor(self) -> int | None:
        connection = self._connection
        try:
            return None if connection is None or connection.closed else connection.fileno()
        except self._psycopg.Error:
            return None


_NO_ANSWER = Failure(FailureCode.NO_ANSWER)
_TOO_SLOW = "57014"
"""SQLSTATE of a statement that took longer than `statement_timeout`."""
_CLASSES = {
    "22": (FailureCode.BAD_ROW, SinkRemedy.SMALLER),  # data exception
    "23": (FailureCode.BAD_ROW, SinkRemedy.SMALLER),  # integrity constraint violation
    "28": (FailureCode.CREDENTIALS, SinkRemedy.SETTINGS),  # invalid authorization
    "3D": (FailureCode.NOT_FOUND, SinkRemedy.SETTINGS),  # invalid catalog name: no such database
    "42": (FailureCode.CREDENTIALS, SinkRemedy.SETTINGS),  # access rule violation
    "54": (FailureCode.BAD_ROW, SinkRemedy.SMALLER),  # program limit exceeded, such as a name for an index
    "53": (FailureCode.BUSY, SinkRemedy.WAIT),  # insufficient resources, such as a full disk
}
"""First two characters of an SQLSTATE (postgresql.org, "PostgreSQL Error Codes") -> what it means."""

_CONNECTING = (
    ("root certificate file", FailureCode.FILE, SinkRemedy.SETTINGS),
    ("could not read root certificate", FailureCode.FILE, SinkRemedy.SETTINGS),
    ("connection is bad: invalid", FailureCode.ADDRESS, SinkRemedy.SETTINGS),
    ("password authentication failed", FailureCode.CREDENTIALS, SinkRemedy.SETTINGS),
    ("no password supplied", FailureCode.CREDENTIALS, SinkRemedy.SETTINGS),
    ("no pg_hba.conf entry", FailureCode.CREDENTIALS, SinkRemedy.SETTINGS),
    ("does not exist", FailureCode.NOT_FOUND, SinkRemedy.SETTINGS),
    ("certificate verify failed", FailureCode.CERTIFICATE, SinkRemedy.SETTINGS),
    ("Connection refused", FailureCode.REFUSED, SinkRemedy.WAIT),
    ("resolve host", FailureCode.UNKNOWN_HOST, SinkRemedy.WAIT),
    ("translate host name", FailureCode.UNKNOWN_HOST, SinkRemedy.WAIT),
    ("timeout expired", FailureCode.NO_ANSWER, SinkRemedy.WAIT),
)
"""What libpq says while it connects, for which it gives no SQLSTATE, and what it means."""


def explained(error: psycopg.Error) -> SinkError:
    """Return why the database did not do it."""
    detail = _said(error)
    state = error.sqlstate or ""
    if state == _TOO_SLOW:
        return SinkError(_NO_ANSWER, SinkRemedy.WAIT)
    if state:
        code, remedy = _CLASSES.get(state[:2], (FailureCode.ANSWER, SinkRemedy.WAIT))
        return SinkError(Failure(code, detail), remedy)
    if is_refused(error):
        return SinkError(Failure(FailureCode.REFUSED), SinkRemedy.WAIT)
    for words, code, remedy in _CONNECTING:
        if words in detail:
            # What is said of an address repeats it.
            reported = remedy is SinkRemedy.SETTINGS and code is not FailureCode.ADDRESS
            return SinkError(Failure(code, detail if reported else ""), remedy)
    return SinkError(Failure(FailureCode.CONNECTION, detail), SinkRemedy.WAIT)


def _said(error: Exception) -> str:
    return clean(_SPACES.sub(" ", f"{error}").strip(), 200)
