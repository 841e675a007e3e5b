"""Saving settings to console.toml: whole or not at all, for the same readers as before."""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tomli_w

from rms_console.config.kinds import from_text
from rms_console.config.tree import FIELDS
from rms_console.errors import ConfigError

BACKUP_SUFFIX = ".bak"


def save_values(path: Path, values: Mapping[str, object]) -> Path | None:
    """Set dotted keys in a console.toml and keep all its others; return the copy that was made of it, if any.

    Comments and layout do not outlive it: what a person wrote is copied first, under a name that was free.

    Raises:
        ConfigError: it cannot be read or written, or is no TOML; it is as it was.
    """
    target = path.resolve()
    try:
        text = target.read_bytes().decode("utf-8-sig")
        tables = tomllib.loads(text)
        status = target.stat()
        backup = None
        if text != tomli_w.dumps(tables):
            backup = free_copy_name(target)
            write_whole(backup, target.read_bytes(), status)
        for key, value in values.items():
            _set(tables, key, from_text(FIELDS[key], value) if isinstance(value, str) else value)
        write_whole(target, tomli_w.dumps(tables).encode(), status)
    except OSError as exc:
        raise ConfigError(
            f"{target} cannot be written: {exc.strerror or exc}",
            hint="give this account the right to write the file and its folder, or change it by hand",
        ) from exc
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as exc:
        raise ConfigError(f"{target} is not valid TOML any more: {exc}", hint="mend it by hand first") from exc
    return backup


def _set(tables: dict[str, Any], key: str, value: object) -> None:
    *sections, leaf = key.split(".")
    inner = tables
    for section in sections:
        inner = inner.setdefault(section, {})
    inner[leaf] = value


def free_copy_name(target: Path) -> Path:
    """Return a name beside a file for a copy of it, that no earlier copy has: .bak, .bak.2 and on."""
    first = target.with_name(target.name + BACKUP_SUFFIX)
    numbered = (target.with_name(f"{target.name}{BACKUP_SUFFIX}.{number}") for number in range(2, 1000))
    return next((name for name in (first, *numbered) if not name.exists()), first)


def write_whole(path: Path, data: bytes, like: os.stat_result | None = None) -> None:
    """Write a file whole or not at all: with the owner and rights of another, else for its owner's eyes alone.

    It is readable by nobody else while it is written, and no draft of it is left behind.

    Raises:
        OSError: it cannot be written; what was there before is there still.
    """
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    draft = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if like is not None:
            _give_rights(draft, like)
        draft.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            draft.unlink()
        raise


def _give_rights(path: Path, like: os.stat_result) -> None:
    if hasattr(os, "chown"):
        # A service that may do everything must not take the file from its owner; anybody else cannot.
        with contextlib.suppress(PermissionError):
            os.chown(path, like.st_uid, like.st_gid)
    path.chmod(stat.S_IMODE(like.st_mode))
