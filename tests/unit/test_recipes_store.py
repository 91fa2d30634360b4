import errno
import os
import stat
import sys
from pathlib import Path

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.helpers.meanwhile import needs_locks, saved_meanwhile
from tests.helpers.recipes import bakeout
from xovac_tui.errors import RecipeError
from xovac_tui.recipes import store
from xovac_tui.recipes.files import list_recipes, load_recipe
from xovac_tui.recipes.findings import FindingCode, finding
from xovac_tui.recipes.model import Hold, Recipe
from xovac_tui.recipes.store import (
    KEPT,
    ChangedOnDisk,
    Opened,
    create_recipe,
    delete_recipe,
    duplicate_recipe,
    file_name,
    fingerprint,
    open_recipe,
    rename_recipe,
    restore_version,
    save_as,
    save_recipe,
    undelete_recipe,
    versions,
    write_file,
)
from xovac_tui.recipes.writer import write_recipe

NOW = 1_795_528_931.0  # 2026-11-24 14:02:11 UTC
HEAD = "# For board X.\n\n"
posix = pytest.mark.skipif(sys.platform == "win32", reason="permissions and links as on POSIX")


def other(hours: float = 1) -> Recipe:
    return bakeout(Hold(hours * 3600))


@pytest.fixture
def opened(tmp_path: Path) -> Opened:
    path = tmp_path / "bakeout.toml"
    path.write_text(HEAD + write_recipe(bakeout()), encoding="utf-8")
    return open_recipe(path)


def test_saving_keeps_the_head_and_the_version_before(opened: Opened) -> None:
    saved = save_recipe(opened, other(), now=NOW)
    assert load_recipe(opened.path) == other() == saved.recipe
    assert opened.path.read_text(encoding="utf-8") == saved.text == HEAD + write_recipe(other())
    (version,) = versions(opened.path)
    assert version.path == opened.path.parent / ".previous" / "bakeout.20261124T140211Z.toml"
    assert version.saved == NOW
    assert version.path.read_text(encoding="utf-8") == opened.text
    assert [file.path for file in list_recipes(opened.path.parent)] == [opened.path]


def test_saving_what_is_there_already_writes_nothing(opened: Opened) -> None:
    before = opened.path.stat().st_mtime_ns
    assert save_recipe(opened, bakeout(), now=NOW).text == opened.text
    assert opened.path.stat().st_mtime_ns == before
    assert versions(opened.path) == ()


def test_a_file_that_changed_is_not_overwritten_unless_asked(opened: Opened) -> None:
    opened.path.write_text(opened.text + "# by hand\n", encoding="utf-8")
    with pytest.raises(
        ChangedOnDisk, match=r"bakeout\.toml was changed by another program.*Nothing was saved"
    ):
        save_recipe(opened, other(), now=NOW)
    assert opened.path.read_text(encoding="utf-8").endswith("# by hand\n")
    assert not (opened.path.parent / ".previous").exists()
    save_recipe(opened, other(), now=NOW, overwrite=True)
    assert load_recipe(opened.path) == other()
    assert versions(opened.path)[0].path.read_text(encoding="utf-8").endswith("# by hand\n")


@needs_locks
def test_of_two_saves_at_one_instant_the_later_is_refused(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    (raised,) = saved_meanwhile(
        monkeypatch,
        store,
        "write_atomically",
        lambda: save_recipe(opened, other(), now=NOW),
        lambda: save_recipe(opened, msgspec.structs.replace(other(), name="theirs"), now=NOW),
    )
    assert isinstance(raised, ChangedOnDisk)
    assert load_recipe(opened.path) == other()


def test_a_file_that_vanished_is_reported_and_written_anew_when_asked(opened: Opened) -> None:
    opened.path.unlink()
    with pytest.raises(ChangedOnDisk, match="removed or renamed"):
        save_recipe(opened, other(), now=NOW)
    assert not opened.path.exists()
    save_recipe(opened, other(), now=NOW, overwrite=True)
    assert load_recipe(opened.path) == other()


def test_an_unsound_recipe_is_not_saved(opened: Opened) -> None:
    with pytest.raises(RecipeError) as caught:
        save_recipe(opened, Recipe("x", ()), now=NOW)
    assert caught.value.sentences == (finding(FindingCode.STEPS_MISSING, key="steps").sentence,)
    assert opened.path.read_text(encoding="utf-8") == opened.text


def test_the_newest_versions_are_kept_and_those_of_others_too(opened: Opened) -> None:
    folder = opened.path.parent / ".previous"
    folder.mkdir()
    for name in ("bakeout-2.20200101T000000Z.toml", "bakeout.20201399T000000Z.toml", "notes.txt"):
        (folder / name).write_text("x")
    last = opened
    for number in range(KEPT + 5):
        # Three in each second.
        last = save_recipe(last, other(number + 1), now=NOW + number // 3)
    kept = versions(opened.path)
    assert len(kept) == KEPT
    hours = [recipe.steps[0].duration / 3600 for recipe in (load_recipe(one.path) for one in kept)]  # type: ignore[union-attr]
    assert hours == list(range(KEPT + 4, 4, -1))
    assert len(list(folder.iterdir())) == KEPT + 3


def test_an_earlier_version_comes_back_byte_for_byte(opened: Opened) -> None:
    save_recipe(opened, other(), now=NOW)
    (version,) = versions(opened.path)
    again = restore_version(opened.path, version, now=NOW + 1)
    assert opened.path.read_text(encoding="utf-8") == opened.text == again.text
    assert load_recipe(versions(opened.path)[0].path) == other()


@posix
def test_permissions_stay_and_new_files_have_the_usual_ones(opened: Opened, tmp_path: Path) -> None:
    opened.path.chmod(0o640)
    save_recipe(opened, other(), now=NOW)
    assert stat.S_IMODE(opened.path.stat().st_mode) == 0o640
    old = os.umask(0o027)
    try:
        created = create_recipe(tmp_path, other())
    finally:
        os.umask(old)
    assert stat.S_IMODE(created.path.stat().st_mode) == 0o640


@posix
def test_a_link_stays_a_link(opened: Opened, tmp_path: Path) -> None:
    (tmp_path / "here").mkdir()
    link = tmp_path / "here" / "link.toml"
    link.symlink_to(opened.path)
    save_recipe(open_recipe(link), other(), now=NOW)
    assert link.is_symlink()
    assert load_recipe(opened.path) == other()
    assert len(versions(link)) == 1


def fail_with(number: int) -> object:
    def fail(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    return fail


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "is full"),
        (errno.EROFS, "may only be read"),
        (errno.EACCES, "may not be written by you"),
        (errno.ENAMETOOLONG, "too long a name"),
        (errno.EIO, "cannot be written"),
    ],
)
def test_when_the_disk_says_no_everything_is_as_it_was(
    opened: Opened, monkeypatch: pytest.MonkeyPatch, number: int, words: str
) -> None:
    monkeypatch.setattr(store, "write_atomically", fail_with(number))
    with pytest.raises(RecipeError, match=words) as caught:
        save_recipe(opened, other(), now=NOW)
    assert str(caught.value).endswith(".")
    assert opened.path.read_text(encoding="utf-8") == opened.text
    assert versions(opened.path) == ()
    with pytest.raises(RecipeError, match=words):
        create_recipe(opened.path.parent, other())
    with pytest.raises(RecipeError, match=words):
        duplicate_recipe(opened, opened.path.parent)
    assert [file.path for file in list_recipes(opened.path.parent)] == [opened.path]


def test_a_version_that_cannot_be_kept_stops_the_saving(opened: Opened) -> None:
    (opened.path.parent / ".previous").write_text("in the way")
    with pytest.raises(RecipeError, match=r"\.previous cannot be made"):
        save_recipe(opened, other(), now=NOW)
    assert opened.path.read_text(encoding="utf-8") == opened.text


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_folder_or_file_is_a_sentence(opened: Opened, tmp_path: Path) -> None:
    opened.path.chmod(0o400)
    with pytest.raises(RecipeError, match="may not be written by you"):
        save_recipe(opened, other(), now=NOW)
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(RecipeError, match="may not be written by you"):
            create_recipe(tmp_path, other())
    finally:
        tmp_path.chmod(0o700)


def test_a_write_protected_file_is_not_replaced(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(RecipeError, match="may not be written by you"):
        save_recipe(opened, other(), now=NOW)
    assert opened.path.read_text(encoding="utf-8") == opened.text


def test_new_files_have_names_of_their_own(tmp_path: Path) -> None:
    folder = tmp_path / "not" / "yet"
    names = [create_recipe(folder, other()).path.name for _ in range(3)]
    assert names == ["bakeout.toml", "bakeout-2.toml", "bakeout-3.toml"]
    (folder / "Cycles.TOML").touch()
    assert create_recipe(folder, Recipe("CYCLES", (Hold(60),))).path.name == "cycles-2.toml"


def test_a_file_where_the_folder_should_be(tmp_path: Path) -> None:
    (tmp_path / "recipes").touch()
    with pytest.raises(RecipeError, match="file is where a folder should be"):
        create_recipe(tmp_path / "recipes", other())


def test_a_copy_has_the_comments_and_another_name(opened: Opened, tmp_path: Path) -> None:
    copy = duplicate_recipe(opened, tmp_path)
    assert (copy.path.name, copy.recipe.name) == ("bakeout-copy.toml", "Bakeout copy")
    assert copy.text == opened.text.replace('"Bakeout"', '"Bakeout copy"')
    assert duplicate_recipe(opened, tmp_path, "Mine").path.name == "mine.toml"
    long = create_recipe(tmp_path, Recipe("x" * 64, (Hold(60),)))
    assert len(duplicate_recipe(long, tmp_path).recipe.name) == 64


def test_renaming_takes_the_earlier_versions_along(opened: Opened) -> None:
    saved = save_recipe(opened, other(), now=NOW)
    renamed = rename_recipe(saved, "Long bakeout", now=NOW + 1)
    assert renamed.path.name == "long-bakeout.toml"
    assert load_recipe(renamed.path).name == renamed.recipe.name == "Long bakeout"
    assert not opened.path.exists()
    assert [version.saved for version in versions(renamed.path)] == [NOW + 1, NOW]
    assert versions(opened.path) == ()
    assert save_recipe(renamed, other(2), now=NOW + 2)


def test_renaming_never_takes_anothers_place(opened: Opened, tmp_path: Path) -> None:
    taken = create_recipe(tmp_path, Recipe("Taken", (Hold(60),)))
    renamed = rename_recipe(opened, "taken", now=NOW)
    assert renamed.path.name == "taken-2.toml"
    assert taken.path.read_text(encoding="utf-8") == taken.text
    assert rename_recipe(renamed, "BAKEOUT", now=NOW).path.name == "bakeout.toml"


def test_a_name_that_a_file_has_already_leaves_it_where_it_is(opened: Opened) -> None:
    renamed = rename_recipe(opened, "bakeOUT", now=NOW)
    assert renamed.path == opened.path
    assert load_recipe(opened.path).name == "bakeOUT"
    with pytest.raises(RecipeError) as caught:
        rename_recipe(renamed, "  ", now=NOW)
    assert caught.value.sentences == (finding(FindingCode.NAME_EMPTY, key="name").sentence,)


def test_deleting_only_moves_and_can_be_taken_back(opened: Opened, tmp_path: Path) -> None:
    deleted = delete_recipe(opened.path, now=NOW)
    assert deleted.path == tmp_path / ".trash" / "bakeout.20261124T140211Z.toml"
    assert list_recipes(tmp_path) == ()
    with pytest.raises(RecipeError, match="not there any more"):
        delete_recipe(opened.path, now=NOW)
    create_recipe(tmp_path, other())
    again = delete_recipe(opened.path, now=NOW)
    assert again.path.name == "bakeout.20261124T140211Z-2.toml"
    assert undelete_recipe(deleted) == opened.path
    assert opened.path.read_text(encoding="utf-8") == opened.text
    assert undelete_recipe(again).name == "bakeout-2.toml"
    with pytest.raises(RecipeError, match="not there any more"):
        undelete_recipe(again)
    assert len(list_recipes(tmp_path)) == 2


def test_saving_as_overwrites_a_file_only_when_asked(opened: Opened, tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="exists already"):
        save_as(opened.path, other(), now=NOW)
    assert opened.path.read_text(encoding="utf-8") == opened.text
    save_as(opened.path, other(), now=NOW, overwrite=True)
    assert load_recipe(opened.path) == other()
    assert len(versions(opened.path)) == 1
    new = save_as(tmp_path / "new" / "x.toml", other(), now=NOW)
    assert load_recipe(new.path) == other()


def test_what_is_no_recipe_is_not_written_over(tmp_path: Path) -> None:
    big = tmp_path / "big.toml"
    big.write_bytes(b"#" * 1_000_001)
    with pytest.raises(RecipeError, match="it stays as it is"):
        save_as(big, other(), now=NOW, overwrite=True)
    with pytest.raises(RecipeError, match="is a folder"):
        save_as(tmp_path, other(), now=NOW, overwrite=True)
    with pytest.raises(RecipeError, match="not a usable file name"):
        save_as(tmp_path / "a\0b", other(), now=NOW)


def test_exported_text_overwrites_a_file_only_when_asked(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    write_file(path, "one\n")
    with pytest.raises(RecipeError, match="exists already"):
        write_file(path, "two\n")
    assert path.read_bytes() == b"one\n"
    write_file(path, "two\n", overwrite=True)
    assert path.read_bytes() == b"two\n"
    with pytest.raises(RecipeError, match="exists already"):
        write_file(tmp_path, "two\n", overwrite=True)


def test_a_folder_that_another_program_changed_is_noticed(opened: Opened, tmp_path: Path) -> None:
    seen = [fingerprint(tmp_path)]
    (tmp_path / "b.toml").write_text("x")
    seen.append(fingerprint(tmp_path))
    os.utime(tmp_path / "b.toml", ns=(1, 1))
    seen.append(fingerprint(tmp_path))
    (tmp_path / "b.toml").rename(tmp_path / "c.toml")
    seen.append(fingerprint(tmp_path))
    assert len(set(seen)) == 4
    (tmp_path / "readme.txt").touch()
    (tmp_path / ".c.toml.tmp").touch()
    assert fingerprint(tmp_path) == seen[-1]
    assert fingerprint(tmp_path / "none") == ()
    assert fingerprint(opened.path) == ()


@posix
def test_a_link_to_nowhere_hides_nothing(opened: Opened, tmp_path: Path) -> None:
    (tmp_path / "a.toml").symlink_to(tmp_path / "none")
    assert [name for name, _, _ in fingerprint(tmp_path)] == ["a.toml", "bakeout.toml"]


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("Bakeout and 4 cycles", "bakeout-and-4-cycles.toml"),
        ("Bakeout 60 °C", "bakeout-60-c.toml"),
        ("../../etc/passwd", "etc-passwd.toml"),
        (".hidden", "hidden.toml"),
        ("v1.2", "v1-2.toml"),
        ("CON", "con-recipe.toml"),
        ("com¹", "com1-recipe.toml"),
        ("nul.", "nul-recipe.toml"),
        ("???", "recipe.toml"),
        ("Prüfung", "prüfung.toml"),
        ("Pru\u0308fung", "prüfung.toml"),
        ("テスト", "テスト.toml"),
        ("x" * 64, "x" * 60 + ".toml"),
    ],
)
def test_file_names(name: str, file: str) -> None:
    assert file_name(name) == file


@given(st.text(max_size=80))
@example("😀" * 64)
@example("ﷺ" * 64)
def test_any_name_makes_a_file_name_that_every_system_takes(name: str) -> None:
    made = file_name(name)
    assert len(made.encode()) <= 160
    assert made.removesuffix(".toml").isprintable()
    assert not set('<>:"/\\|?* .') & set(made.removesuffix(".toml"))
    assert not made.startswith((".", "-"))
    assert made == file_name(made.removesuffix(".toml"))
