"""Every way in which recording fails has its sentence; other tests compare the `RecordTrouble`."""

import sqlite3
from pathlib import Path

import pytest

from xovac_tui.recording.disk import trouble_words
from xovac_tui.recording.disk.schema import RecordError
from xovac_tui.recording.disk.share import share_advice
from xovac_tui.recording.disk.trouble_words import failed_words, not_open_words
from xovac_tui.recording.status import RecordTrouble

T = RecordTrouble
PATH = Path("lab.sqlite3")
AGAIN = "It is tried again every few seconds."
ROOM = "Make room: what comes meanwhile is held in memory and written then."
FOLDER = "Set `folder` in [record] to one that can be written, or correct its permissions."
ADVICE = {
    T.DISK_FULL: (ROOM, "Make room."),
    T.QUOTA_FULL: (ROOM, "Make room."),
    T.READ_ONLY: (FOLDER, FOLDER),
    T.LOCKED: ("Another program holds it; it is tried again.", "Another program holds it."),
}
OF_SHARES = {T.LOCKED, T.DISK_ERROR, T.CANNOT_OPEN, T.DATABASE_ERROR}


@pytest.fixture(autouse=True)
def kind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trouble_words, "network_share", lambda folder: "NFS")


@pytest.mark.parametrize("trouble", [one for one in T if one is not T.NOT_OPEN])
def test_each_says_what_to_do_now_and_at_the_end(trouble: RecordTrouble) -> None:
    meanwhile, end = ADVICE.get(trouble, (AGAIN, ""))
    share = f" {share_advice('NFS')}" if trouble in OF_SHARES else ""
    failed = "Nothing is recorded in lab.sqlite3: no luck."
    error = sqlite3.OperationalError("no luck")
    assert failed_words(error, trouble, PATH, ending=False) == f"{failed} {meanwhile}{share}"
    assert failed_words(error, trouble, PATH, ending=True) == " ".join(f"{failed} {end}{share}".split())


def test_an_error_with_its_own_sentence_keeps_it() -> None:
    own = RecordError("lab.sqlite3 is no record. Name another file.")
    assert failed_words(own, T.FOREIGN, PATH, ending=False) == str(own)
    own.__cause__ = sqlite3.OperationalError("disk is full")
    assert failed_words(own, T.DISK_FULL, PATH, ending=False) == f"{own} {ROOM}"


def test_the_system_s_error_is_named_without_its_number() -> None:
    said = failed_words(OSError(28, "No space left on device"), T.DISK_FULL, PATH, ending=True)
    assert said == "Nothing is recorded in lab.sqlite3: No space left on device. Make room."


def test_a_record_that_does_not_open_says_so() -> None:
    said = (
        "The record lab.sqlite3 has not opened for 5 s: another program may hold it, or its disk does not "
        "answer. What comes meanwhile is held in memory and written then."
    )
    assert not_open_words("lab.sqlite3", 5.0, "") == said
    assert not_open_words("lab.sqlite3", 5.0, "NFS") == f"{said} {share_advice('NFS')}"
