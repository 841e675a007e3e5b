"""Whether the way in which changes are found can be relied on, by what the database shows and what a probe showed.

A stamp that another clock than the server's writes is dangerous: one that lies behind the overlap window is a change
that nobody sees. Rows stamped in the future are delivered all the same, again and again until their time has come.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from rms_console.contract.check import Finding, Level
from rms_console.contract.ports import Ledger
from rms_console.domain.position import Detection, parse_stamp
from rms_console.domain.probing import CLOCK_SLACK, names, span_text
from rms_console.domain.rows import SourceFacts
from rms_console.engine.probing import ProbeRecord, last_probe
from rms_console.errors import ConfigError, LinkError
from rms_console.locale import mark, sentence

UNSAFE = "detection-unsafe"
AHEAD = "stamps-ahead"
PROBE = "probe"
WHERE = "rms.detection"
_TO_AUTO = mark('set rms.detection to "auto": row versions serve here, and no clock can spoil them')
_SET_CLOCKS = mark("set the clocks of the tills by the server's, probe again, and keep sync.sweep_minutes low")


def judge_detection(facts: SourceFacts, probe: ProbeRecord | None) -> Iterator[Finding]:
    """Say what speaks against the detection in force, and what the last probe showed.

    It fails where row versions would serve; else there is nothing better, and people are warned.
    """
    if facts.detection is Detection.LAST_UPDATED:
        yield from _stamps_ahead(facts)
        if probe is not None and probe.unsafe_stamps:
            yield _unsafe(facts, probe)
    yield _probed(facts, probe)


def refuse_unsafe(facts: SourceFacts, probe: ProbeRecord | None) -> None:
    """Return where the detection in force may be worked with.

    Raises:
        ConfigError: a probe showed that it loses changes, and there is a way that does not.
    """
    if facts.detection is Detection.LAST_UPDATED and facts.versions_serve and probe is not None and probe.unsafe_stamps:
        found = _unsafe(facts, probe)
        raise ConfigError(sentence(found.message, **found.facts), code=UNSAFE, hint=sentence(found.hint))


def known_probe(ledger: Ledger) -> ProbeRecord | None:
    """Return the last probe; None also where a newer program kept one that this one cannot read."""
    try:
        return last_probe(ledger)
    except LinkError:
        return None


def _stamps_ahead(facts: SourceFacts) -> Iterator[Finding]:
    newest = _moment(facts)
    if newest is None or newest <= facts.server_time + CLOCK_SLACK:
        return
    told = {
        "stamp": f"{newest:%Y-%m-%d %H:%M:%S}",
        "server": f"{facts.server_time:%Y-%m-%d %H:%M:%S}",
        "off": span_text((newest - facts.server_time).total_seconds()),
    }
    level, hint = (Level.FAIL, _TO_AUTO) if facts.versions_serve else (Level.WARN, _SET_CLOCKS)
    message = mark(
        "The newest LastUpdated, {stamp}, lies {off} after RMS's clock ({server}): some till's clock is wrong"
    )
    yield Finding(level, AHEAD, message, hint, WHERE, told)


def _unsafe(facts: SourceFacts, probe: ProbeRecord) -> Finding:
    told: dict[str, object] = {"at": f"{probe.at:%Y-%m-%d}", "off": span_text(probe.stamp_off_s or 0.0)}
    if probe.stamp_off_s is None:
        message = mark("The probe of {at} showed that LastUpdated cannot be relied on: changes may be lost")
    elif probe.stamp_off_s > 0:
        message = mark(
            "The probe of {at} showed that a till's clock writes LastUpdated, {off} ahead: changes may be lost"
        )
    else:
        message = mark(
            "The probe of {at} showed that a till's clock writes LastUpdated, {off} behind: changes are lost"
        )
    level, hint = (Level.FAIL, _TO_AUTO) if facts.versions_serve else (Level.WARN, _SET_CLOCKS)
    return Finding(level, UNSAFE, message, hint, WHERE, told)


def _probed(facts: SourceFacts, probe: ProbeRecord | None) -> Finding:
    if probe is None or not probe.acts:
        message = mark("Nobody has probed yet whether a sale, a receipt and a new price are seen (rms-console probe)")
        return Finding(Level.OK, PROBE, message)
    told = {
        "at": f"{probe.at:%Y-%m-%d}",
        "acts": names(probe.acts),
        "missed": names(probe.missed) if probe.missed else "",
        "recommended": "" if probe.recommended is None else probe.recommended.value,
        "in_force": facts.detection.value,
    }
    if probe.recommended is not None and probe.recommended is not facts.detection:
        message = mark("The probe of {at} speaks for {recommended}, and {in_force} is in force")
        hint = mark('set rms.detection to "auto", or probe again: rms-console probe')
        return Finding(Level.WARN, PROBE, message, hint, WHERE, told)
    if probe.missed or probe.recommended is None:
        message = (
            mark("The probe of {at} showed that {missed} move no stamp: these arrive by comparisons of values only")
            if probe.missed
            else mark("The probe of {at} found no detection to rely on")
        )
        hint = mark("keep sync.sweep_minutes low and sync.full_sync_at on")
        return Finding(Level.WARN, PROBE, message, hint, "sync.sweep_minutes", told)
    return Finding(Level.OK, PROBE, mark("The probe of {at} showed that {in_force} sees {acts}"), facts=told)


def _moment(facts: SourceFacts) -> datetime | None:
    try:
        return parse_stamp(facts.highest.stamp) if facts.highest is not None else None
    except ValueError:
        return None
