"""How fast we may call Shopify: its leaky bucket, kept in step by what each answer says.

`Bucket` is the pure part: a value with its arithmetic. `Pacer` puts requests in a queue in front of it.

The server takes a request's cost when the request arrives and gives back what was too much when it is done. What it
reports with an answer therefore already contains some of our other requests in flight, and not those that have not
reached it yet. Our own account (spent when sent, given back when answered) needs no guess about that, but knows
nothing of other apps and of changed limits. So the account rules, kept between two bounds that the report gives:
the report less everything in flight, and the report less what was sent within the shortest round trip seen.

Source: shopify.dev, GraphQL Admin API rate limits, read 2026-11.
"""

from __future__ import annotations

import asyncio
import heapq
import math
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace
from types import TracebackType

from rms_console.contract.ports import Clock, CostGate, Reservation, ThrottleStatus
from rms_console.errors import ShopRejected

ASSUMED = ThrottleStatus(maximum_points=2000.0, available_points=1000.0, restore_points_per_s=100.0)
"""The smallest plan, half full: what we believe before the first answer corrects it."""

PLACES_BEFORE_FIRST_ANSWER = 4
LEAST_PLACES, MOST_PLACES = 16, 256
PLACES_PER_RESTORED_POINT = 0.2
"""With no limit set: two seconds of answers at ten points each."""

AGEING_S = 6.0
"""One step of priority is worth so much waiting: urgent goes first, and nothing waits for ever behind it."""

PROBE_S = 20.0
"""A wait longer than a healthy bucket ever needs (it holds 20 s of its rate): ask once instead of waiting blindly."""

LEAST_THROTTLE_S, MOST_THROTTLE_S, UNKNOWN_THROTTLE_S = 0.1, 5.0, 1.0
CROWD, TURNS_TO_REQUEST = 4, 4
"""Requests that wait at most before further work begins: enough that no point is left unused, few enough to leave off
in a second or two."""
SAFETY_POINTS = 1.0
MARGIN_HALF_LIFE_S = 30.0
_GRAIN = 1e-6


@dataclass(frozen=True, slots=True)
class Bucket:
    """Points left at one instant (monotonic seconds); below zero when more is in flight than there was."""

    maximum: float
    level: float
    restore: float
    at: float

    @classmethod
    def of_status(cls, status: ThrottleStatus, now: float) -> Bucket:
        return cls(status.maximum_points, status.available_points, status.restore_points_per_s, now)

    def later(self, now: float) -> Bucket:
        """Return the bucket as it is at `now`: refilled, never above its rim."""
        refilled = self.level + self.restore * max(0.0, now - self.at)
        return replace(self, level=min(self.maximum, refilled), at=now)

    def changed_by(self, points: float, now: float) -> Bucket:
        present = self.later(now)
        return replace(present, level=min(present.maximum, present.level + points))

    def corrected(self, status: ThrottleStatus, lowest: float, highest: float, now: float) -> Bucket:
        """Return our account with the reported limits, its level held between the two bounds."""
        level = min(max(self.later(now).level, lowest), highest, status.maximum_points)
        return Bucket(status.maximum_points, level, status.restore_points_per_s, now)


def _check_fits(bucket: Bucket, cost_points: float) -> None:
    """Raise ShopRejected where the cost exceeds the bucket even when full."""
    if cost_points > bucket.maximum + _GRAIN:
        raise _too_large(cost_points, bucket.maximum)


def seconds_until_affordable(bucket: Bucket, cost_points: float, now_s: float) -> float:
    """Return how long to wait until `cost_points` fit the bucket.

    Zero when they fit now; infinite while nothing is restored.

    Raises:
        ShopRejected: `operation-too-large`, the cost exceeds the bucket even when full.
    """
    _check_fits(bucket, cost_points)
    missing = cost_points - bucket.later(now_s).level
    if missing <= _GRAIN:
        return 0.0
    return missing / bucket.restore if bucket.restore > 0 else math.inf


@dataclass(frozen=True, slots=True)
class PaceView:
    """The pace at one instant, in points and requests."""

    available: float
    maximum: float
    restore: float
    in_flight: int
    limited_by: str
    """What the first in the queue waits for: nothing, points, jobs (places in flight)."""
    waiting: int = 0


@dataclass(slots=True, eq=False)
class _Request(Reservation, AbstractAsyncContextManager[Reservation]):
    """One request on its way: waiting, then in flight, then gone."""

    pacer: Pacer
    points: float
    priority: int
    place: asyncio.Future[None] | None = None
    sent_at: float | None = None
    settled: bool = False

    async def __aenter__(self) -> Reservation:
        await self.pacer._admit(self)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.pacer._leave(self)

    def settle(self, actual_points: float | None, status: ThrottleStatus | None) -> None:
        if not self.settled:
            self.settled = True
            self.pacer._settle(self, actual_points, status)


@dataclass(slots=True)
class _Latency:
    """The shortest of the latest round trips: whatever was sent longer ago has certainly reached the server."""

    latest: deque[float] = field(default_factory=lambda: deque(maxlen=32))

    def note(self, seconds: float) -> None:
        self.latest.append(seconds)

    @property
    def shortest(self) -> float:
        return min(self.latest, default=math.inf)


@dataclass(slots=True)
class _Margin:
    """Points kept back after a THROTTLED answer: our account was wrong, so others draw too. Fades away."""

    points: float = 0.0
    at: float = 0.0

    def now(self, now: float) -> float:
        return self.points * math.exp2((self.at - now) / MARGIN_HALF_LIFE_S)

    def widen(self, by: float, most: float, now: float) -> None:
        self.points, self.at = min(self.now(now) + by, most), now


class Pacer(CostGate):
    """Lets requests go as the bucket allows, urgent first. Lives on one event loop.

    A waiter that is cancelled gives its place back. A request whose block ends without `settle` counts as charged:
    the next report puts that right. `answered` is told how long each answer took, in seconds.
    """

    def __init__(self, clock: Clock, max_in_flight: int = 0, assumed: ThrottleStatus = ASSUMED) -> None:
        self._clock = clock
        self._max_in_flight = max_in_flight
        self._bucket = Bucket.of_status(assumed, clock.monotonic())
        self._reported = False
        self._heard_at = -math.inf
        self._queue: list[tuple[float, int, _Request]] = []
        self._arrivals = 0
        self._flying: set[_Request] = set()
        self._latency = _Latency()
        self.answered: Callable[[float], object] = lambda seconds: None
        self._margin = _Margin()
        self._alarm: asyncio.Task[None] | None = None
        self._alarm_at = math.inf
        self._door = asyncio.Lock()
        self._outside: asyncio.Future[None] | None = None

    @property
    def max_in_flight(self) -> int:
        """Requests in flight at most; 0 lets the budget decide. May change at any time."""
        return self._max_in_flight

    @max_in_flight.setter
    def max_in_flight(self, places: int) -> None:
        self._max_in_flight = places
        self._pump()

    def reserve(self, points: float, priority: int) -> AbstractAsyncContextManager[Reservation]:
        """Return a block that is entered once `points` fit.

        Raises (on entering):
            ShopRejected: `operation-too-large`, the bucket could never hold them.
        """
        return _Request(self, points, priority)

    def throttled(self, requested_points: float, status: ThrottleStatus | None) -> float:
        now = self._clock.monotonic()
        self._heard_at = now
        self._margin.widen(max(requested_points, 10.0), self._bucket.maximum / 4, now)
        if status is None or not _sane(status):
            return UNKNOWN_THROTTLE_S
        lowest = status.available_points - self._points_in_flight()
        self._bucket = self._bucket.corrected(status, -math.inf, lowest, now)
        if status.restore_points_per_s <= 0:
            return MOST_THROTTLE_S
        missing_s = (requested_points - status.available_points) / status.restore_points_per_s
        return min(max(missing_s, LEAST_THROTTLE_S), MOST_THROTTLE_S)

    async def room(self) -> None:
        """Wait until few requests wait. Work that has not begun yet can still be left when something urgent comes."""
        async with self._door:
            # Whoever came in last is given time to get as far as its request.
            for _ in range(TURNS_TO_REQUEST):
                await asyncio.sleep(0)
            while self._is_crowded():
                self._outside = asyncio.get_running_loop().create_future()
                await self._outside

    def _is_crowded(self) -> bool:
        return sum(1 for _ in self._waiting()) >= CROWD

    def _let_in(self) -> None:
        if self._outside is not None and not self._outside.done() and not self._is_crowded():
            self._outside.set_result(None)

    def view(self) -> PaceView:
        bucket = self._bucket.later(self._clock.monotonic())
        waiting = sum(1 for _ in self._waiting())
        limit = "nothing" if not waiting else "jobs" if self._places_left() <= 0 else "points"
        return PaceView(max(0.0, bucket.level), bucket.maximum, bucket.restore, len(self._flying), limit, waiting)

    async def _admit(self, request: _Request) -> None:
        _check_fits(self._bucket, request.points)
        request.place = asyncio.get_running_loop().create_future()
        rank = self._clock.monotonic() + AGEING_S * request.priority
        self._arrivals += 1
        heapq.heappush(self._queue, (rank, self._arrivals, request))
        self._pump()
        try:
            await request.place
        except asyncio.CancelledError:
            self._withdraw(request)
            raise

    def _withdraw(self, request: _Request) -> None:
        """Undo a request that was cancelled before its block began: nothing was sent."""
        if request in self._flying:
            self._flying.discard(request)
            self._bucket = self._bucket.changed_by(request.points, self._clock.monotonic())
        self._pump()

    def _settle(self, request: _Request, actual: float | None, status: ThrottleStatus | None) -> None:
        now = self._clock.monotonic()
        self._flying.discard(request)
        self._bucket = self._bucket.changed_by(request.points - (actual or 0.0), now)
        self.answered(now - (request.sent_at or now))
        if status is not None and _sane(status):
            self._latency.note(now - (request.sent_at or now))
            self._follow(status, now)
        self._reported, self._heard_at = True, now
        self._pump()

    def _follow(self, status: ThrottleStatus, now: float) -> None:
        available = min(status.available_points, status.maximum_points)
        unseen = sum(
            r.points for r in self._flying if r.sent_at is not None and r.sent_at > now - self._latency.shortest
        )
        self._bucket = self._bucket.corrected(status, available - self._points_in_flight(), available - unseen, now)

    def _leave(self, request: _Request) -> None:
        if request in self._flying:
            self._flying.discard(request)
            self._pump()

    def _pump(self) -> None:
        """Let go whoever may go; set the alarm for the next one who waits for points."""
        self._let_go_who_may()
        self._let_in()

    def _let_go_who_may(self) -> None:
        now = self._clock.monotonic()
        while (head := self._head()) is not None and self._places_left() > 0:
            if self._refuse_oversized(head):
                continue
            wait = self._wait_s(head, now)
            if wait > 0:
                self._set_alarm(now + wait)
                return
            heapq.heappop(self._queue)
            self._let_go(head, now)
        self._drop_alarm()

    def _refuse_oversized(self, request: _Request) -> bool:
        """Fail a waiter that no longer fits: the bucket has shrunk since it came."""
        if request.points <= self._bucket.maximum + _GRAIN or request.place is None:
            return False
        request.place.set_exception(_too_large(request.points, self._bucket.maximum))
        return True

    def _let_go(self, request: _Request, now: float) -> None:
        self._bucket = self._bucket.changed_by(-request.points, now)
        request.sent_at = now
        self._flying.add(request)
        if request.place is not None:
            request.place.set_result(None)

    def _head(self) -> _Request | None:
        """Return the first who still waits; those who were cancelled drop out here."""
        while self._queue and _gone(self._queue[0][2]):
            heapq.heappop(self._queue)
        return self._queue[0][2] if self._queue else None

    def _waiting(self) -> Iterator[_Request]:
        return (request for _, _, request in self._queue if not _gone(request))

    def _wait_s(self, request: _Request, now: float) -> float:
        spare = max(0.0, self._bucket.maximum - request.points)
        wanted = request.points + min(self._margin.now(now) + SAFETY_POINTS, spare)
        wait = seconds_until_affordable(self._bucket, min(wanted, self._bucket.maximum), now)
        if wait <= PROBE_S or self._flying:
            return wait
        return max(0.0, self._heard_at + PROBE_S - now)

    def _places_left(self) -> int:
        return self._places() - len(self._flying)

    def _places(self) -> int:
        by_budget = math.ceil(self._bucket.restore * PLACES_PER_RESTORED_POINT)
        places = self._max_in_flight or min(max(by_budget, LEAST_PLACES), MOST_PLACES)
        return places if self._reported else min(places, PLACES_BEFORE_FIRST_ANSWER)

    def _points_in_flight(self) -> float:
        return sum(request.points for request in self._flying)

    def _set_alarm(self, at: float) -> None:
        if self._alarm is not None and self._alarm_at <= at + _GRAIN:
            return
        self._drop_alarm()
        if math.isfinite(at):
            self._alarm_at = at
            self._alarm = asyncio.get_running_loop().create_task(self._ring(at))

    def _drop_alarm(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
        self._alarm, self._alarm_at = None, math.inf

    async def _ring(self, at: float) -> None:
        await self._clock.sleep(max(0.0, at - self._clock.monotonic()))
        self._alarm, self._alarm_at = None, math.inf
        self._pump()


def _too_large(points: float, maximum: float) -> ShopRejected:
    return ShopRejected(
        f"the request needs {points:.0f} points and Shopify's bucket holds {maximum:.0f}",
        code="operation-too-large",
        hint="fewer variants in one product, or a Shopify plan with a larger API limit",
    )


def _gone(request: _Request) -> bool:
    return request.place is None or request.place.done()


def _sane(status: ThrottleStatus) -> bool:
    numbers = (status.maximum_points, status.available_points, status.restore_points_per_s)
    return all(math.isfinite(number) for number in numbers) and status.maximum_points > 0
