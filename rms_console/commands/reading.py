"""`stats`, `activity`, `performance`, `lock`, `config`: what the API tells, for people and for scripts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click
from pydantic import BaseModel

from rms_console.commands.figures import HEALTH, LOAD, LOCK, Row, age, clock, number, show_rows, text
from rms_console.commands.given import BODY
from rms_console.commands.output import emit_json, page_width, paragraph
from rms_console.commands.reaching import (
    EXIT_NO_ENGINE,
    Words,
    can_rest,
    engine,
    fits,
    now,
    say_at_rest,
    spoken,
    zone_of,
)
from rms_console.commands.timing import timing_rows
from rms_console.commands.wording import word
from rms_console.contract import api
from rms_console.contract.field_names import TRIGGERS
from rms_console.contract.lock_api import LockBody, RightBody
from rms_console.contract.rights import RIGHT_STATES
from rms_console.errors import LinkError
from rms_console.locale.retelling import retell
from rms_console.wiring import Options

if TYPE_CHECKING:
    from rms_console.commands.atrest import AtRest

Shown = Callable[[Any, Words], None]


@dataclass(frozen=True, slots=True)
class Reading:
    """One question: where the API answers it, in what form, and who answers without an engine.

    `is_whole`: the answer is complete without an engine too, so the exit code is 0.
    """

    path: str
    kind: type[BaseModel]
    rest: Callable[[AtRest], BaseModel]
    show: Shown
    is_whole: bool = False


def read(options: Options, reading: Reading, as_json: bool, **parameters: str | int) -> None:
    """Ask the engine, else the shop's memory; print the answer; end with 3 where it takes an engine to tell."""
    with spoken(options) as language:
        try:
            with engine(options) as client:
                answer = client.get(reading.path, **parameters)
                body = fits(reading.kind, answer, client.url)
        except LinkError as error:
            if not can_rest(options, error):
                raise
            _read_at_rest(options, language, reading, error, as_json)
            return
        if as_json:
            emit_json(answer)
        else:
            reading.show(body, Words(language, zone_of(options)))


def _read_at_rest(options: Options, language: str, reading: Reading, error: LinkError, as_json: bool) -> None:
    from rms_console.commands.atrest import at_rest

    with at_rest(options) as rest:
        body = reading.rest(rest)
        if as_json:
            emit_json(body.model_dump(mode="json"))
        else:
            words = Words(language, rest.seen.zone)
            say_at_rest(words, error, rest.as_of)
            reading.show(body, words)
    if not reading.is_whole:
        raise SystemExit(EXIT_NO_ENGINE)


@click.command()
@BODY
@click.pass_obj
def stats(options: Options, as_json: bool) -> None:
    """Show the figures of the store's day. Exit code 3 where no engine is reached: then from its ledger."""
    read(options, Reading("/sync/monitor/stats", api.StatsBody, lambda rest: rest.stats(), _show_stats), as_json)


@click.command()
@click.option("--days", type=click.IntRange(1, 30), default=7, show_default=True, help="Percentiles over so many days.")
@BODY
@click.pass_obj
def performance(options: Options, days: int, as_json: bool) -> None:
    """Show how fast it works, now and over the last days. Exit code 3 where no engine is reached."""
    reading = Reading(
        "/sync/monitor/performance-metrics", api.PerformanceBody, lambda rest: rest.performance(), _show_performance
    )
    read(options, reading, as_json, days=days)


@click.command()
@click.option("--limit", type=click.IntRange(1, 500), default=20, show_default=True, help="So many runs.")
@BODY
@click.pass_obj
def activity(options: Options, limit: int, as_json: bool) -> None:
    """Show the latest runs, newest first. Needs no engine."""
    reading = Reading(
        "/sync/monitor/recent-activity", api.ActivityBody, lambda rest: rest.activity(limit), _show_activity, True
    )
    read(options, reading, as_json, limit=limit)


@click.command()
@BODY
@click.pass_obj
def lock(options: Options, as_json: bool) -> None:
    """Show which engine holds the right to write. Needs no engine."""
    read(options, Reading("/sync/monitor/lock-info", LockBody, lambda rest: rest.lock(), _show_lock, True), as_json)


@click.command()
@click.option("--all", "everything", is_flag=True, help="Also what stands at its default.")
@BODY
@click.pass_obj
def config(options: Options, everything: bool, as_json: bool) -> None:
    """Show the settings in force and where each comes from; secrets are hidden. Needs no engine."""

    def show(body: api.ConfigBody, words: Words) -> None:
        _show_config(body, words, everything)

    read(options, Reading("/sync/monitor/config", api.ConfigBody, lambda rest: rest.config(), show, True), as_json)


def _show_stats(body: api.StatsBody, words: Words) -> None:
    day, pace, well = body.summary, body.performance, body.health
    runs = words.phrase("{runs}, {failed} failed", runs=day.total_runs_today, failed=day.failed_runs)
    rows: list[Row] = [
        (words.phrase("Runs today"), runs),
        (words.phrase("Success"), "-" if day.success_rate is None else f"{number(day.success_rate)} %"),
        (words.phrase("Items today"), str(day.items_processed_today)),
        (words.phrase("Average run"), text(day.avg_processing_time)),
        (words.phrase("Fastest, slowest"), f"{text(pace.fastest_sync)}, {text(pace.slowest_sync)}"),
        (words.phrase("Average batch"), text(pace.avg_batch_time)),
        (words.phrase("Items an hour"), number(pace.items_per_hour)),
        (words.phrase("Load"), word(words.language, LOAD, text(pace.current_load))),
        ("RMS", word(words.language, HEALTH, well.database_connectivity)),
        ("Shopify", word(words.language, HEALTH, well.shopify_connectivity)),
        (words.phrase("Memory, CPU"), f"{text(well.memory_usage)}, {text(well.cpu_usage)}"),
        (words.phrase("Lock"), word(words.language, LOCK, well.lock_status)),
        (words.phrase("Errors"), _errors(body.errors, words)),
    ]
    show_rows(rows)


def _errors(errors: api.StatsErrors, words: Words) -> str:
    told = words.phrase("{total}, {row} in a row", total=errors.total, row=errors.consecutive)
    kinds = ", ".join(f"{code} {count}" for code, count in errors.by_type.items())
    return f"{told}: {kinds}" if kinds else told


def _show_performance(body: api.PerformanceBody, words: Words) -> None:
    present, past, use = body.current_performance, body.historical_performance, body.efficiency_metrics
    show_rows(
        [
            (words.phrase("Average run"), text(present.avg_execution_time)),
            (words.phrase("Items an hour"), number(present.throughput_per_hour)),
            (words.phrase("Memory, CPU"), f"{text(present.memory_usage)}, {text(present.cpu_usage)}"),
            (words.phrase("Best, worst"), f"{text(past.best_time)}, {text(past.worst_time)}"),
            (words.phrase("Average of 24 h"), text(past.avg_last_24h)),
            ("p95, p99", f"{text(past.p95_response_time)}, {text(past.p99_response_time)}"),
            (words.phrase("Cache hits"), text(use.cache_hit_rate)),
            (words.phrase("DB reuse"), text(use.db_connection_reuse)),
            (words.phrase("Shopify limit"), text(use.api_rate_limit_usage)),
            (words.phrase("Batches filled"), text(use.batch_utilization)),
            *timing_rows(body, words),
        ]
    )


def _show_activity(body: api.ActivityBody, words: Words) -> None:
    if not body.activities:
        click.echo(paragraph(words.phrase("No runs yet."), page_width()))
    for row in body.activities:
        told = words.phrase(
            "{items} {items:item|items}, {products} {products:product|products}, {errors} {errors:error|errors}, "
            "{duration}",
            items=row.items_found,
            products=row.products_synced,
            errors=row.errors,
            duration=text(row.duration),
        )
        note = f"; {retell(words.language, row.note)}" if row.note else ""
        head = f"{clock(row.started_at, words, now())}  {row.result:<4}  "
        click.echo(paragraph(f"{word(words.language, TRIGGERS, row.trigger)}: {told}{note}", page_width(), head))


def _show_lock(body: LockBody, words: Words) -> None:
    rows: list[Row] = [(words.phrase("Lock"), word(words.language, LOCK, body.lock_status))]
    if body.owner or body.pid:
        who = words.phrase("process {pid} on {host}", pid=text(body.pid), host=text(body.host))
        since = f"{clock(body.since, words, now())} ({age(body.age_s)})"
        rows += [
            (words.phrase("Owner"), f"{who} ({text(body.owner)})"),
            (words.phrase("Since"), since),
            (words.phrase("Epoch"), str(body.epoch)),
        ]
    if body.left_s is not None:
        rows.append((words.phrase("Time left"), words.phrase("{left} unless it is renewed", left=age(body.left_s))))
    if body.claim is not None:
        rows.append((words.phrase("Claim in the shop"), _right(body.claim, words)))
    if body.lease is not None:
        rows.append((words.phrase("Lease in Redis"), _right(body.lease, words)))
    if not body.enabled:
        rows.append((words.phrase("Setting"), words.phrase("lock.enabled is off")))
    show_rows(rows)


def _right(body: RightBody, words: Words) -> str:
    """Return whose a claim or a lease is, since when and under which number."""
    told = word(words.language, RIGHT_STATES, body.state)
    if body.host is not None:
        told += ": " + words.phrase("process {pid} on {host}", pid=text(body.pid), host=text(body.host))
    if body.since is not None:
        told += ", " + words.phrase("since {at}", at=clock(body.since, words, now()))
    if body.number is not None:
        told += ", " + words.phrase("number {number}", number=body.number)
    return told


def _show_config(body: api.ConfigBody, words: Words, everything: bool) -> None:
    settings = dict(_flat(body.settings))
    shown = [key for key in settings if everything or body.sources.get(key, "default") != "default"]
    for key in shown:
        source = _source(body.sources.get(key, "default"), words)
        click.echo(paragraph(f"{_setting(settings[key])}  ({source})", page_width(), f"{key} = "))
    left = len(settings) - len(shown)
    if left:
        click.echo(paragraph(words.phrase("… and {count} at their defaults: --all", count=left), page_width()))
    for warning in body.warnings:
        click.echo(paragraph(retell(words.language, warning), page_width(), "! "))


def _flat(settings: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    """Yield each setting by its dotted key, whether they came nested or flat."""
    for name, value in settings.items():
        if isinstance(value, Mapping) and value:
            yield from _flat(value, f"{above}{name}.")
        else:
            yield f"{above}{name}", value


def _source(source: str, words: Words) -> str:
    """Return where a setting comes from, of a file its name and line: its folder is the same for all."""
    return re.split(r"[\\/]", retell(words.language, source))[-1]


def _setting(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "-"
    return "-" if value in (None, "", {}) else str(value)
