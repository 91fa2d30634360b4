"""The chain of hashes: whatever is done to an audited row past the program is found, and the row named."""

from __future__ import annotations

import hashlib
import math
import random
import sqlite3
import struct
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.audited import PLACES, audited_record, done_to, downgraded, one_of_each, opened
from tests.helpers.record import UTC, copied, reading, writer
from xovac_tui.recording.attachments import File, attach
from xovac_tui.recording.audit import Audit, Head, entries, head_of, verify
from xovac_tui.recording.audit_faults import AuditCode
from xovac_tui.recording.disk import writer as writer_module
from xovac_tui.recording.disk.chain import canonical
from xovac_tui.recording.disk.housekeeping import Retention
from xovac_tui.recording.disk.kinds import AUDITED, RecordedMark
from xovac_tui.recording.disk.schema import RecordError, TornRecordError, open_for_writing
from xovac_tui.recording.disk.table import columns_of
from xovac_tui.recording.disk.writer import BLOCK
from xovac_tui.recording.exports.exported import note_exported
from xovac_tui.units import DAY

ROUNDS = 4
"""Of `audited_record`."""
EACH = 7
"""Audited rows of a round."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return copied(tmp_path / "bench.record", audited_record)


HEAD_FAULTS = {AuditCode.HEAD_REMOVED, AuditCode.HEAD_DIFFERS, AuditCode.END_REMOVED}


def reported(found: Audit) -> list[tuple[str, str, int]]:
    return [(one.wrong, one.entry.place, one.entry.row) for one in found.faults]


def said(found: Audit) -> str:
    return "\n".join(one.sentence(lambda t: f"{t - UTC:g} s") for one in found.faults)


# -- what is well ---------------------------------------------------------------------------------------


def test_everything_audited_is_in_the_chain_in_its_order(path: Path) -> None:
    found = verify(path)
    assert found.well
    assert found.head.count == ROUNDS * EACH
    assert found.head == head_of(path)
    listed = list(entries(path))
    assert [one.number for one in listed] == list(range(1, ROUNDS * EACH + 1))
    first = [(one.place, one.row, one.who, one.what) for one in listed[:EACH]]
    assert first == [
        ("ledger", 1, "ada@bench", "load_recipe: success"),
        ("marks", 2, "bob@bench", "door ␀ opened, 1.25"),
        ("alarms", 1, "", "Plate A high: raised"),
        ("alarms", 2, "eve@bench", "Plate A high: asked"),
        ("changes", 1, "ada@bench", "settings: recipe.max: 80 -> 90"),
        ("loads", 1, "ada@bench", "Bake: success"),
        ("attachments", 1, "ada@bench", "a.png for r1"),
    ]
    assert [one.t for one in listed[::EACH]] == [UTC + number + 0.25 for number in range(1, ROUNDS + 1)]
    assert [one.number for one in entries(path, UTC + 4)] == list(range(3 * EACH + 1, 4 * EACH + 1))


def test_a_new_record_has_an_empty_chain(tmp_path: Path) -> None:
    writer(tmp_path / "new").close(UTC)
    assert verify(tmp_path / "new") == Audit(head=Head(0, "0" * 64), unchained={"sessions": 1})


def test_every_column_of_an_audited_table_is_hashed(path: Path) -> None:
    assert set(AUDITED) == set(PLACES)
    with opened(path) as db:
        for place, kind in AUDITED.items():
            there = [row[1].decode() for row in db.execute(f"PRAGMA table_info({place})")]
            assert there == ["id", *columns_of(kind)]


def test_the_hash_is_what_the_manual_says(path: Path) -> None:
    """Computed a second time, by the words of docs/audit.md."""

    def encoded(value: Any, kind: bytes) -> bytes:
        data: bytes = b"" if value is None else value if isinstance(value, bytes) else str(value).encode()
        if kind == b"real":
            data = struct.pack(">d", value)
        letter = {b"null": b"N", b"integer": b"I", b"real": b"R", b"text": b"T", b"blob": b"B"}[kind]
        return letter + str(len(data)).encode() + b":" + data

    before = b"0" * 64
    with opened(path) as db:
        for number, place, row, reported_hash in db.execute(
            "SELECT id, place, row, hash FROM chain"
        ).fetchall():
            text = encoded(number, b"integer") + encoded(place, b"text") + encoded(row, b"integer")
            columns = [one[1].decode() for one in db.execute(f"PRAGMA table_info({place.decode()})")][1:]
            for column in columns:
                found = db.execute(
                    f"SELECT {column}, typeof({column}) FROM {place.decode()} WHERE id = ?", (row,)
                ).fetchone()
                text += encoded(*found)
            before = hashlib.sha256(before + text).hexdigest().encode()
            assert reported_hash == before
        assert db.execute("SELECT count, hash FROM head").fetchall() == [(ROUNDS * EACH, before)]


def test_no_two_lists_look_alike() -> None:
    lists: list[tuple[Any, ...]] = [
        (), (None,), ("",), (b"",), (0,), (0.0,), ("0",), (b"0",), ("a", "b"), ("ab",), ("a", b"b"),
        ("aT1:b",), ("a", None, "b"), (1, 2), (12,), (-0.0,), (math.inf,),
    ]  # fmt: skip
    assert len({canonical(one) for one in lists}) == len(lists)
    # As it is written and as it is read back.
    assert canonical(("é",)) == canonical((bytearray("é".encode()),)) != canonical(("é".encode(),))


# -- a byte that is another one -------------------------------------------------------------------------


class Cell:
    """One value in the file that the audit is about."""

    def __init__(self, table: str, row: int, column: str, value: Any, kind: bytes) -> None:
        self.table, self.row, self.column, self.value, self.kind = table, row, column, value, kind

    def flipped(self, dice: random.Random) -> Any:
        """Return its value with one byte of it another one."""
        if self.kind == b"real":
            data = struct.pack(">d", self.value)
        elif self.kind == b"integer":
            data = struct.pack(">q", self.value)
        else:
            data = self.value
        place = dice.randrange(len(data))
        data = data[:place] + bytes([data[place] ^ dice.randrange(1, 256)]) + data[place + 1 :]
        if self.kind == b"real":
            return struct.unpack(">d", data)[0]
        return struct.unpack(">q", data)[0] if self.kind == b"integer" else data

    def write(self, db: sqlite3.Connection, value: Any, row: int) -> None:
        """Put a value into the file at a row, as its own type."""
        holder = "CAST(? AS TEXT)" if self.kind == b"text" else "?"
        db.execute(f"UPDATE {self.table} SET {self.column} = {holder} WHERE id = ?", (value, row))


def cells(db: sqlite3.Connection) -> list[Cell]:
    """Return every cell of every audited row, of the chain and of its head."""
    tables: dict[str, tuple[str, ...]] = {
        **{place: ("id", *columns_of(kind)) for place, kind in AUDITED.items()},
        "chain": ("id", "place", "row", "hash"),
        "head": ("count", "hash"),
    }
    found = []
    for table, columns in tables.items():
        where = "kind = 'note'" if table == "marks" else "1"
        for column in columns:
            rows = db.execute(f"SELECT id, {column}, typeof({column}) FROM {table} WHERE {where}").fetchall()
            found += [
                Cell(table, row, column, value, kind) for row, value, kind in rows if value not in (b"", None)
            ]
    return found


@pytest.mark.parametrize("changes", [100, pytest.param(1000, marks=pytest.mark.slow)])
def test_each_of_many_single_byte_changes_is_found(tmp_path: Path, changes: int) -> None:
    path = audited_record(tmp_path / "bench.record", 2)
    seed = random.randrange(10**6)
    # Shown when the test fails.
    print("seed", seed)
    dice = random.Random(seed)
    changed = 0
    with opened(path) as db:
        every = cells(db)
        covered = dict(db.execute("SELECT id, place || ' ' || row FROM chain"))
        while changed < changes:
            cell = dice.choice(every)
            value = cell.flipped(dice)
            try:
                cell.write(db, value, cell.row)
            except (sqlite3.IntegrityError, OverflowError):
                # Another row has that number, or no number is what came out: no file can hold it.
                continue
            row = value if cell.column == "id" else cell.row
            (there,) = db.execute(f"SELECT {cell.column} FROM {cell.table} WHERE id = ?", (row,)).fetchone()
            # Of a number the file may hold the same as before: minus zero is zero.
            if there != cell.value:
                changed += 1
                check_found(path, cell, row, covered)
            cell.write(db, cell.value, row)
    assert verify(path).well


def check_found(path: Path, cell: Cell, row: int, covered: dict[int, bytes]) -> None:
    """Look whether a changed cell is found, and its row named."""
    found = verify(path)
    named = {(one.entry.place, one.entry.row) for one in found.faults}
    numbers = {one.entry.number for one in found.faults}
    what = (cell.table, cell.row, cell.column, cell.value, said(found))
    assert not found.well, what
    if cell.table == "chain":
        place, number = covered[cell.row].decode().split()
        assert (place, int(number)) in named or cell.row in numbers, what
    elif cell.table == "head":
        assert {one.code for one in found.faults} & HEAD_FAULTS, what
    else:
        assert (cell.table, row) in named, what
        # And no other row is accused.
        assert named == {(cell.table, row)}, what


# -- what is done to whole rows -------------------------------------------------------------------------


@pytest.mark.parametrize("place", PLACES)
def test_a_row_that_is_removed_is_missed(path: Path, place: str) -> None:
    with opened(path) as db:
        (row,) = db.execute(
            "SELECT row FROM chain WHERE place = ? ORDER BY id LIMIT 1 OFFSET 2", (place,)
        ).fetchone()
        db.execute(f"DELETE FROM {place} WHERE id = ?", (row,))
    found = verify(path)
    assert reported(found) == [("removed", place, row)]
    assert "the time of the entry before it" in said(found)


@pytest.mark.parametrize("place", PLACES)
def test_a_row_that_is_added_is_found(path: Path, place: str) -> None:
    names = ", ".join(columns_of(AUDITED[place]))
    done_to(path, f"INSERT INTO {place} (id, {names}) SELECT 999, {names} FROM {place} WHERE id = 2")
    assert reported(verify(path)) == [("added", place, 999)]


@pytest.mark.parametrize("place", PLACES)
def test_rows_that_change_places_are_found(path: Path, place: str) -> None:
    with opened(path) as db:
        rows = [row for (row,) in db.execute("SELECT row FROM chain WHERE place = ? ORDER BY id", (place,))][
            :2
        ]
        for old, new in ((rows[0], -1), (rows[1], rows[0]), (-1, rows[1])):
            db.execute(f"UPDATE {place} SET id = ? WHERE id = ?", (new, old))
    found = verify(path)
    assert sorted(reported(found)) == [("moved", place, rows[0]), ("moved", place, rows[1])]
    (back,) = [one for one in found.faults if one.entry.row == rows[1]]
    assert (back.code, dict(back.data)) == (AuditCode.ROW_MOVED, {"written": rows[0]})


def test_entries_of_the_chain_that_change_places_are_found(path: Path) -> None:
    with opened(path) as db:
        for old, new in ((3, -1), (4, 3), (-1, 4)):
            db.execute("UPDATE chain SET id = ? WHERE id = ?", (new, old))
    assert {one.entry.number for one in verify(path).faults} >= {3, 4}


def test_an_entry_that_is_removed_from_the_chain_is_found(path: Path) -> None:
    done_to(path, "DELETE FROM chain WHERE id BETWEEN 3 AND 5")
    found = verify(path)
    assert found.faults[0].entry.number == 3
    assert found.faults[0].code is AuditCode.ENTRIES_REMOVED
    assert dict(found.faults[0].data) == {"first": 3, "after": 6}
    assert {one[1:] for one in reported(found)[1:]} == {("alarms", 1), ("alarms", 2), ("changes", 1)}


def test_a_row_removed_together_with_its_entry_is_missed(path: Path) -> None:
    done_to(path, "DELETE FROM chain WHERE id = 3")
    done_to(path, "DELETE FROM alarms WHERE id = 1")
    assert [one.entry.number for one in verify(path).faults] == [3]


def test_an_end_that_is_cut_off_is_missed(path: Path) -> None:
    count = ROUNDS * EACH
    with opened(path) as db:
        for place, row in db.execute("SELECT place, row FROM chain WHERE id > ?", (count - 3,)).fetchall():
            db.execute(f"DELETE FROM {place.decode()} WHERE id = ?", (row,))
        db.execute("DELETE FROM chain WHERE id > ?", (count - 3,))
    found = verify(path)
    assert [(one.wrong, one.entry.number) for one in found.faults] == [("removed", count - 2)]
    assert f"{count} entries were written" in said(found)


def test_an_end_cut_off_with_its_head_is_found_with_the_noted_head(path: Path) -> None:
    noted = verify(path).head
    with opened(path) as db:
        for place, row in db.execute("SELECT place, row FROM chain WHERE id > 5").fetchall():
            db.execute(f"DELETE FROM {place.decode()} WHERE id = ?", (row,))
        db.execute("DELETE FROM chain WHERE id > 5")
        db.execute("UPDATE head SET count = 5, hash = (SELECT hash FROM chain WHERE id = 5)")
    # Any writer of the file can do that, and the file alone does not show it.
    assert verify(path).well
    found = verify(path, noted.hash)
    assert not found.well
    assert [one.code for one in found.faults] == [AuditCode.NOTED_HEAD_MISSING]
    assert dict(found.faults[0].data) == {"noted": noted.hash}


def test_a_head_that_was_noted_is_found_however_much_came_after_it(path: Path) -> None:
    noted = verify(path).head
    attach_one(path)
    assert verify(path, noted.hash.upper()[:16]).noted == noted.count
    assert verify(path, noted.hash).well
    assert verify(path).noted is None


def attach_one(path: Path) -> None:
    from tests.helpers.record import session

    file = File(name="b.png", media="image/png", hash="00", data=b"x")
    attach(path, session(), 1, [file], caption="front", utc=UTC + 50, mono=50.0)


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM head",
        "UPDATE head SET count = 'x', hash = 7",
        "DELETE FROM chain",
    ],
)
def test_recording_goes_on_over_a_broken_chain_and_it_stays_visible(path: Path, statement: str) -> None:
    done_to(path, statement)
    assert not verify(path).well
    attach_one(path)
    found = verify(path)
    assert not found.well
    assert [one.what for one in entries(path)][-1] == "b.png for r1"


def test_what_is_no_text_any_more_is_reported_and_shown(path: Path) -> None:
    done_to(path, "UPDATE marks SET text = CAST(x'ff1b5b33316d41' AS TEXT) WHERE id = 2")
    found = verify(path)
    assert reported(found) == [("changed", "marks", 2)]
    line = said(found)
    assert line.isprintable()
    assert "by bob@bench" in line
    assert next(one.what for one in entries(path) if one.place == "marks").startswith("\\xff␛")


def test_many_faults_are_all_found_in_a_moment(tmp_path: Path) -> None:
    path = audited_record(tmp_path / "big", 150)
    done_to(path, "UPDATE ledger SET who = 'eve@bench'")
    done_to(path, "UPDATE marks SET id = id + 100000 WHERE kind = 'note'")
    found = verify(path)
    assert sum(one.wrong == "changed" for one in found.faults) == 150
    assert {one.entry.place for one in found.faults} == {"ledger", "marks"}


# -- how it is written ----------------------------------------------------------------------------------


def test_what_is_not_committed_is_not_in_the_chain(tmp_path: Path) -> None:
    path = tmp_path / "full"
    made = writer(path)
    for item in one_of_each(1.0):
        made.item(item)
    made.commit(UTC + 1)
    # What sqlite answers on a disk that is full.
    made.execute(f"PRAGMA max_page_count = {made.execute('PRAGMA page_count')[0][0]}")
    for number in range(2, 200):
        for item in one_of_each(float(number)):
            made.item(item)
    with pytest.raises(sqlite3.OperationalError):
        made.commit(UTC + 200)
    assert verify(path).head.count == EACH
    assert verify(path).well
    made.execute("PRAGMA max_page_count = 1000000")
    made.commit(UTC + 200)
    assert verify(path).head.count == 199 * EACH
    assert verify(path).well


def test_what_is_not_held_is_not_in_the_chain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer_module, "HELD_ROWS", 10)
    made = writer(tmp_path / "r")
    for number in range(3):
        for item in one_of_each(float(number)):
            made.item(item)
    made.commit(UTC)
    made.close(UTC)
    found = verify(tmp_path / "r")
    assert found.well
    # Of ten rows two are marks that were not written by hand.
    assert found.head.count == 8


def test_a_chain_goes_on_with_the_clock_set_and_over_sessions(tmp_path: Path) -> None:
    path = tmp_path / "r"
    for life in range(3):
        made = writer(path, 100.0 * life, recording=life != 1)
        for item in one_of_each(100.0 * life + 1):
            made.item(item)
        made.time(UTC + 5_000 * life + 7, 100.0 * life + 2)
        for item in one_of_each(100.0 * life + 3):
            made.item(item)
        made.commit(UTC)
        made.abandon()
    assert verify(path).well
    assert verify(path).head.count == 6 * EACH


def test_housekeeping_and_exports_leave_the_chain_whole(tmp_path: Path) -> None:
    path = tmp_path / "r"
    made = writer(path)
    for number in range(4 * BLOCK):
        made.event(reading(float(number), t=number))
        if number % BLOCK == 0:
            for item in one_of_each(float(number)):
                made.item(item)
    made.commit(UTC)
    assert note_exported(path, [1], UTC) == ""
    made.close(UTC)
    later = writer(path, 2_100.0)
    retention = Retention(30.0, delete_unexported=True)
    assert retention.tidy(later.execute, later.session, UTC + 90 * DAY, 90 * DAY) > 0
    later.close(UTC + 90 * DAY)
    found = verify(path)
    assert found.well
    assert found.head.count == 4 * EACH


# -- files of before ------------------------------------------------------------------------------------


def test_a_file_of_the_first_version_is_chained_as_it_is_found(path: Path) -> None:
    downgraded(path)
    for attempt in (verify, lambda path: list(entries(path))):
        with pytest.raises(RecordError, match="written before there was an audit"):
            attempt(path)
    assert head_of(path) is None
    made = writer(path, 60.0)
    made.item(RecordedMark(mark=one_of_each(60.0)[2].mark, who="bob@bench"))  # type: ignore[union-attr]
    made.commit(UTC + 60)
    made.close(UTC + 60)
    found = verify(path)
    assert found.well
    # A command, a note and a recipe of each round, in the order of time.
    assert found.migrated == 3 * ROUNDS
    listed = list(entries(path))
    assert [one.place for one in listed] == ["migrated", *["ledger", "loads", "marks"] * ROUNDS, "marks"]
    assert listed[0].what == f"{3 * ROUNDS} rows were there before the chain"
    done_to(path, "UPDATE loads SET payload = '{}' WHERE id = 2")
    assert reported(verify(path)) == [("changed", "loads", 2)]
    done_to(path, "DELETE FROM chain WHERE id = 1")
    assert verify(path).faults[0].entry.number == 1


def test_what_an_older_program_writes_into_a_chained_file_is_not_covered(path: Path) -> None:
    done_to(
        path,
        "INSERT INTO ledger (session, entry, position, t, command, who, outcome, data) "
        "VALUES (1, 9, 0, 0.0, 'cancel_recipe', 'old@bench', 'sent', '{}')",
    )
    found = verify(path)
    assert reported(found) == [("added", "ledger", ROUNDS + 1)]
    assert "cancel_recipe: sent, by old@bench" in said(found)


def test_a_file_with_broken_text_is_brought_up_to_date(path: Path) -> None:
    downgraded(path)
    done_to(path, "UPDATE marks SET text = CAST(x'ff41' AS TEXT) WHERE kind = 'note'")
    open_for_writing(path).close()
    assert verify(path).well


# -- files that cannot be read --------------------------------------------------------------------------


def test_damage_is_a_sentence(path: Path) -> None:
    writer(path).close(UTC)
    data = bytearray(path.read_bytes())
    data[4096:] = random.Random(1).randbytes(len(data) - 4096)
    path.write_bytes(data)
    with pytest.raises(TornRecordError, match="damaged"):
        verify(path)


def test_a_table_that_is_gone_is_named_and_what_was_in_it(path: Path) -> None:
    done_to(path, "DROP TABLE changes")
    *rows, table = verify(path).faults
    assert (table.code, table.data) == (AuditCode.TABLE_REMOVED, (("table", "changes"),))
    assert [(one.code, one.entry.place) for one in rows] == [(AuditCode.ROW_REMOVED, "changes")] * ROUNDS
    assert 1 in {one.entry.row for one in rows}


EMPTY_HEAD = f"UPDATE head SET count = 0, hash = '{'0' * 64}'"


def found_in(path: Path) -> set[AuditCode | str]:
    """Return the codes of what is wrong, and the names of tables that were removed."""
    faults = verify(path).faults
    return {one.code for one in faults} | {name for one in faults for key, name in one.data if key == "table"}


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        (("DELETE FROM chain", EMPTY_HEAD), {AuditCode.CHAIN_EMPTY}),
        (
            ("DELETE FROM chain", "DELETE FROM head"),
            {AuditCode.CHAIN_EMPTY, AuditCode.HEAD_REMOVED},
        ),
        (("DROP TABLE chain", EMPTY_HEAD), {AuditCode.CHAIN_EMPTY, AuditCode.TABLE_REMOVED, "chain"}),
        (
            ("DROP TABLE chain", "DROP TABLE head"),
            {AuditCode.CHAIN_EMPTY, AuditCode.TABLE_REMOVED, "chain", "head"},
        ),
        (
            ("DELETE FROM chain", EMPTY_HEAD, *(f"DELETE FROM {place}" for place in PLACES)),
            {AuditCode.CHAIN_EMPTY},
        ),
        (
            (
                "DELETE FROM chain WHERE id > 5",
                "UPDATE head SET (count, hash) = (SELECT id, hash FROM chain WHERE id = 5)",
            ),
            {AuditCode.ROW_ADDED},
        ),
    ],
)
def test_an_emptied_chain_is_not_all_as_it_was_written(
    statements: tuple[str, ...], expected: set[AuditCode | str], path: Path
) -> None:
    for statement in statements:
        done_to(path, statement)
    assert not verify(path).well
    assert found_in(path) >= expected
    # What is there beside it is named still.
    assert verify(path).unchained["events"] == ROUNDS
    head_of(path)
    list(entries(path))


@pytest.mark.parametrize(
    "statements",
    [
        ("PRAGMA user_version = 1",),
        ("DROP TABLE chain", "DROP TABLE head", "PRAGMA user_version = 1"),
    ],
)
def test_a_version_set_back_is_not_taken_for_age(statements: tuple[str, ...], path: Path) -> None:
    for statement in statements:
        done_to(path, statement)
    with pytest.raises(TornRecordError, match="its version was changed"):
        verify(path)


def test_a_column_that_is_gone_is_not_as_it_was_written(path: Path) -> None:
    done_to(path, "ALTER TABLE ledger DROP COLUMN who")
    with pytest.raises(TornRecordError, match="is not as it was written: no such column"):
        verify(path)


def test_what_nothing_covers_is_named(path: Path) -> None:
    done_to(path, "CREATE TABLE extra (id INTEGER PRIMARY KEY, text TEXT)")
    done_to(path, "INSERT INTO extra (text) VALUES ('x')")
    found = verify(path)
    assert found.well
    marks = "marks of the chamber and the link"
    assert found.unchained == {"events": ROUNDS, "rows of extra": 1, marks: ROUNDS, "sessions": 1}
