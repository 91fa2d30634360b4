"""What the version before this one wrote is read, written, hashed and exported as it was, kind by kind."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.audited import downgraded, opened, without_cursors, without_places
from tests.helpers.golden import DATA, exported, golden_record, put_back, written
from xovac_tui.recording.audit import Audit, head_of, verify
from xovac_tui.recording.disk.kinds import KINDS
from xovac_tui.recording.disk.schema import open_for_writing
from xovac_tui.recording.exports.imports import read_transcript
from xovac_tui.recording.exports.transcript import transcript


def kept(name: str) -> str:
    return (DATA / f"{name}.jsonl").read_text("utf-8")


def content(lines: str) -> list[Any]:
    """Return what is in a file: tables as they are declared, and rows; packed bytes as they unpack."""
    found = []
    for line in lines.splitlines():
        ((name, value),) = json.loads(line).items()
        if name == "sql":
            value = re.sub(r"--[^\n]*| DEFAULT (''|0)", "", value)
            value = re.sub(r"\s+", " ", value).replace("( ", "(").replace(" )", ")")
        elif name in ("blocks", "bins"):
            # How small they are packed differs from one zlib to the next.
            value = value[:-1]
        found.append((name, value))
    return sorted(found, key=lambda one: json.dumps(one))


@pytest.fixture(scope="module")
def golden(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return golden_record(tmp_path_factory.mktemp("golden") / "r.sqlite3")


def as_before(path: Path) -> str:
    """Return what is in a record, but for what version 4 added: no recorded kind."""
    with opened(path) as db:
        without_cursors(db)
    return written(path)


def test_a_record_is_written_as_before(golden: Path, tmp_path: Path) -> None:
    path = tmp_path / "r.sqlite3"
    shutil.copy(golden, path)
    assert content(as_before(path)) == content(kept("record-v3"))


def test_the_version_before_can_leave_out_what_it_left_out(golden: Path, tmp_path: Path) -> None:
    """It goes on with a record of this version: each default of its own columns is there."""
    query = "SELECT m.name, c.name, c.dflt_value FROM sqlite_schema m, pragma_table_info(m.name) c"
    with opened(put_back("record-v3", tmp_path / "before.sqlite3")) as before, opened(golden) as now:
        left_out = {row for row in before.execute(query) if row[2] is not None}
        assert left_out - set(now.execute(query)) == set()
    assert (b"sessions", b"closed", b"0") in left_out


def test_a_transcript_is_the_same_to_the_byte(golden: Path, tmp_path: Path) -> None:
    before = put_back("record-v3", tmp_path / "before.sqlite3")
    for path in (golden, before):
        assert exported(path) == kept("transcript-v3")
        assert exported(path, "r1") == kept("transcript-v3-r1")


def test_every_kind_with_a_line_is_in_the_transcript() -> None:
    words = {next(iter(json.loads(line))) for line in kept("transcript-v3").splitlines()}
    assert words >= {kind.word for kind in KINDS if kind.word}


def test_what_is_read_back_makes_the_same_transcript() -> None:
    sliced = read_transcript(DATA / "transcript-v3.jsonl")
    assert "".join(transcript(sliced)) == kept("transcript-v3")


def test_the_chain_holds_with_the_head_that_was_noted_then(golden: Path, tmp_path: Path) -> None:
    before = put_back("record-v3", tmp_path / "before.sqlite3")
    noted = head_of(before)
    assert noted is not None
    for path in (golden, before):
        found = verify(path, noted.hash)
        assert isinstance(found, Audit)
        assert (found.well, found.head, found.noted) == (True, noted, noted.count)


@pytest.mark.parametrize("version", [1, 2])
def test_an_older_record_is_read_and_upgraded_as_before(version: int, tmp_path: Path) -> None:
    path = put_back(f"record-v{version}", tmp_path / "r.sqlite3")
    assert exported(path) == kept(f"transcript-v{version}")
    open_for_writing(path).close()
    assert verify(path).well
    assert content(as_before(path)) == content(kept(f"record-v{version}-upgraded"))


@pytest.mark.parametrize("version", [1, 2])
def test_an_older_record_can_be_made_of_a_new_one(version: int, golden: Path, tmp_path: Path) -> None:
    path = tmp_path / "r.sqlite3"
    shutil.copy(golden, path)
    if version == 1:
        downgraded(path)
    else:
        with opened(path) as db:
            without_places(db)
    assert content(written(path)) == content(kept(f"record-v{version}"))
