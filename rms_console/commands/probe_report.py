"""What a probe saw, as JSON for scripts and as text for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import click

from rms_console.commands.output import harmless, page_width, paragraph, say, table
from rms_console.commands.reaching import Words
from rms_console.domain.position import Detection
from rms_console.domain.probing import NAMES, Advice, Look, Movement, Sight, span_text
from rms_console.domain.rows import SourceFacts
from rms_console.locale import mark, told

SIGHTS = {
    Sight.SEES: mark("sees every act"),
    Sight.MISSES: mark("misses some"),
    Sight.UNSAFE: mark("NOT SAFE"),
    Sight.ABSENT: mark("not there"),
    Sight.UNTESTED: mark("not tried"),
}
_WIDEST = 44
_NOTICED_S = 5.0
"""Clocks this close to each other are not worth a word."""


def probe_json(movements: Sequence[Movement], advice: Advice, facts: SourceFacts, language: str) -> dict[str, Any]:
    """Return the outcome as plain JSON values."""
    last = movements[-1].after
    return {
        "sku": last.sku,
        "item_id": last.item_id,
        "detection": facts.detection.value,
        "detection_reason": told(language, facts.detection_reason),
        "clocks": {
            "rms": last.server_time.isoformat(" ", "milliseconds"),
            "here": last.here.isoformat(" ", "milliseconds"),
            "rms_ahead_s": round(last.ahead_s, 3),
            "rms_utc_offset_minutes": facts.utc_offset_minutes,
        },
        "acts": [_act_json(movement) for movement in movements],
        "verdicts": {
            one.detection.value: {"sight": one.sight.value, "why": told(language, one.why)} for one in advice.verdicts
        },
        "recommended": None if advice.detection is None else advice.detection.value,
        "reason": told(language, advice.reason),
        "needs_sweep": advice.needs_sweep,
        "fits": fits_settings(advice, facts),
    }


def fits_settings(advice: Advice, facts: SourceFacts) -> bool:
    """Return whether the detection in force saw all that was done."""
    return advice.verdict(facts.detection).sight is Sight.SEES


def _act_json(movement: Movement) -> dict[str, Any]:
    before, after = movement.before, movement.after
    return {
        "act": movement.act.value,
        "moved": movement.moved,
        "after_s": movement.took_s,
        "last_updated": {
            "before": before.stamp,
            "after": after.stamp,
            "moved": movement.stamp_moved,
            "off_s": movement.stamp_off_s,
        },
        "db_timestamp": {"before": before.version, "after": after.version, "moved": movement.version_moved},
        "values": [{"column": name, "before": was, "after": now} for name, was, now in movement.moved_values],
    }


def show_look(look: Look, words: Words) -> None:
    """Print an item as it stands: its stamps and what is read of it."""
    say(words.language, "Item {item_id}, SKU {sku}:", item_id=look.item_id, sku=look.sku or "-")
    column, value = words.phrase("column"), words.phrase("value")
    rows = [
        {column: "LastUpdated", value: _stamp(look, words)},
        {column: "DBTimeStamp", value: _version(look, words)},
        *({column: name, value: text} for name, text in _cells(look)),
    ]
    click.echo(table((column, value), rows))


def _cells(look: Look) -> Iterator[tuple[str, str]]:
    """Yield the cells that hold something; what two tables show alike is shown once, as the last one has it."""
    last = {name.rpartition(".")[2].casefold(): (name, text.strip()) for name, text in look.values.items()}
    for name, text in look.values.items():
        shown, alike = last[name.rpartition(".")[2].casefold()]
        if text.strip() and (shown == name or alike != text.strip()):
            yield name, _short(text.strip())


def _short(text: str) -> str:
    return text if len(text) <= _WIDEST else f"{text[: _WIDEST - 1]}…"


def show_movement(movement: Movement, words: Words) -> None:
    """Print what one act moved, and what not."""
    language, before, after = words.language, movement.before, movement.after
    if not movement.moved:
        say(
            language,
            "Nothing moved. Was it this item, and did the till write it (one that works offline writes later)?",
        )
        return
    say(language, "Seen after {seconds} s:", seconds=f"{movement.took_s or 0:.1f}")
    _moved("LastUpdated", movement.stamp_moved, _stamp(before, words), _stamp(after, words), words)
    _moved("DBTimeStamp", movement.version_moved, _version(before, words), _version(after, words), words)
    for name, was, now in movement.moved_values:
        _moved(name, True, was.strip(), now.strip(), words)
    if not movement.moved_values:
        click.echo(paragraph(words.phrase("no value that is read of the item moved"), page_width(), "  "))


def _moved(name: str, moved: bool, was: str, now: str, words: Words) -> None:
    word = words.phrase("moved") if moved else words.phrase("did not move")
    text = f"{was} -> {now}" if moved else was
    click.echo(paragraph(f"{name} {word}: {text}", page_width(), "  ", "      "))


def show_outcome(movements: Sequence[Movement], advice: Advice, facts: SourceFacts, words: Words) -> None:
    """Print the table of all acts, the clocks, and what is recommended."""
    click.echo("")
    act, values, off = words.phrase("act"), words.phrase("values"), words.phrase("stamp's clock")
    rows = [
        {
            act: words.phrase(NAMES[movement.act]),
            "LastUpdated": _yes(movement.stamp_moved, words),
            "DBTimeStamp": _yes(movement.version_moved, words),
            values: ", ".join(dict.fromkeys(name.rpartition(".")[2] for name, _, _ in movement.moved_values)) or "-",
            off: off_text(movement.stamp_off_s, words),
        }
        for movement in movements
    ]
    click.echo(table((act, "LastUpdated", "DBTimeStamp", values, off), rows))
    click.echo("")
    _show_clocks(movements[-1].after, words)
    for verdict in advice.verdicts:
        head = f"{verdict.detection.value}: {words.phrase(SIGHTS[verdict.sight])}"
        click.echo(paragraph(f"{head}; {told(words.language, verdict.why)}", page_width(), "", "  "))
    click.echo("")
    _show_advice(advice, facts, words.language)


def _show_clocks(look: Look, words: Words) -> None:
    facts = {"server": f"{look.server_time:%H:%M:%S}", "here": f"{look.here:%H:%M:%S}"}
    if abs(look.ahead_s) <= _NOTICED_S:
        say(words.language, "RMS's clock and this machine's agree: {server}", **facts)
    else:
        off = span_text(look.ahead_s)
        say(words.language, "RMS's clock shows {server}, this machine's {here}: {off} apart", off=off, **facts)


def _show_advice(advice: Advice, facts: SourceFacts, language: str) -> None:
    in_force = facts.detection
    if advice.detection is None:
        say(language, "No detection can be recommended: {reason}.", reason=advice.reason)
    elif advice.detection is in_force:
        say(language, "Recommended: {detection}, which is in force. {reason}.", **_reasons(advice, in_force))
    else:
        say(
            language,
            "Recommended: rms.detection = {detection} ({in_force} is in force). {reason}.",
            **_reasons(advice, in_force),
        )
    if advice.verdict(in_force).sight is Sight.UNSAFE:
        say(language, "{in_force} is in force and must not be: it loses changes.", in_force=in_force.value)
    if advice.needs_sweep:
        say(
            language,
            "What moves no stamp arrives by comparisons of values only: keep sync.sweep_minutes low, and "
            "sync.full_sync_at on.",
        )


def _reasons(advice: Advice, in_force: Detection) -> dict[str, object]:
    name = "" if advice.detection is None else advice.detection.value
    return {"detection": name, "in_force": in_force.value, "reason": advice.reason}


def off_text(off_s: float | None, words: Words) -> str:
    """Return how far a stamp lies from the time it was written at."""
    if off_s is None:
        return "-"
    if off_s == 0:
        return words.phrase("right")
    return (
        words.phrase("{off} ahead", off=span_text(off_s))
        if off_s > 0
        else words.phrase("{off} behind", off=span_text(off_s))
    )


def _yes(moved: bool, words: Words) -> str:
    return words.phrase("moved") if moved else words.phrase("NO")


def _stamp(look: Look, words: Words) -> str:
    return harmless(look.stamp or "") or words.phrase("empty" if look.has_stamp else "no such column")


def _version(look: Look, words: Words) -> str:
    if look.version is not None:
        return str(look.version)
    return words.phrase("empty" if look.has_version else "no such column")
