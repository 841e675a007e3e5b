"""`status` and `health`: is it well, and is everything in the shop."""

from __future__ import annotations

import sys

import click

from rms_console.commands.facts import Seen, as_rows, read_seen, status_facts
from rms_console.commands.figures import HEALTH, Row, clock, show_rows, show_title
from rms_console.commands.given import BODY
from rms_console.commands.output import emit_json
from rms_console.commands.proof import proof_row
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
from rms_console.commands.watching import watch_plain, watch_screen
from rms_console.commands.wording import word
from rms_console.contract.api import HealthBody
from rms_console.errors import LinkError
from rms_console.locale import sentence
from rms_console.locale.retelling import retell
from rms_console.wiring import Options

EXIT_UNHEALTHY = 1


@click.command()
@BODY
@click.option("--watch", is_flag=True, help="Go on showing it, until Ctrl-C: in place on a terminal, else as lines.")
@click.option("--every", type=click.FloatRange(0.2, 3600), default=2.0, show_default=True, help="Seconds between two.")
@click.option("--plain", "as_lines", is_flag=True, help="With --watch: only what changed, as lines.")
@click.pass_obj
def status(options: Options, as_json: bool, watch: bool, every: float, as_lines: bool) -> None:
    """Show how the engine is and what waits.

    Exit code 0, or 3 where no engine is reached: then as it was last seen.
    """
    if as_json and watch:
        raise click.UsageError(sentence("--json goes without --watch"))
    if as_lines and not watch:
        raise click.UsageError(sentence("--plain goes with --watch"))
    with spoken(options) as language:
        if not watch:
            _once(options, language, as_json)
        elif sys.stdout.isatty() and not as_lines:
            watch_screen(options, language, every)
        else:
            watch_plain(options, language, every)


@click.command()
@BODY
@click.pass_obj
def health(options: Options, as_json: bool) -> None:
    """Tell whether all is well. Exit code 0: well, 1: not well, 3: no engine reached."""
    with spoken(options) as language:
        try:
            with engine(options) as client:
                answer = client.get("/sync/monitor/health")
                body: HealthBody = fits(HealthBody, answer, client.url)
        except LinkError as error:
            if not can_rest(options, error):
                raise
            _health_at_rest(options, language, error, as_json)
            raise SystemExit(EXIT_NO_ENGINE) from None
        if as_json:
            emit_json(answer)
        else:
            _show_health(body, Words(language, zone_of(options)))
        raise SystemExit(0 if body.is_healthy else EXIT_UNHEALTHY)


def _once(options: Options, language: str, as_json: bool) -> None:
    try:
        with engine(options) as client:
            if as_json:
                emit_json(client.get("/sync/monitor/status"))
                return
            seen = read_seen(client, now())
    except LinkError as error:
        if not can_rest(options, error):
            raise
        _status_at_rest(options, language, error, as_json)
        raise SystemExit(EXIT_NO_ENGINE) from None
    words = Words(language, zone_of(options, seen.more))
    if seen.more is not None:
        show_title(f"{seen.more.shop.name or seen.more.shop.shop}  {clock(seen.at, words, seen.at)}")
    show_rows(as_rows(status_facts(seen, words)))


def _status_at_rest(options: Options, language: str, error: LinkError, as_json: bool) -> None:
    from rms_console.commands.atrest import at_rest

    with at_rest(options) as rest:
        body = rest.status()
        if as_json:
            emit_json(body.model_dump(mode="json"))
            return
        words = Words(language, rest.seen.zone)
        say_at_rest(words, error, rest.as_of)
        show_rows(as_rows(status_facts(Seen(body, rest.seen, rest.seen.at), words)))


def _health_at_rest(options: Options, language: str, error: LinkError, as_json: bool) -> None:
    from rms_console.commands.atrest import at_rest

    with at_rest(options) as rest:
        if as_json:
            emit_json(rest.health().model_dump(mode="json"))
        else:
            words = Words(language, rest.seen.zone)
            say_at_rest(words, error, rest.as_of)
            show_rows(as_rows(status_facts(Seen(rest.status(), rest.seen, rest.seen.at), words)[:1]))


def _show_health(body: HealthBody, words: Words) -> None:
    told = words.phrase("well" if body.is_healthy else "NOT WELL")
    rows: list[Row] = [(words.phrase("Engine"), f"{body.engine}, {told}")]
    for link in body.dependencies:
        text = word(words.language, HEALTH, link.status)
        text += f", {link.latency}" if link.latency else ""
        rows.append((link.name, f"{text}: {retell(words.language, link.detail)}" if link.detail else text))
    if body.proof is not None:
        rows.append(proof_row(body.proof, words, now()))
    rows += [(words.phrase("Problem"), retell(words.language, problem)) for problem in body.problems]
    show_rows(rows)
