"""The program itself, forwarding into InfluxDB: recorder and server are killed, and nothing is missing."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.pty import PROGRAM, ROOT, environment, until
from tests.helpers.simulator import simulator_process
from tests.servers.influxdb import InfluxDb, influxdb
from xovac_tui.forwarding.batch import EventRow, stamp
from xovac_tui.forwarding.reading import ForwardedRows
from xovac_tui.forwarding.recordparts import Part

PATIENCE = 60.0


@pytest.fixture(scope="module")
def influx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InfluxDb]:
    with influxdb(tmp_path_factory.mktemp("influx")) as server:
        yield server


class Lab:
    """A chamber, its settings, and recorders of it one after the other."""

    def __init__(self, home: Path, chamber: str, store: str) -> None:
        self.home = home
        self.record = home / "records" / "bench.xovac.sqlite3"
        (home / "config.toml").write_text(
            f"""
[profiles.bench]
url = "{chamber}"
contracts = ["simulator"]
[forward]
to = ["lab"]
[[forward.sinks]]
name = "lab"
kind = "influx"
url = "{store}"
database = "xovac"
timeout = 1.0
"""
        )
        self._recorder: subprocess.Popen[bytes] | None = None

    def begin(self) -> None:
        with (self.home / "recorder.log").open("ab") as log:
            self._recorder = subprocess.Popen(
                [*PROGRAM, "record", "--profile", "bench"],
                cwd=ROOT,
                env=environment(self.home),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def end(self, how: signal.Signals) -> None:
        recorder, self._recorder = self._recorder, None
        if recorder is not None:
            recorder.send_signal(how)
            recorder.wait(PATIENCE)

    def ask(self, *words: str) -> str:
        done = subprocess.run(
            [*PROGRAM, *words, "--profile", "bench"],
            cwd=ROOT,
            env=environment(self.home),
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=True,
        )
        return done.stdout

    def sink(self) -> dict[str, Any]:
        (found,) = json.loads(self.ask("forward", "status", "--json"))["sinks"]
        return dict(found)

    def rows(self) -> list[EventRow]:
        rows = ForwardedRows(self.record)
        try:
            found: list[EventRow] = []
            cursor = 0
            while (batch := rows.next(Part.EVENTS, cursor, 1_000)) is not None:
                found += batch.events
                cursor = batch.after
            return found
        finally:
            rows.close()


@pytest.mark.slow
def test_nothing_is_missing_whatever_is_killed(influx: InfluxDb, tmp_path: Path) -> None:
    seed = random.SystemRandom().randrange(10**6)
    print(f"seed {seed}")
    chance = random.Random(seed)
    with simulator_process("--speed", "20") as chamber:
        lab = Lab(tmp_path, chamber.url, influx.url)
        try:
            for _ in range(3):
                lab.begin()
                time.sleep(chance.uniform(2.0, 4.0))
                fault = chance.choice(("kill", "pause"))
                (influx.kill if fault == "kill" else influx.pause)()
                time.sleep(chance.uniform(0.5, 2.0))
                if chance.random() < 0.5:
                    lab.end(signal.SIGKILL)
                (influx.start if fault == "kill" else influx.go_on)()
                time.sleep(chance.uniform(0.5, 2.0))
                lab.end(chance.choice((signal.SIGKILL, signal.SIGTERM)))
            lab.begin()
            until(lambda: lab.sink()["behind"] < 5, PATIENCE, f"everything to be stored (seed {seed})")
        finally:
            lab.end(signal.SIGTERM)
        waiting = lab.sink()["events"]
        recorded = lab.rows()
        recorded = recorded[: len(recorded) - waiting] if waiting else recorded
        wanted = {stamp(row.utc, row.key.number) for row in recorded if row.values}
        found = [row["time"] for row in influx.query("SELECT * FROM xovac")]
        assert len({row.key.source for row in lab.rows()}) >= 3
        assert len(found) == len(set(found)), f"doubled, seed {seed}"
        assert wanted - set(found) == set(), f"seed {seed}"
        everything = {stamp(row.utc, row.key.number) for row in lab.rows()}
        assert set(found) - everything == set(), f"seed {seed}"

        lab.ask("forward", "forget", "lab", "--yes")
        assert lab.sink()["forgetting"]
        influx.query("DROP MEASUREMENT xovac")
        lab.begin()
        until(
            lambda: not (now := lab.sink())["forgetting"] and now["behind"] < 5,
            PATIENCE,
            "all to be sent again",
        )
        lab.end(signal.SIGTERM)
        again = {row["time"] for row in influx.query("SELECT * FROM xovac")}
        assert wanted - again == set(), f"seed {seed}"
