"""The report of an adoption: for people a page with totals and examples, for scripts everything."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, islice
from typing import Any

import click

from rms_console.commands.output import harmless, page_width, paragraph, say
from rms_console.contract.adoption import AdoptionCounts, SharedSku, Survey
from rms_console.domain.matching import PROBLEMS, By, Kind, Problem, ProductName, Verdict
from rms_console.engine.adopting import Found
from rms_console.locale import mark, translate

EXAMPLES = 10
PAGE = 200
ALL = 1_000_000
NUMBER = 9

WAYS = {By.IDS: mark("ids"), By.CUSTOM_ID: mark("custom id"), By.SKU: mark("SKU")}
REASONS: Mapping[str, str] = {
    "inactive": mark("Linked items that would be taken off sale at once, inactive in RMS: {count}"),
    "cannot-be-sold": mark("Linked items that would be taken off sale at once, not to be sold in RMS: {count}"),
    "no-description": mark("Linked items that would be taken off sale at once, without a description in RMS: {count}"),
    "no-style": mark("Linked items that would be taken off sale at once, without a CCOD in RMS: {count}"),
    "not-web-item": mark("Linked items that would be taken off sale at once, not marked as web items in RMS: {count}"),
    "excluded-family": mark(
        "Linked items that would be taken off sale at once, excluded by filter.excluded_families: {count}"
    ),
    "excluded-category": mark(
        "Linked items that would be taken off sale at once, excluded by filter.excluded_categories: {count}"
    ),
}


def show(found: Found, survey: Survey, language: str) -> None:
    """Print totals and examples, within the page's width."""
    counts = found.counts
    say(
        language,
        "The shop has {products} {products:product|products} with {variants} {variants:variant|variants}, "
        "RMS has {items} {items:item|items}.",
        products=counts.products,
        variants=counts.variants,
        items=counts.store_items,
    )
    click.echo("")
    for count, template in _totals(counts):
        text = translate(language, template, {"scope": found.scope.value})
        click.echo(paragraph(text, page_width(), f"{count:>{NUMBER}}  "))
    for reason, count in sorted(counts.would_leave.items()):
        click.echo("")
        click.echo(paragraph(translate(language, REASONS.get(reason, reason), {"count": count}), page_width(), "! "))
    _show_matched(survey, counts.matched, language)
    _show_doubtful(survey, counts.ambiguous, language)
    _show_unknown(survey, counts.unknown, language)
    click.echo("")


def _totals(counts: AdoptionCounts) -> Iterator[tuple[int, str]]:
    """Yield (count, what it counts); what there is none of is left out, but for the matches."""
    if counts.linked:
        yield counts.linked, mark("products are linked already")
    yield counts.matched_all, mark("products match with all their variants")
    if counts.matched_some:
        yield counts.matched_some, mark("products match with some of their variants; the others are left alone")
    if counts.ambiguous:
        yield counts.ambiguous, mark("products are doubtful: they stay as they are, unlinked")
    if counts.duplicate_skus:
        yield counts.duplicate_skus, mark("SKUs of RMS are on several products")
    if counts.unknown:
        yield counts.unknown, mark("products are not in RMS: they stay as they are")
    if counts.deleted:
        yield counts.deleted, mark("products were linked, and are no longer in the shop")
    yield counts.missing_items, mark("items of RMS are not in the shop and may come in (scope.create = {scope})")


def _show_matched(survey: Survey, total: int, language: str) -> None:
    if not total:
        return
    _heading(language, mark("Matched"), total)
    width = page_width()
    names = [translate(language, name, {}) for name in (mark("CCOD"), mark("BY"), mark("VARIANTS"), mark("PRODUCT"))]
    click.echo(f"  {names[0]:<14}  {names[1]:<9}  {names[2]:>9}  {names[3]}")
    for verdict in islice(_verdicts(survey, Kind.MATCHED), EXAMPLES):
        way = translate(language, WAYS[verdict.by], {}) if verdict.by else ""
        share = f"{len(verdict.links)}/{verdict.variants}"
        line = f"  {verdict.style or '':<14}  {way:<9}  {share:>9}  "
        title = harmless(verdict.name.title)
        click.echo(line + _short(title, max(10, width - len(line))))


def _show_doubtful(survey: Survey, total: int, language: str) -> None:
    if not total:
        return
    _heading(language, mark("Doubtful"), total)
    for verdict in islice(_verdicts(survey, Kind.AMBIGUOUS), EXAMPLES):
        click.echo(paragraph(str(verdict.name), page_width(), "  "))
        for problem in verdict.problems:
            click.echo(paragraph(_words(problem, language), page_width(), "    - "))


def _show_unknown(survey: Survey, total: int, language: str) -> None:
    if not total:
        return
    _heading(language, mark("Not in RMS"), total)
    for verdict in islice(_verdicts(survey, Kind.UNKNOWN), EXAMPLES):
        click.echo(paragraph(str(verdict.name), page_width(), "  "))


def _heading(language: str, word: str, total: int) -> None:
    click.echo("")
    title = translate(language, word, {})
    if total > EXAMPLES:
        of = translate(language, mark("the first {shown} of {total}; all of them with --json"), _of(total))
        title = f"{title} ({of})"
    click.secho(title, bold=True)


def _of(total: int) -> dict[str, object]:
    return {"shown": EXAMPLES, "total": total}


def _words(problem: Problem, language: str) -> str:
    return translate(language, PROBLEMS.get(problem.code, problem.code), problem.facts)


def _short(text: str, room: int) -> str:
    return text if len(text) <= room else f"{text[: room - 1]}…"


def write_json(found: Found, survey: Survey, language: str, linked: int | None) -> None:
    """Print the whole report as one JSON object, written as it is read: it may be long."""
    head = {
        "scope": found.scope.value,
        "counts": _plain_counts(found.counts),
        "would_leave": dict(found.counts.would_leave),
        "linked": linked,
    }
    lists: Mapping[str, Iterable[object]] = {
        "matched": map(_match, _verdicts(survey, Kind.MATCHED)),
        "already_linked": map(_match, _verdicts(survey, Kind.LINKED)),
        "ambiguous": (_doubt(verdict, language) for verdict in _verdicts(survey, Kind.AMBIGUOUS)),
        "duplicates": map(_shared, survey.shared(ALL)),
        "unknown": (_name(verdict.name) for verdict in _verdicts(survey, Kind.UNKNOWN)),
        "deleted": ({"style": style, "product_id": product_id} for style, product_id in found.deleted),
    }
    for piece in _pieces(head, lists):
        click.echo(piece, nl=False)
    click.echo("")


def _pieces(head: Mapping[str, object], lists: Mapping[str, Iterable[object]]) -> Iterator[str]:
    yield json.dumps(head, ensure_ascii=False)[:-1]
    for name, values in lists.items():
        yield f", {json.dumps(name)}: ["
        for number, value in enumerate(values):
            yield (", " if number else "") + json.dumps(value, ensure_ascii=False)
        yield "]"
    yield "}"


def _plain_counts(counts: AdoptionCounts) -> dict[str, int]:
    names = (
        "products",
        "variants",
        "store_items",
        "linked",
        "matched_all",
        "matched_some",
        "ambiguous",
        "unknown",
        "duplicate_skus",
        "missing_items",
        "deleted",
    )
    return {name: getattr(counts, name) for name in names}


def _name(name: ProductName) -> dict[str, str]:
    return {"product_id": name.product_id, "title": name.title}


def _match(verdict: Verdict) -> dict[str, Any]:
    return {
        **_name(verdict.name),
        "style": verdict.style,
        "by": verdict.by.value if verdict.by else None,
        "variants": verdict.variants,
        "links": dict(verdict.links),
    }


def _doubt(verdict: Verdict, language: str) -> dict[str, Any]:
    problems = [
        {"code": problem.code, "what": _words(problem, language), "facts": dict(problem.facts)}
        for problem in verdict.problems
    ]
    return {**_name(verdict.name), "variants": verdict.variants, "problems": problems}


def _shared(shared: SharedSku) -> dict[str, Any]:
    return {"sku": shared.sku, "products": [_name(name) for name in shared.products]}


def _verdicts(survey: Survey, kind: Kind) -> Iterator[Verdict]:
    return chain.from_iterable(_pages(survey, kind))


def _pages(survey: Survey, kind: Kind) -> Iterator[list[Verdict]]:
    after = 0
    while page := survey.verdicts(kind, after, PAGE):
        yield [verdict for _, verdict in page]
        after = page[-1][0]
