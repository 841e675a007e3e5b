"""The three environments and the three tuning recipes of the requirements, by name.

A profile's values stand above the defaults and below everything the user wrote.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

PROFILES: Final[Mapping[str, Mapping[str, Mapping[str, Any]]]] = {
    "development": {
        "sync": {
            "enabled": True,
            "interval_minutes": 10,
            "batch_size": 5,
            "max_concurrent_jobs": 1,
            "include_zero_stock": True,
        },
        "log": {"detailed": True},
    },
    "staging": {
        "sync": {"enabled": True, "interval_minutes": 10, "batch_size": 10, "max_concurrent_jobs": 2},
        "alerts": {"enabled": False},
    },
    "production": {
        "sync": {"enabled": True, "interval_minutes": 5, "batch_size": 15, "max_concurrent_jobs": 3},
        "alerts": {"enabled": True},
        "recovery": {"enabled": True},
    },
    "high-frequency": {
        "sync": {"interval_minutes": 2, "batch_size": 20, "max_concurrent_jobs": 5, "max_items_per_run": 1000},
    },
    "limited-resources": {
        "sync": {"interval_minutes": 15, "batch_size": 5, "max_concurrent_jobs": 1, "batch_delay_s": 5},
    },
    "maximum-performance": {
        "sync": {"interval_minutes": 1, "batch_size": 25, "max_concurrent_jobs": 5},
        "rms": {"pooling": True, "pool_size": 20, "query_cache": True},
    },
}
