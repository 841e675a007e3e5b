"""The token of the control API: a file that only its owner, and the group that a setting names, can read."""

from __future__ import annotations

import getpass
import os
import re
import secrets
import stat
import subprocess
import sys
from pathlib import Path
from typing import Final

from rms_console.contract.endpoint import TOKEN_FILE
from rms_console.errors import ConfigError
from rms_console.locale import sentence

_FORM: Final = re.compile(r"[A-Za-z0-9_-]{43}")
_ADMINISTRATORS: Final = "*S-1-5-32-544"
"""The group by its number: its name is another one in each language of Windows."""


def keep_token(folder: Path, group: str = "") -> str:
    """Return the token of this state folder; it stays the same over restarts.

    One that others could have read, or that is no token, is made anew.

    Raises:
        ConfigError: there is no such group.
        OSError: the file cannot be written, or its rights cannot be set.
    """
    path = folder / TOKEN_FILE
    return _kept(path, group) or _made(path, group)


def _kept(path: Path, group: str) -> str:
    """Return the token in the file; empty where there is none that only those saw who may."""
    try:
        found = path.lstat()
        if not stat.S_ISREG(found.st_mode) or found.st_nlink > 1:
            return ""  # a second name for it: somebody else put it there
        token = path.read_text("ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""
    if not _FORM.fullmatch(token):
        return ""
    if os.name == "nt":
        _set_access_list(path, group)
        return token
    wanted = 0o640 if group else 0o600
    if stat.S_IMODE(found.st_mode) & ~wanted or found.st_uid != os.geteuid():
        return ""
    if group and found.st_gid != _number_of(group):
        return ""
    path.chmod(wanted)
    return token


def _made(path: Path, group: str) -> str:
    token = secrets.token_urlsafe(32)
    beside = path.with_name(f"{path.name}.{os.getpid()}")
    beside.unlink(missing_ok=True)
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            if os.name == "nt":
                _set_access_list(beside, group)
            elif group:
                os.chown(beside, -1, _number_of(group))
                beside.chmod(0o640)
            file.write(token + "\n")
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    return token


def _number_of(group: str) -> int:
    if sys.platform == "win32":
        raise AssertionError("groups have no numbers there")
    import grp

    try:
        return grp.getgrnam(group).gr_gid
    except KeyError as error:
        raise ConfigError(
            sentence("api.group: this machine has no group {group}", group=group),
            hint=sentence("name a group of the system, or leave it empty"),
        ) from error


def _set_access_list(path: Path, group: str) -> None:
    """Take away every right that the folder hands down; leave the file to its owner, the administrators, the group."""
    domain = os.environ.get("USERDOMAIN", "")
    owner = f"{domain}\\{getpass.getuser()}" if domain else getpass.getuser()
    rights = [f"{owner}:F", f"{_ADMINISTRATORS}:F", *([f"{group}:R"] if group else [])]
    grants = [text for right in rights for text in ("/grant:r", right)]
    done = subprocess.run(
        ["icacls", str(path), "/inheritance:r", *grants],
        capture_output=True,
        stdin=subprocess.DEVNULL,
        timeout=20,
        check=False,
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )
    if done.returncode:
        raise PermissionError(f"icacls could not set the rights of {path} (exit {done.returncode})")
