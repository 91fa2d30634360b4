"""Every code of an audit has its sentence and kind, and is in docs/scripts.md; other tests compare codes."""

import re
from pathlib import Path

from xovac_tui.recording.audit_faults import AuditCode, AuditedRow, AuditFault

C = AuditCode
ROW = AuditedRow(number=7, place="marks", row=4, t=1.5, who="ada@bench", what="door")
BESIDE = AuditedRow(place="marks", row=4)
NUMBER = AuditedRow(number=7, place="", row=0)
NONE = AuditedRow(place="", row=0)
NAMED = "Entry 7 of the chain: note in row 4 of marks (1.5 s, door, by ada@bench)"
FAULTS = {
    AuditFault(code=C.ROW_CHANGED, entry=ROW): (
        "changed",
        f"{NAMED} is not what was written: it was changed.",
    ),
    AuditFault(code=C.ROW_REMOVED, entry=ROW): ("removed", f"{NAMED} was removed."),
    AuditFault(code=C.ROW_ADDED, entry=BESIDE): (
        "added",
        "Not in the chain: note in row 4 of marks was added past the chain, or its entry there was removed.",
    ),
    AuditFault(code=C.ROW_MOVED, entry=ROW, data=(("written", 3),)): (
        "moved",
        f"{NAMED} was moved there: it was written in row 3.",
    ),
    AuditFault(code=C.ENTRY_CHANGED, entry=ROW): (
        "chain",
        f"{NAMED} is as it was written, but its entry in the chain was changed.",
    ),
    AuditFault(code=C.HASH_CHANGED, entry=ROW): (
        "chain",
        f"{NAMED} is as it was written, but its hash in the chain was changed.",
    ),
    AuditFault(code=C.ENTRIES_REMOVED, entry=NUMBER, data=(("first", 7), ("after", 8))): (
        "chain",
        "Entry 7 of the chain is missing: it was removed, and what entry 8 covers cannot be proven.",
    ),
    AuditFault(code=C.ENTRIES_REMOVED, entry=NUMBER, data=(("first", 7), ("after", 10))): (
        "chain",
        "Entry 7 of the chain is missing, and all up to entry 9: it was removed, and what entry 10 covers "
        "cannot be proven.",
    ),
    AuditFault(code=C.END_REMOVED, entry=NUMBER, data=(("written", 9), ("left", 6))): (
        "removed",
        "Entry 7 of the chain is missing: 9 entries were written, and those after 6 were removed.",
    ),
    AuditFault(code=C.HEAD_REMOVED, entry=NUMBER, data=(("last", 7),)): (
        "chain",
        "Entry 7 of the chain is the last, and the head of the chain, which should say so, was removed.",
    ),
    AuditFault(code=C.HEAD_REMOVED, entry=NONE, data=(("last", 0),)): (
        "chain",
        "The head of the chain, which says where it ends, was removed.",
    ),
    AuditFault(code=C.HEAD_DIFFERS, entry=NUMBER, data=(("named", 5),)): (
        "chain",
        "Entry 7 of the chain is the last, but the head says that entry 5 is, with another hash.",
    ),
    AuditFault(code=C.NOTED_HEAD_MISSING, entry=NONE, data=(("noted", "3f9a"),)): (
        "chain",
        "The head that was noted is not in the chain: no entry has the hash 3f9a. This is another record, an "
        "older copy, or its chain was made anew.",
    ),
    AuditFault(code=C.CHAIN_EMPTY, entry=NONE): (
        "chain",
        "The chain is empty, so it proves nothing about this record: a recorder notes the settings in force "
        "before its first event, so the chain was emptied, or was never written.",
    ),
    AuditFault(code=C.TABLE_REMOVED, entry=NONE, data=(("table", "changes"),)): (
        "removed",
        "The table changes was removed.",
    ),
    AuditFault(code=C.GIVEN_TWICE, entry=NONE, data=(("first", 3), ("after", 6))): (
        "twice",
        "Each index from 3 to 5 was given to two events: two programs recorded at once.",
    ),
}


def test_every_code_has_its_kind_and_a_sentence() -> None:
    assert {one.code for one in FAULTS} == set(AuditCode)
    assert {one: (one.wrong, one.sentence(lambda t: f"{t} s")) for one in FAULTS} == FAULTS


def test_scripts_find_every_code_in_the_documentation() -> None:
    text = (Path(__file__).parents[2] / "docs" / "scripts.md").read_text(encoding="utf-8")
    section = text[text.index("## Codes of an audit") :]
    listed = re.findall(r"^\| `([a-z-]+)` \|", section.split("\n## ")[0], re.MULTILINE)
    assert sorted(listed) == sorted(code.value for code in AuditCode)
