"""What there is to know of a folder before a ledger or a log is kept in it."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import psutil

from rms_console.contract.check import FolderFacts

NETWORK_KINDS = frozenset(
    {
        *("afpfs", "afs", "beegfs", "ceph", "cifs", "davfs", "fuse.davfs", "fuse.glusterfs", "fuse.sshfs", "glusterfs"),
        *("gpfs", "lustre", "ncpfs", "nfs", "nfs3", "nfs4", "ocfs2", "smb2", "smb3", "smbfs"),
    }
)
"""File systems of other machines, of uncertain locks. Source: sqlite.org/useovernet.html, read 2026-11."""


def look_at_folder(folder: Path) -> FolderFacts:
    """Return whether a folder can be written, where it really lies and how much room is left."""
    kind, is_network = _file_system(folder)
    try:
        free_bytes = shutil.disk_usage(folder).free
    except OSError:
        free_bytes = 0
    return FolderFacts(str(folder), _is_writable(folder), is_network, kind, free_bytes)


def _is_writable(folder: Path) -> bool:
    """Try it: rights, quotas and read-only mounts have too many forms to be asked about."""
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"x")
            file.flush()
    except OSError:
        return False
    return True


def _file_system(folder: Path) -> tuple[str, bool]:
    """Return the kind of file system and whether it is another machine's."""
    real = os.path.realpath(folder)
    if real.startswith("\\\\"):
        return "UNC", True
    holding = [one for one in psutil.disk_partitions(all=True) if _holds(one.mountpoint, real)]
    if not holding:
        return "", False
    mount = max(holding, key=lambda one: len(one.mountpoint))
    kind = mount.fstype.casefold()
    return kind, kind in NETWORK_KINDS or "remote" in mount.opts.split(",")


def _holds(mountpoint: str, path: str) -> bool:
    place = mountpoint.rstrip("\\/") + os.sep
    return os.path.normcase(path + os.sep).startswith(os.path.normcase(place))
