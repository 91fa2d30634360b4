"""Every code of an unknown outcome has its sentence, which records keep, and is in docs/scripts.md."""

import re
from pathlib import Path

from xovac_tui.chamber.unknown_reasons import UnknownCode, UnknownReason

C = UnknownCode
MAYBE = "It may or may not have happened: watch the readings before you send it again."
SENTENCES = {
    UnknownReason(C.NOT_DOCUMENTED): (
        "No answer to this command is documented, so whether it happened is not known: watch the readings."
    ),
    UnknownReason(C.TIMED_OUT, seconds=10.0): f"No answer came within 10 s. {MAYBE}",
    UnknownReason(C.TIMED_OUT, seconds=10.0, advice="Try {0}."): (
        f"No answer came within 10 s. {MAYBE} Try {{0}}."
    ),
    UnknownReason(C.LINK_BROKE): f"The link broke before an answer came. {MAYBE}",
    UnknownReason(C.NO_RESULT): (
        "The chamber acknowledged it without a result: it arrived, and what came of it is not known. Watch "
        "the readings."
    ),
    UnknownReason(C.NOT_UNDERSTOOD, answer='{"result": "maybe"}'): (
        'An answer came that is neither success, warning nor error: {"result": "maybe"}. Watch the readings.'
    ),
}


def test_every_code_has_a_sentence() -> None:
    assert {one.code for one in SENTENCES} == set(UnknownCode)
    assert {one: one.sentence for one in SENTENCES} == SENTENCES


def test_scripts_find_every_code_in_the_documentation() -> None:
    text = (Path(__file__).parents[2] / "docs" / "scripts.md").read_text(encoding="utf-8")
    section = text[text.index("\n## send") :].split("\n## wait")[0]
    listed = re.findall(r"^\| `([a-z][a-z-]+)` \|", section, re.MULTILINE)
    assert sorted(listed) == sorted(code.value for code in UnknownCode)
