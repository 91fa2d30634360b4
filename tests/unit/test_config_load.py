import json
import os
import re
import tomllib
from datetime import date
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xovac_tui import paths
from xovac_tui.alarms.settings import AlarmSettings
from xovac_tui.analysis.settings import AdviceSettings, CriterionSettings, StabilitySettings
from xovac_tui.config import Display, Profile, Settings, load_settings, settings_problems
from xovac_tui.errors import Exit, SettingsError
from xovac_tui.forwarding.kinds import AnySink, Sink
from xovac_tui.forwarding.settings import ForwardSettings
from xovac_tui.notify.settings import Heartbeat, NotifySettings
from xovac_tui.recipes.settings import RecipeSettings
from xovac_tui.recording.settings import RecordSettings
from xovac_tui.validation import LIST, TEXT, TRUTH, wrong_value


def refused(tmp_path: Path, text: str) -> str:
    file = tmp_path / "config.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        load_settings(file)
    assert caught.value.exit_code is Exit.USAGE
    sentences = str(caught.value).splitlines()
    assert all(str(file) in sentence for sentence in sentences)
    assert sentences == settings_problems(file)
    return str(caught.value).replace(str(file), "FILE")


def test_no_file_is_the_defaults(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XOVAC_HOME", str(tmp_path))
    loaded = load_settings()
    assert loaded.settings == Settings()
    assert loaded.path == tmp_path / "config.toml"
    assert not loaded.exists


def test_a_named_file_must_exist(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="there is no such file"):
        load_settings(tmp_path / "none.toml")


def test_file_names_become_absolute_beside_the_settings(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text(
        'recipes = "r"\n[profiles.a]\nurl = "https://c"\nca_file = "~/ca.pem"\nauth_file = "a.toml"\n'
        'contracts = ["c/mine.toml", "simulator"]\n'
    )
    loaded = load_settings(file)
    profile = loaded.settings.profiles["a"]
    assert loaded.exists
    assert loaded.settings.recipes == str(tmp_path / "r")
    assert profile.ca_file == str(Path.home() / "ca.pem")
    assert profile.auth_file == str(tmp_path / "a.toml")
    assert profile.contracts == (str(tmp_path / "c" / "mine.toml"), "simulator")


def test_a_byte_order_mark_is_no_mistake(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_bytes(b"\xef\xbb\xbfrecipes = ''\r\n")
    assert load_settings(file).settings == Settings()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[display]\nthem = 'x'", '`display.them` is not a known key. Did you mean "theme"?'),
        ("[dispaly]", '`dispaly` is not a known key. Did you mean "display"?'),
        (
            "zzz = 1",
            "Valid here: advice, alarms, display, forward, keys, notify, profile, profiles, recipes, record",
        ),
        ("[display]\nrefresh = 'fast'", '`display.refresh` is the text "fast", but it must be a number'),
        ("[display]\nrefresh = 11", "`display.refresh` is 11, but it must be a number from 0.2 to 10."),
        ("[display]\nrefresh = nan", "`display.refresh` is nan, but it must be a number from 0.2 to 10."),
        ("[display]\nrefresh = true", "`display.refresh` is true, but it must be a number"),
        ("[display]\nlog_events = 50001", "but it must be a whole number from 1000 to 50000."),
        ("[display]\nlog_events = 5000.0", "is 5000.0, but it must be a whole number"),
        ("[display]\nascii = 1", wrong_value("display.ascii", 1, TRUTH)),
        ("[display]\ntime = 'UTC'", 'must be one of "local", "utc".'),
        ("[display]\nwindow = '1hr'", 'Did you mean "1h"?'),
        ("display = 3", "`display` is 3, but it must be a table."),
        ("[keys]\nquit = 3", wrong_value("keys.quit", 3, TEXT)),
        ("profile = 2026-01-01", wrong_value("profile", date(2026, 1, 1), TEXT)),
        ("[profiles.a]\nconnect_timeout = 0", "must be a number from 0.1 to 120."),
        ("[profiles.a]\ntransports = 'websocket'", f"{LIST} of one of"),
        ("[profiles.a]\ntransports = ['websockets']", '`profiles.a.transports, item 1` is the text'),
        ("[profiles.a]\ntransports = []", "`profiles.a.transports`: the list is empty."),
        ("[profiles.a]\ntransports = ['polling', 'polling']", "a transport is named twice"),
        ("[profiles.a.recipe]\nassumed_rate = 0", "must be a number above 0 and at most 1000."),
        ("[profiles.a.recipe]\nmin = 5\nmax = 5", "`profiles.a.recipe.min`: 5 degC is not below `max`"),
        ("[profiles.a.recipe]\nmin = -300", "must be a number of at least -273.15."),
        ("[profiles.a.recipe]\nmax = inf", "`profiles.a.recipe.max` is inf, but it must be a number"),
        ("[profiles.a]\nurl = 'ws://c:1'", 'begins with http or https. Write "http://c:1"'),
        ("[profiles.a]\nurl = 'chamber:8080'", "does not begin with http:// or https://"),
        ("[profiles.a]\nurl = 'http://c:99999'", "is not an address (Port out of range"),
        ("[profiles.a]\nurl = 'http://:80'", "names no host"),
        ("[profiles.a]\nurl = 'http://c:0'", "names no port that can be used"),
        ("[profiles.a]\nurl = 'http://c/io'", "end after the port. Put what follows into `path`"),
        ("[profiles.a]\nurl = 'http://c?x=1'", 'must not hold "?"'),
        ("[profiles.a]\nurl = 'http://c d'", "must not hold spaces"),
        ("[profiles.a]\nurl = 'http://[::1'", "is not an address"),
        ("[profiles.a]\npath = 'socket.io'", '`profiles.a.path`: "socket.io" must begin with a slash'),
        ("[profiles.a]\nnamespace = ''", "`profiles.a.namespace`"),
        ("[profiles.a]\nfingerprint = 'ab:cd'\nurl = 'https://c'", "has 64 hexadecimal digits"),
        (f"[profiles.a]\nfingerprint = '{'ab' * 32}'", "no effect with an http address"),
        ("[profiles.a]\nca_file = 'x.pem'", "`profiles.a.ca_file`: it has no effect with an http address"),
        ("[profiles.'../evil']", '`profiles."../evil"`: a profile\'s name becomes part of file names.'),
        ("[profiles.'a.']", "not ending with a dot"),
        ("[profiles.NUL]", "Windows keeps this name"),
        ("[profiles.com1]", "Windows keeps this name"),
        ("[profiles.A]\n[profiles.a]", "differs from `A` only in capitals"),
        ("profile = 'bench2'\n[profiles.bench-2]", 'Did you mean "bench-2"?'),
        ("profile = 'x'", '`profile` is "x", which is not among the profiles. This file has none.'),
        ("[stability.criteria.x]\nover = 60", "`stability.criteria.x` asks for nothing. Give `within`"),
        ("[stability.criteria.x]\nrate = 0", "must be a number above 0 and at most 1000."),
        ("[stability.criteria]\n'a b' = { rate = 1, ovr = 3 }", '`stability.criteria."a b".ovr` is not a'),
        (f"[stability.criteria.{'x' * 25}]\nrate = 1", "a name has 1 to 24 printable characters"),
        ("[advice]\ncorona_low = 200", "`advice.corona_low`: 200 mbar is not below `corona_high`"),
        ("a = 1\nb == 2", "not valid TOML: Invalid value (at line 2, column 4)"),
        ("a = 1\na = 2\n", "at line 2"),
    ],
)  # fmt: skip
def test_each_mistake_is_a_sentence(tmp_path: Path, text: str, said: str) -> None:
    assert said in refused(tmp_path, text)


def test_all_mistakes_are_reported_at_once(tmp_path: Path) -> None:
    said = refused(tmp_path, "recipe = ''\n[display]\nascii = 'no'\n[profiles.a]\nurl = 1\n").splitlines()
    assert len(said) == 3


def test_a_secret_in_the_address_is_refused_and_not_repeated(tmp_path: Path) -> None:
    said = refused(tmp_path, "[profiles.a]\nurl = 'http://me:hunter2@c'")
    assert "Put secrets into `auth_file`" in said
    assert "hunter2" not in said


def test_a_file_that_is_no_text_is_reported_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_bytes(b"recipes = 'a'\nprofile = '\xff'\n")
    with pytest.raises(SettingsError, match="line 2: not UTF-8"):
        load_settings(file)


def test_a_folder_is_reported(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="is a folder"):
        load_settings(tmp_path)


@pytest.mark.parametrize("name", ["bench-1", "chamber.lab", "A", "1", "x" * 64, "a_b"])
def test_names_that_are_safe_in_file_names_are_taken(tmp_path: Path, name: str) -> None:
    file = tmp_path / "config.toml"
    file.write_text(f'[profiles."{name}"]\n')
    assert load_settings(file).settings.profiles == {name: Profile()}


@pytest.mark.parametrize(
    "url", ["http://c", "https://c:443/", "HTTP://Chamber.lab:8080", "http://10.0.0.7:1", "http://[::1]:8080"]
)
def test_addresses_that_are_right_are_taken(tmp_path: Path, url: str) -> None:
    file = tmp_path / "config.toml"
    file.write_text(f'[profiles.a]\nurl = "{url}"\n')
    assert load_settings(file).settings.profiles["a"].url == url


toml_values = st.recursive(
    st.booleans() | st.integers(-(10**6), 10**6) | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip
keys = st.sampled_from(["profile", "display", "keys", "profiles", "recipes", "oops"])


@given(st.dictionaries(keys, toml_values, max_size=4))
def test_whatever_the_file_holds_is_taken_or_reported(data: dict[str, Any]) -> None:
    """The walk that makes the sentences and msgspec's own reading agree on what is right."""
    from xovac_tui.validation import mistakes

    found = list(mistakes(data, Settings))
    try:
        msgspec.convert(data, Settings)
    except msgspec.ValidationError:
        assert found


# The example file


def uncommented() -> dict[str, Any]:
    """The example with its profile: `# key = value` and `# [table]` are read, prose is not."""
    lines = paths.example_settings().read_text(encoding="utf-8").splitlines()
    return tomllib.loads(
        "\n".join(re.sub(r"^#{1,2} (?=[\w.-]+ = |\[[\w.-]+\]$)", "", line) for line in lines)
    )


def key_names(struct: type[msgspec.Struct]) -> set[str]:
    return {field.encode_name for field in msgspec.structs.fields(struct)}


def test_the_example_equals_the_defaults() -> None:
    data = tomllib.loads(paths.example_settings().read_text(encoding="utf-8"))
    assert msgspec.convert(data, Settings) == Settings()
    assert settings_problems(paths.example_settings()) == []


def test_the_example_profile_equals_the_defaults() -> None:
    data = uncommented()
    assert set(data["profiles"]) == {"bench-1"}
    profile = data["profiles"]["bench-1"]
    for key in ("min", "max", "pressure"):
        assert profile["recipe"].pop(key) is not None
    for key in ("volume", "forward"):
        assert profile.pop(key) is not None
    assert msgspec.convert(profile, Profile) == Profile()


def test_the_example_holds_every_key() -> None:
    data = uncommented()
    profile = data["profiles"]["bench-1"]
    assert set(data) == key_names(Settings)
    assert set(data["display"]) == key_names(Display)
    assert set(data["record"]) == key_names(RecordSettings)
    assert set(data["notify"]) == key_names(NotifySettings)
    assert set(data["notify"]["heartbeat"]) == key_names(Heartbeat)
    assert set(data["forward"]) == key_names(ForwardSettings)
    assert set(data["stability"]) == key_names(StabilitySettings)
    assert set(data["advice"]) == key_names(AdviceSettings)
    asked = {key for one in data["stability"]["criteria"].values() for key in one}
    assert asked == key_names(CriterionSettings)
    assert set(profile) == key_names(Profile)
    assert set(profile["recipe"]) == key_names(RecipeSettings)


def test_the_example_comments_every_key() -> None:
    for line in paths.example_settings().read_text(encoding="utf-8").splitlines():
        if re.match(r"(#{1,2} )?\w+ = ", line) and "palette" not in line:
            assert re.search(r"\S\s+# \S", line), line


def test_the_manual_names_every_key_with_its_default() -> None:
    manual = (paths.example_settings().parent / "docs" / "settings.md").read_text(encoding="utf-8")
    for struct in (
        Settings,
        Display,
        RecordSettings,
        AlarmSettings,
        NotifySettings,
        Heartbeat,
        ForwardSettings,
        StabilitySettings,
        CriterionSettings,
        AdviceSettings,
        Profile,
        RecipeSettings,
    ):
        for field in msgspec.structs.fields(struct):
            default = getattr(struct(), field.encode_name)
            if isinstance(default, msgspec.Struct | dict):
                continue
            written = json.dumps(msgspec.to_builtins(default), ensure_ascii=False)
            shown = "not set" if default is None else f"`{written}`"
            assert f"| `{field.encode_name}` | {shown} |" in manual


def test_the_manual_names_every_key_of_a_store_with_its_default() -> None:
    folder = paths.example_settings().parent / "docs"
    manual = "\n".join(page.read_text(encoding="utf-8") for page in sorted(folder.glob("*.md")))
    for kind in (Sink, *get_args(AnySink)):
        for field in msgspec.structs.fields(kind):
            default = "must be given" if field.default is msgspec.NODEFAULT else None
            shown = default or f"`{json.dumps(msgspec.to_builtins(field.default), ensure_ascii=False)}`"
            assert f"| `{field.encode_name}` | {shown} |" in manual, kind


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="modes bind ordinary POSIX users only")
def test_a_file_that_may_not_be_read_is_reported(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text("")
    file.chmod(0)
    with pytest.raises(SettingsError, match="cannot be read: Permission denied"):
        load_settings(file)
