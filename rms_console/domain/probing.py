"""What one act at the till moved in the database, and which way of finding changes that speaks for. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from rms_console.domain.position import Detection, parse_stamp
from rms_console.locale import mark, sentence

CLOCK_SLACK = timedelta(minutes=1)
"""A stamp this far outside the time in which it was written comes from another clock than the server's."""
WRITE_SLACK = timedelta(seconds=2)
"""Stamps are often cut to the second, and a writer takes its time before it commits."""


class Act(StrEnum):
    """What a person does with the item at the till."""

    SALE = "sale"
    RECEIPT = "receipt"
    PRICE = "price"
    ANY = "any"


@dataclass(frozen=True, slots=True)
class Look:
    """One item as the database shows it at one instant.

    `stamp` is LastUpdated as it orders (naive, local, text), `version` DBTimeStamp as a number; None where the column
    is absent or empty. `values` are the cells that are read of the item, as text, by `Table.Column` as the store
    calls them. The clocks are naive and local: RMS's own, and this machine's in the store's zone.
    """

    item_id: int
    sku: str
    stamp: str | None
    version: int | None
    values: Mapping[str, str]
    server_time: datetime
    here: datetime
    has_stamp: bool = True
    has_version: bool = True

    def shows(self) -> tuple[object, ...]:
        """Return all that an act may move, to be compared."""
        return self.stamp, self.version, dict(self.values)

    @property
    def ahead_s(self) -> float:
        """By how many seconds RMS's clock is ahead of this machine's."""
        return (self.server_time - self.here).total_seconds()

    @property
    def is_from_the_future(self) -> bool:
        """Whether the row's stamp lies beyond the server's own clock."""
        at = _moment(self.stamp)
        return at is not None and at > self.server_time + CLOCK_SLACK


@dataclass(frozen=True, slots=True)
class Movement:
    """One act as it was seen: the looks in order, the first from before it. Two or more."""

    act: Act
    looks: tuple[Look, ...]

    @property
    def before(self) -> Look:
        return self.looks[0]

    @property
    def after(self) -> Look:
        return self.looks[-1]

    @property
    def stamp_moved(self) -> bool:
        return self.before.stamp != self.after.stamp

    @property
    def version_moved(self) -> bool:
        return self.before.version != self.after.version

    @property
    def moved_values(self) -> tuple[tuple[str, str, str], ...]:
        """The cells that moved, as (column, before, after)."""
        was, now = self.before.values, self.after.values
        names = dict.fromkeys((*was, *now))
        return tuple((name, was.get(name, ""), now.get(name, "")) for name in names if was.get(name) != now.get(name))

    @property
    def moved(self) -> bool:
        return self.stamp_moved or self.version_moved or bool(self.moved_values)

    @property
    def took_s(self) -> float | None:
        """Seconds from the first look to the one that showed something; None: nothing moved."""
        first = next((look for look in self.looks if look.shows() != self.before.shows()), None)
        return None if first is None else (first.here - self.before.here).total_seconds()

    @property
    def stamp_off_s(self) -> float | None:
        """By how many seconds the new stamp lies outside the time in which it was written, by the server's clock.

        Above 0: ahead of it, below: behind. None: the stamp did not move, or is no date.
        """
        for last, look in zip(self.looks, self.looks[1:], strict=False):
            if look.stamp != last.stamp:
                return _off_s(last.server_time, look.server_time, look.stamp)
        return None

    @property
    def is_by_another_clock(self) -> bool:
        off = self.stamp_off_s
        return off is not None and abs(off) > CLOCK_SLACK.total_seconds()

    @property
    def version_grew(self) -> bool:
        was, now = self.before.version, self.after.version
        return now is not None and (was is None or now > was)


class Sight(StrEnum):
    """What a way of finding changes is good for, after the acts that were seen."""

    SEES = "sees"
    MISSES = "misses"
    UNSAFE = "unsafe"
    ABSENT = "absent"
    UNTESTED = "untested"


@dataclass(frozen=True, slots=True)
class Verdict:
    """`missed`: the acts it did not show. `why` is a sentence."""

    detection: Detection
    sight: Sight
    why: str
    missed: tuple[Act, ...] = ()


@dataclass(frozen=True, slots=True)
class Advice:
    """What the acts speak for.

    `detection` None: none of the two is safe, or nothing moved. `needs_sweep`: some acts move no stamp that can be
    trusted; they arrive by comparisons of values only.
    """

    detection: Detection | None
    reason: str
    verdicts: tuple[Verdict, ...]
    needs_sweep: bool = False
    acts: tuple[Act, ...] = field(default=())

    def verdict(self, detection: Detection) -> Verdict:
        return next(one for one in self.verdicts if one.detection is detection)


NAMES: Mapping[Act, str] = {
    Act.SALE: mark("a sale"),
    Act.RECEIPT: mark("a receipt"),
    Act.PRICE: mark("a new price"),
    Act.ANY: mark("the act"),
}


def advise(movements: Sequence[Movement]) -> Advice:
    """Return which detection the acts speak for, and why. Acts that moved nothing say nothing."""
    seen = [movement for movement in movements if movement.moved]
    acts = tuple(dict.fromkeys(movement.act for movement in seen))
    verdicts = (_of_versions(seen, movements), _of_stamps(seen, movements))
    versions, stamps = verdicts
    if not seen:
        return Advice(None, sentence("nothing moved, so nothing can be said"), verdicts)
    for verdict in verdicts:
        if verdict.sight is Sight.SEES:
            return Advice(verdict.detection, verdict.why, verdicts, acts=acts)
    chosen = _better(versions, stamps)
    if chosen is None:
        reason = sentence("{why}; {instead}", why=versions.why, instead=stamps.why)
        return Advice(None, reason, verdicts, needs_sweep=True, acts=acts)
    return Advice(chosen.detection, chosen.why, verdicts, needs_sweep=True, acts=acts)


def _better(versions: Verdict, stamps: Verdict) -> Verdict | None:
    """Return the one that misses less; row versions where both miss the same, for no clock can spoil them."""
    usable = [verdict for verdict in (versions, stamps) if verdict.sight is Sight.MISSES]
    return min(usable, key=lambda verdict: len(verdict.missed), default=None)


def _of_versions(seen: Sequence[Movement], all_: Sequence[Movement]) -> Verdict:
    way = Detection.ROWVERSION
    if not all(movement.before.has_version for movement in all_):
        return Verdict(way, Sight.ABSENT, sentence("there is no DBTimeStamp"))
    if not seen:
        return Verdict(way, Sight.UNTESTED, sentence("nothing moved"))
    if any(movement.version_moved and not movement.version_grew for movement in seen):
        return Verdict(way, Sight.UNSAFE, sentence("DBTimeStamp went back: it is no row version"))
    missed = _acts(movement for movement in seen if not movement.version_moved)
    if missed:
        return Verdict(way, Sight.MISSES, sentence("DBTimeStamp does not move with {acts}", acts=names(missed)), missed)
    return Verdict(way, Sight.SEES, sentence("DBTimeStamp moved with {acts}", acts=names(_acts(seen))))


def _of_stamps(seen: Sequence[Movement], all_: Sequence[Movement]) -> Verdict:
    way = Detection.LAST_UPDATED
    if not all(movement.before.has_stamp for movement in all_):
        return Verdict(way, Sight.ABSENT, sentence("there is no LastUpdated"))
    if not seen:
        return Verdict(way, Sight.UNTESTED, sentence("nothing moved"))
    off = next((movement.stamp_off_s for movement in seen if movement.is_by_another_clock), None)
    if off is not None:
        return Verdict(way, Sight.UNSAFE, _by_another_clock(off))
    if any(movement.after.is_from_the_future for movement in seen):
        return Verdict(way, Sight.UNSAFE, sentence("LastUpdated lies in the future of the server's clock"))
    if any(movement.stamp_moved and movement.stamp_off_s is None for movement in seen):
        return Verdict(way, Sight.UNSAFE, sentence("LastUpdated is no date after a write"))
    missed = _acts(movement for movement in seen if not movement.stamp_moved)
    if missed:
        return Verdict(way, Sight.MISSES, sentence("LastUpdated does not move with {acts}", acts=names(missed)), missed)
    return Verdict(
        way, Sight.SEES, sentence("LastUpdated moved with {acts}, by the server's clock", acts=names(_acts(seen)))
    )


def _by_another_clock(off_s: float) -> str:
    if off_s > 0:
        return sentence(
            "LastUpdated is written by the till's own clock, {off} ahead of the server's", off=span_text(off_s)
        )
    return sentence("LastUpdated is written by the till's own clock, {off} behind the server's", off=span_text(off_s))


def span_text(seconds: float) -> str:
    """Return a length of time without its sign: `2:00:05`, `0:00:03`."""
    return str(timedelta(seconds=round(abs(seconds))))


def names(acts: Sequence[Act]) -> str:
    """Return acts as a list in words, a sentence."""
    told = sentence(NAMES[acts[0]])
    for act in acts[1:]:
        told = sentence("{before}, {act}", before=told, act=sentence(NAMES[act]))
    return told


def _acts(movements: Iterator[Movement] | Sequence[Movement]) -> tuple[Act, ...]:
    return tuple(dict.fromkeys(movement.act for movement in movements))


def _off_s(earliest: datetime, latest: datetime, stamp: str | None) -> float | None:
    at = _moment(stamp)
    if at is None:
        return None
    if earliest - WRITE_SLACK <= at <= latest + WRITE_SLACK:
        return 0.0
    return (at - earliest - (latest - earliest) / 2).total_seconds()


def _moment(stamp: str | None) -> datetime | None:
    try:
        return None if not stamp else parse_stamp(stamp)
    except ValueError:
        return None
