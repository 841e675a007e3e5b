"""Whether two runs of the program had the same settings, as far as the shop could tell."""

from __future__ import annotations

import hashlib
import json

from rms_console.config.settings import Settings

_OUT_OF_SIGHT = ("profile", "state_dir", "console", "log", "api", "alerts")
"""What changes nothing of what is read from RMS or written to the shop."""


def fingerprint(settings: Settings) -> str:
    """Return a short text that changes when a setting does.

    Left out: how the program shows itself and whom it tells, `sync.mode` (which the check is asked about), and the
    values of secrets, of which not even a hash may lie about. A wrong secret tells itself.
    """
    plain = {name: value for name, value in settings.redacted().items() if name not in _OUT_OF_SIGHT}
    plain["sync"] = {name: value for name, value in plain["sync"].items() if name != "mode"}
    return hashlib.sha256(json.dumps(plain, sort_keys=True, ensure_ascii=False).encode()).hexdigest()[:16]
