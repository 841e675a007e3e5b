"""The settings as a table for people: what holds, where it came from, what else it could be."""

from __future__ import annotations

from typing import Any

from rms_console.config.kinds import allowed
from rms_console.config.layers import lookup
from rms_console.config.names import names_of
from rms_console.config.settings import Settings, plain_value
from rms_console.config.tree import FIELDS, RUNTIME_KEYS, SECRET_KEYS


def setting_rows(settings: Settings) -> tuple[dict[str, Any], ...]:
    """Return one plain JSON object a setting, in the order of console.toml; secrets are hidden.

    key, value, default, source, is_default, runtime, secret, environment (names), description, limits (in words).
    """
    values = settings.redacted()
    return tuple(
        {
            "key": key,
            "value": lookup(values, key),
            "default": plain_value(field.get_default(call_default_factory=True, validated_data={})),
            "source": settings.source_of(key),
            "is_default": settings.source_of(key) == "default",
            "runtime": key in RUNTIME_KEYS,
            "secret": key in SECRET_KEYS,
            "environment": ", ".join(names_of(key)),
            "description": field.description or "",
            "limits": allowed(field),
        }
        for key, field in FIELDS.items()
    )
