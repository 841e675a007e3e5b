"""The shop's search: what a `query:` argument lets through, and how late it learns of a change.

Fields that the shop does not know do not filter, so that a misspelt field returns everything: whoever searches must
look at what came back. Source: recorded answers of development stores, read 2026-11.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from rms_console.demo.shopify.model import Item, Product, Variant

_TERM = re.compile(r"""(?P<not>-|NOT\s+)?(?:(?P<field>[\w.]+):)?(?P<value>"[^"]*"|'[^']*'|[^\s()]+)""")


@dataclass(frozen=True, slots=True)
class Term:
    field: str
    """Empty for a bare word."""
    value: str
    negated: bool


@dataclass(frozen=True, slots=True)
class Document:
    """What the index knows of one thing: field -> values, in lower case."""

    fields: dict[str, tuple[str, ...]]

    def matches(self, term: Term) -> bool:
        values = self.fields.get(term.field) if term.field else self.words()
        if values is None:
            return True
        found = any(_same(value, term.value) for value in values)
        return found is not term.negated

    def words(self) -> tuple[str, ...]:
        return tuple(word for name in ("title", "sku", "vendor") for word in self.fields.get(name, ()))


def _same(value: str, wanted: str) -> bool:
    if wanted == "*":
        return bool(value)
    for sign, holds in _COMPARISONS.items():
        if wanted.startswith(sign):
            return holds(value, wanted[len(sign) :])
    return value.startswith(wanted[:-1]) if wanted.endswith("*") else value == wanted


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")


_COMPARISONS: dict[str, Callable[[str, str], bool]] = {
    ">=": lambda a, b: _number(a) >= _number(b),
    "<=": lambda a, b: _number(a) <= _number(b),
    ">": lambda a, b: _number(a) > _number(b),
    "<": lambda a, b: _number(a) < _number(b),
}


def parse_query(text: str) -> list[list[Term]]:
    """Return the query as alternatives (OR) of terms that must all hold (AND, or simply a space)."""
    alternatives: list[list[Term]] = []
    for part in re.split(r"\s+OR\s+", text):
        terms = [_term(match) for match in _TERM.finditer(part) if match["value"] not in ("AND",)]
        alternatives.append(terms)
    return [terms for terms in alternatives if terms]


def _term(match: re.Match[str]) -> Term:
    value = match["value"].strip("\"'").casefold()
    return Term((match["field"] or "").casefold(), value, match["not"] is not None)


def describe_product(product: Product) -> Document:
    return Document(
        {
            "id": (str(product.number),),
            "title": (product.title.casefold(),),
            "handle": (product.handle,),
            "status": (product.status.casefold(),),
            "vendor": (product.vendor.casefold(),),
            "product_type": (product.product_type.casefold(),),
            "tag": tuple(tag.casefold() for tag in product.tags),
            "sku": tuple((variant.sku or "").casefold() for variant in product.variants),
            "barcode": tuple((variant.barcode or "").casefold() for variant in product.variants),
        }
    )


def describe_variant(variant: Variant) -> Document:
    return Document(
        {
            "id": (str(variant.number),),
            "title": (variant.title.casefold(),),
            "sku": ((variant.sku or "").casefold(),),
            "barcode": ((variant.barcode or "").casefold(),),
            "product_id": (str(variant.product.number),),
            "product_status": (variant.product.status.casefold(),),
            "vendor": (variant.product.vendor.casefold(),),
        }
    )


def describe_item(item: Item) -> Document:
    return Document({"id": (str(item.number),), "sku": ((item.sku or "").casefold(),)})


class Numbered(Protocol):
    @property
    def number(self) -> int: ...


class SearchIndex:
    """Documents of products, variants and items. Without lag they are made on the spot from the live things."""

    def __init__(self, monotonic: Callable[[], float], lag_s: float) -> None:
        self._monotonic = monotonic
        self.lag_s = lag_s
        self._pending: deque[tuple[float, Product, dict[int, Document]]] = deque()
        self._seen: dict[int, Document] = {}
        self._numbers: dict[int, tuple[int, ...]] = {}

    def note(self, product: Product) -> None:
        """Remember how the product looks now; searches see it after the lag."""
        if self.lag_s > 0:
            self._catch_up()  # nobody may ever search: what is due must not pile up
            due = self._monotonic() + self.lag_s
            self._pending.append((due, product, _documents(product)))

    def forget(self, product: Product) -> None:
        for number in self._numbers.pop(product.number, ()):
            self._seen.pop(number, None)

    def select(
        self, things: Iterable[Product] | Iterable[Variant] | Iterable[Item], query: str | None
    ) -> list[Numbered]:
        """Return the things that the query lets through, in their order; all of them without one."""
        alternatives = parse_query(query or "")
        if not alternatives:
            return list(things)
        self._catch_up()
        return [thing for thing in things if self._passes(thing, alternatives)]

    def _passes(self, thing: Product | Variant | Item, alternatives: Sequence[Sequence[Term]]) -> bool:
        document = self._seen.get(thing.number) if self.lag_s > 0 else _describe(thing)
        if document is None:
            return False
        return any(all(document.matches(term) for term in terms) for terms in alternatives)

    def _catch_up(self) -> None:
        now = self._monotonic()
        while self._pending and self._pending[0][0] <= now:
            _, product, documents = self._pending.popleft()
            self.forget(product)
            self._seen.update(documents)
            self._numbers[product.number] = tuple(documents)


def _describe(thing: Product | Variant | Item) -> Document:
    if isinstance(thing, Product):
        return describe_product(thing)
    return describe_variant(thing) if isinstance(thing, Variant) else describe_item(thing)


def _documents(product: Product) -> dict[int, Document]:
    things: list[Product | Variant | Item] = [product, *product.variants]
    things += [variant.item for variant in product.variants]
    return {thing.number: _describe(thing) for thing in things}
