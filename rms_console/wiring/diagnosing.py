"""Diagnostics of a shop for which no engine answers: the rules that need none, over settings, folders, ledger."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from rms_console.config.engine import store_zone
from rms_console.config.rows import setting_rows
from rms_console.contract import wire
from rms_console.contract.queries import Page, Subject
from rms_console.engine.diagnosis import rules
from rms_console.engine.diagnosis.facts import Facts
from rms_console.errors import StoreError
from rms_console.wiring.bundle import CYCLES, Told
from rms_console.wiring.options import Options
from rms_console.wiring.parts import open_memory
from rms_console.wiring.site import Site
from rms_console.wiring.surroundings import look_around


def diagnose_at_rest(site: Site, language: str, group: str = "") -> Page:
    """Return what the rules find that need no engine, as an engine would answer."""
    listed, around = setting_rows(site.settings), look_around(site)
    # Before the first start there are none, and nothing is wrong with that.
    there = {name: one for name, one in around.folders.items() if Path(one.path).is_dir()}
    facts = Facts(
        now=datetime.now(UTC),
        settings={row["key"]: row["value"] for row in listed},
        surroundings=replace(around, folders=there),
        zone=store_zone(site.settings),
    )
    found = tuple(one for one in rules.diagnose(facts) if not group or one.group == group)
    rows = rules.rows(found, language)
    return Page(Subject.DIAGNOSTICS, rows, total=len(rows), facts=dict(rules.counts(found)))


def told_at_rest(options: Options, site: Site, language: str) -> Told:
    """Return what a bundle tells of a shop for which no engine answers."""
    told = Told(pages={"diagnostics.json": diagnose_at_rest(site, language)})
    try:
        with open_memory(options) as memory:
            if memory.ledger is not None:
                cycles = tuple(wire.to_json(cycle) for cycle in memory.ledger.cycles(CYCLES, None))
                told.pages["cycles.json"] = Page(Subject.ACTIVITY, cycles)
                told.counts = {"queue": wire.to_json(memory.ledger.queue_counts(datetime.now(UTC)))}
    except StoreError as error:
        told.problems["cycles.json"] = error.message
    return told
