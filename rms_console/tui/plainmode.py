"""The console as plain lines, for screen readers, braille lines and phones: what changed, and nothing drawn.

Each fact is one line. It is told at first, then again when it means something else, and whenever a person asks.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from rms_console.contract.commands import Pause, Request, Resume, Trigger
from rms_console.contract.field_names import TRIGGERS
from rms_console.contract.state import EngineState, Health, Mode
from rms_console.errors import ConsoleError
from rms_console.locale import mark
from rms_console.tui.actions import Actions
from rms_console.tui.format import age, clock, duration, short_age
from rms_console.tui.glyphs import glyphs_for
from rms_console.tui.keys import obstacle
from rms_console.tui.plain import clean
from rms_console.tui.screens.frame import READING, STAGE_NAMES
from rms_console.tui.screens.overview import HEALTH_NAMES
from rms_console.tui.setup import Leave, Setup
from rms_console.tui.view import Action, View, Words

if TYPE_CHECKING:
    from rms_console.contract.engine_port import EnginePort
    from rms_console.contract.snapshot import CycleView, EngineSnapshot

LOOK_S: Final = 1.0
STALE_AFTER_S: Final = 5.0
CALM_S: Final = 10.0
"""How long a fact that may change all the time is not told again."""
AT_ONCE: Final = ("shop", "state")
ALERT: Final = "alert "
EVENTS_WAIT_S: Final = 20.0
BRACKETS_S: Final = (60, 300, 900, 3600, 4 * 3600, 24 * 3600)
"""Ages at which the oldest unsent change is told again."""
MOST: Final = 400

STATUS, HELP, QUIT, RESTART, PAUSE, RESUME, TRIGGER = (
    "status",
    "help",
    "quit",
    "restart",
    "pause",
    "resume",
    "trigger",
)
COMMANDS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("status", "estado"), STATUS),
    **dict.fromkeys(("help", "ayuda", "?"), HELP),
    **dict.fromkeys(("quit", "exit", "salir"), QUIT),
    **dict.fromkeys(("restart", "reiniciar"), RESTART),
    **dict.fromkeys(("pause", "pausa", "pausar"), PAUSE),
    **dict.fromkeys(("resume", "reanudar"), RESUME),
    **dict.fromkeys(("trigger", "correr", "ejecutar"), TRIGGER),
}
"""What may be typed, in either language."""
NAMES: Final = {PAUSE: mark("Pause"), RESUME: mark("Resume"), TRIGGER: mark("Trigger")}
GUIDE: Final = mark("Type: status, pause REASON, resume, trigger, restart, help, quit; then Enter.")


@dataclass(frozen=True, slots=True)
class Fact:
    """One line, and what it means: it is told again when `meaning` differs; None: only when a person asks."""

    meaning: object
    text: str


def facts_of(view: View) -> dict[str, Fact]:
    """Return what there is to tell of the engine, by name, in the order in which it is told."""
    seen = view.snapshot
    facts = {"state": _state(view)}
    if seen is None or seen.state is EngineState.STARTING:
        return facts  # what is not looked at yet is no news
    facts = {"shop": _shop(view.words, seen), **facts, "unsent": _unsent(view, seen), "queue": _queue(view.words, seen)}
    if seen.last_cycle is not None:
        facts["cycle"] = _cycle(view.words, seen.last_cycle, seen.zone)
    facts["links"] = _links(view.words, seen)
    for alert in seen.alerts:
        told = view.words.told
        by = view.words.phrase(" (seen by {name})", name=clean(alert.acked_by, 40)) if alert.acked_by else ""
        parts = (told(alert.title), told(alert.detail), told(alert.what_to_do))
        text = ". ".join(clean(part, MOST).rstrip(".") for part in parts if part)
        facts[f"{ALERT}{alert.alert_id}"] = Fact(alert.acked_by or "", f"{clean(alert.severity, 10)}: {text}{by}")
    for warning in seen.warnings:
        facts[f"warning {warning}"] = Fact(True, clean(view.words.told(warning), MOST))
    return facts


def _shop(words: Words, seen: EngineSnapshot) -> Fact:
    name = clean(seen.shop.name or seen.shop.shop, 60)
    parts = [words.phrase("Shop: {name}", name=name)]
    if seen.demo:
        parts.append(words.phrase("demo"))
    if seen.mode is Mode.OBSERVE:
        parts.append(words.phrase("OBSERVE: nothing is sent"))
    return Fact((name, seen.mode), ", ".join(parts))


def _state(view: View) -> Fact:
    """Return the state in words. That it works, idles or looks for changes means the same: all is well."""
    words, seen = view.words, view.snapshot
    if view.crash:
        return Fact(("crash", view.crash), words.phrase("ENGINE CRASHED: {why}", why=clean(view.crash, MOST)))
    if seen is None or view.stale_s is not None:
        why = clean(words.told(view.problem), 200) or words.phrase("the engine does not answer now")
        if view.stale_s is None:
            return Fact("connecting", words.phrase("connecting to the engine…").rstrip("…"))
        return Fact("stale", words.phrase("No answer for {age}: {why}", age=age(view.stale_s), why=why))
    told = words.phrase("State: {state}", state=seen.state.value)
    if seen.pause is not None:
        pause = seen.pause
        since = short_age((view.now - pause.since_at).total_seconds())
        by = words.phrase("by {name} for {age}", name=clean(pause.by, 40), age=since)
        reason = f": {clean(pause.reason, 200)}" if pause.reason else ""
        if seen.state is not EngineState.PAUSED:
            told = words.phrase("{state}, paused once the products in flight are through,", state=told)
        return Fact((seen.state is EngineState.PAUSED, pause.since_at), f"{told} {by}{reason}")
    if seen.fault is not None:
        return _fault(view, seen, told)
    if seen.progress is not None:
        run = seen.progress
        trigger = clean(words.word(TRIGGERS, run.trigger), 30)
        done = words.phrase(
            "{done} of {total} {total:product|products}", done=run.products_done, total=run.products_total
        )
        text = words.phrase("run {number}, {trigger}", number=run.cycle, trigger=trigger)
        told = f"{told}, {text}, {done}"
    elif seen.next_check_at is not None:
        told = f"{told}, {words.phrase('next run {at}', at=clock(seen.next_check_at, seen.zone))}"
    return Fact("well" if seen.state in READING else seen.state, told)


def _fault(view: View, seen: EngineSnapshot, told: str) -> Fact:
    fault, words = seen.fault, view.words
    assert fault is not None
    parts = [f"{told}: {clean(words.told(fault.message), MOST)}", clean(words.told(fault.hint), MOST)]
    text = ". ".join(part.rstrip(".") for part in parts if part)
    if fault.next_try_at is not None:
        text += "." + words.phrase("  next try {at}", at=clock(fault.next_try_at, seen.zone, seconds=True))
    return Fact((seen.state, fault.code, fault.message), text)


def _unsent(view: View, seen: EngineSnapshot) -> Fact:
    words, queue = view.words, seen.queue
    if queue.oldest_unsent_s is not None:
        bracket = sum(queue.oldest_unsent_s >= limit for limit in BRACKETS_S)
        style = f" ({clean(queue.oldest_style, 40)})" if queue.oldest_style else ""
        text = words.phrase("Oldest unsent: {age}", age=short_age(queue.oldest_unsent_s)) + style
        # A change that is sent within a minute is the normal case, and means the same as none.
        return Fact(bracket, text)
    if queue.reconcile_waiting:
        return Fact("comparing", words.phrase("Full comparison under way"))
    if seen.fault is not None or view.stale_s is not None or view.crash or seen.state not in READING:
        return Fact("unknown", words.phrase("Nothing is queued; whether RMS has changes is not known now"))
    if seen.mode is Mode.OBSERVE:
        return Fact(0, words.phrase("Nothing is queued; what was found is planned, not sent"))
    if seen.insight.proven.state == "differs":
        return Fact("differs", words.phrase("Nothing is queued; a product in the shop is not as it was sent"))
    return Fact(0, words.phrase("Everything is in the shop"))


def _queue(words: Words, seen: EngineSnapshot) -> Fact:
    queue = seen.queue
    text = words.phrase(
        "Queue: {waiting} waiting, {retrying} to retry, {aside} set aside, {held} held for a yes",
        waiting=queue.waiting,
        retrying=queue.retrying,
        aside=queue.quarantined,
        held=queue.held,
    )
    return Fact((bool(queue.retrying), queue.quarantined, queue.held), text)


def _cycle(words: Words, cycle: CycleView, zone: str) -> Fact:
    text = words.phrase(
        "Run {number} at {at} ({trigger}): {result}, {products} {products:product|products}, {items} "
        "{items:item|items}, {errors} {errors:error|errors}, {took}",
        number=cycle.number,
        at=clock(cycle.started_at, zone),
        trigger=clean(words.word(TRIGGERS, cycle.trigger), 30),
        result=clean(cycle.result, 10),
        products=cycle.products_synced,
        items=cycle.items_found,
        errors=cycle.errors,
        took=duration(cycle.duration_s),
    )
    note = f". {clean(words.told(cycle.note), 200)}" if cycle.note else ""
    return Fact(cycle.number if cycle.items_found or cycle.result != "OK" else None, text + note)


def _links(words: Words, seen: EngineSnapshot) -> Fact:
    told = []
    for link in seen.connections:
        detail = f" ({clean(words.told(link.detail), 120)})" if link.health is Health.DOWN and link.detail else ""
        told.append(f"{clean(link.name, 20)}: {words.phrase(HEALTH_NAMES[link.health])}{detail}")
    # Slow is a matter of the moment.
    bad = tuple(link.name for link in seen.connections if link.health in (Health.DOWN, Health.OFF))
    return Fact(bad, "; ".join(told))


class Teller:
    """Remembers what was told, so that only what changed is."""

    def __init__(self) -> None:
        self._told: dict[str, tuple[object, float, str]] = {}

    def news(self, facts: Mapping[str, Fact], words: Words, now_s: float) -> list[str]:
        """Return the lines of the facts that mean something new; what may change all the time, not too often."""
        lines = [
            words.phrase("Over: {what}", what=text)
            for name, (_, _, text) in self._told.items()
            if name.startswith(ALERT) and name not in facts
        ]
        self._told = {name: told for name, told in self._told.items() if not name.startswith(ALERT) or name in facts}
        for name, fact in facts.items():
            before = self._told.get(name)
            if fact.meaning is None or (before is not None and before[0] == fact.meaning):
                continue
            if before is not None and name not in AT_ONCE and now_s - before[1] < CALM_S:
                continue
            self._told[name] = (fact.meaning, now_s, fact.text)
            lines.append(fact.text)
        return lines


class PlainConsole:
    """Follows an engine and turns typed words into requests. `say` takes one harmless line and never waits."""

    def __init__(self, port: EnginePort, setup: Setup, say: Callable[[str], None], *, may_stop: bool) -> None:
        self._port = port
        self._setup = setup
        self._say = say
        self._may_stop = may_stop
        self._teller = Teller()
        self._actions = Actions(port, setup.actor, self.now, self._acted)
        self._snapshot: EngineSnapshot | None = None
        self._problem = ""
        self._answered_s = time.monotonic()
        self._event = 0
        self._boot = ""
        self._has_greeted = False
        self._ended = asyncio.Event()
        self._news = asyncio.Event()
        self._leave: Leave | None = None
        self.words = Words(setup.language, glyphs_for(setup.is_utf8))

    @staticmethod
    def now() -> datetime:
        return datetime.now(UTC)

    async def run(self) -> Leave | None:
        """Tell what changes until a person leaves (how) or `end` is called (None)."""
        listening = asyncio.ensure_future(self._listen())
        try:
            while not self._ended.is_set():
                await self._look()
                self._tell_news()
                self._news.clear()
                waits = [asyncio.ensure_future(one.wait()) for one in (self._ended, self._news)]
                await asyncio.wait(waits, timeout=LOOK_S, return_when=asyncio.FIRST_COMPLETED)
                for wait in waits:
                    wait.cancel()
        finally:
            listening.cancel()
        return self._leave

    def end(self) -> None:
        self._ended.set()

    def say(self, text: str) -> None:
        self._say(self.words.glyphs.spelled(clean(text, 2 * MOST)))

    def typed(self, text: str) -> None:
        """Do what a person typed."""
        word, _, rest = text.strip().partition(" ")
        if not word:
            return
        command = COMMANDS.get(word.lower())
        if command is None:
            self.say(self.words.phrase("{word} is no command; help lists them", word=clean(word, 40)))
        elif command == HELP:
            self.say(self.words.phrase(GUIDE))
        elif command == STATUS:
            self._tell_all()
        elif command == QUIT:
            self._quit()
        elif command == RESTART:
            self._restart()
        else:
            self._steer(command, rest.strip())

    def _steer(self, command: str, rest: str) -> None:
        name = self.words.phrase(NAMES[command])
        why = obstacle(command, self.view())
        if why:
            self.say(self.words.phrase("{name}: refused: {why}", name=name, why=self.words.phrase(why)))
            return
        request: Request = Pause(clean(rest, 200)) if command == PAUSE else Resume()
        if command == TRIGGER:
            request = Trigger(reason=clean(rest, 200))
        self._actions.send(request, name)

    def _quit(self) -> None:
        self._leave = Leave.STOP if self._may_stop else None
        settling = self.words.phrase("The engine settles what is in flight and stops.")
        self.say(settling if self._may_stop else self.words.phrase("The engine goes on."))
        self.end()

    def _restart(self) -> None:
        why = obstacle(RESTART, self.view())
        if not why:
            self._setup.engine.restart()
        refused = self.words.phrase("Not now: {why}", why=self.words.phrase(why))
        self.say(refused if why else self.words.phrase("accepted"))

    def view(self) -> View:
        """Return what is known at this instant."""
        since = time.monotonic() - self._answered_s
        return View(
            words=self.words,
            now=self.now(),
            snapshot=self._snapshot,
            stale_s=since if since > STALE_AFTER_S else None,
            problem=self._problem,
            crash=self._setup.engine.crash,
        )

    def _tell_news(self) -> None:
        if self._snapshot is not None and not self._has_greeted:
            self._has_greeted = True
            self.say(self.words.phrase(GUIDE))
        for text in self._teller.news(facts_of(self.view()), self.words, time.monotonic()):
            self.say(text)

    def _tell_all(self) -> None:
        facts = facts_of(self.view())
        lines: Sequence[str] = [fact.text for fact in facts.values()]
        if not any(name.startswith(ALERT) for name in facts):
            lines = [*lines, self.words.phrase("No alerts.")]
        for text in lines:
            self.say(text)

    def _acted(self, action: Action) -> None:
        """Tell how far an action has come, in words."""
        told = self.words.told
        parts = [action.name, self.words.phrase(STAGE_NAMES[action.stage]), told(action.message)]
        hint = f" ({told(action.hint)})" if action.hint else ""
        self.say(": ".join(part for part in parts if part) + hint)

    async def _look(self) -> None:
        try:
            seen = await self._port.snapshot()
        except ConsoleError as error:
            self._problem = error.message
            return
        if seen.boot_id != self._boot:
            self._boot, self._event = seen.boot_id, seen.event
        self._snapshot, self._problem, self._answered_s = seen, "", time.monotonic()

    async def _listen(self) -> None:
        """Hear what becomes of requests."""
        while True:
            began = time.monotonic()
            try:
                events = await self._port.events(self._event, EVENTS_WAIT_S) if self._boot else ()
            except ConsoleError:
                events = ()
            for event in events:
                self._event = max(self._event, event.number)
                self._actions.hear(event)
            if events:
                self._news.set()
            # An engine that ends answers at once and without news: do not ask it in a circle.
            await asyncio.sleep(0.1 if time.monotonic() - began > 0.05 or events else 0.5)
