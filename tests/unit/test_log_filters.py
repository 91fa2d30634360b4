"""Filters on the log: what may be typed, and that slices find what one look would."""

from __future__ import annotations

import itertools
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.helpers.examples import examples
from tests.unit.test_eventlog import event, filled
from xovac_tui.api.event import Direction, EventKind
from xovac_tui.recording.eventlog import LoggedEvent
from xovac_tui.recording.filters import Filter, FilterError, FilterField, LogRows, Term, parse_filter
from xovac_tui.recording.log import Log


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("", ()),
        ("  ", ()),
        ("Plate", (Term(FilterField.TEXT, "plate"),)),
        ("a b", (Term(FilterField.TEXT, "a"), Term(FilterField.TEXT, "b"))),
        ('"a b"', (Term(FilterField.TEXT, "a b"),)),
        ('-"a b"', (Term(FilterField.TEXT, "a b", True),)),
        ('"http://x"', (Term(FilterField.TEXT, "http://x"),)),
        ("14:02", (Term(FilterField.TEXT, "14:02"),)),
        ("-5.5", (Term(FilterField.TEXT, "5.5", True),)),
        ("kind:message", (Term(FilterField.KIND, "message"),)),
        ("KIND:Mes", (Term(FilterField.KIND, "message"),)),
        ("-kind:c", (Term(FilterField.KIND, "command", True),)),
        ("name:chamber_state", (Term(FilterField.NAME, "chamber_state"),)),
        ('name:"a b"', (Term(FilterField.NAME, "a b"),)),
        ("dir:out", (Term(FilterField.DIR, "out"),)),
        ("is:malformed", (Term(FilterField.IS, "malformed"),)),
        ("-is:mal x", (Term(FilterField.IS, "malformed", True), Term(FilterField.TEXT, "x"))),
    ],
)
def test_what_may_be_typed(text: str, terms: tuple[Term, ...]) -> None:
    assert parse_filter(text) == Filter(terms)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('"open', "quote"),
        ("foo:bar", 'No "foo:"'),
        ("kind:telemetry", "command or response or message"),
        ("dir:up", "in or out"),
        ("name:", "Nothing follows"),
        ("-", "Nothing follows"),
        ('""', "Nothing follows"),
    ],
)
def test_what_may_not_is_said(text: str, said: str) -> None:
    with pytest.raises(FilterError, match=said):
        parse_filter(text)


@given(st.text(max_size=60))
def test_any_text_is_a_filter_or_a_sentence(text: str) -> None:
    said = ""
    try:
        parse_filter(text)
    except FilterError as error:
        said = str(error)
    assert not said or said.endswith(".")


words = st.sampled_from(["alpha", "Beta", "gamma", "x1", "-9", "state", '{"t": 1}'])
terms = st.lists(
    st.one_of(
        st.builds(Term, st.just(FilterField.TEXT), words.map(str.lower), st.booleans()),
        st.builds(Term, st.just(FilterField.NAME), st.sampled_from(["alp", "beta"]), st.booleans()),
        st.builds(Term, st.just(FilterField.KIND), st.sampled_from(list(EventKind)), st.booleans()),
        st.builds(Term, st.just(FilterField.DIR), st.sampled_from(list(Direction)), st.booleans()),
        st.builds(Term, st.just(FilterField.IS), st.just("malformed"), st.booleans()),
    ),
    max_size=3,
).map(lambda found: Filter(tuple(found)))


def plainly(wanted: Filter, logged: LoggedEvent) -> bool:
    """Say by other words than the program's whether an event passes."""
    raw = logged.raw if isinstance(logged.raw, str) else logged.raw.decode("utf-8", "replace")
    for term in wanted.terms:
        fields = {
            FilterField.TEXT: term.value in logged.name.lower() or term.value in raw.lower(),
            FilterField.NAME: term.value in logged.name.lower(),
            FilterField.KIND: logged.kind.value == term.value,
            FilterField.DIR: logged.direction.value == term.value,
            FilterField.IS: logged.problem != "",
        }
        if fields[term.field] == term.negated:
            return False
    return True


@given(
    wanted=terms,
    events=st.lists(
        st.tuples(
            words, st.one_of(words, st.just(b"\xffalpha"), st.just("{}")), st.sampled_from(list(EventKind))
        ),
        max_size=40,
    ),
    keep=st.integers(3, 60),
    slices=st.integers(1, 9),
    repeat=st.integers(1, 12),
)
@examples(60)
def test_slices_find_what_one_pass_would(
    wanted: Filter,
    events: list[tuple[str, str | bytes, EventKind]],
    keep: int,
    slices: int,
    repeat: int,
) -> None:
    log = Log(keep)
    ticks = itertools.count()
    rows = LogRows(log, wanted, clock=lambda: float(next(ticks)))
    for number, (name, payload, kind) in enumerate(events * repeat):
        log.append(event(number, payload, name=name, kind=kind))
        if number % 3 == 0:
            # Some events arrive, and some are dropped, between two slices.
            rows.work(slices)
    for _ in range(10_000):
        if rows.work(slices):
            break
    assert rows.done
    expected = [e.index for e in log.scan() if plainly(wanted, e)]
    assert [rows.index(row) for row in range(len(rows))] == expected
    for row, index in enumerate(expected):
        assert rows.row(index) == row
    assert rows.row(10**9) == len(expected)


def test_without_a_filter_every_kept_event_is_a_row() -> None:
    log = Log()
    log.memory = filled(1000, keep=300)
    rows = LogRows(log)
    assert rows.done
    assert len(rows) == 300
    assert (rows.index(0), rows.index(299)) == (700, 999)
    assert (rows.row(700), rows.row(5), rows.row(5000)) == (0, 0, 300)


def test_a_slice_is_short_however_much_there_is() -> None:
    log = Log()
    for number in range(3000):
        log.append(event(number, json.dumps({"n": number, "text": "x" * 300})))
    now = [0.0]

    def clock() -> float:
        now[0] += 0.001
        return now[0]

    rows = LogRows(log, parse_filter("x"), clock=clock)
    assert not rows.work(0.5)
    assert now[0] < 0.6
    assert 0 < rows.part_done < 1
    assert rows.work(60)
    assert len(rows) == 3000
