"""Finds out whether a folder is on a network share, where locks often fail and a record may be held up."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

if sys.platform == "win32":
    import ctypes

MOUNTS = Path("/proc/self/mountinfo")
"""Linux's list of what is mounted where; its form is in proc_pid_mountinfo(5)."""
_SHARES = {
    "nfs": "NFS",
    "nfs4": "NFS",
    "cifs": "SMB",
    "smb3": "SMB",
    "smbfs": "SMB",
    "9p": "9P",
    "afs": "AFS",
    "ceph": "Ceph",
    "coda": "Coda",
    "gfs2": "GFS2",
    "glusterfs": "GlusterFS",
    "lustre": "Lustre",
    "ncpfs": "NCP",
    "ocfs2": "OCFS2",
    "virtiofs": "virtiofs",
    "vboxsf": "VirtualBox shared folder",
    "fuse.sshfs": "SSHFS",
    "fuse.rclone": "rclone",
    "fuse.glusterfs": "GlusterFS",
    "fuse.ceph": "Ceph",
    "fuse.s3fs": "S3",
    "fuse.davfs": "WebDAV",
    "fuse.vmhgfs-fuse": "VMware shared folder",
    "fuse.gvfsd-fuse": "GVfs",
    "davfs": "WebDAV",
}
"""File system as Linux names it -> what people call it."""


def network_share(folder: Path) -> str:
    """Return the kind of network share on which a folder is (or will be made); empty for a local disk.

    Empty as well where the system does not say: Linux and Windows do. May block as long as the share does.
    """
    if sys.platform == "win32":
        return _on_windows(folder)
    try:
        table = MOUNTS.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return ""
    return share_in(table, os.path.realpath(folder))


def share_in(table: str, folder: str) -> str:
    """Return the kind of network share of an absolute folder, by the text of a mountinfo file."""
    found, longest = "", -1
    for line in table.splitlines():
        # 36 35 98:0 /root /mount/point rw,noatime shared:1 - type source options
        before, _, after = line.partition(" - ")
        fields, kind = before.split(" "), after.split(" ", 1)[0]
        if len(fields) < 5 or not kind:
            continue
        point = _unescaped(fields[4])
        inside = folder == point or folder.startswith(point.rstrip("/") + "/")
        # Of several on one place the last one is on top.
        if inside and len(point) >= longest:
            found, longest = _SHARES.get(kind, ""), len(point)
    return found


def share_advice(kind: str) -> str:
    """Return what to do about a record on a network share, as sentences; empty for a local disk."""
    if not kind:
        return ""
    return (
        f"The record is on a network share ({kind}), where locks often fail: set `folder` in [record] to "
        "one on a disk of this machine."
    )


def _unescaped(text: str) -> str:
    """Return a path of mountinfo, in which blanks and backslashes are octal."""
    return re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), text)


if sys.platform == "win32":

    def _on_windows(folder: Path) -> str:
        drive = os.path.splitdrive(os.path.abspath(folder))[0]
        if drive.startswith("\\\\"):
            return "SMB"
        remote = 4  # DRIVE_REMOTE of GetDriveTypeW
        return "SMB" if ctypes.windll.kernel32.GetDriveTypeW(f"{drive}\\") == remote else ""

else:

    def _on_windows(folder: Path) -> str:
        raise NotImplementedError(f"{folder} is not on Windows")
