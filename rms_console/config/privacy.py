"""Files with secrets that others may read."""

from __future__ import annotations

import os
import shlex
import stat
from pathlib import Path

from rms_console.config.keyring import PREFIX
from rms_console.config.kinds import base_of
from rms_console.config.layers import Layer, text_of
from rms_console.config.secret_url import SecretUrl
from rms_console.config.tree import FIELDS, SECRET_KEYS
from rms_console.locale import mark, sentence

SHARED_SECRET = mark("{path} holds a secret ({keys}) and its group may read it; to keep it to yourself {remedy}")


def exposed(path: Path, layer: Layer) -> tuple[str | None, str | None]:
    """Return (problem, warning) about the permissions of a file that holds a secret.

    Readable by everyone is refused, by the group is warned of. Windows has no such bits: nothing is said there.
    """
    held = sorted(key for key in SECRET_KEYS if _is_secret(key, text_of(layer.values, key)))
    if os.name != "posix" or not held:
        return None, None
    mode = path.stat().st_mode
    remedy = f"run: chmod 600 {shlex.quote(str(path))}"
    if mode & stat.S_IROTH:
        return f"{path} holds a secret ({', '.join(held)}) and everyone on this machine may read it; {remedy}", None
    if mode & stat.S_IRGRP:
        return (
            None,
            sentence(
                SHARED_SECRET,
                path=path,
                keys=", ".join(held),
                remedy=remedy,
            ),
        )
    return None, None


def _is_secret(key: str, text: str) -> bool:
    if not text or text.startswith(PREFIX):
        return False
    return bool(SecretUrl(text).passwords) if base_of(FIELDS[key].annotation) is SecretUrl else True
