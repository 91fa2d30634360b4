"""Whether a record is on a network share, by the system's list of mounts."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from tests.helpers.record import HandClock, session
from xovac_tui.recording.disk import recorder, share, trouble_words
from xovac_tui.recording.disk.schema import as_record_error
from xovac_tui.recording.disk.share import network_share, share_advice, share_in
from xovac_tui.recording.status import RecordTrouble

MOUNTS = r"""22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
30 22 0:26 / /sys rw,nosuid - sysfs sysfs rw
40 22 0:40 / /home rw,relatime shared:20 - nfs4 server:/export/home rw,vers=4.2,addr=10.0.0.2
41 40 8:2 / /home/local rw - xfs /dev/sdb1 rw
42 22 0:50 / /mnt/lab\040share rw master:2 propagate_from:1 - cifs //server/lab rw
43 22 0:51 / /mnt/remote rw - fuse.sshfs ada@lab:/data rw
44 22 0:52 / /mnt/both rw - nfs server:/a rw
45 44 8:3 / /mnt/both rw - ext4 /dev/sdc1 rw
46 22 0:53 / /mnt/host rw - 9p host rw
not a line of this file
"""


@pytest.mark.parametrize(
    ("folder", "kind"),
    [
        ("/var/lib/records", ""),
        ("/home/ada/records", "NFS"),
        ("/home", "NFS"),
        ("/homestead", ""),
        ("/home/local/records", ""),
        ("/mnt/lab share/records", "SMB"),
        ("/mnt/remote", "SSHFS"),
        ("/mnt/both/records", ""),
        ("/mnt/host/x", "9P"),
    ],
)
def test_the_innermost_mount_decides(folder: str, kind: str) -> None:
    assert share_in(MOUNTS, folder) == kind


def test_a_folder_yet_to_be_made_and_a_symlink_are_checked_where_they_lead(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = tmp_path / "mountinfo"
    real = tmp_path / "real"
    real.mkdir()
    (tmp_path / "link").symlink_to(real)
    table.write_text(f"1 0 8:1 / / rw - ext4 x rw\n2 1 0:9 / {real} rw - smb3 //a/b rw\n", encoding="utf-8")
    monkeypatch.setattr(share, "MOUNTS", table)
    assert network_share(tmp_path / "link" / "records") == "SMB"
    assert network_share(tmp_path) == ""
    monkeypatch.setattr(share, "MOUNTS", tmp_path / "none")
    assert network_share(real) == ""


def test_what_fails_on_a_share_says_so_and_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "r.sqlite3"

    def fails(*_: object, **__: object) -> None:
        error = sqlite3.OperationalError("locking protocol")
        raise as_record_error(error, path) from error

    def why() -> str:
        one = recorder.Recorder(path, session(), HandClock())
        one.start()
        assert one.opened(10.0)
        one.close()
        assert one.view.reason is RecordTrouble.DATABASE_ERROR
        return one.view.why

    monkeypatch.setattr(recorder, "Writer", fails)
    assert "network share" not in why()
    monkeypatch.setattr(trouble_words, "network_share", lambda folder: "NFS")
    said = why()
    assert said.endswith(share_advice("NFS"))
    assert share_advice("NFS") == (
        "The record is on a network share (NFS), where locks often fail: set `folder` in [record] to one on "
        "a disk of this machine."
    )
