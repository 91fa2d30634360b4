"""`config check` over a file with every mistake about alarms: the sentences, one by one.

`SAME` are sentences of the version in which all kinds were one struct; in `ANOTHER_KIND` those about keys of
other kinds, which that version reported less well, or not at all.
"""

from __future__ import annotations

from tests.helpers.commandline import CommandLine
from xovac_tui.alarms.rules import read_rules
from xovac_tui.config import load_settings
from xovac_tui.expressions.parser import MISSING_AT_END
from xovac_tui.validation import TEXT, TRUTH, missing_key, other_tags_key, remove_or_change, wrong_value

WRONG = """
[alarms]
defaults = "yes"
ambient_above = 0
limit_set = "moon"
rulez = 1

[[alarms.rules]]
name = ""
kind = "link"

[[alarms.rules]]
name = "a"
kind = "hihg"
channel = "x"

[[alarms.rules]]
name = "b"
kind = "high"
limit = 1

[[alarms.rules]]
name = "c"
kind = "high"
channel = "x"

[[alarms.rules]]
name = "d"
kind = "high"
channel = "x"
value = "y"
limit = 1

[[alarms.rules]]
name = "e"
kind = "rate"
value = "y"
limit = 1

[[alarms.rules]]
name = "f"
kind = "link"
channel = "x"

[[alarms.rules]]
name = "g"
kind = "equals"
channel = "x"

[[alarms.rules]]
name = "h"
kind = "no_response"
channel = "x"
limit = 1

[[alarms.rules]]
name = "i"
kind = "low_low"
channel = "x"
limits = { moon = 1 }

[[alarms.rules]]
name = "j"
kind = "high_high"
channel = "x"
limit = 1
on_delay = -1

[[alarms.rules]]
name = "link lost"
kind = "link"

[[alarms.rules]]
name = "link lost"
kind = "link"

[[alarms.rules]]
name = "k"
kind = "high"
chanel = "x"
limit = 1

[[alarms.rules]]
name = "l"
kind = "stale"
limit = 5
deadband = 1.0

[[alarms.rules]]
kind = "frozen"
channel = 3
over = "long"

[[alarms.rules]]
name = "m"

[[alarms.rules]]
name = "n"
kind = 5

[[alarms.rules]]
name = "o"
kind = "disk"

[[alarms.rules]]
name = "p"
kind = "deviation"
channel = "x"
severity = "bad"
sets = ["tvac", "moon"]

[[alarms.rules]]
name = "q"
kind = "high"
value = "plate_a -"
limit = 1

[[alarms.rules]]
name = "r"
kind = "equals"
value = 'stable(part, "moon")'

[[alarms.rules]]
name = "s"
kind = "rate"
enabled = false

[[alarms.rules]]
name = "t"
kind = "equals"
equals = [1]
channel = "x"

[profiles.bench]
url = "http://127.0.0.1:9"
alarms = ["more.toml"]
"""
MORE = """
[[rules]]
name = "u"
kind = "recorder"
value = "x"

[[rules]]
name = "v"
kind = "notification"

[[rules]]
name = "w"
kind = "notification"
output = "x"

[[rules]]
name = "v"
kind = "low"
channel = "x"
"""
KINDS = (
    'one of "deviation", "disk", "equals", "forward", "frozen", "high", "high_high", "link", "low", '
    '"low_low", "no_response", "notification", "rate", "recorder", "stale"'
)
VALUE_KINDS = ("equals", "high", "high_high", "low", "low_low")
CHANNEL_KINDS = (
    *("deviation", "equals", "frozen", "high", "high_high"),
    *("low", "low_low", "no_response", "rate", "stale"),
)
SAME = (
    wrong_value("alarms.defaults", "yes", TRUTH),
    "`alarms.ambient_above` is 0, but it must be a number above 0 and at most 1100.",
    ('`alarms.limit_set` is the text "moon", but it must be one of "ambient", "auto", "pumping", "tvac".'),
    '`alarms.rulez` is not a known key. Did you mean "rules"?',
    wrong_value("alarms.rules, item 2.kind", "hihg", KINDS) + ' Did you mean "high"?',
    "`alarms.rules, item 10.limits.moon` is not a known key. Valid here: ambient, pumping, tvac.",
    "`alarms.rules, item 11.on_delay` is -1, but it must be a number from 0 to 86400.",
    '`alarms.rules, item 14.chanel` is not a known key. Did you mean "channel"?',
    wrong_value("alarms.rules, item 16.channel", 3, TEXT),
    '`alarms.rules, item 16.over` is the text "long", but it must be a number from 0 to 86400.',
    missing_key("alarms.rules, item 16.name", TEXT),
    missing_key("alarms.rules, item 17.kind", KINDS),
    wrong_value("alarms.rules, item 18.kind", 5, KINDS),
    (
        '`alarms.rules, item 20.severity` is the text "bad", but it must be one of "critical", '
        '"high", "low", "medium".'
    ),
    (
        '`alarms.rules, item 20.sets, item 2` is the text "moon", but it must be one of "ambient", '
        '"pumping", "tvac".'
    ),
    wrong_value("alarms.rules, item 24.equals", [1], f"{TEXT} or a number or {TRUTH}"),
    ("`alarms.rules[0]`: `name` must be 1 to 60 printable characters: it is what the alarm is called."),
    (
        '`alarms.rules[2]` ("b"): `high` needs `channel`, the short or full name of one, or an '
        "expression in `value`."
    ),
    (
        '`alarms.rules[3]` ("c"): `high` needs `limit`, or `limits` with one for each set of limits '
        "that it is for."
    ),
    '`alarms.rules[4]` ("d"): it has `channel` and `value`. Give one of them.',
    '`alarms.rules[7]` ("g"): `equals` needs `equals`, the value that is an alarm.',
    ('`alarms.rules[8]` ("h"): `no_response` needs `output`, the channel of the output, and `output_limit`.'),
    ('`alarms.rules[12]`: there is another rule called "link lost". Give one of them another name.'),
    (
        '`alarms.rules[18]` ("o"): `disk` needs `limit`, or `limits` with one for each set of limits '
        "that it is for."
    ),
    (
        '`profiles.bench`: {more}: `rules[3]`: there is another rule called "v". Give one of them '
        "another name."
    ),
    (
        '`profiles.bench`: {more}: `rules[3]` ("v"): `low` needs `limit`, or `limits` with one for '
        "each set of limits that it is for."
    ),
    f'`profiles.bench`: Alarm rule "q", `value`, column 10: {MISSING_AT_END}',
    (
        '`profiles.bench`: Alarm rule "r", `value`: No criterion of stability is called "moon". '
        "Valid here: 1 K/h, 3 K/h, ±2 K in 10 min."
    ),
)
ANOTHER_KIND = (
    other_tags_key("alarms.rules, item 6.value", "kind", "rate", VALUE_KINDS),
    other_tags_key("alarms.rules, item 7.channel", "kind", "link", CHANNEL_KINDS),
    "`profiles.bench`: {more}: " + other_tags_key("rules, item 1.value", "kind", "recorder", VALUE_KINDS),
)
UNUSED = (
    (
        '{file}: `alarms.rules, item 15.limit` is ignored: kind "stale" does not use it, only deviation, '
        "disk, forward, high, high_high, low, low_low, no_response, rate."
    ),
    (
        '{file}: `alarms.rules, item 15.deadband` is ignored: kind "stale" does not use it, only deviation, '
        "disk, forward, high, high_high, low, low_low, no_response, rate."
    ),
    ('{more}: `rules, item 3.output` is ignored: kind "notification" does not use it, only no_response.'),
)


def test_every_mistake_about_alarms_is_reported_in_its_sentence(line: CommandLine) -> None:
    more = line.home / "more.toml"
    more.write_text(MORE)
    file = line.settings(WRONG)
    done = line("config", "check")
    assert done.code == 2
    wanted = [f"{file}: {one.replace('{more}', str(more))}" for one in (*SAME, *ANOTHER_KIND)]
    assert sorted(done.out.splitlines()) == sorted(wanted)
    noted = [f"Note: {one.format(file=file, more=more)} {remove_or_change('kind')}" for one in UNUSED]
    assert [one for one in done.err.splitlines() if "is ignored" in one] == noted


SPARE = """
[[alarms.rules]]
name = "quiet"
kind = "stale"
channel = "x"
limit = 5
over = "long"

[[alarms.rules]]
name = "link lost"
kind = "link"
channel = "x"
enabled = false

[profiles.bench]
url = "http://127.0.0.1:9"
alarms = ["more.toml"]
"""


def test_a_key_that_its_kind_does_not_use_is_ignored_and_noted(line: CommandLine) -> None:
    more = line.home / "more.toml"
    more.write_text('rules = [{ name = "hot", kind = "high", channel = "x", limit = 80, over = 60 }]')
    file = line.settings(SPARE)
    done = line("config", "check")
    assert (done.code, done.out) == (0, f"{file}: no mistakes found.\n")
    starts = [
        f'{file}: `alarms.rules, item 1.limit` is ignored: kind "stale" does not use it, only deviation, ',
        f'{file}: `alarms.rules, item 1.over` is ignored: kind "stale" does not use it, only frozen, ',
        f'{file}: `alarms.rules, item 2.channel` is ignored: kind "link" does not use it, only deviation, ',
        f'{more}: `rules, item 1.over` is ignored: kind "high" does not use it, only frozen, no_response. ',
    ]
    noted = done.err.splitlines()
    assert [
        one.removeprefix("Note: ")[: len(start)] for one, start in zip(noted, starts, strict=True)
    ] == starts
    rules = read_rules(load_settings(file).settings.alarms, [str(more)])
    assert [rule.as_noted() for rule in rules] == [
        {"kind": "stale", "channel": "x"},
        {"kind": "link", "enabled": False},
        {"kind": "high", "channel": "x", "limit": 80.0},
    ]
    said = line("record", "--for", "0.1s", "--profile", "bench").err
    assert all(one.removeprefix("Note: ") in said for one in noted)


def test_the_shipped_example_has_no_mistakes(line: CommandLine) -> None:
    assert line("config", "init").code == 0
    assert line("config", "check").out.endswith("no mistakes found.\n")


def test_an_item_that_is_no_table_hides_no_other_mistake(line: CommandLine) -> None:
    file = line.settings('[alarms]\nrules = [3, { name = "a" }]\n')
    first, second = line("config", "check").out.splitlines()
    assert first == f"{file}: `alarms.rules, item 1` is 3, but it must be a table."
    assert second == f"{file}: {missing_key('alarms.rules, item 2.kind', KINDS)}"
