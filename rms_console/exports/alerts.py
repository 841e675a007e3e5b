"""The alert rules for Prometheus, from the table `alerts.toml` and the limits of the settings."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

from rms_console.exports.values import MEMORY_MAX_BYTES, Limits, Values

TABLE = Path(__file__).with_name("alerts.toml")


def rules_yaml(values: Values) -> str:
    """Return the rule file: one group, summary and description in the person's language."""
    lines = [
        f"# The alert rules of rms-console {values.version}; prometheus-sync-metrics.yml names this file.",
        "groups:",
        "  - name: rms-console",
        "    rules:",
    ]
    for alert in tomllib.loads(TABLE.read_text("utf-8"))["alerts"]:
        lines += _rule(alert, values.language, filled_in(values.limits))
    return "\n".join(lines) + "\n"


def filled_in(limits: Limits) -> dict[str, str]:
    """Return what stands in the place of each <NAME>."""
    return {
        "<SILENT_S>": f"{limits.silent_s:g}",
        "<UNSENT_S>": f"{limits.silent_s:g}",
        "<CONSECUTIVE_ERRORS>": str(limits.consecutive_errors),
        "<CYCLE_S>": f"{limits.cycle_s:g}",
        "<MEMORY_RATIO>": f"{limits.memory_ratio:g}",
        "<MEMORY_MAX_BYTES>": str(MEMORY_MAX_BYTES),
        "<PAUSED_MINUTES>": f"{limits.paused_s / 60:.0f}",
    }


def _rule(alert: dict[str, Any], language: str, limits: dict[str, str]) -> list[str]:
    def told(text: str) -> str:
        for name, value in limits.items():
            text = text.replace(name, value)
        # A JSON string is a YAML string, whatever stands in it.
        return json.dumps(text, ensure_ascii=False)

    summary, description = alert[language]
    return [
        f"      - alert: {alert['name']}",
        f"        expr: {told(alert['expr'])}",
        f"        for: {told(alert['for'])}",
        f"        labels: {{severity: {alert['severity']}}}",
        "        annotations:",
        f"          summary: {told(summary)}",
        f"          description: {told(description)}",
    ]
