"""`alerts`: what a person should look at, seen or not, and whether the channels work. On the ledger, engine or not."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Final

import click

from rms_console.adapters.notify.log import LogChannel
from rms_console.commands.given import AS_JSON
from rms_console.commands.output import emit_json, harmless, page_width, paragraph, say
from rms_console.commands.person import by_person, operator
from rms_console.commands.queue import say_no_ledger
from rms_console.commands.wording import fit, moment, word
from rms_console.config.engine import store_zone
from rms_console.contract.alert_port import AlertRecord, Sending
from rms_console.contract.commands import AckAlerts
from rms_console.contract.commands import Refused as RefusedReply
from rms_console.contract.notify_port import Channel, Message
from rms_console.engine.alerts.acking import ack_and_record
from rms_console.engine.alerts.book import URGENCY, entry_of, row_of
from rms_console.errors import NotifyError, Refused
from rms_console.locale import mark, sentence, told, translate
from rms_console.wiring import Options, Site, site_as_it_is
from rms_console.wiring.alerts import outlets_of
from rms_console.wiring.ends import Nowhere
from rms_console.wiring.parts import Memory, open_memory

SHOWN: Final = 20
"""Alerts that are over, in a list for people and for scripts."""
EXIT_FAILED: Final = 1
SENT, FAILED, NOT_SET_UP, BY_ENGINE = "sent", "failed", "not-set-up", "by-the-engine"
SENDINGS: Final = {
    Sending.NONE.value: mark("shown only"),
    Sending.MUTED.value: mark("not sent: alerts are off"),
    Sending.WAITING.value: mark("waits to be sent"),
    Sending.SENT.value: mark("sent"),
    Sending.FAILED.value: mark("could not be sent"),
}
_TOLD: Final = {
    SENT: mark("{channel}: sent; look whether it has arrived"),
    FAILED: mark("{channel}: not sent: {message}"),
    NOT_SET_UP: mark("{channel}: not set up: fill in [alerts.{channel}]"),
    BY_ENGINE: mark("{channel}: the engine writes each alert to its log"),
}


@click.group()
def alerts() -> None:
    """What a person should look at: list, mark as seen, try the channels."""


@alerts.command("list")
@click.option("--limit", type=click.IntRange(min=0), default=SHOWN, show_default=True, help="Of those over, so many.")
@AS_JSON
@click.pass_obj
def list_(options: Options, limit: int, as_json: bool) -> None:
    """Show what is so now, then what is over, the newest first."""
    with open_memory(options) as memory:
        records = memory.ledger.alerts(limit) if memory.ledger is not None else ()
        if as_json:
            emit_json([row_of(entry_of(record), memory.site.language) for record in records])
        elif memory.ledger is None:
            say_no_ledger(memory)
        else:
            _show(memory.site, records)


@alerts.command()
@click.argument("alert_ids", nargs=-1, metavar="[ID]...")
@click.option("--all", "everything", is_flag=True, help="All that nobody has seen.")
@AS_JSON
@click.pass_obj
def ack(options: Options, alert_ids: tuple[str, ...], everything: bool, as_json: bool) -> None:
    """Mark alerts as seen: they stay in the list, and are told no more. ID: one of `alerts list`."""
    if bool(alert_ids) is everything:
        raise click.UsageError(sentence("name the alerts, or say --all"))
    with open_memory(options) as memory:
        count = _ack(memory, AckAlerts(alert_ids), everything)
        if as_json:
            emit_json({"alerts": count})
        else:
            say(memory.site.language, mark("Alerts marked as seen: {count}"), count=count)


@alerts.command()
@click.option("--channel", type=click.Choice(["email", "slack", "log"]), help="This one only.")
@AS_JSON
@click.pass_obj
def test(options: Options, channel: str | None, as_json: bool) -> None:
    """Send a message by every channel that is set up. Exit 1 when one of them failed, or when nobody was reached."""
    site = site_as_it_is(options)
    tried = asyncio.run(_try(site, channel))
    if as_json:
        emit_json([asdict(one) for one in tried])
    else:
        _tell(site, tried)
    results = [one.result for one in tried]
    is_bad = FAILED in results or (NOT_SET_UP in results if channel else SENT not in results)
    raise SystemExit(EXIT_FAILED if is_bad else 0)


@dataclass(frozen=True, slots=True)
class Tried:
    """What became of the test message on one channel."""

    channel: str
    result: str
    code: str = ""
    message: str = ""
    hint: str = ""


async def _try(site: Site, only: str | None) -> list[Tried]:
    outlets = outlets_of(site, Nowhere())
    message = _test_message(site)
    chosen = [one for one in outlets.channels if only in (None, one.name)]
    tried = list(await asyncio.gather(*(_send(site, one, message) for one in chosen)))
    tried += [Tried(name, NOT_SET_UP) for name in outlets.missing if only in (None, name)]
    if only is not None and not tried:
        tried = [Tried(only, NOT_SET_UP)]
    return tried


async def _send(site: Site, channel: Channel, message: Message) -> Tried:
    if isinstance(channel, LogChannel):
        return Tried(channel.name, BY_ENGINE)
    hide = outlets_of(site, Nowhere()).harmless
    try:
        await channel.send(message)
    except NotifyError as error:
        texts = (hide(told(site.language, text)) for text in (error.message, error.hint))
        return Tried(channel.name, FAILED, error.code, *texts)
    return Tried(channel.name, SENT)


def _test_message(site: Site) -> Message:
    actor, at = operator(), datetime.now(UTC)
    language = site.language
    lines = (
        sentence("Nothing is wrong: {by} on {host} tries whether alerts arrive.", by=actor.name, host=actor.host),
        sentence("Shop: {shop}", shop=site.settings.shopify.shop or "demo"),
    )
    title = f"[TEST] {translate(language, mark('Alerts arrive here'), {})}"
    return Message("test", "test", "INFO", title, tuple(told(language, line) for line in lines), at)


def _tell(site: Site, tried: Sequence[Tried]) -> None:
    language = site.language
    for one in tried:
        say(language, _TOLD[one.result], channel=one.channel, message=one.message)
        if one.hint:
            click.echo(paragraph(one.hint, page_width(), "  "))
    if not site.settings.alerts.enabled:
        say(language, mark("alerts.enabled is off: the engine itself sends nothing."))


def _ack(memory: Memory, request: AckAlerts, everything: bool) -> int:
    """Return how many were marked.

    Raises:
        Refused: those that were named are not there, or were seen already.
    """
    if memory.ledger is None:
        return 0
    reply = ack_and_record(memory.ledger, by_person(request), request, datetime.now(UTC))
    if isinstance(reply, RefusedReply):
        if everything:
            return 0
        hint = translate(memory.site.language, mark("`alerts list` shows what there is"), {})
        raise Refused(told(memory.site.language, reply.message), code=reply.code, hint=hint)
    return int(reply.facts["count"] or 0)


def _show(site: Site, records: Sequence[AlertRecord]) -> None:
    language, zone = site.language, store_zone(site.settings)
    present = sorted((one for one in records if one.cleared_at is None), key=lambda one: URGENCY.get(one.severity, 2))
    if not present:
        say(language, mark("No alert: nothing is wrong, as far as the engine last saw."))
    for record in (*present, *(one for one in records if one.cleared_at is not None)):
        row: dict[str, Any] = row_of(entry_of(record), language)
        click.echo(f"{record.severity:<8} {record.alert_id}  {fit(row['title'], 60)}")
        click.echo(paragraph(_standing(record, language, zone), page_width(), "    "))
        if record.cleared_at is None:
            for text in (row["detail"], row["what_to_do"]):
                if text:
                    click.echo(paragraph(harmless(text), page_width(), "    "))


def _standing(record: AlertRecord, language: str, zone: str) -> str:
    """Return since when, until when or whether anybody has seen it, and what became of the message."""
    facts = {
        "since": moment(record.since_at, zone),
        "until": moment(record.cleared_at, zone),
        "by": fit(record.acked_by, 30),
        "sending": word(language, SENDINGS, record.sending.value),
    }
    if record.cleared_at is not None:
        return translate(language, mark("from {since} to {until}; {sending}"), facts)
    if record.acked_by is not None:
        return translate(language, mark("since {since}, seen by {by}; {sending}"), facts)
    return translate(language, mark("since {since}, not seen yet; {sending}"), facts)
