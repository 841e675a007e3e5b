"""Secrets out of whatever leaves this machine: those of this shop, and what looks like one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Final

from rms_console.adapters.logs.redact import HIDDEN, Redactor
from rms_console.contract.endpoint import TOKEN_VARIABLE
from rms_console.control.endpoint_file import read_token
from rms_console.wiring.options import Options
from rms_console.wiring.site import Site

_NAME = re.compile(r"(?:^|[_.-])(?:password|passwd|pwd|secret|token|api[_-]?key|webhook(?:_url)?)$", re.IGNORECASE)
"""A key, or a variable of the environment, whose value is a secret whatever it looks like."""
_NO_SECRETS: Final = frozenset({"PWD", "OLDPWD"})
"""Shells keep folders there."""
_TOKENS: Final = (
    # Slack, GitHub, Amazon; JSON web tokens. Source: the makers' own pages on token formats, read 2026-11.
    re.compile(r"\bxox[a-z]-[A-Za-z0-9-]{8,}"),
    re.compile(r"\b(?:gh[pousr]|github_pat)_[A-Za-z0-9_]{16,}"),
    re.compile(r"\bAKIA[A-Z0-9]{16}\b"),
    re.compile(r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)?"),
)
_LEAST: Final = 8
"""A secret at least so long is looked for once more in what is finished: a shorter one may stand there by chance."""


class Hider:
    """Hides secrets in texts and in whole JSON values."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self._known = frozenset(secret for secret in secrets if secret)
        self._redact = Redactor(self._known)

    def text(self, text: str) -> str:
        """Return a text without what is, or looks like, a secret."""
        for pattern in _TOKENS:
            text = pattern.sub(HIDDEN, text)
        return self._redact(text)

    def value(self, value: object) -> object:
        """Return a JSON value, every text in it hidden where need be, and what stands under a secret's name."""
        if isinstance(value, Mapping):
            return {self.text(str(key)): self._under(str(key), inner) for key, inner in value.items()}
        if isinstance(value, list | tuple):
            return [self.value(inner) for inner in value]
        if isinstance(value, bool) or value is None:
            return value
        told = self.text(str(value))
        return value if isinstance(value, int | float) and told == str(value) else told

    def _under(self, key: str, value: object) -> object:
        if _NAME.search(key) and isinstance(value, str) and value:
            return HIDDEN
        return self.value(value)

    def is_clean(self, data: bytes) -> bool:
        """Return whether none of the known secrets stands in finished data."""
        return not any(secret.encode() in data for secret in self._known if len(secret) >= _LEAST)


def hider_for(options: Options, site: Site | None) -> Hider:
    """Return what hides this shop's secrets, those in the environment, and the API's tokens.

    `site` is None for an engine elsewhere, whose settings nobody here knows.
    """
    known = _of_environment(options.environ)
    if options.token_file is not None:
        with suppress(OSError, UnicodeDecodeError):
            known.append(options.token_file.read_text("ascii").strip())
    if site is not None:
        known += [*site.settings.secrets(), read_token(site.state)]
    return Hider(known)


def _of_environment(environ: Mapping[str, str]) -> list[str]:
    named = (name for name in environ if name not in _NO_SECRETS)
    return [environ[name] for name in named if name == TOKEN_VARIABLE or _NAME.search(name)]
