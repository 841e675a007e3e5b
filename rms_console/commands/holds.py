"""`holds`: what the guard keeps back, and a person's yes or no. Works on the ledger, engine or not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import click

from rms_console.commands.given import AS_JSON, REASON
from rms_console.commands.output import emit_json, page_width, paragraph, say
from rms_console.commands.person import by_person
from rms_console.commands.queue import say_no_ledger
from rms_console.commands.wording import STATES, field_name, fit, moment, word
from rms_console.config.engine import store_zone
from rms_console.contract.commands import Accepted, DecideHolds
from rms_console.contract.commands import Refused as RefusedReply
from rms_console.contract.holding import hold_row
from rms_console.contract.ports import Ledger
from rms_console.contract.records import Hold, HoldState
from rms_console.domain.changes import FieldChange
from rms_console.domain.holds import LABELS, LIVE, Danger
from rms_console.engine.deciding import decide_and_record
from rms_console.errors import Refused
from rms_console.locale import mark, sentence, translate
from rms_console.wiring import Options
from rms_console.wiring.parts import Memory, open_memory

PAGE = 500
SHOWN = 50
CHANGES_SHOWN = 6
ALL = "all"
KINDS = click.Choice([danger.value for danger in Danger])


@click.group()
def holds() -> None:
    """Changes that the guard holds until a person decides: list, approve, reject."""


@holds.command("list")
@click.option(
    "--state", type=click.Choice([*(state.value for state in HoldState), ALL]), default=HoldState.OPEN.value,
    show_default=True, help="Holds in this state.",
)  # fmt: skip
@click.option("--kind", type=KINDS, metavar="KIND", help="Only holds of this kind, such as price-jump.")
@click.option("--limit", type=click.IntRange(min=1), help=f"At most so many; else {SHOWN}, and all with --json.")
@AS_JSON
@click.pass_obj
def list_(options: Options, state: str, kind: str | None, limit: int | None, as_json: bool) -> None:
    """Show what is held, with each value before and after."""
    states = () if state == ALL else (HoldState(state),)
    with open_memory(options) as memory:
        found = [hold for hold in _holds(memory.ledger, states) if kind in (None, hold.kind.value)]
        if as_json:
            emit_json(_rows(memory, found[:limit]))
        elif memory.ledger is None:
            say_no_ledger(memory)
        else:
            _show(memory, found, limit or SHOWN)


@holds.command()
@click.argument("names", nargs=-1, metavar="[HOLD]...")
@click.option("--all", "everything", is_flag=True, help="All open holds; asks for --yes.")
@click.option("--kind", type=KINDS, metavar="KIND", help="With --all: only those of this kind, such as price-jump.")
@click.option("--yes", is_flag=True, help="Yes, all of them.")
@REASON
@AS_JSON
@click.pass_obj
def approve(
    options: Options, names: tuple[str, ...], everything: bool, kind: str | None, yes: bool, reason: str, as_json: bool
) -> None:
    """Let held changes go with the next cycle. HOLD: a number of `holds list`, or a CCOD."""
    with open_memory(options) as memory:
        chosen = _chosen(memory, names, everything, kind)
        if everything and chosen and not yes:
            _refuse(
                memory,
                mark("this would send all that is held: {count}"),
                mark("say --yes to do it"),
                count=len(chosen),
            )
        told = mark("Holds approved: {count}; items that go with the next cycle: {items}")
        _decide(memory, chosen, True, reason, told, as_json)


@holds.command()
@click.argument("names", nargs=-1, metavar="[HOLD]...")
@click.option("--all", "everything", is_flag=True, help="All open holds.")
@click.option("--kind", type=KINDS, metavar="KIND", help="With --all: only those of this kind, such as price-jump.")
@click.option("--yes", is_flag=True, help="Goes without, too: nothing is sent.")
@REASON
@AS_JSON
@click.pass_obj
def reject(
    options: Options, names: tuple[str, ...], everything: bool, kind: str | None, yes: bool, reason: str, as_json: bool
) -> None:
    """Keep held changes out until they are others. HOLD: a number of `holds list`, or a CCOD."""
    with open_memory(options) as memory:
        chosen = _chosen(memory, names, everything, kind)
        told = mark("Holds rejected: {count}; items that wait until they change in RMS: {items}")
        _decide(memory, chosen, False, reason, told, as_json)


def _holds(ledger: Ledger | None, states: Sequence[HoldState]) -> list[Hold]:
    found: list[Hold] = []
    while ledger is not None:
        page = ledger.holds_page(states, PAGE, found[-1].hold_id if found else 0)
        found += page
        if len(page) < PAGE:
            break
    return found


def _chosen(memory: Memory, names: Sequence[str], everything: bool, kind: str | None) -> list[Hold]:
    """Return the holds that a person means: those named (open, or decided and not yet sent), or all open ones.

    Raises:
        Refused: no such hold waits.
    """
    if bool(names) is everything:
        raise click.UsageError(sentence("name the holds, or say --all"))
    if kind is not None and not everything:
        raise click.UsageError(sentence("--kind goes with --all"))
    if everything:
        return [hold for hold in _holds(memory.ledger, (HoldState.OPEN,)) if kind in (None, hold.kind.value)]
    live = _holds(memory.ledger, LIVE)
    chosen: dict[int, Hold] = {}
    for name in names:
        wanted = name.strip().lstrip("#").casefold()
        meant = [hold for hold in live if wanted in (str(hold.hold_id), hold.style.casefold())]
        if not meant:
            _refuse(memory, mark("no hold {name} waits"), mark("`holds list` shows those that do"), name=name)
        chosen |= {hold.hold_id: hold for hold in meant}
    return list(chosen.values())


def _refuse(memory: Memory, message: str, hint: str, **facts: object) -> None:
    language = memory.site.language
    raise Refused(translate(language, message, facts), hint=translate(language, hint, facts))


def _decide(memory: Memory, chosen: Sequence[Hold], approve: bool, reason: str, template: str, as_json: bool) -> None:
    counts: Mapping[str, object] = {"holds": 0, "items": 0}
    if memory.ledger is not None and chosen:
        request = DecideHolds(tuple(hold.hold_id for hold in chosen), approve, reason)
        reply = decide_and_record(memory.ledger, by_person(request), request, datetime.now(UTC))
        if isinstance(reply, RefusedReply):
            _refuse(memory, mark("these holds are decided so already"), mark("`holds list --state all` shows them"))
        counts = reply.facts if isinstance(reply, Accepted) else counts
    if as_json:
        emit_json(dict(counts))
    else:
        say(memory.site.language, template, count=counts["holds"], items=counts["items"])


def _show(memory: Memory, found: Sequence[Hold], limit: int) -> None:
    language = memory.site.language
    if not found:
        say(language, mark("Nothing is held."))
        return
    skus = _skus(memory.ledger, found[:limit])
    for hold in found[:limit]:
        _show_one(hold, skus, language, store_zone(memory.site.settings))
    if len(found) > limit:
        say(language, mark("… and {count} more: --limit, or --json for all"), count=len(found) - limit)
    if any(hold.state is HoldState.OPEN for hold in found):
        told = mark("`holds approve NUMBER` sends one with the next cycle, `holds reject NUMBER` keeps it out.")
        click.echo(paragraph(translate(language, told, {}), page_width()))


def _show_one(hold: Hold, skus: Mapping[int, str], language: str, zone: str) -> None:
    label = translate(language, LABELS[hold.kind], {})
    click.echo(f"#{hold.hold_id}  {fit(hold.style, 20)}  {fit(hold.title, 30)}  ({label})")
    click.echo(paragraph(hold.reason.told(language), page_width(), "    "))
    for line in change_lines(hold.changes, skus, language)[:CHANGES_SHOWN]:
        click.echo(f"    {line}")
    if len(hold.changes) > CHANGES_SHOWN:
        more = translate(language, mark("… and {count} more"), {"count": len(hold.changes) - CHANGES_SHOWN})
        click.echo(f"    {more}")
    facts: dict[str, Any] = {"since": moment(hold.created_at, zone)}
    if hold.state is HoldState.OPEN:
        click.echo(paragraph(translate(language, mark("held since {since}"), facts), page_width(), "    "))
        return
    facts |= {"by": fit(hold.decided_by, 30) or "-", "at": moment(hold.decided_at, zone)}
    facts["state"] = word(language, STATES, hold.state)
    told = translate(language, mark("held since {since}; {state}, decided by {by} at {at}"), facts)
    click.echo(paragraph(told, page_width(), "    "))


def change_lines(
    changes: Iterable[FieldChange], skus: Mapping[int, str], language: str, places: Mapping[str, str] | None = None
) -> list[str]:
    """Return each change on a line of its own: SKU, field, before and after."""
    lines = []
    for change in sorted(changes, key=lambda one: one.item_id or 0):
        item = "-" if change.item_id is None else skus.get(change.item_id) or str(change.item_id)
        before = "" if change.before is None else f"{fit(change.before, 24)} "
        name = fit(field_name(language, change.field, places), 24)
        after = fit("-" if change.after is None else change.after, 32)
        lines.append(fit(f"{fit(item, 18):<18} {name:<12} {before}-> {after}", page_width() - 4))
    return lines


def _rows(memory: Memory, found: Sequence[Hold]) -> list[dict[str, Any]]:
    skus = _skus(memory.ledger, found)
    rows = [hold_row(hold, memory.site.language) for hold in found]
    for row in rows:
        for change in row["changes"]:
            change["sku"] = skus.get(change["item_id"])
    return rows


def _skus(ledger: Ledger | None, found: Sequence[Hold]) -> dict[int, str]:
    products = ledger.products(sorted({hold.style for hold in found})) if ledger is not None else {}
    known = (variant for product in products.values() for variant in product.variants)
    return {variant.item_id: variant.sku for variant in known if variant.sku}
