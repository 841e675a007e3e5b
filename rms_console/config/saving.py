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
            backup = _free_name(target)
            _write_whole(backup, target.read_bytes(), status)
        for key, value in values.items():
            _set(tables, key, from_text(FIELDS[key], value) if isinstance(value, str) else value)
        _write_whole(target, tomli_w.dumps(tables).encode(), status)
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


def _free_name(target: Path) -> Path:
    first = target.with_name(target.name + BACKUP_SUFFIX)
    numbered = (target.with_name(f"{target.name}{BACKUP_SUFFIX}.{number}") for number in range(2, 1000))
    return next((name for name in (first, *numbered) if not name.exists()), first)


def _write_whole(path: Path, data: bytes, like: os.stat_result) -> None:
    """Write a file under a draft's name, with the rights of another from the start, and give it its own at the end."""
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    draft = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if hasattr(os, "chown"):
            # A service that may do everything must not take the file from its owner; anybody else cannot.
            with contextlib.suppress(PermissionError):
                os.chown(draft, like.st_uid, like.st_gid)
        draft.chmod(stat.S_IMODE(like.st_mode))
        draft.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            draft.unlink()
        raise
