"""`queue`: what waits, what failed, and what a person does about it. Works on the ledger, engine or not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import click

from rms_console.commands.given import AS_JSON, REASON
from rms_console.commands.output import emit_json, page_width, paragraph, say
from rms_console.commands.person import by_person
from rms_console.commands.wording import STATES, fit, moment, word
from rms_console.config.engine import store_zone
from rms_console.contract import wire
from rms_console.contract.commands import Accepted, DismissItems, RetryItems
from rms_console.contract.ports import Ledger
from rms_console.contract.records import Hold, HoldState, QueueEntry, QueueState
from rms_console.engine.deciding import decide_and_record
from rms_console.errors import Refused
from rms_console.locale import mark, sentence, translate
from rms_console.locale.retelling import retell
from rms_console.wiring import Options
from rms_console.wiring.parts import Memory, open_memory

PAGE = 500
SHOWN = 100
"""Entries in a list for people; scripts get all."""
_COLUMNS = (mark("ITEM"), mark("SKU"), mark("CCOD"), mark("STATE"), mark("TRIES"), mark("NEXT TRY"))
_WIDTHS = (8, 16, 14, 11, 6, 16)


@click.group()
def queue() -> None:
    """Items that wait, failed or are held: list, retry, dismiss."""


@queue.command("list")
@click.option("--state", type=click.Choice([state.value for state in QueueState]), help="Only items in this state.")
@click.option("--limit", type=click.IntRange(min=1), help=f"At most so many; else {SHOWN}, and all with --json.")
@AS_JSON
@click.pass_obj
def list_(options: Options, state: str | None, limit: int | None, as_json: bool) -> None:
    """Show the queue, the most urgent first."""
    states = (QueueState(state),) if state else ()
    with open_memory(options) as memory:
        if as_json:
            found = entries(memory.ledger, states, limit)
            emit_json([wire.to_json(entry) for entry in found])
        else:
            _show(memory, states, limit or SHOWN)


@queue.command()
@click.argument("items", nargs=-1, metavar="[ITEM]...")
@click.option("--all", "everything", is_flag=True, help="All that were set aside or held.")
@AS_JSON
@click.pass_obj
def retry(options: Options, items: tuple[str, ...], everything: bool, as_json: bool) -> None:
    """Try items again with the next cycle. ITEM: an ItemID, a SKU or a CCOD.

    An item that is named comes back even if somebody deleted it in the shop.

    What the guard holds is looked at again, and held again unless it is harmless by now: see `holds approve`.
    """
    if bool(items) is everything:
        raise click.UsageError(sentence("name the items, or say --all"))
    with open_memory(options) as memory:
        ids = () if everything else tuple(entry.item_id for entry in named(memory, items))
        count = _decide(memory, RetryItems(ids))
        _tell(memory, count, mark("Items tried again with the next cycle: {count}"), as_json)


@queue.command()
@click.argument("items", nargs=-1, required=True, metavar="ITEM...")
@REASON
@AS_JSON
@click.pass_obj
def dismiss(options: Options, items: tuple[str, ...], reason: str, as_json: bool) -> None:
    """Take items off the queue until their row changes. ITEM: an ItemID, a SKU or a CCOD."""
    with open_memory(options) as memory:
        ids = tuple(entry.item_id for entry in named(memory, items))
        count = _decide(memory, DismissItems(ids, reason))
        _tell(memory, count, mark("Items dismissed until their row changes: {count}"), as_json)


def entries(ledger: Ledger | None, states: Sequence[QueueState], limit: int | None = None) -> list[QueueEntry]:
    """Return the queue's entries in these states (any, when none is named)."""
    found: list[QueueEntry] = []
    while ledger is not None and (limit is None or len(found) < limit):
        wanted = PAGE if limit is None else min(PAGE, limit - len(found))
        page = ledger.queue_page(states, wanted, len(found))
        found += page
        if len(page) < wanted:
            break
    return found


def named(memory: Memory, names: Iterable[str]) -> list[QueueEntry]:
    """Return the entries that a person named.

    Raises:
        Refused: the queue has no such item.
    """
    found: dict[int, QueueEntry] = {}
    by_name: dict[str, list[QueueEntry]] = {}
    for entry in entries(memory.ledger, ()):
        for name in (str(entry.item_id), entry.sku, entry.style):
            if name:
                by_name.setdefault(name.strip().casefold(), []).append(entry)
    for name in names:
        meant = by_name.get(name.strip().casefold())
        if not meant:
            message = translate(memory.site.language, mark("the queue has no item {name}"), {"name": name})
            hint = translate(memory.site.language, mark("`queue list` shows what it has"), {})
            raise Refused(message, code="not-found", hint=hint)
        found |= {entry.item_id: entry for entry in meant}
    return list(found.values())


def _decide(memory: Memory, request: RetryItems | DismissItems) -> int:
    if memory.ledger is None:
        return 0
    reply = decide_and_record(memory.ledger, by_person(request), request, datetime.now(UTC))
    return int(reply.facts["items"] or 0) if isinstance(reply, Accepted) else 0


def _tell(memory: Memory, count: int, template: str, as_json: bool) -> None:
    if as_json:
        emit_json({"items": count})
    else:
        say(memory.site.language, template, count=count)


def say_no_ledger(memory: Memory) -> None:
    """Say that there is nothing to look into, and where it was looked for."""
    if memory.site.options.demo:
        say(memory.site.language, mark("The demo keeps no ledger: its own ends with it."))
    else:
        say(
            memory.site.language,
            mark("No ledger in {folder} yet: no engine has worked for this shop."),
            folder=memory.site.state,
        )


def _show(memory: Memory, states: Sequence[QueueState], limit: int) -> None:
    language, ledger = memory.site.language, memory.ledger
    if ledger is None:
        say_no_ledger(memory)
        return
    found = entries(ledger, states, limit + 1)
    if not found:
        say(language, mark("Nothing in the queue."))
        return
    held = _reasons(ledger, found[:limit])
    click.echo(_line(translate(language, column, {}) for column in _COLUMNS))
    for entry in found[:limit]:
        click.echo(_line(_cells(entry, language, store_zone(memory.site.settings))))
        hold = held.get(entry.item_id)
        told = hold.reason.told(language) if hold is not None else retell(language, entry.message)
        if entry.code:
            click.echo(paragraph(f"{entry.code}: {told}", page_width(), "  "))
    if len(found) > limit:
        say(language, mark("… and more: --limit, or --json for all"))


def _cells(entry: QueueEntry, language: str, zone: str) -> list[Any]:
    state = word(language, STATES, entry.state)
    return [entry.item_id, entry.sku or "-", entry.style or "-", state, entry.attempts, moment(entry.next_try_at, zone)]


def _line(cells: Iterable[object]) -> str:
    texts = (fit(cell, width) for cell, width in zip(cells, _WIDTHS, strict=True))
    return " ".join(text.ljust(width) for text, width in zip(texts, _WIDTHS, strict=True)).rstrip()


def _reasons(ledger: Ledger, shown: Sequence[QueueEntry]) -> Mapping[int, Hold]:
    """Return the open holds by item: their reasons can be told in the person's language."""
    styles = {entry.style for entry in shown if entry.style and entry.code.startswith("guard-")}
    holds = ledger.live_holds(sorted(styles)) if styles else ()
    return {item: hold for hold in holds if hold.state is HoldState.OPEN for item in hold.item_ids}
