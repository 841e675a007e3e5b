"""From RMS rows to what the shop should hold. Never raises on text, however ugly.

What a product has once (title, vendor, tags, metafields) is taken from its row with the lowest ItemID, so that the
same rows give the same product whatever order they come in.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

from rms_console.domain.grouping import LONGEST_VALUE, option_values
from rms_console.domain.policy import BadPrice, MappingPolicy, Policy
from rms_console.domain.product import DesiredProduct, DesiredVariant, Metafield
from rms_console.domain.rows import ItemRow
from rms_console.domain.sale import Priced, shop_price
from rms_console.domain.stock import stock_of
from rms_console.domain.text import clean, fold, plain_fractions

METAFIELD_TYPE = "single_line_text_field"
_GRAM = Decimal("0.001")
_HEAVIEST_KG = Decimal(100_000)
_EDGES = " -–—/.,;:|_"
_DASH = re.compile(r"\s*[-–—]+\s*")
_PREFIX = re.compile(r"^(?:talla|size|no|t)\.?(?=\d)")
_LETTER_SIZE = re.compile(r"(?:talla|size|t\.?)?(?:x{0,4}s|m|x{0,5}l|[2-6]xl|unica|unitalla|u)")
_SIZE_WORDS = frozenset({"talla", "size", "no", "no.", "t", "t.", "#"})


def map_product(
    style: str,
    rows: Sequence[ItemRow],
    policy: Policy,
    now_local: datetime,
    kept_prices: Mapping[int, Priced] | None = None,
) -> DesiredProduct:
    """Return the product that these rows of one style should be in the shop.

    The rows are judged already: each has a SKU, a description and a usable price, except those in `kept_prices`
    (ItemID -> the price that stays).
    """
    mapping = policy.mapping
    ordered = sorted(rows, key=lambda row: row.item_id)
    lead = ordered[0]
    options = option_values(ordered, mapping)
    prices = kept_prices or {}
    return DesiredProduct(
        style=style,
        title=title_of(lead, mapping) or style,
        description_html=f"<p>{html.escape(clean(lead.description))}</p>",
        vendor=attribute(lead, mapping.vendor_from),
        product_type=attribute(lead, mapping.product_type_from),
        tags=_tags(lead, mapping),
        status=mapping.status,
        option_names=mapping.option_names,
        metafields=_metafields(lead, mapping),
        variants=tuple(
            map_variant(row, options[row.item_id], policy, now_local, prices.get(row.item_id)) for row in ordered
        ),
        publications=mapping.publications,
    )


def map_variant(
    row: ItemRow, options: tuple[str, ...], policy: Policy, now_local: datetime, kept_price: Priced | None = None
) -> DesiredVariant:
    """Return one item as a variant. With `kept_price` RMS's own is unusable: that one stands instead."""
    price = kept_price if kept_price is not None else shop_price(row, now_local, policy)
    stock = stock_of(row, policy)
    if kept_price is not None and policy.filters.when_price_bad is BadPrice.ZERO:
        stock = dict.fromkeys(stock, 0)
    return DesiredVariant(
        item_id=row.item_id,
        sku=clean(row.sku)[:LONGEST_VALUE],
        options=options,
        price=price.price,
        compare_at=price.compare_at,
        barcode=clean(row.barcode)[:LONGEST_VALUE] or None,
        weight_kg=_weight(row.weight),
        stock=stock,
    )


def title_of(row: ItemRow, mapping: MappingPolicy) -> str:
    """Return the description without padding and without the size that stores append to it.

    `KENNETH COLE   -  M -NEGRO` gives `KENNETH COLE`: a size is cut off where a dash precedes it, with one part
    after it (the color). A bare last word is cut off only when it is the row's own size. Never empty unless the
    description is.
    """
    text = clean(row.description)
    own = fold(plain_fractions(clean(row.size)))
    title = _without_size(text, own).rstrip(_EDGES)
    return (title or text)[: mapping.title_max].rstrip()


def _without_size(text: str, own: str) -> str:
    breaks = list(_DASH.finditer(text))
    parts = _DASH.split(text)
    for back in (1, 2):
        if len(breaks) >= back and parts[0] and _is_size(parts[-back], own):
            return text[: breaks[-back].start()]
    head, _, last = text.rpartition(" ")
    if not head or not own or _PREFIX.sub("", fold(plain_fractions(last))) != own:
        return text
    before, _, word = head.rpartition(" ")
    return before if before and word.lower() in _SIZE_WORDS else head


def _is_size(part: str, own: str) -> bool:
    folded = fold(plain_fractions(part))
    return bool(folded) and (_LETTER_SIZE.fullmatch(folded) is not None or _PREFIX.sub("", folded) == own)


def attribute(row: ItemRow, name: str) -> str:
    """Return an attribute of the row as clean text, empty when it has none."""
    value = getattr(row, name, None)
    if isinstance(value, str):
        return clean(value)[:LONGEST_VALUE].rstrip()
    return str(value) if isinstance(value, Decimal) else ""


def _tags(row: ItemRow, mapping: MappingPolicy) -> tuple[str, ...]:
    """Return the tags in order. Shopify splits at commas and ignores case, so there are none of the one or twins."""
    tags: dict[str, str] = {}
    for name in mapping.tags_from:
        tag = clean(attribute(row, name).replace(",", " "))
        if tag:
            tags.setdefault(fold(tag), tag)
    return tuple(sorted(tags.values()))


def _metafields(row: ItemRow, mapping: MappingPolicy) -> tuple[Metafield, ...]:
    values = ((key, attribute(row, name)) for key, name in sorted(mapping.metafields_from.items()))
    return tuple(Metafield(mapping.metafield_namespace, key, METAFIELD_TYPE, value) for key, value in values if value)


def _weight(weight: Decimal | None) -> Decimal | None:
    """Return kilograms to the gram; None for none, for 0 (RMS's way to say unknown) and for what cannot be."""
    if weight is None or not weight.is_finite() or not 0 < weight <= _HEAVIEST_KG:
        return None
    grams = weight.quantize(_GRAM, rounding=ROUND_HALF_UP)
    return grams or None
