"""URLs that may carry a password: shown without it, handed on with it."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import unquote, unquote_plus

from pydantic import SecretStr

HIDDEN: Final = "***"

# Up to the last @, because a password written without percent signs may itself hold a slash or a colon.
_USERINFO = re.compile(r"(://[^/@:\s]*):(\S*)@")
_QUERY = re.compile(r"([?&](?:odbc_connect|password|pwd)=)([^&]*)", re.IGNORECASE)
_ODBC_PASSWORD = re.compile(r"PWD\s*=\s*(?:\{(.*?)\}|([^;]*))", re.IGNORECASE)


class SecretUrl(SecretStr):
    """A URL whose repr shows nothing and whose `shown` hides the password only."""

    @property
    def shown(self) -> str:
        """The URL for logs and screens."""
        hidden = _USERINFO.sub(rf"\1:{HIDDEN}@", self.get_secret_value())
        return _QUERY.sub(rf"\1{HIDDEN}", hidden)

    @property
    def passwords(self) -> tuple[str, ...]:
        """The password in the URL, in every spelling in which it could reach a log; nothing without one."""
        text = self.get_secret_value()
        raw = [match.group(2) for match in _USERINFO.finditer(text)]
        for match in _QUERY.finditer(text):
            value = match.group(2)
            raw += [value, *("".join(groups) for groups in _ODBC_PASSWORD.findall(unquote_plus(value)))]
        return tuple(dict.fromkeys(spelling for part in raw for spelling in (part, unquote(part)) if spelling))
