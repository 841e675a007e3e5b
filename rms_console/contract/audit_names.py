"""What people call the actions in the audit trail and what was said with them; one table for every face."""

from __future__ import annotations

from collections.abc import Mapping

from rms_console.locale import mark

ACTIONS: Mapping[str, str] = {
    "Pause": mark("Pause"),
    "Resume": mark("Resume"),
    "Trigger": mark("Trigger"),
    "FullSync": mark("Full sync"),
    "SetInterval": mark("Interval"),
    "ChangeSettings": mark("Settings"),
    "Reload": mark("Settings read"),
    "CancelCycle": mark("Cancel run"),
    "Stop": mark("Stop"),
    "RetryItems": mark("Retry"),
    "DismissItems": mark("Dismiss"),
    "DecideHolds": mark("Decide holds"),
    "SetMode": mark("Mode"),
    "AckAlerts": mark("Alerts seen"),
    "ProbeConnections": mark("Connection test"),
    "ReleaseLock": mark("Release lock"),
    "Verify": mark("Comparison"),
    "HealDrift": mark("Mend differences"),
    "Adopt": mark("Adoption"),
    "Probe": mark("Probe of the till"),
}
"""By the name under which an action is kept."""

DETAILS: Mapping[str, str] = {
    "result": mark("result"),
    "reason": mark("reason"),
    "until_at": mark("until"),
    "force": mark("although paused"),
    "styles": mark("products"),
    "skus": mark("SKUs"),
    "batch_size": mark("batch size"),
    "include_zero_stock": mark("without stock too"),
    "interval_minutes": mark("minutes"),
    "old_minutes": mark("minutes before"),
    "new_minutes": mark("minutes now"),
    "values": mark("values"),
    "write_back": mark("saved"),
    "item_ids": mark("items"),
    "items": mark("items"),
    "hold_ids": mark("holds"),
    "holds": mark("holds"),
    "approve": mark("approved"),
    "mode": mark("mode"),
    "alert_ids": mark("alerts"),
    "test_rms": "RMS",
    "test_shopify": "Shopify",
    "test_redis": "Redis",
    "confirm": mark("typed"),
    "heal": mark("mend"),
    "numbers": mark("differences"),
    "products": mark("products"),
}
"""By the name under which a detail is kept."""

NOTHING = frozenset({"", "()", "[]", "{}", "None"})
"""Details that say nothing: what was left as it is."""
YES, NO = "True", "False"
