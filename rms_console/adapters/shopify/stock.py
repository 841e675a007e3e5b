"""Stock calls: up to 250 rows across products, each compared with what we last knew.

Shopify takes such a call whole or not at all. So the rows it names are dropped (stale ones for the caller to read
back, refused ones with their code) and the rest goes again; where it names none, the call is halved until it does.
Every sending with other rows has a key of its own, derived from the caller's.

A lost answer may be asked for again, once, with the same key and the same rows: the shop then tells the first result.

Source: shopify.dev, Implementing idempotency, and the 2026-07/2026-10 schemas' error codes, read 2026-11.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field

from rms_console.adapters.shopify import classify, inputs
from rms_console.adapters.shopify.calls import after_part_was_applied, mutate_once_more
from rms_console.adapters.shopify.classify import Problem
from rms_console.adapters.shopify.client import ShopifyClient
from rms_console.adapters.shopify.documents import STOCK_SET
from rms_console.contract.ports import Applied, Clock, StockRefusal
from rms_console.contract.stock_call import StockUnanswered
from rms_console.domain import cost
from rms_console.domain.operations import StockWrite
from rms_console.errors import ShopOutcomeUnknown

STALE = frozenset({"CHANGE_FROM_QUANTITY_STALE", "COMPARE_QUANTITY_STALE"})
OF_THE_WHOLE_CALL = frozenset(
    {"INVALID_NAME", "INVALID_REASON", "INVALID_REFERENCE_DOCUMENT", "COMPARE_QUANTITY_REQUIRED"}
)
"""No row is to blame: halving would only repeat the refusal."""

IN_PROGRESS = "IDEMPOTENCY_CONCURRENT_REQUEST"
NEEDS_NEW_KEY = frozenset({"IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED", "IDEMPOTENCY_KEY_PARAMETER_MISMATCH"})

MOST_KEYS_FOR_ONE_CALL = 5
IN_PROGRESS_WAITS_S = (1.0, 2.0, 4.0, 8.0, 15.0)
LONGEST_KEY = 255


@dataclass(slots=True)
class StockCall:
    """One `SetStock` on its way: collects what became of its rows."""

    client: ShopifyClient
    clock: Clock
    quantity_name: str
    key: str
    priority: int
    points: float = 0.0
    stale: list[StockWrite] = field(default_factory=list)
    refused: list[StockRefusal] = field(default_factory=list)
    written: int = 0
    keys_used: int = 0

    async def run(self, rows: Sequence[StockWrite]) -> Applied:
        """Send the rows and return what became of them.

        Raises:
            StockUnanswered: an answer is missing, or a part was written before the rest failed.
            ShopOutcomeUnknown: a part was written before the whole was refused.
            ShopUnavailable, ShopDenied, ShopRejected: nothing was written.
        """
        waiting = [list(part) for part in _parts(rows, cost.STOCK_ROWS_PER_CALL)]
        while waiting:
            waiting[:0] = await self._send(waiting.pop(0))
        return Applied(stale=tuple(self.stale), refused=tuple(self.refused), points=self.points)

    async def _send(self, rows: list[StockWrite]) -> list[list[StockWrite]]:
        """Send one call; return the calls that are to follow in its place (none when it was taken)."""
        try:
            found = await self._call(rows)
        except ShopOutcomeUnknown as error:
            raise StockUnanswered(error, derived_key(self.key, self.keys_used), rows) from error
        if not found:
            self.written += len(rows)
            return []
        if any(code in OF_THE_WHOLE_CALL for _, code, _ in found):
            with after_part_was_applied(self.written > 0):
                raise classify.rejected(found, STOCK_SET)
        named = {index: problem for problem in found if (index := _row_index(problem, len(rows))) is not None}
        if not named and len(rows) == 1:
            named = {0: found[0]}
        if not named:
            return [list(part) for part in _parts(rows, (len(rows) + 1) // 2)]
        for index, (_, code, message) in named.items():
            self._set_aside(rows[index], code, message)
        rest = [row for index, row in enumerate(rows) if index not in named]
        return [rest] if rest else []

    async def _call(self, rows: list[StockWrite]) -> tuple[Problem, ...]:
        """Return the user errors that concern the rows; those that concern the key are dealt with here."""
        waits = iter(IN_PROGRESS_WAITS_S)
        variables = self._variables(rows)
        for _ in range(MOST_KEYS_FOR_ONE_CALL + len(IN_PROGRESS_WAITS_S)):
            found = await self._ask(variables)
            codes = {code for _, code, _ in found}
            if IN_PROGRESS in codes and (wait_s := next(waits, None)) is not None:
                await self.clock.sleep(wait_s)
            elif codes & NEEDS_NEW_KEY:
                variables = self._variables(rows)
            elif IN_PROGRESS in codes:
                break
            else:
                return found
        raise ShopOutcomeUnknown(
            f"{STOCK_SET.root}: no clear result for {len(rows)} rows, an earlier sending may still be in progress",
            hint="the quantities are read back before anything newer is written",
        )

    async def _ask(self, variables: inputs.Variables) -> tuple[Problem, ...]:
        with after_part_was_applied(self.written > 0):
            answer = await mutate_once_more(
                self.client, STOCK_SET, variables, points=cost.MUTATION, priority=self.priority
            )
        self.points += answer.points
        return classify.problems(answer.payload)

    def _set_aside(self, row: StockWrite, code: str, message: str) -> None:
        if code in STALE:
            self.stale.append(row)
        else:
            self.refused.append(StockRefusal(row, code, message))

    def _variables(self, rows: Sequence[StockWrite]) -> inputs.Variables:
        self.keys_used += 1
        return inputs.stock_set(rows, self.quantity_name, derived_key(self.key, self.keys_used))


def derived_key(key: str, number: int) -> str:
    """Return the key of the n-th sending: the given one for the first, then others made from it."""
    made = key if number == 1 else f"{key}-{number}"
    return made if len(made) <= LONGEST_KEY else hashlib.sha256(made.encode()).hexdigest()


def _row_index(problem: Problem, rows: int) -> int | None:
    """Return the row that a user error names: the number in its path (`input`, `quantities`, `3`, ...)."""
    path, _, _ = problem
    numbers = (int(step) for step in path if step.isascii() and step.isdigit() and len(step) < 6)
    index = next(numbers, None)
    return index if index is not None and index < rows else None


def _parts(rows: Sequence[StockWrite], size: int) -> list[Sequence[StockWrite]]:
    return [rows[start : start + size] for start in range(0, len(rows), size)]
