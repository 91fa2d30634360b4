import io
import os
from pathlib import Path

import pytest
from rich.console import Console

from xovac_tui.config import Profile, Secrets, load_secrets
from xovac_tui.config.secrets import read_addresses, sink_secret
from xovac_tui.errors import SettingsError
from xovac_tui.forwarding.failures import FailureCode, SinkError
from xovac_tui.forwarding.kinds.influx import InfluxSink
from xovac_tui.forwarding.kinds.mqtt import MqttSink
from xovac_tui.forwarding.kinds.postgres import PostgresSink
from xovac_tui.forwarding.wording import failure_sentence
from xovac_tui.validation import TEXT, wrong_value


def secrets_file(tmp_path: Path, text: str, mode: int = 0o600) -> Profile:
    file = tmp_path / "secrets.toml"
    file.write_text(text)
    file.chmod(mode)
    return Profile(auth_file=str(file))


def test_none_are_none() -> None:
    assert load_secrets(Profile(), {}) == Secrets()


def test_they_come_from_the_environment() -> None:
    found = load_secrets(
        Profile(), {"XOVAC_AUTH": '{"token": "t", "n": 1}', "XOVAC_HEADERS": '{"X-Key": "k"}'}
    )
    assert found == Secrets(auth={"token": "t", "n": 1}, headers={"X-Key": "k"})


def test_they_come_from_a_private_file(tmp_path: Path) -> None:
    profile = secrets_file(tmp_path, '[auth]\ntoken = "t"\n[headers]\nX-Key = "k"\n')
    assert load_secrets(profile, {}) == Secrets(auth={"token": "t"}, headers={"X-Key": "k"})


def test_the_environment_beats_the_file_part_by_part(tmp_path: Path) -> None:
    profile = secrets_file(tmp_path, '[auth]\ntoken = "t"\n[headers]\nX-Key = "k"\n')
    assert load_secrets(profile, {"XOVAC_AUTH": '{"token": "new"}'}) == Secrets(
        auth={"token": "new"}, headers={"X-Key": "k"}
    )


def test_the_table_query_goes_into_the_address_and_not_into_the_payload(tmp_path: Path) -> None:
    profile = secrets_file(tmp_path, '[auth]\nuser = "ada"\nquery = { token = "t" }\n')
    assert load_secrets(profile, {}) == Secrets(auth={"user": "ada"}, query={"token": "t"})
    only = secrets_file(tmp_path, '[auth.query]\ntoken = "t"\n')
    assert load_secrets(only, {}) == Secrets(auth=None, query={"token": "t"})
    environ = {"XOVAC_AUTH": '{"query": {"token": "e"}}'}
    assert load_secrets(only, environ) == Secrets(auth=None, query={"token": "e"})
    assert load_secrets(only, {"XOVAC_AUTH": '{"a": "b"}'}) == Secrets(auth={"a": "b"})


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ('{"": "hunter2"}', "XOVAC_AUTH: `query` holds a value without a name"),
        ('{"EIO": "hunter2"}', 'XOVAC_AUTH: `query` holds "EIO", which socket.io puts into the address'),
        ('{"token": "hunter2\\ud800"}', 'XOVAC_AUTH: `query` holds half a character in "token"'),
    ],
)
def test_a_query_that_cannot_stand_in_an_address_is_reported_when_it_is_read(query: str, said: str) -> None:
    with pytest.raises(SettingsError) as refused:
        load_secrets(Profile(url="http://a"), {"XOVAC_AUTH": f'{{"query": {query}}}'})
    assert str(refused.value).startswith(said)
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize("query", ['"hunter2"', "{ token = 4711 }", '["hunter2"]'])
def test_a_query_that_is_no_table_of_text_is_reported_without_the_secret(tmp_path: Path, query: str) -> None:
    with pytest.raises(
        SettingsError, match=r"secrets.toml: `auth.query` is what goes into the address"
    ) as reported:
        load_secrets(secrets_file(tmp_path, f"[auth]\nquery = {query}\n"), {})
    assert "hunter2" not in str(reported.value)
    assert "4711" not in str(reported.value)


def test_no_printed_form_holds_a_secret() -> None:
    secrets = Secrets(auth={"token": "hunter2"}, headers={"X-Key": "hunter2"}, query={"token": "hunter2"})
    screen = io.StringIO()
    Console(file=screen).print(secrets, [secrets], {"x": secrets})
    shown = f"{secrets!r} {secrets} {[secrets]} {secrets.summary()} {screen.getvalue()}"
    assert "hunter2" not in shown
    assert "an auth payload, 1 header, 1 in the address" in shown


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX")
@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660])
def test_a_file_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    profile = secrets_file(tmp_path, '[auth]\ntoken = "hunter2"\n', mode)
    with pytest.raises(SettingsError, match=r"Other users can read .*Run: chmod 600") as caught:
        load_secrets(profile, {})
    assert "hunter2" not in str(caught.value)


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX")
def test_a_file_that_is_read_only_is_taken(tmp_path: Path) -> None:
    assert load_secrets(secrets_file(tmp_path, '[auth]\na = "b"\n', 0o400), {}).auth == {"a": "b"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[ayth]\ntoken = "hunter2"', '`ayth` is not a known key. Did you mean "auth"?'),
        ('auth = "hunter2"', "`auth` is text, but it must be a table."),
        ("[headers]\nX-Key = 4711", wrong_value("headers.X-Key", 4711, TEXT, hide=True)),
        ('[headers]\nX-Key = "hunter2\\n"', "the value of the header `X-Key` holds a line break"),
        ('[headers]\n"X Key" = "hunter2"', '"X Key" is not a header name'),
        ('[auth]\ntoken = "hunter2', "not valid TOML"),
    ],
)
def test_mistakes_are_reported_without_the_secret(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load_secrets(secrets_file(tmp_path, text), {})
    assert said in str(caught.value)
    assert "secrets.toml" in str(caught.value)
    assert "hunter2" not in str(caught.value)
    assert "4711" not in str(caught.value)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("{'token': 'hunter2'}", r"XOVAC_AUTH is not valid JSON \(column 2\)"),
        ('"hunter2"', "XOVAC_AUTH must be a JSON object"),
        ("[" * 100_000, "XOVAC_AUTH is not valid JSON"),
    ],
)
def test_a_bad_variable_is_reported_without_the_secret(value: str, said: str) -> None:
    with pytest.raises(SettingsError, match=said) as caught:
        load_secrets(Profile(), {"XOVAC_AUTH": value})
    assert "hunter2" not in str(caught.value)


def test_a_header_that_is_no_text_is_reported() -> None:
    with pytest.raises(SettingsError) as caught:
        load_secrets(Profile(), {"XOVAC_HEADERS": '{"X-Key": 4711}'})
    reason = wrong_value("X-Key", 4711, TEXT, hide=True)
    assert str(caught.value) == f"XOVAC_HEADERS: the header {reason}"


def test_a_missing_file_is_reported(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="there is no such file"):
        load_secrets(Profile(auth_file=str(tmp_path / "none.toml")), {})


@pytest.mark.parametrize("secret", ["hush\nhush", "hush\0", "hush\x1b", "hush\udc80"])
def test_the_secret_of_a_sink_can_be_sent_and_is_in_no_sentence(tmp_path: Path, secret: str) -> None:
    file = tmp_path / "lab.secret"
    file.write_text(secret.replace("\n", "\t\x01"), "utf-8", "replace")
    file.chmod(0o600)
    in_env = InfluxSink(name="lab", url="http://lab", secret_env="LAB")
    in_file = InfluxSink(name="lab", url="http://lab", secret_file=str(file))
    for sink in (in_env,) if "\udc80" in secret else (in_env, in_file):
        with pytest.raises(SinkError) as caught:
            sink_secret(sink, {"LAB": secret})
        assert caught.value.failure.code is FailureCode.SECRET
        assert "hush" not in failure_sentence(caught.value.failure)


def test_a_file_of_a_secret_that_is_none_is_called_so(tmp_path: Path) -> None:
    for make in (Path.mkdir, Path.touch):
        path = tmp_path / make.__name__
        make(path)
        path.chmod(0o755 if path.is_dir() else 0o600)
        with pytest.raises(SinkError) as caught:
            sink_secret(InfluxSink(name="lab", url="http://lab", secret_file=str(path)))
        assert "secret" in caught.value.failure.detail
        assert "address" not in caught.value.failure.detail
        assert "chmod" not in caught.value.failure.detail


@pytest.mark.parametrize(
    "url", ["http://ada:hush@lab", "ftp://hush", "postgresql://hush/d", "hush:1", "mqtt://a:hush@b"]
)
def test_an_address_is_one_of_its_kind_also_in_a_file(tmp_path: Path, url: str) -> None:
    file = tmp_path / "address"
    file.write_text(url)
    file.chmod(0o600)
    for kind in (InfluxSink, MqttSink, PostgresSink):
        if url.partition(":")[0] == "postgresql" and kind is PostgresSink:
            continue
        [(key, reason)] = kind(name="lab", url=url).check()
        assert (key, "hush" in reason, "Apprise" in reason) == ("url", False, False)
        with pytest.raises(SettingsError) as caught:
            read_addresses((kind(name="lab", url_file=str(file)),))
        assert reason in str(caught.value)
