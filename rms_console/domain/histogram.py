"""Durations in little space: counts in buckets that grow by a constant factor, so that any two can be added.

A percentile is told with a relative error of at most `RELATIVE_ERROR` between `LEAST_S` and `MOST_S`; what lies outside
counts as the nearest of the two. At most `BUCKETS` buckets, whatever comes.

Source: Masson, Rim and Lee, "DDSketch: a fast and fully-mergeable quantile sketch", VLDB 2019: the logarithmic
mapping and its error.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final

RELATIVE_ERROR: Final = 0.025
LEAST_S: Final = 0.0001
MOST_S: Final = 30 * 86400.0
_GROWTH: Final = (1 + RELATIVE_ERROR) / (1 - RELATIVE_ERROR)
_LOG_GROWTH: Final = math.log(_GROWTH)
_FIRST: Final = math.ceil(math.log(LEAST_S) / _LOG_GROWTH)
_LAST: Final = math.ceil(math.log(MOST_S) / _LOG_GROWTH)
BUCKETS: Final = _LAST - _FIRST + 1
_FORM: Final = 1
"""The first byte of the stored form: growth and range belong to it."""


class Histogram:
    """How often which duration (seconds) occurred."""

    __slots__ = ("_counts",)

    def __init__(self, counts: Iterable[tuple[int, int]] = ()) -> None:
        self._counts: Counter[int] = Counter(dict(counts))

    def add(self, seconds: float) -> None:
        """Count one duration. What is no number is not counted."""
        if not math.isnan(seconds):
            self._counts[_bucket(seconds)] += 1

    def merge(self, other: Histogram) -> None:
        """Add what another one counted: exact, in any order."""
        self._counts.update(other._counts)

    @property
    def count(self) -> int:
        return self._counts.total()

    def percentile(self, share: float) -> float | None:
        """Return the duration below which `share` (0-1) of them lie (nearest rank), None without any."""
        rank, passed = max(1, math.ceil(share * self.count)), 0
        for bucket in sorted(self._counts):
            passed += self._counts[bucket]
            if passed >= rank:
                return 2 * _GROWTH**bucket / (_GROWTH + 1)
        return None

    def encode(self) -> bytes:
        """Return it in few bytes: of each bucket in order how far it is from the one before, and its count."""
        stored, before = bytearray((_FORM,)), _FIRST
        for bucket in sorted(self._counts):
            stored += _varint(bucket - before)
            stored += _varint(self._counts[bucket])
            before = bucket
        return bytes(stored)

    @classmethod
    def decode(cls, stored: bytes) -> Histogram:
        """Return what `encode` stored.

        Raises:
            ValueError: it is of another form, or cut off.
        """
        if not stored or stored[0] != _FORM:
            raise ValueError("no histogram of this form")
        numbers = list(_numbers(stored[1:]))
        if len(numbers) % 2:
            raise ValueError("a histogram that is cut off")
        counts, bucket = [], _FIRST
        for step, count in zip(numbers[::2], numbers[1::2], strict=True):
            bucket += step
            if not _FIRST <= bucket <= _LAST:
                raise ValueError("a histogram beyond its range")
            counts.append((bucket, count))
        return cls(counts)


def merged(several: Iterable[Histogram]) -> Histogram:
    """Return all of them as one."""
    whole = Histogram()
    for one in several:
        whole.merge(one)
    return whole


def _bucket(seconds: float) -> int:
    return math.ceil(math.log(min(MOST_S, max(LEAST_S, seconds))) / _LOG_GROWTH)


def _varint(number: int) -> bytes:
    """Return a count in groups of seven bits, the lowest first; all but the last carry the eighth."""
    groups = bytearray()
    while number >= 0x80:
        groups.append(number & 0x7F | 0x80)
        number >>= 7
    groups.append(number)
    return bytes(groups)


def _numbers(stored: bytes) -> Iterator[int]:
    number, shift = 0, 0
    for byte in stored:
        number |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            yield number
            number, shift = 0, 0
    if shift:
        raise ValueError("a histogram that is cut off")
