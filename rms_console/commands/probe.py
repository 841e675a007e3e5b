"""`probe`: a person sells, receives or reprices one item, and the program says which stamp moves."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import click

from rms_console.commands.output import emit_json, harmless, page_width, paragraph
from rms_console.commands.person import operator
from rms_console.commands.probe_report import fits_settings, probe_json, show_look, show_movement, show_outcome
from rms_console.commands.reaching import EXIT_INTERRUPTED, Words, spoken
from rms_console.domain.position import Detection
from rms_console.domain.probing import NAMES, Act, Advice, Look, Movement, Sight, advise
from rms_console.domain.rows import SourceFacts
from rms_console.engine.deps import Deps
from rms_console.engine.probing import ACTION, Probe, ProbeRecord, ShowsItems, record_probe
from rms_console.engine.tenure import check_owner
from rms_console.locale import mark, sentence
from rms_console.wiring import Options, Site, engine_settings, open_site
from rms_console.wiring.parts import open_tools

if TYPE_CHECKING:
    from rms_console.demo.embedded import Embedded

ASK = {
    Act.SALE: mark("Now sell one piece of {sku} at the till, and finish the ticket."),
    Act.RECEIPT: mark("Now receive some pieces of {sku}, and commit the receipt."),
    Act.PRICE: mark("Now change the price of {sku}, and save it."),
    Act.ANY: mark("Now sell, receive or reprice {sku} at the till."),
}
CHOSEN = (Act.SALE, Act.RECEIPT, Act.PRICE)
DEMO_LOOKS = 200
TICK_WIDTH = 60


@click.command()
@click.option("--sku", help="The item to watch; asked for where there is a terminal.")
@click.option("--item", "item_id", type=int, help="Its ItemID, where several items have the SKU.")
@click.option("--act", "acts", multiple=True, type=click.Choice([act.value for act in Act]), help="What will be done.")
@click.option("--timeout", type=click.FloatRange(1, 86_400), default=300.0, help="Seconds to wait for an act (300).")
@click.option("--every", type=click.FloatRange(0.1, 60), default=1.0, help="Seconds between two looks (1).")
@click.option("--json", "as_json", is_flag=True, help="The outcome as one JSON object; what to do goes to stderr.")
@click.pass_obj
def probe(
    options: Options,
    sku: str | None,
    item_id: int | None,
    acts: tuple[str, ...],
    timeout: float,
    every: float,
    as_json: bool,
) -> None:
    """Watch one item while a person sells, receives or reprices it, and say which stamp moves.

    Nothing is written to RMS: a person acts, at the till. Says whether LastUpdated, DBTimeStamp and the values of the
    view moved, whose clock wrote the stamp, and which rms.detection that speaks for. Give --act for each act, or be
    asked. Works beside a running engine. Exit code 0 when the detection in force saw every act, else 1.
    """
    with spoken(options), open_site(options) as site, open_tools(site) as deps:
        check_owner(deps.ledger, engine_settings(site).shop)
        session = _Session(deps, site, Words(site.language, engine_settings(site).zone), timeout, every, as_json)
        facts, item = session.begin(sku, item_id)
        session.watch(item, [Act(act) for act in acts])
        raise SystemExit(session.end(facts))


@dataclass(slots=True)
class _Session:
    """One probe from the first look to the table at its end."""

    deps: Deps
    site: Site
    words: Words
    timeout_s: float
    every_s: float
    as_json: bool
    movements: list[Movement] = field(default_factory=list)

    @property
    def is_talk(self) -> bool:
        """Whether there is somebody to ask."""
        return sys.stdin.isatty() and sys.stderr.isatty()

    def begin(self, sku: str | None, item_id: int | None) -> tuple[SourceFacts, int]:
        """Return what RMS is like, and the item to watch, as it was asked for.

        Raises:
            SourceError: RMS cannot be read. click.UsageError: no item, or several.
        """
        facts = self.deps.source.probe()
        if item_id is not None:
            return facts, item_id
        if sku is None and self.site.embedded is not None:
            return facts, self._some_item()
        if not sku and self.is_talk:
            sku = click.prompt(self.words.phrase("SKU of the item to watch"), err=True)
        if not sku:
            raise click.UsageError(sentence("name the item: --sku"))
        found = self.deps.source.find_items((), (sku,))
        if len(found) > 1:
            told = ", ".join(map(str, found))
            raise click.UsageError(sentence("SKU {sku} is on items {ids}: name one with --item", sku=sku, ids=told))
        if not found:
            raise click.UsageError(sentence("RMS has no item with SKU {sku}", sku=harmless(sku)))
        return facts, found[0]

    def watch(self, item_id: int, acts: Sequence[Act]) -> None:
        """Watch one act after the other: those named, or what a person says next. Ctrl-C ends it."""
        probe = self._probe()
        try:
            look = asyncio.run(probe.look(item_id))
            if not look.values:
                raise click.UsageError(sentence("RMS has no item {item_id}", item_id=item_id))
            if not self.as_json:
                show_look(look, self.words)
            for act in acts or self._asked():
                self._one(probe, act, look)
                look = self.movements[-1].after
        except (KeyboardInterrupt, click.Abort):
            click.echo(err=True)
            if not self.movements:
                raise SystemExit(EXIT_INTERRUPTED) from None

    def end(self, facts: SourceFacts) -> int:
        """Print the outcome, keep it, and return the exit code."""
        if not self.movements:
            return 0
        advice = advise(self.movements)
        if self.as_json:
            emit_json(probe_json(self.movements, advice, facts, self.words.language))
        else:
            show_outcome(self.movements, advice, facts, self.words)
        if advice.acts:
            _keep(self.deps, self.movements, advice)
        return 0 if fits_settings(advice, facts) else 1

    def _probe(self) -> Probe:
        source = self.deps.source
        if not isinstance(source, ShowsItems):
            raise TypeError(f"{type(source).__name__} shows no items")
        return Probe(source, self.deps.sql, self.deps.clock, self.every_s)

    def _one(self, probe: Probe, act: Act, look: Look) -> None:
        self._say(ASK[act], sku=look.sku or str(look.item_id))
        if self.site.embedded is not None:
            self._say(mark("(the demo's own till does it)"))
            _act(self.site.embedded, act, look.item_id)
        movement = asyncio.run(probe.watch(act, look, self.timeout_s, self._ticker()))
        self._wipe()
        self.movements.append(movement)
        if not self.as_json:
            show_movement(movement, self.words)

    def _asked(self) -> Iterable[Act]:
        """Return the acts that nobody named: all of them in the demo, one of any kind where nobody can be asked."""
        if self.site.embedded is not None:
            return CHOSEN
        return _ask_on(self.words) if self.is_talk else (Act.ANY,)

    def _some_item(self) -> int:
        """Return an item of the demo that can be sold."""
        listed = self.deps.source.list_items(0, DEMO_LOOKS)
        read = self.deps.source.read_items([item.item_id for item in listed])
        return next(row.item_id for row in read.rows if row.stock.get("Quantity", 0) >= 1 and row.price)

    def _say(self, template: str, **facts: object) -> None:
        click.echo(paragraph(self.words.phrase(template, **facts), page_width()), err=self.as_json)

    def _ticker(self) -> Callable[[float], None]:
        shows = sys.stderr.isatty()

        def tick(left_s: float) -> None:
            if shows:
                told = self.words.phrase("waiting, {seconds} s left (Ctrl-C ends)", seconds=f"{left_s:.0f}")
                click.echo(f"\r{told.ljust(TICK_WIDTH)}", nl=False, err=True)

        return tick

    def _wipe(self) -> None:
        if sys.stderr.isatty():
            click.echo(f"\r{'':{TICK_WIDTH}}\r", nl=False, err=True)


def _ask_on(words: Words) -> Iterator[Act]:
    """Yield the acts that a person names, one after the other, until Enter alone."""
    choices = {str(number): act for number, act in enumerate(CHOSEN, start=1)}
    told = ", ".join(f"{number} = {words.phrase(NAMES[act])}" for number, act in choices.items())
    while True:
        answer = click.prompt(
            words.phrase("What next? ({choices}, Enter ends)", choices=told),
            default="",
            show_default=False,
            err=True,
        ).strip()
        if not answer:
            return
        act = choices.get(answer)
        if act is not None:
            yield act


def _act(store: Embedded, act: Act, item_id: int) -> None:
    """Have the demo's till do it."""
    from rms_console.demo.rms import Counter

    counter = Counter(store.store_file)
    {Act.RECEIPT: counter.receive, Act.PRICE: counter.reprice}.get(act, counter.sell)(item_id)


def _keep(deps: Deps, movements: Sequence[Movement], advice: Advice) -> None:
    """Put the outcome into the ledger and the audit trail."""
    actor, at = operator(), deps.clock.now()
    stamps = advice.verdict(Detection.LAST_UPDATED)
    recommended = None if advice.detection is None else advice.verdict(advice.detection)
    offs = [movement.stamp_off_s for movement in movements if movement.is_by_another_clock]
    record = ProbeRecord(
        at=at,
        by=actor.name,
        item_id=movements[-1].after.item_id,
        acts=advice.acts,
        recommended=advice.detection,
        reason=str(advice.reason),
        missed=() if recommended is None else recommended.missed,
        unsafe_stamps=stamps.sight is Sight.UNSAFE,
        stamp_off_s=offs[0] if offs else None,
    )
    record_probe(deps.ledger, record)
    detail = {"items": str(record.item_id), "result": "-" if advice.detection is None else advice.detection.value}
    deps.ledger.append_audit(at, actor.name, actor.host, actor.via, ACTION, detail)
