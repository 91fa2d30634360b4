import sys
from collections.abc import AsyncIterator

import pytest

from tests.helpers.commandline import CommandLine, Script
from xovac_tui.api.contract import STOP_COMMAND
from xovac_tui.cli import doctor, provestop
from xovac_tui.link.checks import DoctorCheck
from xovac_tui.link.target import Target
from xovac_tui.recording.disk.share import share_advice
from xovac_tui.simulator.device import CANCEL_WHILE_IDLE
from xovac_tui.station.live import LiveStation
from xovac_tui.station.proofs import StopProofs
from xovac_tui.station.proving import NEVER, Proving, StopVerdict, VerdictCode
from xovac_tui.station.refusal import Refusal, RefusalCode


def answer(monkeypatch: pytest.MonkeyPatch, *checks: DoctorCheck) -> list[Target]:
    asked: list[Target] = []

    async def probe(target: Target, tunnel: object = None) -> AsyncIterator[DoctorCheck]:
        asked.append(target)
        for check in checks:
            yield check

    monkeypatch.setattr(doctor, "probe", probe)
    return asked


def test_without_a_chamber_it_checks_this_machine(line: CommandLine) -> None:
    said = line("doctor")
    assert said.code == 0
    assert str(line.home / "logs" / "xovac-tui.log") in said.out
    assert "textual" in said.out
    assert "none is named" in said.out


def test_the_folder_of_the_records_is_the_one_that_the_settings_name(line: CommandLine) -> None:
    line.settings('[record]\nfolder = "elsewhere"\n')
    assert f"{line.home / 'elsewhere'} (does not exist)" in line("doctor").out


def test_records_on_a_network_share_are_named(line: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "network share" not in line("doctor").out
    monkeypatch.setattr("xovac_tui.cli.doctor.network_share", lambda folder: "NFS")
    assert share_advice("NFS") in line("doctor").out


def test_each_step_is_reported_with_its_advice(line: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    line.settings('[profiles.a]\nurl = "https://a"\n')
    asked = answer(
        monkeypatch,
        DoctorCheck("name", True, "found"),
        DoctorCheck("tcp", False, "refused", "Look there."),
        DoctorCheck("tls", None, "skipped"),
    )
    said = line("doctor")
    assert said.code == 6
    assert asked[0].url == "https://a"
    assert said.out.endswith(
        "Chamber a at https://a\n"
        f"  !!  {NEVER}\n"
        "      Prove it while nothing runs: add --prove-stop, or press f8 in the console.\n"
        "  ok  name: found\n"
        "  !!  tcp: refused\n      Look there.\n  --  tls: skipped\n"
    )


@pytest.mark.parametrize(("keys", "printed"), [("f17,f18", "f17"), ("j", "f8"), ("", "f8")])
def test_the_key_that_proves_stop_is_the_one_that_is_bound(
    line: CommandLine, monkeypatch: pytest.MonkeyPatch, keys: str, printed: str
) -> None:
    """A table with a mistake is left out by the console, so the default key is bound then."""
    line.settings(f'[keys]\nprove-stop = "{keys}"\n')
    answer(monkeypatch)
    assert f"add --prove-stop, or press {printed} in the console." in line("doctor", "--url", "http://a").out


def test_a_transport_that_is_not_needed_is_named_and_is_no_failure(
    line: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = answer(monkeypatch, DoctorCheck("websocket", False, "swallowed", "Look there.", spare=True))
    said = line("doctor", "--url", "http://a", "--transport", "polling", "--transport", "websocket")
    assert said.code == 0
    assert "!!  websocket: swallowed" in said.out
    assert asked[0].transports == ("polling", "websocket")


def test_what_was_not_needed_is_no_failure(line: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    answer(monkeypatch, DoctorCheck("tcp", True, "open"), DoctorCheck("tls", None, "not encrypted"))
    assert line("doctor", "--url", "http://a").code == 0


def test_mistakes_in_the_settings_are_reported_and_the_chamber_is_tried_all_the_same(
    line: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = answer(monkeypatch, DoctorCheck("tcp", True, "open"))
    line.settings('[display]\ntheme = "norrd"\n[profiles.a]\n')
    said = line("doctor")
    assert said.code == 2
    assert "!!  " in said.out
    assert len(asked) == 1


def test_settings_that_cannot_be_read_end_it(line: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = answer(monkeypatch)
    line.settings("x = 1\ny = 2\n")
    said = line("doctor")
    assert said.code == 2
    assert said.out.count("!!  ") == 2
    assert asked == []


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"NO_COLOR": "1", "COLORTERM": "truecolor"}, "none, because NO_COLOR is set"),
        ({"TERM": "xterm", "COLORTERM": "truecolor"}, "16 million"),
        ({"TERM": "xterm-256color"}, "256"),
        ({"TERM": "linux"}, "16"),
        ({"TERM": "dumb"}, "none" if sys.platform != "win32" else "16"),
    ],
)
def test_colours(environ: dict[str, str], said: str) -> None:
    assert doctor.colours(environ).startswith(said)


def test_the_terminal_is_described() -> None:
    reported = dict(doctor.terminal({"TERM": "screen", "TMUX": "/tmp/x", "SSH_CONNECTION": "1"}))
    assert reported["inside"] == "tmux"
    assert "OSC 52" in reported["over SSH"]
    assert reported["TERM"] == "screen"


CHAMBER = '[profiles.a]\nurl = "http://a:8080"\ncontracts = ["simulator"]\n'


@pytest.fixture
def script(line: CommandLine, monkeypatch: pytest.MonkeyPatch) -> Script:
    """A chamber that is found, is idle, and answers as the manual says."""
    answer(monkeypatch, DoctorCheck("namespace", True, "open"))
    found = Script()
    found.proofs = StopProofs(line.home / "stop-proofs.toml")
    found.messages = [("chamber_state", '{"mode": "idle"}')]
    found.answer("cancel_recipe", "warning", CANCEL_WHILE_IDLE)
    found.install(monkeypatch)
    # What this link says is old at once, which a chamber's own messages are not.
    monkeypatch.setattr(provestop, "LISTEN_FOR", 0.05)
    line.settings(CHAMBER)
    return found


def test_stop_is_proven_while_the_chamber_is_idle(line: CommandLine, script: Script) -> None:
    assert f"!!  {NEVER}" in line("doctor").out
    said = line("doctor", "--prove-stop", "--yes")
    assert (said.code, script.sent) == (0, [("cancel_recipe", "")])
    assert said.out.endswith(f"{StopVerdict(VerdictCode.DOCUMENTED).words}\n")
    assert script.proofs is not None
    proof = script.proofs.get("a", "http://a:8080/socket.io /", "")
    assert proof is not None
    assert f"ok  {proof.words}" in line("doctor").out


@pytest.mark.parametrize(("result", "code"), [("success", 3), ("error", 4), ("done", 5)])
def test_an_answer_that_proves_nothing_is_no_exit_0(
    line: CommandLine, script: Script, result: str, code: int
) -> None:
    script.answer("cancel_recipe", result)
    said = line("doctor", "--prove-stop", "--yes")
    assert (said.code, "STOP is not proven" in said.out) == (code, True)


@pytest.mark.parametrize(
    ("mode", "arguments", "code", "said"),
    [
        ("running", ["--yes"], 4, "would cancel it, so it was not sent"),
        ("idle", [], 2, "this is not a terminal"),
        ("observe", ["--yes"], 4, "observe only"),
    ],
)
def test_stop_is_not_sent_where_it_must_not_be(
    line: CommandLine, script: Script, mode: str, arguments: list[str], code: int, said: str
) -> None:
    script.messages = [("chamber_state", f'{{"mode": "{mode}"}}')]
    if mode == "observe":
        line.settings(f"{CHAMBER}observe = true\n")
    found = line("doctor", "--prove-stop", *arguments)
    assert (found.code, said in found.out + found.err, script.sent) == (code, True, [])


def test_a_person_is_asked_before_stop_is_proven(
    line: CommandLine, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    typed = ["n", "y"]
    monkeypatch.setattr(provestop, "on_terminal", lambda: True)
    monkeypatch.setattr("click.termui.visible_prompt_func", lambda _: typed.pop(0))
    said = line("doctor", "--prove-stop")
    assert (said.code, script.sent) == (4, [])
    assert "Sends    cancel_recipe ''" in said.err
    assert "if one does" not in said.err
    assert (line("doctor", "--prove-stop").code, len(script.sent)) == (0, 1)


def test_what_the_record_knows_of_a_run_is_read_before_stop_is_proven(
    line: CommandLine, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    blocked, record_read = Proving.blocked, LiveStation.record_read

    async def read(station: LiveStation, timeout: float) -> bool:
        seen.append("record")
        return await record_read(station, timeout)

    def asked(proving: Proving) -> Refusal | None:
        seen.append("blocked")
        return blocked(proving)

    monkeypatch.setattr(LiveStation, "record_read", read)
    monkeypatch.setattr(Proving, "blocked", asked)
    assert line("doctor", "--prove-stop", "--yes").code == 0
    # The first is the link's own head start, which does not wait long enough.
    assert seen == ["record", "record", "blocked"]


def test_stop_is_not_proven_on_a_chamber_that_was_idle_when_it_was_asked_and_says_nothing_then(
    line: CommandLine, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    script.fresh = True

    def answer_late(_: object) -> str:
        script.messages = []
        return "y"

    monkeypatch.setattr(provestop, "on_terminal", lambda: True)
    monkeypatch.setattr("click.termui.visible_prompt_func", answer_late)
    said = line("doctor", "--prove-stop")
    assert (said.code, script.sent) == (4, [])
    assert Refusal(RefusalCode.BLIND, STOP_COMMAND).sentence in said.out + said.err
