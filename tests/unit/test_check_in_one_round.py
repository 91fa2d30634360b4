"""`config check` reports every mistake of all files in one round, and no consequence of another one."""

from __future__ import annotations

import json

import pytest

from tests.helpers.commandline import CommandLine
from tests.helpers.records import message, write_record
from xovac_tui.analysis.values import no_criterion
from xovac_tui.cli.config_check import no_authorities
from xovac_tui.cli.contract_notes import unknown_unit
from xovac_tui.config.check import NO_EFFECT_WITH_HTTP

SETTINGS = """
profile = "benhc"
recipes = 3
[display]
theme = "no-such-theme"
refresh = 99
[stability.criteria."mine"]
rate = "fast"
[stability.criteria."none"]
over = 600
[advice]
corona_low = 200
corona_high = "high"
[alarms]
files = ["rules.toml"]
[[alarms.rules]]
name = "a"
kind = "high"
channel = "x"
limit = "much"
[[alarms.rules]]
name = "b"
kind = "high"
channel = "x"
[[alarms.rules]]
name = "c"
kind = "equals"
value = 'stable(x, "bench still")'
[[alarms.rules]]
name = "d"
kind = "equals"
value = "x >"
[profiles.bench]
url = 4
path = "socket.io"
ca_file = "none.pem"
contracts = ["bench.toml", "no-such-file.toml"]
alarms = ["more.toml"]
[profiles.second]
url = "ftp://x"
transports = ["pigeon"]
"""
RULES = """
[[rules]]
name = "e"
kind = "hihg"
[[rules]]
name = "f"
kind = "low"
channel = "x"
"""
CONTRACT = """
start = "go"
[commands.go]
fields.a = { type = "float", min = 2, max = 1 }
fields.b = { type = "choice" }
[commands.cancel_recipe]
title = "Mine"
[responses.x_ack]
command = "nobody"
[confirm.go]
role = "state"
becomes = "idle"
[messages.m]
x = { unit = "mbar", role = "controlled", valid = [3, 1], resolution = 0 }
y = { rolle = "state" }
z = { role = "step" }
z2 = { role = "step" }
u = { unit = "furlong" }
v = { unit = "psig", role = "pressure", valid = [3, 1], typo = 1 }
w = { unit = 4, role = "pressure" }
[commands.pump]
hazard = "none"
timeout = "9 years"
fields.x = { type = "flot" }
fields.y = { type = "int", min = 3, max = 1 }
"""


def test_one_round_reports_all(line: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    (line.home / "rules.toml").write_text(RULES)
    (line.home / "more.toml").write_text("[[rules]]\nname = 'g'\nkind = 'equals'\nvalue = 'y <'\n")
    (line.home / "bench.toml").write_text(CONTRACT)
    line.settings(SETTINGS)
    monkeypatch.setenv("XOVAC_HEADERS", "no JSON")
    said = line("config", "check")
    assert said.code == 2
    wanted = [
        '`profile` is "benhc"',
        "`recipes` is 3",
        "`display.theme`",
        "`display.refresh` is 99",
        "`stability.criteria.mine.rate`",
        "`stability.criteria.none` asks for nothing",
        "`advice.corona_high`",
        "`alarms.rules, item 1.limit`",
        '`alarms.rules[1]` ("b"): `high` needs `limit`',
        f'"c", `value`: {no_criterion("bench still", {})}',
        '"d", `value`, column',
        "`profiles.bench.url` is 4",
        "`profiles.bench.path`",
        no_authorities("profiles.bench", str(line.home / "none.pem")),
        "no-such-file.toml: there is no such file",
        "`rules, item 1.kind`",
        '`rules[1]` ("f"): `low` needs `limit`',
        '"g", `value`, column',
        "`profiles.second.url`",
        "`profiles.second.transports, item 1`",
        "fields.a.min",
        "fields.b.choices",
        "`commands.cancel_recipe`: the device's manual documents this",
        'no command is called "nobody"',
        '`messages.m."x".unit`',
        '`messages.m."x".valid`',
        '`messages.m."x".resolution`',
        '`messages.m."y".rolle`',
        '`messages.m."v".typo`',
        '`messages.m."v".unit` is "psig"',
        '`messages.m."v".valid`',
        '`messages.m."w".unit` is 4',
        "`commands.pump.hazard`",
        "`commands.pump.timeout`",
        "`commands.pump.fields.x.type`",
        "`commands.pump.fields.y.min`",
        'messages.m."z2"` has the role step',
        "XOVAC_HEADERS",
    ]
    lines = said.out.splitlines()
    for one in wanted:
        assert sum(one in sentence for sentence in lines) >= 1, one
    assert unknown_unit('messages.m."u".unit', "furlong") in said.err
    # Nothing is reported twice for one profile, and nothing that only follows from what was left out.
    assert len(lines) == len(set(lines))
    for not_said in (
        "`stability.criteria.mine` asks",
        "`advice.corona_low`",
        "`confirm.go`",
        '`messages.m."w".unit` is ""',
        '`start`: no command is called "go"',
        NO_EFFECT_WITH_HTTP,
    ):
        assert not_said not in said.out


def test_paths_that_never_came_are_noted(line: CommandLine) -> None:
    (line.home / "bench.toml").write_text(
        "[messages.readings]\nta = { unit = 'degC' }\ntemp_b = { unit = 'degC' }\n\"\" = { label = 'all' }\n"
        "[messages.reading]\nta = { unit = 'degC' }\n[messages.door]\nopen = {}\n"
    )
    line.settings('[profiles.bench]\nurl = "http://h:1"\ncontracts = ["bench.toml"]\n')
    assert line("config", "check").err == ""
    folder = line.home / "records"
    folder.mkdir()
    things = [message(float(n), json.dumps({"ta": 20 + n, "temp_a": 1}), name="readings") for n in range(30)]
    record = write_record(folder / "bench.xovac.sqlite3", [*things, message(31.0, "true", name="alive")])
    said = line("config", "check")
    assert said.code == 0
    path, name = "no such path is in the newest 30 of these messages in", "no message of this name is among"
    events = f"the newest 31 events of {record}."
    assert said.err.splitlines() == [
        f"Note: `profiles.bench`: {note}"
        for note in (
            f'`messages.readings."temp_b"`: {path} {record}. Did you mean "temp_a"?',
            f'`messages.readings.""`: {path} {record}.',
            f'`messages.reading`: {name} {events} Did you mean "readings"?',
            f"`messages.door`: {name} {events}",
        )
    ]
    record.write_bytes(b"SQLite format 3\0 and nothing more")
    said = line("config", "check")
    assert said.code == 0
    assert "whether all paths come is not known" in said.err
