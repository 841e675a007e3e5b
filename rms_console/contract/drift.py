"""The drift report: what a comparison of store, ledger and shop found, and the scratch pad that it works on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol

from rms_console.domain.drift import Difference as Difference
from rms_console.domain.drift import DriftCause as DriftCause
from rms_console.domain.drift import DriftKind as DriftKind
from rms_console.domain.matching import ShopProduct
from rms_console.domain.product import ObservedProduct

MOST_KEPT = 1000
"""Differences that a report keeps with their values; all others are counted."""


@dataclass(slots=True)
class DriftRun:
    """How far one comparison has come; kept on the pad, so that it goes on after a kill. Times are ISO texts."""

    run_id: str
    reason: str
    began_at: str
    by: str = ""
    heal: bool = False
    styles: tuple[str, ...] = ()
    """Only these; none: everything."""
    read_at: str = ""
    """When the reading of the shop began: older than some hours it says nothing about now."""
    stage: str = "shop"
    """shop, store, strangers, shop_only, confirm, done: what it is at."""
    after: int = -1
    """The last ItemID (or product number) that is through in this stage."""
    after_style: str = ""
    products: int = 0
    variants: int = 0
    compared: int = 0
    slice: int = 50
    """Items asked of RMS at once: as many as it gives within a second."""
    slowest_s: float = 0.0
    """The longest that RMS took for one slice."""
    note: str = ""
    """Why it began anew, if it did."""
    is_verify: bool = False
    """Somebody asked for this comparison alone and waits for it; `reason` is only what they said."""


@dataclass(frozen=True, slots=True)
class DriftReport:
    """What the latest comparison found. `took_s` counts from its first beginning, over restarts."""

    run_id: str = ""
    reason: str = ""
    by: str = ""
    began_at: str = ""
    ended_at: str = ""
    took_s: float = 0.0
    products: int = 0
    variants: int = 0
    compared: int = 0
    """Items laid side by side in RMS, ledger and shop."""
    found: int = 0
    """Differences that nobody knew of."""
    waiting: int = 0
    """Differences known before: queued, held, set aside, or left to the shop's own sales."""
    healing: int = 0
    """Products queued for mending by this comparison."""
    healed_at: str = ""
    by_kind: Mapping[str, int] = field(default_factory=dict)
    by_cause: Mapping[str, int] = field(default_factory=dict)
    by_miss: Mapping[str, int] = field(default_factory=dict)
    """Missed changes by why the fast path did not see them."""
    missed_before: Mapping[str, int] = field(default_factory=dict)
    """The same of changes that the comparison with RMS alone had found and queued since the report before."""
    slowest_s: float = 0.0
    note: str = ""
    problem: str = ""
    """Why it came to no end; empty when it is whole."""
    partial: bool = False
    """Only what was named was compared."""
    differences: tuple[Difference, ...] = ()

    @property
    def is_equal(self) -> bool:
        return bool(self.ended_at) and not self.problem and not self.found and not self.waiting


@dataclass(frozen=True, slots=True)
class DriftView:
    """The drift report in a snapshot: the figures of the latest, and how far a running one is."""

    stage: str = ""
    """What the running comparison is at; empty while none runs."""
    run_id: str = ""
    compared: int = 0
    last_run_id: str = ""
    last_at: str = ""
    last_found: int = 0
    last_waiting: int = 0
    last_variants: int = 0
    last_problem: str = ""


class DriftPad(Protocol):
    """The place where store and shop meet: on disk, so that memory stays flat. Blocking, by one thread at a time.

    A B-tree is the merge: the shop's products come in the shop's order and are asked for in the order of ItemIDs.
    """

    def load(self) -> DriftRun | None:
        """Return the run that was not finished, if any."""
        ...

    def save(self, run: DriftRun) -> None: ...

    def clear(self) -> None:
        """Forget the run and all that it read."""
        ...

    def add_products(self, products: Sequence[ObservedProduct]) -> None: ...

    def size(self) -> tuple[int, int]:
        """Return how many products and variants of the shop are here."""
        ...

    def observed(self, product_ids: Sequence[str]) -> tuple[ObservedProduct, ...]: ...

    def page(self, after: int, limit: int) -> tuple[tuple[int, ShopProduct], ...]:
        """Return numbered products above a number, in order."""
        ...

    def shared_skus(self, after: str, limit: int) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Return SKU keys above a key that stand on several variants, each with the ids of their products."""
        ...

    def note(self, run: DriftRun, suspects: Iterable[str], known: Iterable[Difference] = ()) -> None:
        """Keep how far the run is, styles to look at again, and differences found, in one transaction."""
        ...

    def suspects(self, after: str, limit: int) -> tuple[str, ...]:
        """Return suspected styles above a style, in order."""
        ...

    def differences(self, limit: int) -> tuple[Difference, ...]:
        """Return what was found, news first, then in the order of finding."""
        ...

    def tally(self) -> Mapping[tuple[str, str, str, bool], int]:
        """Return how many differences there are by kind, cause, miss and whether they were known."""
        ...

    def styles_found(self, after: str, limit: int, causes: Sequence[str]) -> tuple[str, ...]:
        """Return styles above a style of which something differs by these causes, and is news, in order."""
        ...

    def close(self) -> None: ...


def difference_row(number: int, one: Difference) -> dict[str, Any]:
    """Return a difference as a plain JSON object, the same for every face."""
    told = {"kind": one.kind.value, "cause": one.cause.value, "mendable": one.is_mendable}
    return {"number": number, **asdict(one), **told}
