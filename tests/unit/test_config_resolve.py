from pathlib import Path

import pytest

from xovac_tui.config import (
    Overrides,
    Profile,
    Settings,
    effective_settings,
    from_environment,
    profile_name_for,
    resolve_profile,
)
from xovac_tui.config.check import name_mistake
from xovac_tui.errors import SettingsError

TWO = Settings(
    profiles={"bench-1": Profile(url="http://one"), "bench-2": Profile(url="http://two", expert=True)}
)


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("XOVAC_HOME", str(tmp_path))
    return tmp_path


def write(home: Path, text: str) -> Path:
    file = home / "config.toml"
    file.write_text(text)
    return file


def test_command_line_beats_environment_beats_file_beats_default(home: Path) -> None:
    file = write(home, "[display]\ntheme = 'from-file'\nascii = true\n")
    environ = {"XOVAC_THEME": "from-environment"}
    typed = Overrides(theme="typed")

    assert effective_settings(Overrides(), {}).settings.display.theme == "from-file"
    assert effective_settings(Overrides(), environ).settings.display.theme == "from-environment"
    effective = effective_settings(typed, environ)
    assert effective.settings.display.theme == "typed"
    assert effective.settings.display.ascii is True
    assert effective.settings.display.refresh == 2.0
    assert effective.sources == {"display.theme": "the command line", "display.ascii": str(file)}


def test_what_is_typed_can_also_say_no(home: Path) -> None:
    write(home, "[display]\nascii = true\n")
    assert effective_settings(Overrides(ascii=False), {"XOVAC_ASCII": "1"}).settings.display.ascii is False
    assert effective_settings(Overrides(), {"XOVAC_ASCII": "off"}).settings.display.ascii is False


def test_the_settings_file_itself_can_be_named(home: Path, tmp_path: Path) -> None:
    one, two = tmp_path / "one.toml", tmp_path / "two.toml"
    one.write_text("[display]\ntheme = 'one'\n")
    two.write_text("[display]\ntheme = 'two'\n")
    environ = {"XOVAC_CONFIG": str(one)}
    assert effective_settings(Overrides(), environ).path == one
    assert effective_settings(Overrides(config=two), environ).settings.display.theme == "two"


def test_an_exported_address_never_stands_behind_a_typed_name(home: Path) -> None:
    write(home, "[profiles.a]\nurl = 'http://a'\n[profiles.b]\nurl = 'http://b'\n")
    environ = {"XOVAC_URL": "http://elsewhere"}
    assert effective_settings(Overrides(profile="a"), environ).resolve() == ("a", Profile(url="http://a"))
    name, profile = effective_settings(Overrides(url="http://here"), {"XOVAC_PROFILE": "b"}).resolve()
    assert (name, profile.url) == ("here", "http://here")
    name, profile = effective_settings(Overrides(profile="a", url="http://tunnel"), environ).resolve()
    assert (name, profile.url) == ("a", "http://tunnel")


def test_typed_transports_replace_those_of_the_profile(home: Path) -> None:
    write(home, "[profiles.a]\ntransports = ['websocket']\n")
    assert effective_settings(Overrides(), {}).resolve()[1].transports == ("websocket",)
    found = effective_settings(Overrides(transports=("polling", "websocket", "polling")), {})
    assert found.resolve()[1].transports == ("polling", "websocket")
    assert found.sources["transports"] == "the command line"
    assert Profile().transports == ("websocket", "polling")


def test_an_empty_variable_is_not_set() -> None:
    assert from_environment({"XOVAC_PROFILE": " ", "XOVAC_OBSERVE": "", "HOME": "/x"}) == Overrides()


@pytest.mark.parametrize("value", ["1", "TRUE", "yes", "On"])
def test_yes_has_many_words(value: str) -> None:
    assert from_environment({"XOVAC_OBSERVE": value}).observe is True


def test_a_value_that_is_neither_yes_nor_no_is_reported() -> None:
    with pytest.raises(SettingsError, match=r'XOVAC_OBSERVE is "maybe". Set it to 1'):
        from_environment({"XOVAC_OBSERVE": "maybe"})


def test_a_misspelt_variable_is_reported_because_it_could_be_observe() -> None:
    with pytest.raises(SettingsError, match=r"XOVAC_OBSERV is not one .* Did you mean XOVAC_OBSERVE?"):
        from_environment({"XOVAC_OBSERV": "1"})
    assert from_environment({"XOVAC_SOMETHING_ELSE": "1"}) == Overrides()


def test_the_only_profile_needs_no_name() -> None:
    only = Settings(profiles={"x": Profile()})
    assert resolve_profile(only, None, None) == ("x", Profile())


def test_the_settings_may_say_which() -> None:
    settings = Settings(profile="bench-2", profiles=TWO.profiles)
    assert resolve_profile(settings, None, None)[0] == "bench-2"
    assert resolve_profile(settings, "bench-1", None)[0] == "bench-1"


def test_several_without_a_name_are_reported() -> None:
    with pytest.raises(
        SettingsError, match=r"2 profiles: bench-1, bench-2. Say which chamber with --profile"
    ):
        resolve_profile(TWO, None, None)


def test_none_is_reported_with_ways_out() -> None:
    with pytest.raises(SettingsError, match=r"--url .* --demo"):
        resolve_profile(Settings(), None, None)


def test_an_unknown_name_gets_the_nearest() -> None:
    with pytest.raises(SettingsError, match=r'no profile `bench1` .*Did you mean "bench-1"'):
        resolve_profile(TWO, "bench1", None)
    with pytest.raises(SettingsError, match=r"They hold none"):
        resolve_profile(Settings(), "bench-1", None)


def test_an_address_alone_is_a_profile_named_by_its_host() -> None:
    assert resolve_profile(TWO, None, "http://chamber.lab:8080") == (
        "chamber.lab",
        Profile(url="http://chamber.lab:8080"),
    )


def test_an_address_with_a_name_changes_the_address_only() -> None:
    name, profile = resolve_profile(TWO, "bench-2", "http://localhost:9000")
    assert name == "bench-2"
    assert profile == Profile(url="http://localhost:9000", expert=True)


def test_a_pin_is_not_silently_lost_by_another_address() -> None:
    pinned = Settings(profiles={"p": Profile(url="https://c", fingerprint="ab" * 32)})
    assert resolve_profile(pinned, "p", "https://localhost:8443")[1].fingerprint
    with pytest.raises(SettingsError, match="cannot be used with http://localhost: `fingerprint`"):
        resolve_profile(pinned, "p", "http://localhost")


def test_observe_is_laid_over_the_profile_both_ways() -> None:
    assert resolve_profile(TWO, "bench-1", None, True)[1].observe is True
    watched = Settings(profiles={"w": Profile(observe=True)})
    assert resolve_profile(watched, None, None, None)[1].observe is True
    assert resolve_profile(watched, None, None, False)[1].observe is False


def test_a_bad_address_is_reported() -> None:
    with pytest.raises(SettingsError, match=r"The address cannot be used: .*http://"):
        resolve_profile(TWO, None, "chamber.lab:8080")


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("http://chamber.lab:8080", "chamber.lab"),
        ("http://[fe80::1]:80", "fe80-1"),
        ("http://[::1]", "1"),
        ("http://10.0.0.7", "10.0.0.7"),
        ("http://NUL", "host-nul"),
        ("http://kühlkammer", "k-hlkammer"),
        ("http://-", "chamber"),
        ("http://" + "a" * 63 + "." + "b" * 30, "host-" + "a" * 55),
    ],
)
def test_hosts_become_safe_names(url: str, name: str) -> None:
    assert profile_name_for(url) == name
    assert name_mistake(name) == ""
