"""The dashboard for Grafana 10 or newer, from the table `dashboard.toml`."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

TABLE = Path(__file__).with_name("dashboard.toml")
SCHEMA: Final = 38
"""Grafana 10's form of a dashboard; newer ones take it over."""
COLUMNS: Final = 24
DATASOURCE: Final = {"type": "prometheus", "uid": "${datasource}"}
HERE: Final = 'instance=~"$instance"'


def dashboard_json(language: str) -> str:
    """Return the dashboard as JSON text, with its titles in a language."""
    table = tomllib.loads(TABLE.read_text("utf-8"))
    return (
        json.dumps(_dashboard(list(_laid_out(table["rows"], language)), language), ensure_ascii=False, indent=2) + "\n"
    )


def _dashboard(panels: list[dict[str, Any]], language: str) -> dict[str, Any]:
    return {
        "uid": "rms-console-sync",
        "title": "RMS → Shopify",
        "tags": ["rms-console", "shopify"],
        "editable": True,
        "graphTooltip": 1,
        "schemaVersion": SCHEMA,
        "refresh": "30s",
        "time": {"from": "now-6h", "to": "now"},
        "timezone": "browser",
        "annotations": {"list": []},
        "links": [],
        "templating": {"list": [_source_variable(language), _instance_variable(language)]},
        "panels": panels,
    }


def _source_variable(language: str) -> dict[str, Any]:
    return {
        "name": "datasource",
        "label": "Fuente" if language == "es" else "Source",
        "type": "datasource",
        "query": "prometheus",
        "current": {},
        "hide": 0,
        "includeAll": False,
        "multi": False,
        "refresh": 1,
    }


def _instance_variable(language: str) -> dict[str, Any]:
    query = "label_values(rms_console_info, instance)"
    return {
        "name": "instance",
        "label": "Motor" if language == "es" else "Engine",
        "type": "query",
        "datasource": DATASOURCE,
        "definition": query,
        "query": {"query": query, "refId": "instances"},
        "current": {},
        "hide": 0,
        "includeAll": True,
        "allValue": ".*",
        "multi": True,
        "refresh": 2,
        "sort": 1,
    }


def _laid_out(rows: list[dict[str, Any]], language: str) -> Iterator[dict[str, Any]]:
    """Yield rows and panels, each with its number and its place; panels fill a line of the grid from the left."""
    number, top = 0, 0
    for row in rows:
        number += 1
        yield {
            "id": number,
            "type": "row",
            "title": row[language],
            "collapsed": False,
            "gridPos": {"x": 0, "y": top, "w": COLUMNS, "h": 1},
            "panels": [],
        }
        left, top, height = 0, top + 1, 0
        for table in row["panels"]:
            width, tall = table["w"], table.get("h", 6)
            if left + width > COLUMNS:
                left, top, height = 0, top + height, 0
            number += 1
            place = {"x": left, "y": top, "w": width, "h": tall}
            yield {"id": number, "gridPos": place, **_panel(table, language)}
            left, height = left + width, max(height, tall)
        top += height


def _panel(table: dict[str, Any], language: str) -> dict[str, Any]:
    kind = table.get("kind", "timeseries")
    return {
        "type": kind,
        "title": table[language],
        "datasource": DATASOURCE,
        "targets": [_target(index, query, kind) for index, query in enumerate(table["queries"])],
        "fieldConfig": {"defaults": _defaults(table, language), "overrides": []},
        "options": _options(kind, table),
    }


def _target(index: int, query: dict[str, str], kind: str) -> dict[str, Any]:
    """Return one query. A panel of figures asks for this instant: over a range, what is no more would still show."""
    is_instant = kind in {"stat", "gauge"}
    return {
        "refId": "ABCDEFGH"[index],
        "datasource": DATASOURCE,
        "expr": query["expr"].replace("HERE", HERE),
        "legendFormat": query["legend"] or "{{instance}}",
        "instant": is_instant,
        "range": not is_instant,
    }


def _defaults(table: dict[str, Any], language: str) -> dict[str, Any]:
    defaults: dict[str, Any] = {"unit": table.get("unit", "none"), "noValue": "-"}
    if "good" in table:
        steps = [("red", None), ("green", table["good"])]
    else:
        steps = [("green", None)] + [
            (color, table[level]) for level, color in (("warn", "orange"), ("bad", "red")) if level in table
        ]
    defaults["thresholds"] = {
        "mode": "absolute",
        "steps": [{"color": color, "value": value} for color, value in steps],
    }
    defaults["color"] = {"mode": "palette-classic" if table.get("kind") is None else "thresholds"}
    if "maximum" in table:
        defaults |= {"min": 0, "max": table["maximum"]}
    if table.get("fill"):
        defaults["custom"] = {"fillOpacity": 30, "stacking": {"mode": "normal", "group": "A"}}
    if "words" in table:
        told = {
            value: {"text": spanish if language == "es" else english, "color": color, "index": int(value)}
            for value, (english, spanish, color) in table["words"].items()
        }
        defaults["mappings"] = [{"type": "value", "options": told}]
    return defaults


def _options(kind: str, table: dict[str, Any]) -> dict[str, Any]:
    if kind == "timeseries":
        return {
            "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True, "calcs": []},
            "tooltip": {"mode": "multi", "sort": "desc"},
        }
    if kind == "state-timeline":
        return {"showValue": "never", "mergeValues": True, "legend": {"showLegend": False, "displayMode": "list"}}
    return {
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
        "textMode": table.get("shows", "auto"),
        "colorMode": "value",
        "graphMode": "none",
        "orientation": "auto",
    }
