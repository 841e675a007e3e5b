"""`pause resume trigger full-sync interval stop`: what is asked of the engine, and what became of it."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from datetime import timedelta

import click

from rms_console.commands.given import REASON, SKUS, STYLES, WAIT, YES
from rms_console.commands.moments import instant, span, within_bounds
from rms_console.commands.output import emit_json, harmless, page_width, paragraph, say
from rms_console.commands.person import by_person
from rms_console.commands.reaching import EXIT_REFUSED, engine, now, spoken
from rms_console.commands.waiting import Ended, await_end, await_stop, mark_place
from rms_console.contract.api import ActionBody
from rms_console.contract.commands import (
    ChangeSettings,
    FullSync,
    Pause,
    Refused,
    Reply,
    Request,
    Resume,
    SetInterval,
    Stop,
    Trigger,
)
from rms_console.control.client import EngineClient
from rms_console.errors import Refused as RefusedError
from rms_console.locale import mark, sentence, translate
from rms_console.locale.retelling import retell
from rms_console.wiring import Options

EXIT_FAILED = 1
INTERVAL = "sync.interval_minutes"
JSON = click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON.")


@click.command()
@REASON
@click.option("--until", metavar="TIME", help="Go on by itself at 18:30, or at '2026-11-25 08:00' (store's time).")
@click.option("--for", "lasting", callback=span, metavar="SPAN", help="Go on by itself after 30m, 1h30m, 2d.")
@JSON
@click.pass_obj
def pause(options: Options, reason: str, until: str | None, lasting: timedelta | None, as_json: bool) -> None:
    """Pause the engine: changes are still found and queued, nothing is sent.

    It lasts until `resume`, also over restarts, unless --until or --for says otherwise.
    """
    if until is not None and lasting is not None:
        raise click.UsageError(sentence("--until or --for, not both"))

    def request(client: EngineClient) -> Request:
        if lasting is not None:
            return Pause(reason, within_bounds(now() + lasting, now()))
        return Pause(reason, instant(until, client.snapshot().zone, now()) if until is not None else None)

    _steer(options, request, as_json)


@click.command()
@JSON
@click.pass_obj
def resume(options: Options, as_json: bool) -> None:
    """End the pause: the next run starts now."""
    _steer(options, lambda _: Resume(), as_json)


@click.command()
@STYLES
@SKUS
@click.option("--force", is_flag=True, help="Also while paused.")
@REASON
@WAIT
@JSON
@click.pass_obj
def trigger(
    options: Options,
    styles: tuple[str, ...],
    skus: tuple[str, ...],
    force: bool,
    reason: str,
    wait: bool,
    as_json: bool,
) -> None:
    """Run now; with --ccod or --sku for these alone, whether they changed or not."""
    request = Trigger(force=force, styles=styles, skus=skus, reason=reason)
    _steer(options, lambda _: request, as_json, wait)


@click.command("full-sync")
@click.option("--reason", default="asked at the command line", help="Why, for the audit trail.")
@YES
@WAIT
@JSON
@click.pass_obj
def full_sync(options: Options, reason: str, yes: bool, wait: bool, as_json: bool) -> None:
    """Compare the whole store with the shop and send what differs. Asks for the shop's name first."""
    if not yes and not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise click.UsageError(sentence("a full sync needs a yes, and there is no terminal to ask on: add --yes"))
    with spoken(options) as language, engine(options) as client:
        if not yes:
            _ask_for_name(client, language)
        _carry(options, client, language, FullSync(reason), as_json, wait)


@click.command()
@click.argument("minutes", type=click.FloatRange(0.01, 1440), metavar="MINUTES")
@click.option("--save", is_flag=True, help="Keep it in console.toml too; else it holds until the next start.")
@JSON
@click.pass_obj
def interval(options: Options, minutes: float, save: bool, as_json: bool) -> None:
    """Look for changes every so many MINUTES from now on; fractions are allowed (0.5)."""
    if not math.isfinite(minutes):
        raise click.UsageError(sentence("MINUTES must be a number from 0.01 to 1440"))
    request = ChangeSettings({INTERVAL: minutes}, write_back=True) if save else SetInterval(minutes)
    _steer(options, lambda _: request, as_json)


@click.command()
@click.option("--wait", is_flag=True, help="Return when it has settled what is in flight and let go of the lock.")
@JSON
@click.pass_obj
def stop(options: Options, wait: bool, as_json: bool) -> None:
    """Stop the engine: what is in flight is settled first."""
    with spoken(options) as language, engine(options) as client:
        reply = client.send(by_person(Stop()))
        _tell(reply, language, as_json)
        if wait:
            await_stop(options, client)
            if not as_json:
                say(language, "The engine has stopped.")


def _steer(options: Options, request: Callable[[EngineClient], Request], as_json: bool, wait: bool = False) -> None:
    with spoken(options) as language, engine(options) as client:
        _carry(options, client, language, request(client), as_json, wait)


def _carry(
    options: Options, client: EngineClient, language: str, request: Request, as_json: bool, wait: bool = False
) -> None:
    """Send a request, tell the answer, and with `wait` its end."""
    place = mark_place(client) if wait else None
    reply = client.send(by_person(request))
    if place is None or isinstance(reply, Refused):
        _tell(reply, language, as_json)
        return
    if not as_json:
        _tell(reply, language, as_json)
    ended = await_end(client, place, reply.command_id)
    if as_json:
        emit_json(_body(reply).model_dump() | {"result": ended.result, "note": ended.note})
    else:
        _tell_end(ended, language)
    if ended.result != "done":
        raise SystemExit(EXIT_FAILED)


def _tell(reply: Reply, language: str, as_json: bool) -> None:
    """Tell a reply.

    Raises:
        errors.Refused: it was no.
    """
    if as_json:
        emit_json(_body(reply).model_dump())
        if isinstance(reply, Refused):
            raise SystemExit(EXIT_REFUSED)
    elif isinstance(reply, Refused):
        raise RefusedError(reply.message, code=reply.code, hint=reply.hint)
    else:
        click.echo(paragraph(_capital(retell(language, reply.message)), page_width()))


def _tell_end(ended: Ended, language: str) -> None:
    ends = {
        "done": mark("Done: {note}"),
        "failed": mark("FAILED: {note}"),
        "cancelled": mark("Cancelled: {note}"),
        "stopped": mark("Not carried out: {note}"),
    }
    template = ends.get(ended.result, mark("Its end is not known: {note}"))
    note = harmless(retell(language, ended.note)) or "-"
    click.echo(paragraph(translate(language, template, {"note": note}), page_width()))


def _body(reply: Reply) -> ActionBody:
    """Return a reply as the API's actions answer."""
    if isinstance(reply, Refused):
        return ActionBody(
            success=False, command_id=reply.command_id, message=reply.message, code=reply.code, hint=reply.hint
        )
    return ActionBody(success=True, command_id=reply.command_id, message=reply.message)


def _ask_for_name(client: EngineClient, language: str) -> None:
    """Return once the person has typed the shop's name.

    Raises:
        errors.Refused: they typed something else.
    """
    shop = client.snapshot().shop
    name = harmless(shop.name or shop.shop)
    say(language, "Everything is compared and what differs is sent to {shop}.", shop=name)
    asked = translate(language, mark("Type the shop's name to go on"), {})
    typed = click.prompt(asked, default="", show_default=False)
    if typed.strip().casefold() not in {name.casefold(), shop.shop.casefold()}:
        raise RefusedError(translate(language, mark("that is not its name: nothing was asked"), {}), code="no")


def _capital(told: str) -> str:
    return told[:1].upper() + told[1:]
