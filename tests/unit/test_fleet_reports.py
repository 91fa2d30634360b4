"""A summary from elsewhere: bounded, cleaned, and never an error."""

from __future__ import annotations

import itertools
import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.helpers.fleet import alarm, plate, summary
from xovac_tui.forwarding.reports import LARGEST, ReportFault, fitted, read_summary
from xovac_tui.forwarding.summary import ChamberSummary, SinkSummary


def test_a_summary_comes_back_as_it_was() -> None:
    one = summary(alarms=(alarm(),))
    assert read_summary(msgspec.json.encode(one), site="", chamber="bench-1") == one


@pytest.mark.parametrize(
    ("payload", "fault"),
    [
        (b"", ReportFault.NOT_JSON),
        (b"\xff\xfe", ReportFault.NOT_JSON),
        (b"[" * 100_000, ReportFault.NOT_A_SUMMARY),
        (b'{"x":' * 40_000, ReportFault.NOT_JSON),
        (b"{}", ReportFault.NOT_A_SUMMARY),
        (b"null", ReportFault.NOT_A_SUMMARY),
        (b'{"chamber":"a","utc":"now","link":"x","run":"y"}', ReportFault.NOT_A_SUMMARY),
        (b'{"chamber":"a","utc":1e999,"link":"x","run":"y"}', ReportFault.NOT_A_SUMMARY),
        (b'{"chamber":"a","utc":-5,"link":"x","run":"y"}', ReportFault.NOT_A_SUMMARY),
        (b" " * (LARGEST + 1), ReportFault.TOO_LARGE),
    ],
    ids=itertools.count(),
)
def test_junk_has_a_reason(payload: bytes, fault: ReportFault) -> None:
    assert read_summary(payload, chamber="a") is fault


def test_texts_are_clean_and_short_and_names_are_those_of_the_topic() -> None:
    wicked = "\x1b[31m\u202e" + "x" * 5_000
    one = msgspec.structs.replace(
        summary(
            recipe=wicked,
            alarms=(alarm(rule=wicked, text=wicked),),
            channels=(plate(label=wicked, age=-2.0),),
            sinks=(SinkSummary(name=wicked, state=wicked, behind=-3.0),),
            link=wicked,
            link_since=-1.0,
            newest_age=-7.0,
        ),
        chamber=wicked,
    )
    read = read_summary(msgspec.json.encode(one), site=wicked, chamber=wicked)
    assert isinstance(read, ChamberSummary)
    for text in _texts(msgspec.to_builtins(read)):
        assert text.isprintable()
        assert len(text) <= 200
    assert (read.link_since, read.newest_age, read.channels[0].age, read.sinks[0].behind) == (
        None,
        0.0,
        0.0,
        0.0,
    )


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for one in value.values() for text in _texts(one)]
    return [text for one in value for text in _texts(one)] if isinstance(value, list | tuple) else []


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["chamber", "utc", "link", "run", "alarms", "channels"]), inner)
        ),
    )
)
def test_nothing_that_is_json_is_an_error(value: Any) -> None:
    read = read_summary(json.dumps(value).encode(), chamber="a")
    assert isinstance(read, ChamberSummary | ReportFault)
    if isinstance(read, ChamberSummary):
        assert fitted(read) == read
