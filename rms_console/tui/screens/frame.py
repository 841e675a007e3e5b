"""Head and foot of every page: the state in one glance, what was asked for, and the keys that work now."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from rms_console.contract.field_names import TRIGGERS
from rms_console.contract.state import EngineState, Mode
from rms_console.locale import mark
from rms_console.tui.format import age, bar, clock, countdown, duration, short_age
from rms_console.tui.keys import GENERAL, RESTART, STEER, Act, obstacle, shown_key
from rms_console.tui.lines import Line, Part, fit, line, width_of
from rms_console.tui.plain import clean
from rms_console.tui.view import Stage, View, Words
from rms_console.tui.wrapping import wrapped

if TYPE_CHECKING:
    from rms_console.contract.snapshot import EngineSnapshot
    from rms_console.tui.setup import Ended

STATE_ROLES: Final = {
    EngineState.STARTING: "accent",
    EngineState.IDLE: "good",
    EngineState.RUNNING: "good",
    EngineState.PROCESSING: "accent",
    EngineState.PAUSED: "warn",
    EngineState.ERROR: "bad",
    EngineState.RECOVERING: "warn",
    EngineState.STOPPED: "bad",
}
STAGE_ROLES: Final = {Stage.REFUSED: "warn", Stage.FAILED: "bad", Stage.UNKNOWN: "warn", Stage.DONE: "good"}
STAGE_NAMES: Final = {
    Stage.REQUESTED: mark("requested"),
    Stage.ACCEPTED: mark("accepted"),
    Stage.DONE: mark("done"),
    Stage.FAILED: mark("failed"),
    Stage.REFUSED: mark("refused"),
    Stage.UNKNOWN: mark("no answer: it may have been carried out"),
}
READING: Final = (EngineState.IDLE, EngineState.RUNNING, EngineState.PROCESSING, EngineState.PAUSED)
"""States in which changes of RMS are found."""
STAGES: Final = {
    "reading": mark("reading"),
    "planning": mark("planning"),
    "comparing": mark("comparing"),
    "pushing": mark("pushing"),
}
ACTION_SHOWN_S = 90.0
TELLS_AT: Final = 20
"""Columns below which a proof that is cut off tells nothing."""
WIDE: Final = 100


def head_lines(view: View, page: str, width: int) -> list[Line]:
    """Return the head: who this is, the state, the age of the oldest unsent change, and what is wrong."""
    words = view.words
    seen = view.snapshot
    if seen is None:
        waiting = words.phrase("connecting to the engine…") if view.stale_s is None else _why(view)
        return [
            fit(line(Part("rms_console", "strong"), _demo(view), "  ", Part(waiting, "dim")), width),
            *_crash(view, width),
        ]
    lines = [_title(view, seen, width), _state(view, seen, width), *_unsent(view, seen, width)]
    return [*lines, *_crash(view, width), *_notes(view, seen, width)]


def _why(view: View) -> str:
    return clean(view.words.told(view.problem), 200)


def _demo(view: View) -> Part:
    is_demo = view.is_demo or (view.snapshot is not None and view.snapshot.demo)
    return Part(" DEMO ", "warn") if is_demo else Part("")


def _visited(view: View, seen: EngineSnapshot, width: int) -> Part:
    """Return where the engine runs that this console only visits."""
    if not view.attached:
        return Part("")
    where = clean(view.attached, 60)
    if width < WIDE:
        where = where.removeprefix("http://")
    elif seen.lock.host:
        where += f" ({clean(seen.lock.host, 24)})"
    return Part("  " + view.words.phrase("attached {where}", where=where), "accent")


def _title(view: View, seen: EngineSnapshot, width: int) -> Line:
    words = view.words
    shop = clean(seen.shop.name or seen.shop.shop, 24 if view.attached and width < WIDE else 40)
    at = clock(view.now, seen.zone, utc=words.utc)
    zone = "UTC" if words.utc else clean(seen.zone.split("/")[-1].replace("_", " "), 20)
    left = [
        Part("RMS ", "strong"),
        Part(words.glyphs.arrow, "dim"),
        Part(" Shopify ", "strong"),
        _demo(view),
        Part(f" {shop}"),
        _visited(view, seen, width),
    ]
    if seen.mode is Mode.OBSERVE:
        left.append(Part(f"  {words.phrase('OBSERVE: nothing is sent')}", "warn"))
    right = f"{at} {zone}"
    room = width - width_of(right_line := line(Part(right, "dim"))) - 1
    start = fit(tuple(left), room)
    return (*start, Part(" " * max(1, width - width_of(start) - width_of(right_line))), *right_line)


def _state(view: View, seen: EngineSnapshot, width: int) -> Line:
    words, glyphs = view.words, view.words.glyphs
    lost = "DETACHED" if view.attached else "STALE"
    has_stopped = view.crash or view.ended
    word = EngineState.STOPPED.value if has_stopped else lost if view.stale_s is not None else seen.state.value
    role = STATE_ROLES[EngineState(word)] if word in tuple(EngineState) else "warn"
    parts = [Part(f"{glyphs.state(word)} {word}", role)]
    if view.crash:
        pass  # why stands in the banner below
    elif view.ended is not None:
        parts.append(Part(" " + _stopped_by(view, view.ended, seen)))
    elif view.stale_s is not None and view.attached:
        parts.append(Part(" " + _detached(view, view.stale_s)))
    elif view.stale_s is not None:
        parts.append(
            Part(" " + words.phrase("{age}; last seen {state}", age=age(view.stale_s), state=seen.state.value))
        )
    elif seen.progress is not None:
        run = seen.progress
        ratio = run.products_done / run.products_total if run.products_total else 0.0
        trigger = words.word(TRIGGERS, run.trigger)
        parts.append(Part(" " + words.phrase("run {number}, {trigger}", number=run.cycle, trigger=clean(trigger, 20))))
        parts.append(Part(f"  {bar(ratio, 12, glyphs)} " if run.products_total else "  ", "accent"))
        done = words.phrase(
            "{done} of {total} {total:product|products}", done=run.products_done, total=run.products_total
        )
        parts.append(Part(done if run.products_total else words.word(STAGES, run.stage)))
        if run.eta_at is not None:
            parts.append(Part("  " + words.phrase("until {at}", at=clock(run.eta_at, seen.zone, utc=words.utc)), "dim"))
    elif seen.pause is not None:
        pause = seen.pause
        told = words.phrase(
            "by {name} for {age}", name=clean(pause.by, 24), age=short_age((view.now - pause.since_at).total_seconds())
        )
        parts += [Part(f" {told}"), Part(f" “{clean(pause.reason, 60)}”" if pause.reason else "", "dim")]
    elif seen.fault is not None:
        parts.append(Part(f" {clean(words.told(seen.fault.message), 200)}"))
    else:
        parts.append(
            Part(" " + words.phrase("for {age}", age=short_age((view.now - seen.since_at).total_seconds())), "dim")
        )
        if seen.next_check_at is not None:
            left = countdown((seen.next_check_at - view.now).total_seconds())
            at = clock(seen.next_check_at, seen.zone, utc=words.utc)
            parts.append(Part("  " + words.phrase("next run {at} (in {left})", at=at, left=left)))
    if view.frozen_s is not None:
        # Next to the state, so that no narrow screen cuts it off: what is frozen must not pass for what is so now.
        parts.insert(1, Part("  " + words.phrase("VIEW FROZEN {age}: Space goes on", age=age(view.frozen_s)), "warn"))
    return fit(tuple(parts), width)


def _stopped_by(view: View, ended: Ended, seen: EngineSnapshot) -> str:
    at = clock(ended.at, seen.zone, seconds=True, utc=view.words.utc) if ended.at is not None else ""
    if ended.by and at:
        return view.words.phrase("by {name} at {at}", name=clean(ended.by, 24), at=at)
    return view.words.phrase("last seen {state}", state=seen.state.value)


def _detached(view: View, stale_s: float) -> str:
    template = mark("from engine {age} ago, retrying ({count})")
    return view.words.phrase(template, age=age(stale_s), count=max(1, view.retries))


def _unsent(view: View, seen: EngineSnapshot, width: int) -> list[Line]:
    """Return the first figure: how old the oldest change is that is not in the shop yet; then what is proven.

    The lack of a proof that there should be gets a line of its own rather than be cut off.
    """
    words, queue = view.words, seen.queue
    if queue.oldest_unsent_s is None and queue.reconcile_waiting:
        parts = [Part(words.phrase("Full comparison under way"), "accent")]
    elif queue.oldest_unsent_s is None:
        parts = [_all_sent(view, seen)]
    else:
        role = "good" if queue.oldest_unsent_s < 60 else "warn" if queue.oldest_unsent_s < 900 else "bad"
        parts = [Part(words.phrase("Oldest unsent: {age}", age=short_age(queue.oldest_unsent_s)), role)]
        if queue.oldest_style and width >= 100:
            parts.append(Part(f" ({clean(queue.oldest_style, 24)})", "dim"))
    counts = (
        (queue.waiting, mark("{count} waiting"), ""),
        (queue.retrying, mark("{count} to retry"), "warn"),
        (queue.quarantined, mark("{count} set aside"), "warn"),
        (queue.held, mark("{count} held for a yes"), "warn"),
    )
    for number, template, role in counts:
        if number:
            parts += [Part("  "), Part(words.phrase(template, count=number), role)]
    proof = proof_parts(view, seen)
    if width_of((*parts, *proof)) > width:
        if proof[-1].role == "bad":
            return [fit(tuple(parts), width), *wrapped(proof[-1].text, width, "bad", most=2)]
        if width - width_of(tuple(parts)) < TELLS_AT:
            return [fit(tuple(parts), width)]
    return [fit((*parts, *proof), width)]


def proof_parts(view: View, seen: EngineSnapshot) -> Line:
    """Return when a value was last read back from the shop, and which; or since when or why none was."""
    words, proven = view.words, seen.insight.proven
    last = proven.last
    at = clock(last.read_at, seen.zone, seconds=True, utc=words.utc) if last is not None else ""
    if proven.state == "proven" and last is not None:
        if last.latency_s is None:
            told = words.phrase("proven {at} ({item}, read again)", at=at, item=clean(last.item, 24))
        else:
            latency = duration(last.latency_s)
            told = words.phrase("proven {at} ({item}, {latency})", at=at, item=clean(last.item, 24), latency=latency)
        return (Part("  "), Part(told, "dim"))
    reason = clean(words.told(proven.reason), 120)
    if proven.state == "off":
        return (Part("  "), Part(words.phrase("no proof: {reason}", reason=reason), "dim"))
    if proven.is_well:
        yet = words.phrase("not proven yet: {reason}", reason=reason) if reason else words.phrase("not proven yet")
        return (Part("  "), Part(yet, "dim"))
    told = words.phrase("NOT PROVEN: {reason}", reason=reason)
    if last is not None:
        told = words.phrase("NOT PROVEN since {at}: {reason}", at=at, reason=reason)
    return (Part("  "), Part(told, "bad"))


def _all_sent(view: View, seen: EngineSnapshot) -> Part:
    """Return what an empty queue means: that all is in the shop is known only while RMS is read."""
    words = view.words
    is_there = view.stale_s is None and not view.crash and view.ended is None
    reads = seen.fault is None and is_there and seen.state in READING
    if not reads:
        return Part(words.phrase("Nothing is queued; whether RMS has changes is not known now"), "warn")
    if seen.mode is Mode.OBSERVE:
        return Part(words.phrase("Nothing is queued; what was found is planned, not sent"), "dim")
    if seen.insight.proven.state == "differs":
        return Part(words.phrase("Nothing is queued; a product in the shop is not as it was sent"), "warn")
    if seen.queue.quarantined + seen.queue.held:
        return Part(words.phrase("Everything else is in the shop"), "good")
    return Part(words.phrase("Everything is in the shop"), "good")


def _crash(view: View, width: int) -> list[Line]:
    if view.ended is not None and not view.crash:
        return [_ended(view, width)]
    if not view.crash:
        return []
    text = view.words.phrase("ENGINE CRASHED: {why}   [R] restart  [4] log", why=clean(view.crash, 200))
    return [fit(line(Part(f" {text} ".ljust(width), "bad")), width)]


def _ended(view: View, width: int) -> Line:
    """Return that nothing is synced any more, and what starts it again."""
    text = view.words.phrase(
        "ENGINE STOPPED: nothing is synced   [{key}] start again", key=shown_key(RESTART, view.keys)
    )
    if view.attached:
        text = view.words.phrase("ENGINE STOPPED: nothing is synced until it is started again where it ran")
    return fit(line(Part(f" {text} ".ljust(width), "bad")), width)


def _notes(view: View, seen: EngineSnapshot, width: int) -> list[Line]:
    """Return up to three lines of alerts and warnings."""
    words, notes = view.words, list[Line]()
    for alert in seen.alerts[:2]:
        role = "bad" if alert.severity == "CRITICAL" else "warn" if alert.severity == "WARN" else "accent"
        state = words.phrase(" (seen by {name})", name=clean(alert.acked_by, 20)) if alert.acked_by else ""
        text = f"{words.glyphs.warn} {clean(alert.severity, 10)} {clean(words.told(alert.title), 120)}{state}"
        notes.append(fit(line(Part(text, role)), width))
    for warning in seen.warnings[:1]:
        notes.append(fit(line(Part(f"{words.glyphs.warn} {clean(words.told(warning), 200)}", "warn")), width))
    if seen.fault is not None and seen.progress is None and seen.fault.hint:
        text = f"{words.glyphs.arrow} {clean(words.told(seen.fault.hint), 200)}"
        if seen.fault.next_try_at is not None:
            at = clock(seen.fault.next_try_at, seen.zone, seconds=True, utc=words.utc)
            text += words.phrase("  next try {at}", at=at)
        notes.append(fit(line(Part(text, "warn")), width))
    return notes[:3]


def foot_lines(view: View, own: Sequence[Act], width: int) -> list[Line]:
    """Return the foot: the latest action and how far it came, and the keys; those that cannot be had now are dim."""
    return [_latest(view, width), keys_line(view, own, width)]


def _latest(view: View, width: int) -> Line:
    if not view.actions or (view.now - view.actions[0].at).total_seconds() > ACTION_SHOWN_S:
        return ()
    action, words = view.actions[0], view.words
    steps = " ".join((words.glyphs.arrow, words.phrase(STAGE_NAMES[action.stage])))
    parts = [Part(f"{clean(action.name, 30)} "), Part(steps, STAGE_ROLES.get(action.stage, "accent"))]
    if action.message:
        parts.append(Part(f": {clean(words.told(action.message), 160)}", "dim"))
    return fit(tuple(parts), width)


def keys_line(view: View, own: Sequence[Act], width: int) -> Line:
    """Return the keys of the page, then the global ones, as many as fit."""
    fixed = [act for act in GENERAL if act.in_footer]
    shown = fixed
    for act in (*own, *(act for act in STEER if act.in_footer)):
        if sum(width_of(_key(view, one)) for one in (*shown, act)) <= width:
            shown = [*shown[: len(shown) - len(fixed)], act, *fixed]
    return fit(tuple(part for act in shown for part in _key(view, act)), width)


def _key(view: View, act: Act) -> Line:
    is_off = bool(obstacle(act.action, view))
    name = view.words.phrase(act.short)
    return (Part(shown_key(act, view.keys), "dim" if is_off else "key"), Part(f" {name}  ", "dim" if is_off else ""))


def zone_of(seen: EngineSnapshot, words: Words) -> str:
    """Return the zone times are shown in."""
    return "UTC" if words.utc else seen.zone
