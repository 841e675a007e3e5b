"""Facts of a shop where all is well, and cycles to put in their place."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from rms_console.config import Settings
from rms_console.config.rows import setting_rows
from rms_console.contract.check import FolderFacts
from rms_console.contract.diagnosis import Surroundings
from rms_console.contract.endpoint import Endpoint
from rms_console.contract.snapshot import CycleView
from rms_console.domain.position import Detection
from rms_console.domain.probing import Act
from rms_console.domain.rows import SourceFacts
from rms_console.engine.diagnosis.facts import ClockReading, Facts
from rms_console.engine.probing import ProbeRecord
from tests.tui.fakeport import NOW, ZONE, a_snapshot

GOOD_SETTINGS = {
    **{row["key"]: row["value"] for row in setting_rows(Settings.of_layers(()))},
    "store.timezone": ZONE,
    "alerts.slack.webhook_url": "***",
}


def a_cycle(**changes: Any) -> CycleView:
    """Return a run of five minutes ago that did well."""
    values: dict[str, Any] = dict.fromkeys(CycleView.__dataclass_fields__, 0)
    values |= {"sync_id": "sync_1", "trigger": "schedule", "by": "", "reason": "", "result": "OK", "note": ""}
    values |= {"number": 7, "started_at": NOW - timedelta(minutes=5), "duration_s": 2.0, "error_code": ""}
    values |= {"mutations": 20, "queries": 10}
    return CycleView(**values | changes)


def a_folder(**changes: Any) -> FolderFacts:
    return replace(FolderFacts("/srv/state", True, False, "ext4", 50 << 30), **changes)


def good_facts(seen: dict[str, Any] | None = None, settings: dict[str, Any] | None = None, **changes: Any) -> Facts:
    """Return the facts of a shop where every rule is content, with changes to the engine, the settings or the rest."""
    now: datetime = NOW
    base = Facts(
        now=now,
        settings=GOOD_SETTINGS | (settings or {}),
        seen=a_snapshot(
            **{
                "last_check_at": now - timedelta(minutes=5),
                "last_cycle": a_cycle(),
                "shop": SHOP,
                "today": TODAY,
                **(seen or {}),
            },
        ),
        surroundings=Surroundings(
            {"state": a_folder(), "log": a_folder(path="/srv/log")},
            Endpoint("http://127.0.0.1:8080", 4121, "store01", "boot-1", "tienda", 1),
        ),
        cycles=(a_cycle(),),
        zone=ZONE,
        shop_zone=ZONE,
        rms_offset_minutes=-360,
        rms_clock=ClockReading(datetime(2026, 11, 24, 15, 47, 12), now),  # noqa: DTZ001  # RMS has no zone
        shop_clock=ClockReading(now, now),
        source=SourceFacts("a store", Detection.ROWVERSION, "it grows", now.replace(tzinfo=None), ("Quantity",)),
        look_s=0.01,
    )
    return replace(base, **changes)


SHOP = replace(a_snapshot().shop, api_version="2026-10", served_version="2026-10")
TODAY = replace(a_snapshot().today, failed=0, success_rate=100.0)
LONG_AGO = datetime(2026, 11, 23, tzinfo=UTC)
BY_STAMPS = SourceFacts("a store", Detection.LAST_UPDATED, "asked for", NOW.replace(tzinfo=None), ("Quantity",))
AHEAD_2H = ProbeRecord(LONG_AGO, "Ana", 11, (Act.SALE,), None, "", unsafe_stamps=True, stamp_off_s=7200.0)
