"""Secrets kept in the system's keyring: `keyring:NAME` in the place of the secret itself."""

from __future__ import annotations

from importlib import import_module
from typing import Final

PREFIX: Final = "keyring:"
SERVICE: Final = "rms-console"


def resolve_keyring(value: object) -> object:
    """Return the secret that `keyring:NAME` stands for; anything else as it is.

    The `keyring` package is optional: most machines keep the secret in the environment or in a private file.

    Raises:
        ValueError: the package is not installed, the keyring cannot be opened, or has no such entry.
    """
    if not isinstance(value, str) or not value.startswith(PREFIX):
        return value
    name = value.removeprefix(PREFIX).strip()
    try:
        keyring = import_module("keyring")
    except ImportError as exc:
        raise ValueError(f"'{PREFIX}{name}' needs the package keyring: pip install keyring") from exc
    try:
        secret = keyring.get_password(SERVICE, name)
    except Exception as exc:  # each backend raises its own classes, not all below KeyringError
        raise ValueError(f"the system keyring cannot be read for '{name}': {type(exc).__name__}: {exc}") from exc
    if secret is None:
        raise ValueError(f"the system keyring has no '{name}': run keyring set {SERVICE} {name}")
    return secret
