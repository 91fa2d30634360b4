"""The page "Four chambers in an afternoon", followed here command by command; then everything is killed."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import ssl
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from base64 import b64encode
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.helpers.pty import until
from tests.servers.base import free_port, listens, program
from tests.servers.units import Units
from xovac_tui.forwarding.batch import stamp
from xovac_tui.forwarding.reading import ForwardedRows
from xovac_tui.forwarding.recordparts import Part

TOP = Path(__file__).parents[2]
PAGE = TOP / "docs" / "four-chambers.md"
PATIENCE = 60.0
COMMAND_SECONDS = 120.0
CHECKOUT = (
    *("xovac_tui", "themes", "docs", "pyproject.toml", "constraints.txt"),
    *("README.md", "LICENSE", "config.example.toml"),
)
DEBIAN = {
    "etc/mosquitto/mosquitto.conf": "persistence true\npersistence_location /var/lib/mosquitto/\n"
    "include_dir {root}/etc/mosquitto/conf.d\nuser root\n",
    "etc/default/victoria-metrics": 'ARGS="-storageDataPath=/var/lib/victoria-metrics"\n',
    "etc/hosts": "127.0.0.1 localhost\n",
    "units/mosquitto.service": "[Service]\nExecStart={mosquitto} -c {root}/etc/mosquitto/mosquitto.conf\n"
    "Restart=on-failure\n",
    "units/victoria-metrics.service": "[Service]\nRestart=on-failure\nRestartSec=1\n"
    "EnvironmentFile={root}/etc/default/victoria-metrics\nExecStart={victoria} $ARGS\n",
}
"""What the packages bring, as far as it matters: folder -> text. The broker may read folders of the tests."""
PROGRAMS = {
    "sudo": 'exec "$@"',
    "python3": 'exec {python} "$@"',
    "scp": 'for one in "${{@:1:$#-1}}"; do cp "{home}/${{one#localhost:}}" "${{!#}}"; done',
    **dict.fromkeys(("apt-get", "chown", "git", "journalctl", "loginctl"), "exit 0"),
}
"""What stands in the place of programs that would change this machine, or need another one."""


class Block(NamedTuple):
    """A marked block of the page."""

    name: str
    language: str
    text: str


def blocks(page: str) -> list[Block]:
    found = re.findall(
        r"^<!-- four-chambers: (.+?) -->\n```(\w+)\n(.*?)^```$", page, re.DOTALL | re.MULTILINE
    )
    return [Block(*one) for one in found]


def test_every_block_of_the_page_is_run() -> None:
    page = PAGE.read_text()
    assert page.count("\n```") == 2 * len(blocks(page))


def places(root: Path) -> dict[str, str]:
    """Return what differs here from the page: names, ports, folders and how long one waits."""
    store, broker = free_port(), free_port()
    table = {
        "store.lab": "localhost",
        "-httpListenAddr=:8428": f"-httpListenAddr=127.0.0.1:{store}",
        ":8428": f":{store}",
        "listener 8883": f"listener {broker} 127.0.0.1",
        ":8883": f":{broker}",
        "/etc/": f"{root}/etc/",
        "/var/lib/": f"{root}/var/lib/",
        "RestartSec=10": "RestartSec=1",
        "sleep 30": "sleep 3",
        "scrape_interval: 5s": "scrape_interval: 1s",
    }
    return table | {str(port): str(free_port()) for port in (*range(8081, 8086), *range(9461, 9466))}


class Lab:
    """A machine as the page makes it."""

    def __init__(self, root: Path) -> None:
        self.root, self.home, self.desk = root, root / "home", root / "desk"
        self.places = places(root)
        self._pattern = re.compile(
            "|".join(re.escape(one) for one in sorted(self.places, key=len, reverse=True))
        )
        for folder in (self.home, self.desk, root / "bin", root / "units", root / "logs"):
            folder.mkdir()
        for below in ("etc/mosquitto/conf.d", "etc/default", "var/lib/mosquitto"):
            (root / below).mkdir(parents=True)
        self._copy_checkout(self.home / "xovac-tui-source")
        self._add_what_debian_brings()
        self.units = Units(
            root / "logs", root / "units", self.home / ".config/systemd/user", self.environment(self.home)
        )
        self.units.add_programs(root / "bin")

    def here(self, text: str) -> str:
        """Return a text of the page with the places of this test."""
        return self._pattern.sub(lambda found: self.places[found[0]], text)

    def environment(self, home: Path) -> dict[str, str]:
        mine = re.compile(r"^(XOVAC_|XDG_|PYTHON|PYTEST_|VIRTUAL_ENV|PYENV|COV_)")
        kept = {name: value for name, value in os.environ.items() if not mine.match(name)}
        path = f"{self.root}/bin:{self.home}/.local/bin:{os.environ['PATH']}:/usr/sbin"
        return kept | {"HOME": str(home), "PATH": path, "LANG": "C.UTF-8"}

    def _copy_checkout(self, source: Path) -> None:
        for name in CHECKOUT:
            one = TOP / name
            if one.is_dir():
                shutil.copytree(one, source / name, ignore=shutil.ignore_patterns("__pycache__", "img"))
            else:
                source.mkdir(exist_ok=True)
                shutil.copy(one, source / name)
        for folder in ("mosquitto", "systemd"):
            for one in (source / "docs" / folder).iterdir():
                one.write_text(self.here(one.read_text()))

    def _add_what_debian_brings(self) -> None:
        words = {
            "root": str(self.root),
            "mosquitto": program("mosquitto", "mosquitto"),
            "victoria": program("victoria-metrics", "victoria-metrics"),
            "python": os.path.realpath(sys.executable),
            "home": str(self.home),
        }
        program("mosquitto_passwd", "mosquitto")
        for name in ("openssl", "curl"):
            program(name, name)
        for file, text in DEBIAN.items():
            (self.root / file).write_text(text.format(**words))
        for name, text in PROGRAMS.items():
            path = self.root / "bin" / name
            path.write_text(f"#!/bin/bash\n{text.format(**words)}\n")
            path.chmod(0o755)

    def follow(self, block: Block) -> str:
        """Do what a block says; return what it printed."""
        if found := re.fullmatch(r"(file of the desk|file|more of) ~/(.+)", block.name):
            path = (self.desk if "desk" in found[1] else self.home) / found[2]
            with path.open("a" if found[1] == "more of" else "w") as file:
                file.write(self.here(block.text))
            return ""
        assert block.language == "sh"
        home = self.desk if "desk" in block.name else self.home
        return self.run(self.here(block.text), home)

    def run(self, text: str, home: Path) -> str:
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", text],
            cwd=home,
            env=self.environment(home),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=COMMAND_SECONDS,
        )
        assert done.returncode == 0, f"{text}\n{done.stdout}\n{done.stderr}\n{self.logs()}"
        return done.stdout

    def logs(self) -> str:
        return "\n".join(
            f"-- {one.name}\n{one.read_text(errors='replace')[-1500:]}"
            for one in sorted((self.root / "logs").iterdir())
        )

    def until(self, holds: Callable[[], object], what: str) -> None:
        try:
            until(lambda: bool(holds()), PATIENCE, what)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.logs()}") from None

    # -- what is seen -----------------------------------------------------------------------------------

    def asked(self, home: Path, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["xovac-tui", *words],
            env=self.environment(home),
            capture_output=True,
            text=True,
            timeout=COMMAND_SECONDS,
        )

    def fleet(self) -> dict[str, dict[str, Any]]:
        """Return what the desk sees of each chamber; empty while the broker is away."""
        done = self.asked(self.desk, "fleet", "--json")
        found = {one["chamber"]: one for one in json.loads(done.stdout or "[]")}
        assert not any(one["recorded_here"] for one in found.values())
        return found

    def records(self, chambers: int) -> bool:
        """Return whether the desk sees so many chambers, all of them online and recorded."""
        found = self.fleet()
        there = [one for one in found.values() if one["state"] == "ONLINE" and one["summary"]]
        return len(found) == len(there) == chambers and all(
            one["summary"]["recorder"] == "on" for one in there
        )

    def waiting(self, chamber: str) -> int | None:
        """Return how many rows of a chamber the store has not received; None where that is not known."""
        done = self.asked(self.home, "forward", "status", "--json", "--profile", chamber)
        sinks = json.loads(done.stdout)["sinks"] if done.returncode == 0 else []
        if not sinks:
            return None
        (found,) = [one for one in sinks if one["history"]]
        return None if found["events"] is None else int(found["events"]) + int(found["entries"])

    def get(self, path: str, **query: str) -> bytes:
        """Ask the store, as strictly as newer Pythons check certificates."""
        context = ssl.create_default_context(cafile=str(self.home / "lab" / "ca.pem"))
        context.verify_flags |= ssl.VERIFY_X509_STRICT
        secret = (self.home / "lab" / "victoria.secret").read_text().strip()
        address = self.here(f"https://store.lab:8428{path}?{urllib.parse.urlencode(query)}")
        pair = b64encode(f"victoria:{secret}".encode()).decode()
        request = urllib.request.Request(address, headers={"Authorization": f"Basic {pair}"})
        with urllib.request.urlopen(request, timeout=30, context=context) as answer:
            return bytes(answer.read())

    def stored(self) -> Counter[tuple[str, str, str, int]]:
        """Return chamber, message, path and millisecond of each reading in the store, and how often."""
        self.get("/internal/force_flush")
        found: Counter[tuple[str, str, str, int]] = Counter()
        for line in self.get(
            "/api/v1/export", **{"match[]": '{__name__=~"xovac_.+",event!=""}'}
        ).splitlines():
            series = json.loads(line)
            named = series["metric"]
            path = named["__name__"].removeprefix("xovac_")
            if path.startswith("text_"):
                # The store has no text, and keeps a zero in its place.
                continue
            found.update((named["chamber"], named["event"], path, at) for at in series["timestamps"])
        return found

    def recorded(self) -> set[tuple[str, str, str, int]]:
        """Return the same of the records."""
        found = set()
        for path in self.home.glob(".local/share/xovac-tui/**/*.xovac.sqlite3"):
            rows, cursor = ForwardedRows(path), 0
            while (batch := rows.next(Part.EVENTS, cursor, 1_000)) is not None:
                cursor = batch.after
                for row in batch.events:
                    at = stamp(row.utc, row.key.number) // 1_000_000
                    chamber = path.name.partition(".")[0]
                    # InfluxDB takes no field of that name.
                    names = ("time_" if name == "time" else name for name, _ in row.values)
                    found |= {(chamber, row.event, name, at) for name in names}
            rows.close()
        return found

    def scraped(self, chambers: int) -> bool:
        found = json.loads(
            self.get("/api/v1/query", query='count(xovac_link_state{state="ONLINE"} == 1)', nocache="1")
        )["data"]["result"]
        return [one["value"][1] for one in found] == [str(chambers)]


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    made = Lab(tmp_path)
    try:
        yield made
    finally:
        made.units.close()


def listening(lab: Lab, *ports: str) -> bool:
    return all(
        listens(int(lab.places[port].rpartition(":")[2].split()[-1].removeprefix(":"))) for port in ports
    )


def kill_at_random(lab: Lab, seconds: float) -> str:
    """Kill recorders, broker and store; return what was done."""
    seed = random.SystemRandom().randrange(10**6)
    chance, end, said = random.Random(seed), time.monotonic() + seconds, [f"seed {seed}"]
    victims = ["mosquitto", "victoria-metrics", *(f"xovac-record@bench-{number}" for number in range(1, 5))]
    while time.monotonic() < end:
        name, which = chance.choice(victims), chance.choice(("KILL", "KILL", "STOP"))
        unit = lab.units.known[name]
        unit.kill(which)
        said.append(f"{which} {name}")
        time.sleep(chance.uniform(0.3, 1.5))
        unit.kill("CONT")
    print(" ".join(said))
    return " ".join(said)


def after(lab: Lab) -> Mapping[str, Callable[[], object]]:
    """Return what must be so once a block of the page was followed, as its reader would see it."""
    return {
        "simulators": lambda: listening(lab, "8081", "8082", "8083", "8084"),
        "broker": lambda: listening(lab, ":8883"),
        "store": lambda: listening(lab, ":8428"),
        "recorders": lambda: all(lab.waiting(f"bench-{number}") is not None for number in range(1, 5)),
        "look": lambda: lab.scraped(4),
        "fleet of the desk": lambda: lab.records(4),
        "kill": lambda: all(unit.pid is not None for unit in lab.units.known.values()),
        "stop": lambda: lab.fleet()["bench-4"]["state"] == "RECORDER GONE",
        "start": lambda: lab.records(4),
        "fifth chamber": lambda: listening(lab, "8085"),
        "fifth recorder": lambda: lab.records(5) and lab.scraped(5),
        "update": lambda: lab.records(5),
    }


@pytest.mark.slow
def test_whoever_follows_the_page_has_four_chambers_and_loses_nothing(lab: Lab) -> None:
    checks, began, seed = after(lab), time.monotonic(), ""
    for block in blocks(PAGE.read_text()):
        at = time.monotonic()
        lab.follow(block)
        if check := checks.get(block.name):
            lab.until(check, f"what is to be so after {block.name}")
        if block.name == "kill":
            seed = kill_at_random(lab, 6.0)
            lab.until(lambda: lab.records(4), f"four chambers ({seed})")
        print(f"{block.name}: {time.monotonic() - at:.1f} s")

    for number in range(1, 6):
        lab.units.known[f"chamber-{number}"].stop()
    # A store that was away is tried again after some seconds.
    lab.until(
        lambda: all(lab.waiting(f"bench-{number}") == 0 for number in range(1, 6)),
        f"everything to be received ({seed})",
    )
    stored, recorded = lab.stored(), lab.recorded()
    assert len({chamber for chamber, *_ in recorded}) == 5
    assert recorded - stored.keys() == set(), f"missing ({seed})"
    assert stored.keys() - recorded == set(), f"never recorded ({seed})"
    assert stored.total() == len(stored), f"doubled ({seed})"
    assert lab.units.known["xovac-record@bench-1"].starts >= 3
    print(f"{len(stored)} readings, {time.monotonic() - began:.1f} s")


def test_systemd_finds_nothing_wrong_with_the_unit(tmp_path: Path) -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("systemd is missing")
    (tmp_path / ".local/bin").mkdir(parents=True)
    (tmp_path / ".local/bin/xovac-tui").symlink_to("/bin/true")
    unit = shutil.copy(TOP / "docs/systemd/xovac-record@.service", tmp_path / "xovac-record@bench-1.service")
    done = subprocess.run(
        [analyze, "--user", "--man=no", "verify", str(unit)],
        env={"HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path), "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
