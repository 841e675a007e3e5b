"""`logs`: what the engine wrote, and what it writes."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any, Final

import click
from pydantic import ValidationError

from rms_console.commands import logtail
from rms_console.commands.figures import clock
from rms_console.commands.logtail import LEVELS
from rms_console.commands.output import emit_json, harmless
from rms_console.commands.reaching import Words, can_rest, engine, fits, now, say_at_rest, spoken, zone_of
from rms_console.contract.api import LogEntry, LogsBody
from rms_console.contract.queries import Query, Subject
from rms_console.control.client import CONTRACT, EngineClient
from rms_console.errors import LinkError
from rms_console.locale import mark, sentence, translate
from rms_console.locale.retelling import retell
from rms_console.wiring import Options, site_as_it_is

SOUGHT: Final = 1000
"""So many lines are looked through for a text."""
PAGE: Final = 500
LOOK_S: Final = 0.5
HANG_S: Final = 1.0
"""So long is waited for an event before lines are asked for anyway."""


@click.command()
@click.option("--limit", type=click.IntRange(1, SOUGHT), default=100, show_default=True, help="So many lines.")
@click.option(
    "--level",
    type=click.Choice([level for level in LEVELS if level != "warning"], case_sensitive=False),
    default="info",
    show_default=True,
    help="Lines of this level and above.",
)
@click.option("--text", "sought", default="", help="Only lines with this text, whatever the case.")
@click.option("--follow", "-f", is_flag=True, help="Go on with each new line until Ctrl-C, over restarts too.")
@click.option("--json", "as_json", is_flag=True, help="Print what the API answers; with --follow one object a line.")
@click.pass_obj
def logs(options: Options, limit: int, level: str, sought: str, follow: bool, as_json: bool) -> None:
    """Show the latest log lines, the newest last. Without an engine they come from app.log."""
    with spoken(options) as language:
        printer = Printer(options, language, level, sought, as_json)
        if follow:
            _follow(options, printer, limit)
            return
        try:
            with engine(options) as client:
                answer = _read(client, limit, level, sought)
                body, words = fits(LogsBody, answer, client.url), Words(language, zone_of(options))
        except LinkError as error:
            if not can_rest(options, error):
                raise
            body, words = _at_rest(options, language, error, limit, level, sought, as_json)
            answer = body.model_dump(mode="json")
        if as_json:
            emit_json(answer)
            return
        for entry in reversed(body.logs):
            click.echo(log_line(entry, words))


def _read(client: EngineClient, limit: int, level: str, sought: str) -> dict[str, Any]:
    """Return the API's answer; the lines with a text are picked from more of them."""
    answer = client.get("/sync/monitor/logs", limit=SOUGHT if sought else limit, level=level)
    if not sought:
        return answer
    body: LogsBody = fits(LogsBody, answer, client.url)
    pairs = zip(body.logs, answer["logs"], strict=True)
    found = [plain for entry, plain in pairs if logtail.wanted(entry, level, sought)][:limit]
    return answer | {"logs": found, "total": len(found), "limit": limit}


def _at_rest(
    options: Options, language: str, error: LinkError, limit: int, level: str, sought: str, as_json: bool
) -> tuple[LogsBody, Words]:
    from rms_console.commands.atrest import at_rest

    with at_rest(options) as rest:
        words = Words(language, rest.seen.zone)
        if not as_json:
            say_at_rest(words, error, rest.as_of)
        return rest.logs(limit, level, sought), words


def log_line(entry: LogEntry, words: Words) -> str:
    label = entry.tag or entry.service
    told = f"[{label}] {entry.message}" if label else entry.message
    return harmless(f"{clock(entry.timestamp, words, now())} {entry.level:<5} {told}")


class Printer:
    """Prints followed lines that are wanted, and notes of what happens to the engine beside them."""

    def __init__(self, options: Options, language: str, level: str, sought: str, as_json: bool) -> None:
        self._options = options
        self._level, self._sought = level, sought
        self._as_json = as_json
        self.words = Words(language, zone_of(options))

    def lines(self, entries: list[LogEntry], limit: int | None = None) -> None:
        """Print those that are wanted, at most the last `limit` of them."""
        found = [entry for entry in entries if logtail.wanted(entry, self._level, self._sought)]
        for entry in found[-limit:] if limit else found:
            if self._as_json:
                emit_json(entry.model_dump(mode="json"))
            else:
                click.echo(log_line(entry, self.words))

    def kept(self, limit: int) -> list[LogEntry]:
        """Return the newest entries of app.log that are wanted, newest first."""
        return logtail.tail(site_as_it_is(self._options).logs, limit, self._level, self._sought)

    def note(self, template: str, /, **facts: object) -> None:
        """Print a note: beside the lines for people, on stderr where lines are JSON."""
        told = harmless(translate(self.words.language, template, facts))
        click.echo(f"--- {told}", err=self._as_json)

    def told(self, error: LinkError) -> str:
        return retell(self.words.language, error.message)


@dataclass(frozen=True, slots=True)
class Place:
    """How far an engine was followed: the last event and the last log line seen."""

    boot_id: str
    event: int
    line: int


def _follow(options: Options, printer: Printer, limit: int) -> None:
    """Print the newest lines, then each new one; survive the engine's end and meet its successor.

    Raises:
        LinkError: no engine answered at first, and there is nothing else to read.
    """
    place: Place | None = None
    is_lost = False
    while True:
        try:
            with engine(options) as client:
                place = place or _begin(client, printer, limit)
                while True:
                    place = _go_on(client, printer, place)
                    is_lost = False
        except LinkError as error:
            if place is None:
                place = _begin_at_rest(options, printer, limit, error)
                is_lost = True
            elif not is_lost:
                printer.note(mark("the engine is gone ({why}); waiting for it"), why=printer.told(error))
                is_lost = True
        time.sleep(LOOK_S)


def _begin(client: EngineClient, printer: Printer, limit: int) -> Place:
    seen = client.snapshot()
    page = client.page(Query(Subject.LOGS, limit=SOUGHT))
    entries = [_entry(row) for row in page.rows]
    printer.lines(entries, limit)
    return Place(seen.boot_id, seen.event, int(page.facts.get("last", 0)))


def _begin_at_rest(options: Options, printer: Printer, limit: int, error: LinkError) -> Place:
    """Print the end of app.log; whichever engine comes next is a new one."""
    if not can_rest(options, error):
        raise error
    printer.lines([*reversed(printer.kept(limit))], limit)
    printer.note(mark("no engine now ({why}); waiting for it"), why=printer.told(error))
    return Place("", 0, 0)


def _go_on(client: EngineClient, printer: Printer, place: Place) -> Place:
    """Print what is new; return once something happened, or after a moment."""
    begun = time.monotonic()
    boot_id, events = client.events(place.event, HANG_S)
    if boot_id != place.boot_id:
        printer.note(mark("the engine was started anew"))
        place, events = Place(boot_id, 0, 0), ()
    line = place.line
    while True:
        page = client.page(Query(Subject.LOGS, limit=PAGE, filters={"after": str(line)}))
        missed = int(page.facts.get("oldest", 0)) - line - 1
        if missed > 0 and line:
            printer.note(mark("{count} lines came too fast to be shown"), count=missed)
        printer.lines([_entry(row) for row in page.rows])
        line = int(page.rows[-1]["number"]) if page.rows else line
        if len(page.rows) < PAGE:
            break
    # Many events come at once while it works: a moment's wait saves asking for each.
    time.sleep(max(0.0, LOOK_S - (time.monotonic() - begun)))
    return Place(boot_id, events[-1].number if events else place.event, line)


def _entry(row: dict[str, Any]) -> LogEntry:
    try:
        return LogEntry(
            timestamp=row["at"],
            level=row["level"],
            service=row["service"],
            message=row["message"],
            tag=row.get("tag", ""),
        )
    except (KeyError, ValidationError) as error:
        raise LinkError(
            sentence("the log lines of the engine cannot be read: it is of another version"), code=CONTRACT
        ) from error
