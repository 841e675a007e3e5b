"""What was answered so far, and the files that come of it: console.toml, and its secrets apart."""

from __future__ import annotations

import contextlib
import tempfile
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import tomli_w
from dotenv.parser import parse_stream

from rms_console.config.environment import env_file_layer
from rms_console.config.kinds import base_of
from rms_console.config.layers import text_of
from rms_console.config.load import secrets_beside
from rms_console.config.names import names_of
from rms_console.config.saving import free_copy_name, write_whole
from rms_console.config.secret_url import SecretUrl
from rms_console.config.tree import FIELDS, SECRET_KEYS
from rms_console.errors import ConfigError
from rms_console.locale import mark, sentence, translate
from rms_console.wiring import Options

HEAD: Final = mark(
    "Written by `rms-console init`. `rms-console docs settings` explains every key; secrets stand in {secrets}."
)
STAND_INS: Final[Mapping[str, Any]] = {
    "rms.url": "sqlite:///nothing.db",
    "shopify.shop": "nothing.myshopify.com",
    "shopify.token": "not-asked-yet",
}
"""What stands in a trial for an end that was not asked about yet: the other end is tried without it."""


@dataclass(slots=True)
class Draft:
    """Answers by dotted key; secrets among them."""

    path: Path
    values: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def at(cls, path: Path) -> Draft:
        """Return a draft that begins with what the files hold already.

        Raises:
            ConfigError: a file is there and cannot be read.
        """
        draft = cls(path)
        if path.exists():
            try:
                draft.values |= flat(tomllib.loads(path.read_text("utf-8-sig")))
            except (OSError, ValueError) as error:
                raise ConfigError(
                    sentence("{path} is there and cannot be read: {reason}", path=path, reason=error),
                    hint=sentence("mend it, or put it aside, and try again"),
                ) from error
        beside = secrets_beside(path)
        if beside.exists():
            layer = env_file_layer(beside)
            draft.values |= {key: text for key in SECRET_KEYS if (text := text_of(layer.values, key))}
        return draft

    def text(self, key: str, default: str = "") -> str:
        return str(self.values.get(key, default) or default)

    def set(self, **values: Any) -> None:
        """Note answers: `rms__host="x"` is rms.host; None takes an answer back."""
        for name, value in values.items():
            key = name.replace("__", ".")
            if value is None:
                self.values.pop(key, None)
            else:
                self.values[key] = value

    def forget(self, prefix: str) -> None:
        """Take back every answer below a prefix."""
        for key in [key for key in self.values if key.startswith(prefix)]:
            del self.values[key]

    @contextlib.contextmanager
    def tried(self, language: str) -> Iterator[Options]:
        """Lend what the command line would say of these answers, in a folder of its own that is gone afterwards."""
        with tempfile.TemporaryDirectory(prefix="rms-console-init-") as folder:
            place = Path(folder)
            values = {**self.values}
            if not any(key in values for key in ("rms.url", "rms.host")):
                values["rms.url"] = STAND_INS["rms.url"]
            if "shopify.shop" not in values:
                values["shopify.shop"] = STAND_INS["shopify.shop"]
            if not any(key in values for key in ("shopify.token", "shopify.client_id")):
                values["shopify.token"] = STAND_INS["shopify.token"]
            config = place / "console.toml"
            write_whole(config, document(values))
            yield Options({}, config=config, state_dir=place / "state", log_dir=place / "log", language=language)

    def write(self, language: str) -> Path | None:
        """Write console.toml and the secrets beside it, for the eyes of their owner alone; return the copy that was
        made of an older console.toml.

        Raises:
            ConfigError: a file cannot be written; what was there before is there still.
        """
        secrets = {key: value for key, value in self.values.items() if stands_apart(key, str(value))}
        plain = {key: value for key, value in self.values.items() if key not in secrets}
        beside = secrets_beside(self.path)
        backup = None
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            if self.path.exists():
                backup = free_copy_name(self.path)
                write_whole(backup, self.path.read_bytes())
            if secrets or beside.exists():
                lines = [f"{names_of(key)[0]}={quoted(str(value))}\n" for key, value in sorted(secrets.items())]
                write_whole(beside, "".join([*_others(beside), *lines]).encode())
            head = translate(language, HEAD, {"secrets": beside.name})
            write_whole(self.path, f"# {head}\n\n".encode() + document(plain))
        except OSError as error:
            raise ConfigError(
                sentence("{path} cannot be written: {reason}", path=self.path, reason=error.strerror or error),
                hint=sentence("name a place that this account can write: --config"),
            ) from error
        return backup


def stands_apart(key: str, value: str) -> bool:
    """Return whether a value goes into the file of secrets: an address without a password does not."""
    if key not in SECRET_KEYS or not value or not names_of(key):
        return False
    return bool(SecretUrl(value).passwords) if base_of(FIELDS[key].annotation) is SecretUrl else True


def document(values: Mapping[str, Any]) -> bytes:
    """Return values by dotted key as TOML."""
    tables: dict[str, Any] = {}
    for key, value in values.items():
        *sections, leaf = key.split(".")
        inner = tables
        for section in sections:
            inner = inner.setdefault(section, {})
        inner[leaf] = value
    return tomli_w.dumps(tables).encode()


def flat(tables: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return a TOML document by dotted key; tables of a person's own names stay whole."""
    found: dict[str, Any] = {}
    for name, value in tables.items():
        key = f"{prefix}{name}"
        if isinstance(value, Mapping) and key not in FIELDS:
            found |= flat(value, f"{key}.")
        else:
            found[key] = value
    return found


def _others(path: Path) -> Iterator[str]:
    """Yield what an env file holds beside secrets, as it stands there."""
    if not path.exists():
        return
    ours = {name for key in SECRET_KEYS for name in names_of(key)}
    with path.open(encoding="utf-8-sig") as file:
        for part in parse_stream(file):
            if part.key not in ours:
                yield part.original.string.rstrip("\n") + "\n"


def quoted(text: str) -> str:
    """Return a value as an env file holds it."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
