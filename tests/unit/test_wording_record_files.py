"""Every code of what happened to a record's files has its sentence; other tests compare codes."""

from pathlib import Path

from xovac_tui.recording.file_notes import FileCode, FileNote

C = FileCode
PATH = Path("lab {0}.sqlite3")
SENTENCES = {
    FileNote(C.EXPOSED, PATH, detail="Its mode {0} is open."): "Its mode {0} is open.",
    FileNote(C.WRITTEN_ANEW, PATH): (
        "The -wal or -shm file of lab {0}.sqlite3 was deleted while it was written. The record was written "
        "anew from what was open: nothing is lost. Delete none of its three files while it is recorded."
    ),
    FileNote(C.DELETED, PATH): (
        "The record lab {0}.sqlite3 was deleted while it was written. It was written again, whole, from what "
        "was open."
    ),
    FileNote(C.MOVED, PATH, "moved"): (
        "The record lab {0}.sqlite3 was moved to moved while it was written; all until then is there. A new "
        "one was begun."
    ),
    FileNote(C.MOVED_AND_REPLACED, PATH, "moved"): (
        "The record lab {0}.sqlite3 was moved to moved while it was written; all until then is there. "
        "Another file is in its place now."
    ),
    FileNote(C.REPLACED, PATH, "saved"): (
        "The record lab {0}.sqlite3 was replaced by another file while it was written. All until then is in "
        "saved beside it; what comes now goes into the file that is there now. To restore an older copy, end "
        "the recorder first."
    ),
    FileNote(C.GONE, PATH): (
        "The record lab {0}.sqlite3 was moved or deleted; another one is in its place now."
    ),
    FileNote(C.CLAIMED, PATH, pid=4711, host="far"): (
        "Process 4711 on far records in lab {0}.sqlite3 now; this one stopped, and adds only what is done "
        "here."
    ),
    FileNote(C.CLAIMED, PATH): (
        "Another process records in lab {0}.sqlite3 now; this one stopped, and adds only what is done here."
    ),
    FileNote(C.DAMAGED, PATH, "aside"): (
        "The record lab {0}.sqlite3 was damaged. It was set aside as aside, and a new one was begun; "
        "`sqlite3 FILE .recover` may read what is whole in it."
    ),
    FileNote(C.DAMAGED_AND_SAVED, PATH, "aside"): (
        "The record lab {0}.sqlite3 was damaged, such as by another program that wrote over it. It was set "
        "aside as aside; what was recorded could still be read, all of it, and is in the record now."
    ),
}


def test_every_code_has_a_sentence() -> None:
    assert {one.code for one in SENTENCES} == set(FileCode)
    assert {one: one.sentence for one in SENTENCES} == SENTENCES
