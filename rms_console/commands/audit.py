"""`audit`: who asked for what, and whether the trail of it is as it was written. On the ledger, engine or not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import click

from rms_console.commands import moments
from rms_console.commands.given import AS_JSON
from rms_console.commands.output import emit_json, harmless, page_width, paragraph, say
from rms_console.commands.queue import say_no_ledger
from rms_console.commands.wording import fit
from rms_console.config.engine import store_zone
from rms_console.contract import wire
from rms_console.contract.ports import Ledger
from rms_console.contract.records import AuditEntry
from rms_console.domain.zone import to_local, to_utc
from rms_console.errors import StoreDamaged
from rms_console.locale import mark, sentence, translate
from rms_console.wiring import Options
from rms_console.wiring.parts import Memory, open_memory

PAGE: Final = 500
SHOWN: Final = 50
EXIT_BROKEN: Final = 1
_COLUMNS: Final = (mark("NO."), mark("WHEN"), mark("WHO"), mark("ON"), mark("ACTION"))
_WIDTHS: Final = (6, 19, 14, 16, 16)


@click.group()
def audit() -> None:
    """Who asked for what: list it, and see whether somebody has changed the list."""


@audit.command("list")
@click.option("--limit", type=click.IntRange(min=1), help=f"At most so many; else {SHOWN}, and all with --json.")
@click.option("--since", help="Not before this: 2d, 12h, 2026-11-24, or '2026-11-24 18:30' (store's time).")
@AS_JSON
@click.pass_obj
def list_(options: Options, limit: int | None, since: str | None, as_json: bool) -> None:
    """Show the trail, the newest entry first."""
    with open_memory(options) as memory:
        zone = store_zone(memory.site.settings)
        start = None if since is None else past_instant(since, zone, datetime.now(UTC))
        most = limit if as_json else (limit or SHOWN) + 1
        found = list(entries(memory.ledger, start, most))
        if as_json:
            emit_json([wire.to_json(entry) for entry in found])
        elif memory.ledger is None:
            say_no_ledger(memory)
        else:
            _show(memory, found, limit or SHOWN, zone)


@audit.command()
@click.option("--expect", metavar="HASH", help="A hash noted down earlier: an entry must carry it still.")
@AS_JSON
@click.pass_obj
def verify(options: Options, expect: str | None, as_json: bool) -> None:
    """Find the first entry that was changed, removed or put in. Exit 1 when there is one.

    The hashes show what was changed without redoing all that follows. They cannot show that somebody who may write
    the file has redone the whole of it: against that, note the newest hash down elsewhere, and name it with --expect.
    """
    with open_memory(options) as memory:
        verdict = _judged(memory.ledger, expect)
        if as_json:
            emit_json(verdict.row())
        elif memory.ledger is None:
            say_no_ledger(memory)
        else:
            _tell(memory, verdict)
        raise SystemExit(0 if verdict.is_well else EXIT_BROKEN)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found. `bad`: the number of the first entry that does not fit; `bad_entry`: it, where it is readable."""

    newest: AuditEntry | None
    bad: int | None = None
    bad_entry: AuditEntry | None = None
    expected: str | None = None
    is_expected_there: bool = True

    @property
    def is_well(self) -> bool:
        return self.bad is None and self.is_expected_there

    def row(self) -> dict[str, object]:
        """Return it as a plain JSON object."""
        return {
            "ok": self.is_well,
            "first_bad": self.bad,
            "newest_number": self.newest.number if self.newest else None,
            "newest_hash": self.newest.digest if self.newest else None,
            "expected_found": self.is_expected_there if self.expected is not None else None,
        }


def _judged(ledger: Ledger | None, expect: str | None) -> Verdict:
    wanted = None if expect is None else expect.strip().lower()
    if ledger is None:
        return Verdict(None, expected=wanted, is_expected_there=wanted is None)
    bad = ledger.verify_audit()
    newest, found = _entry(ledger, None), None if bad is None else _entry(ledger, bad + 1)
    bad_entry = found if found is not None and found.number == bad else None
    there = wanted is None or _is_there(ledger, wanted)
    return Verdict(newest, bad, bad_entry, wanted, there)


def _entry(ledger: Ledger, before: int | None) -> AuditEntry | None:
    """Return the newest entry below a number; None where there is none, or it was made unreadable."""
    try:
        return next(iter(ledger.audit(1, before)), None)
    except StoreDamaged:
        return None


def _is_there(ledger: Ledger, digest: str) -> bool:
    try:
        return any(entry.digest == digest for entry in entries(ledger, None, None))
    except StoreDamaged:
        return False


def entries(ledger: Ledger | None, since: datetime | None, most: int | None) -> Iterator[AuditEntry]:
    """Yield the trail from its newest entry back to `since`, at most so many."""
    before: int | None = None
    left = most
    while ledger is not None and left != 0:
        page = ledger.audit(PAGE if left is None else min(PAGE, left), before)
        for entry in page:
            if since is not None and entry.at < since:
                return
            yield entry
        if not page:
            return
        before = page[-1].number
        left = None if left is None else left - len(page)


def past_instant(typed: str, zone: str, now: datetime) -> datetime:
    """Return the instant that a person means: so long ago (`2d`), or a date or a time of the store.

    Raises:
        click.UsageError: it is none.
    """
    plain = typed.strip()
    try:
        at = datetime.fromisoformat(plain)
    except ValueError:
        return now - (_span(plain) or timedelta())
    try:
        return at if at.tzinfo is not None else to_utc(at, zone)
    except OverflowError as error:
        raise click.UsageError(sentence("{typed} is no time that can be", typed=harmless(typed))) from error


def _span(typed: str) -> timedelta | None:
    context = click.get_current_context()
    option = next(one for one in context.command.params if one.name == "since")
    return moments.span(context, option, typed)


def _show(memory: Memory, found: list[AuditEntry], limit: int, zone: str) -> None:
    language = memory.site.language
    if not found:
        say(language, mark("Nothing in the audit trail."))
        return
    click.echo(_line([translate(language, column, {}) for column in _COLUMNS]))
    for entry in found[:limit]:
        when = f"{to_local(entry.at, zone):%Y-%m-%d %H:%M:%S}"
        click.echo(_line([entry.number, when, entry.actor, f"{entry.via}@{entry.host}", entry.action]))
        detail = ", ".join(f"{name}={value}" for name, value in entry.detail.items() if value not in ("", "()"))
        if detail:
            click.echo(paragraph(fit(detail, 400), page_width(), "       "))
    if len(found) > limit:
        say(language, mark("… and more: --limit, or --json for all"))


def _line(cells: list[object] | list[str]) -> str:
    texts = (fit(cell, width) for cell, width in zip(cells, _WIDTHS, strict=True))
    return " ".join(text.ljust(width) for text, width in zip(texts, _WIDTHS, strict=True)).rstrip()


def _tell(memory: Memory, verdict: Verdict) -> None:
    language = memory.site.language
    newest, entry = verdict.newest, verdict.bad_entry
    if verdict.bad is not None and entry is None:
        say(language, mark("Entry {number} is missing, or cannot be read."), number=verdict.bad)
    elif verdict.bad is not None and entry is not None:
        say(
            language,
            mark("Entry {number} does not fit what stands before it: {action} by {by}, {at} UTC."),
            number=verdict.bad,
            action=fit(entry.action, 30),
            by=fit(entry.actor, 30),
            at=f"{entry.at:%Y-%m-%d %H:%M:%S}",
        )
    elif newest is None:
        say(language, mark("The audit trail is empty."))
    else:
        say(language, mark("The audit trail holds: {count} entries."), count=newest.number)
        say(language, mark("Newest hash: {digest}"), digest=newest.digest)
    if not verdict.is_expected_there:
        say(language, mark("No entry carries the hash you named: the trail was cut off or written anew."))
    say(
        language,
        mark(
            "This shows changes made without redoing all that follows. Whoever may write the file can redo the whole: "
            "note the newest hash elsewhere, and name it with --expect the next time."
        ),
    )
