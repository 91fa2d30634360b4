"""What ssh is told, what its lines mean, and which destination is the way to which chamber."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from tests.helpers.commandline import clean_environment
from xovac_tui.api.link import LinkCode
from xovac_tui.completing.answer import answer_lines
from xovac_tui.compose import chambers
from xovac_tui.compose.stations import place_of
from xovac_tui.config import Effective, Overrides, Profile, effective_settings
from xovac_tui.config.check import profile_mistakes
from xovac_tui.errors import SettingsError
from xovac_tui.link.ssh.destination import UNANSWERED, alive_interval, ssh_command
from xovac_tui.link.ssh.diagnosis import ending_of, refusal_of
from xovac_tui.link.target import Address, Target, check_target, ssh_mistake

C = LinkCode
LAB = Target(url="http://chamber:8080", ssh="lab-pc")


@pytest.mark.parametrize("asks", [False, True])
def test_the_command_is_the_users_ssh_with_options_that_come_first(asks: bool) -> None:
    own = msgspec.structs.replace(LAB, ssh_command=("/opt/ssh", "-F", "lab"), connect_timeout=2.5)
    command = ssh_command(own, check_target(own), "/run/x.sock", asks=asks)
    assert command[:3] == ["/opt/ssh", "-F", "lab"]
    assert command[-3:] == ["-L", "/run/x.sock:chamber:8080", "lab-pc"]
    assert ("BatchMode=yes" in command) is not asks
    assert {"ExitOnForwardFailure=yes", "ConnectTimeout=3", "StreamLocalBindMask=0177"} <= set(command)


def test_an_address_in_ipv6_is_in_brackets() -> None:
    assert "x:[::1]:80" in ssh_command(LAB, Address("::1", 80, False, "/"), "x", asks=False)


@pytest.mark.parametrize("lost_after", [5.0, 15.0, 30.0, 3600.0])
def test_a_dead_far_end_is_known_before_the_chamber_counts_as_lost(lost_after: float) -> None:
    assert alive_interval(lost_after) * (UNANSWERED + 1) < min(lost_after, 21)


@pytest.mark.parametrize("destination", ["lab-pc", "me@10.0.0.7", "ssh://me@[::1]:22", r"LAB\me@pc", "a%b"])
def test_what_a_destination_may_be(destination: str) -> None:
    assert ssh_mistake(destination) == ""


@pytest.mark.parametrize(
    "destination", ["-oProxyCommand=x", "a b", "a;b", "$(x)", "a'b", "", "a\nb", "x" * 300]
)
def test_what_is_no_destination_never_reaches_ssh(destination: str) -> None:
    assert ssh_mistake(destination)
    if destination:
        with pytest.raises(SettingsError):
            check_target(Target(url="http://c", ssh=destination))
        assert [key for key, _ in profile_mistakes(Profile(ssh=destination))] == ["ssh"]


def test_a_command_names_a_program() -> None:
    assert [key for key, _ in profile_mistakes(Profile(ssh_command=()))] == ["ssh_command"]
    assert [key for key, _ in profile_mistakes(Profile(ssh_command=("ssh", "a\nb")))] == ["ssh_command"]


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        (["No ED25519 host key is known for pc and you have requested strict checking."], C.SSH_UNKNOWN_KEY),
        (["Host key verification failed."], C.SSH_UNKNOWN_KEY),
        (
            ["@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @", "Host key verification failed."],
            C.SSH_CHANGED_KEY,
        ),
        (["me@pc: Permission denied (publickey,password)."], C.SSH_DENIED),
        (["Received disconnect from pc port 22:2: Too many authentication failures"], C.SSH_DENIED),
        (["ssh: Could not resolve hostname pc: Name or service not known"], C.SSH_UNKNOWN_HOST),
        (["ssh: connect to host pc port 22: Network is unreachable"], C.SSH_NO_ROUTE),
        (["ssh: connect to host pc port 22: Connection refused"], C.SSH_REFUSED),
        (["ssh: connect to host pc port 22: Connection timed out"], C.SSH_NO_ANSWER),
        (["Connection timed out during banner exchange"], C.SSH_NO_ANSWER),
        (["Timeout, server pc not responding."], C.SSH_DEAD),
        (["Connection to pc closed by remote host."], C.SSH_ENDED),
        (["client_loop: send disconnect: Broken pipe"], C.SSH_ENDED),
        (["bind [127.0.0.1]:8080: Address already in use"], C.SSH_FAILED),
        ([], C.SSH_FAILED),
    ],
)
def test_what_the_last_lines_of_ssh_mean(lines: list[str], code: LinkCode) -> None:
    assert ending_of(lines)[0] is code


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("administratively prohibited: open failed", C.SSH_FORWARD_REFUSED),
        ("connect failed: Connection refused", C.SSH_NOTHING_BEHIND),
        ("connect failed: Host is down", C.SSH_UNREACHABLE_BEHIND),
    ],
)
def test_what_the_far_end_does_not_open(said: str, code: LinkCode) -> None:
    found = refusal_of(f"channel 2: open failed: {said}")
    assert found is not None
    assert found[0] is code
    assert refusal_of("Connection refused") is None


# -- which chamber -------------------------------------------------------------------------------------


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    clean_environment(monkeypatch, tmp_path)
    return tmp_path


PROFILES = '[profiles.a]\nurl = "http://a:1"\nssh = "pc-a"\n[profiles.b]\nurl = "http://b:1"\n'


def found(home: Path, text: str = PROFILES, environ: dict[str, str] | None = None, **typed: str) -> Effective:
    (home / "config.toml").write_text(text)
    return effective_settings(Overrides(**typed), environ or {})  # type: ignore[arg-type]


def ways(settings: Effective) -> tuple[str, str, str]:
    setup = chambers.resolve(settings)
    return setup.profile.url, setup.profile.ssh, chambers.record_path(settings, setup).name.split(".xovac")[0]


def test_each_way_to_a_chamber_has_a_record_of_its_own(home: Path) -> None:
    assert ways(found(home, profile="a")) == ("http://a:1", "pc-a", "a")
    assert ways(found(home, profile="a", ssh="pc-a")) == ("http://a:1", "pc-a", "a")
    assert ways(found(home, profile="a", ssh="")) == ("http://a:1", "", "a-direct")
    assert ways(found(home, profile="b", ssh="me@pc")) == ("http://b:1", "me@pc", "b-via-me-pc")
    assert ways(found(home, url="http://localhost:8080", ssh="pc")) == (
        "http://localhost:8080",
        "pc",
        "localhost-8080-via-pc",
    )
    assert ways(found(home, url="http://localhost:8080"))[2] == "localhost-8080"


def test_a_destination_alone_means_the_usual_address_there(home: Path) -> None:
    assert ways(found(home, "", ssh="pc")) == ("http://localhost:8080", "pc", "localhost-8080-via-pc")
    one = '[profiles.a]\nurl = "http://a:1"\n'
    assert ways(found(home, one, ssh="pc")) == ("http://a:1", "pc", "a-via-pc")


def test_an_exported_destination_is_never_the_way_to_a_chamber_that_was_typed(home: Path) -> None:
    environ = {"XOVAC_SSH": "pc"}
    assert ways(found(home, environ=environ, profile="b"))[1] == ""
    assert ways(found(home, environ=environ, url="http://c"))[1] == ""
    assert ways(found(home, environ={**environ, "XOVAC_PROFILE": "b"}))[1] == "pc"
    assert ways(found(home, environ={"XOVAC_PROFILE": "b"}, ssh="pc"))[1] == "pc"


def test_a_destination_that_was_typed_is_checked(home: Path) -> None:
    with pytest.raises(SettingsError):
        found(home, profile="a", ssh="-x").resolve()


def test_a_proof_of_stop_belongs_to_the_way(home: Path) -> None:
    direct = Profile(url="http://a:1")
    assert place_of(direct) != place_of(msgspec.structs.replace(direct, ssh="pc"))


def test_hosts_of_ssh_are_completed(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(home))
    folder = home / ".ssh"
    folder.mkdir()
    (folder / "config").write_text(
        'Host lab-pc "bench pc"\n HostName 10.0.0.1\nHost *.lab !x\nhost=jump # old\nInclude more\n'
    )
    (folder / "more").write_text("Host deep\nInclude more\n")
    (folder / "known_hosts").write_text(
        "|1|hashed ssh-ed25519 AAAA\n# no\n@revoked old ssh-rsa A\n\n"
        "chamber.lab,10.0.0.7 ssh-ed25519 A\n[box]:2222 x y\n"
    )
    words = [line.partition("\t")[0] for line in answer_lines("zsh", ("record", "--ssh", ""))[1:]]
    expected = ["lab-pc", "bench pc", "jump", "deep", "chamber.lab", "10.0.0.7", "ssh://box:2222"]
    assert words == expected
    assert "ssh://box:2222" in [line.partition("\t")[0] for line in answer_lines("zsh", ("--ssh", "ssh"))[1:]]
