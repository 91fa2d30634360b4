"""Settings of forwarding: every mistake is named with its file and key, and secrets never show."""

from __future__ import annotations

from pathlib import Path

import pytest

from xovac_tui.config import load_settings, settings_problems
from xovac_tui.config.model import Profile, Settings
from xovac_tui.forwarding.settings import ForwardSettings
from xovac_tui.withaddress import without_secrets

LAB = '[[forward.sinks]]\nname = "lab"\nkind = "influx"\nurl = "http://lab:8086"\ndatabase = "x"\n'
BENCH = '[profiles.bench]\nurl = "http://a:1"\n'


def settings(folder: Path, text: str) -> Path:
    file = folder / "config.toml"
    file.write_text(text)
    return file


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ('[forward]\nto = ["lap"]\n' + LAB, "`forward.to`"),
        ('[forward]\nto = ["lab"]\n', "`forward.to`"),
        (BENCH + 'forward = ["lap"]\n' + LAB, "`profiles.bench.forward`"),
        (LAB + LAB, "`forward.sinks, item 2.name`"),
        (LAB.replace('"lab"', '""'), "`forward.sinks, item 1.name`"),
        (LAB.replace("http://lab:8086", "lab"), "`forward.sinks, item 1.url`"),
        (LAB.replace('url = "http://lab:8086"\n', ""), "`forward.sinks, item 1.url`"),
        (LAB + 'secret_file = "a"\nsecret_env = "A"\n', "`forward.sinks, item 1.secret_env`"),
        (LAB + "timeout = 0.1\n", "`forward.sinks, item 1.timeout`"),
        (LAB + "pasword = 'x'\n", "`forward.sinks, item 1.pasword`"),
        (LAB.replace("influx", "influks"), "`forward.sinks, item 1.kind`"),
        ("[forward]\nbehind = 1\n", "`forward.behind`"),
        ('[forward]\nsite = "a\\nb"\n', "`forward.site`"),
    ],
)
def test_a_mistake_has_its_file_and_key(tmp_path: Path, text: str, key: str) -> None:
    file = settings(tmp_path, text)
    (problem,) = settings_problems(file)
    assert str(file) in problem
    assert key in problem


def test_a_store_with_a_mistake_is_not_called_unknown_as_well(tmp_path: Path) -> None:
    file = settings(tmp_path, '[forward]\nto = ["lab"]\n' + LAB.replace("http://lab:8086", "lab"))
    assert len(settings_problems(file)) == 1


def test_a_profile_has_its_own_list_or_that_of_all(tmp_path: Path) -> None:
    text = '[forward]\nto = ["lab"]\n' + LAB + LAB.replace('"lab"', '"site"')
    forward = load_settings(settings(tmp_path, text)).settings.forward
    for own, names in ((None, ["lab"]), ((), []), (("site", "lab"), ["lab", "site"]), (("site",), ["site"])):
        assert [one.name for one in forward.chosen(own)] == names


def test_it_is_off_by_default() -> None:
    assert Settings().forward == ForwardSettings()
    assert ForwardSettings().chosen(Profile().forward) == ()


def test_an_address_is_hidden_and_only_its_host_is_told(tmp_path: Path) -> None:
    text = LAB.replace("http://lab:8086", "https://lab.example:8086/t0ken?p=hunter2")
    loaded = load_settings(settings(tmp_path, text)).settings
    (sink,) = loaded.forward.sinks
    assert sink.where == "lab.example:8086"
    for shown in (repr(loaded), repr(sink), repr(without_secrets(loaded).forward.sinks)):
        assert "t0ken" not in shown
        assert "hunter2" not in shown
