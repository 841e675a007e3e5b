"""The shop's side: what befalls requests, and what the merchant does by hand."""

from __future__ import annotations

import asyncio
from random import Random

from rms_console.demo.shopify.model import Product, Variant
from rms_console.demo.shopify.stock import NotSold
from tests.engine_adopt.merchant import Piece
from tests.simulation import acts_till
from tests.simulation.acts import act
from tests.simulation.acts_till import change
from tests.simulation.line import Armed
from tests.simulation.world import Sim

REQUESTS = {
    "shop.connect_refused": False,
    "shop.lost_before": False,
    "shop.lost_after": True,
    "shop.cut": True,
    "shop.http_429": False,
    "shop.error_5xx": False,
    "shop.error_5xx_applied": True,
    "shop.html": True,
    "shop.truncated": True,
    "shop.nonsense_json": True,
    "shop.user_errors": True,
    "shop.late_apply": True,
    "shop.duplicate": True,
    "shop.slow": False,
}
"""Kind -> whether it befalls mutations only."""


def _arm(kind: str, mutations_only: bool) -> None:
    @act(kind, 2 if mutations_only else 1)
    def arm(sim: Sim, dice: Random) -> None:
        delay_s = {"shop.slow": dice.choice([5.0, 100.0, 170.0]), "shop.duplicate": 0.01}.get(kind)
        sim.line.armed.append(
            Armed(
                kind,
                times=dice.choice([1, 1, 2, 4]),
                skip=dice.randrange(4),
                mutations_only=mutations_only or dice.random() < 0.5,
                delay_s=dice.uniform(1.0, 100.0) if delay_s is None else delay_s,
                status=dice.choice([502, 503, 504]),
                flavour=dice.randrange(7),
            )
        )


for _kind, _only in REQUESTS.items():
    _arm(_kind, _only)


@act("shop.outage", 2)
async def outage(sim: Sim, dice: Random) -> None:
    sim.line.outage = True
    await asyncio.sleep(dice.choice([30.0, 300.0, 1800.0]))
    sim.line.outage = False


@act("shop.token_refused")
async def token_refused(sim: Sim, dice: Random) -> None:
    sim.line.refuses_token = True
    await asyncio.sleep(dice.uniform(30, 900))
    sim.line.refuses_token = False


@act("shop.throttled")
async def throttled(sim: Sim, dice: Random) -> None:
    sim.line.throttles = True
    acts_till.reprice(sim, dice)
    sim.loop.call_later(20.0, acts_till.reprice, sim, dice)
    await asyncio.sleep(dice.choice([20.0, 100.0, 400.0, 400.0]))
    sim.line.throttles = False


@act("shop.low_budget")
async def low_budget(sim: Sim, dice: Random) -> None:
    """Other apps leave nothing, and the limit is lowered for a while."""
    sim.shop.bucket.change(rate=5.0)
    sim.shop.bucket.drain(dice.uniform(1000, 2000))
    sim.fire("shop.low_budget")
    await asyncio.sleep(dice.uniform(60, 400))
    sim.shop.bucket.change(rate=sim.options.restore_points)


@act("shop.version_gone")
async def version_gone(sim: Sim, dice: Random) -> None:
    before = sim.shop.supported_versions
    sim.shop.supported_versions = before[:2]
    await asyncio.sleep(dice.uniform(60, 900))
    sim.shop.supported_versions = before
    sim.fire("shop.version_gone")


@act("shop.location_off")
async def location_off(sim: Sim, dice: Random) -> None:
    """The second location is deactivated for a while."""
    if len(sim.options.locations) < 2:
        return
    place = sim.shop.location("Tienda")
    place.is_active = False
    sim.fire("shop.location_off")
    await asyncio.sleep(dice.uniform(60, 900))
    place.is_active = True


@act("shop.bulk_fails")
def bulk_fails(sim: Sim, dice: Random) -> None:
    """The next bulk operation (how the whole shop is read) fails on its way."""
    sim.shop.bulk.fail_next(dice.choice([0, 1, 3]))
    sim.fails_bulk = True


# The merchant


def ours(sim: Sim, dice: Random) -> Product | None:
    found = [product for product in sim.shop.products() if ("rms", "ccod") in product.metafields]
    return dice.choice(found) if found else None


def piece(sim: Sim, dice: Random) -> Variant | None:
    product = ours(sim, dice)
    return dice.choice(product.variants) if product and product.variants else None


@act("merchant.product_deleted")
def product_deleted(sim: Sim, dice: Random) -> None:
    product = ours(sim, dice)
    if product is not None:
        sim.tell(f"merchant deletes {product.title} {product.id}")
        sim.deleted_styles.add(product.metafields["rms", "ccod"].value)
        sim.merchant.delete(product.id)
        sim.fire("merchant.product_deleted")


@act("merchant.variant_deleted")
def variant_deleted(sim: Sim, dice: Random) -> None:
    variant = piece(sim, dice)
    if variant is not None and variant.sku and len(variant.product.variants) > 1:
        sim.tell(f"merchant deletes variant {variant.sku}")
        sim.deleted_styles.add(variant.product.metafields["rms", "ccod"].value)
        sim.shop.admin(_DELETE_VARIANTS, {"product": variant.product.id, "variants": [variant.id]})
        sim.fire("merchant.variant_deleted")


@act("merchant.price_edited")
def price_edited(sim: Sim, dice: Random) -> None:
    variant = piece(sim, dice)
    if variant is not None:
        given = {"id": variant.id, "price": str(dice.randrange(100, 160) * 100)}
        sim.tell(f"merchant price {variant.sku} {given}")
        sim.shop.admin(_EDIT_VARIANTS, {"product": variant.product.id, "variants": [given]})
        sim.drift.add((variant.sku or "", "price"))
        sim.fire("merchant.price_edited")


@act("merchant.title_edited", 2)
def title_edited(sim: Sim, dice: Random) -> None:
    """What is the merchant's after creation must outlive everything: title, tags, description."""
    product = ours(sim, dice)
    if product is not None:
        title = f"A mano {next(sim.numbers)}"
        sim.merchant.edit(product.id, title=title, tags=["oferta", title])
        sim.hand_titles[product.id] = title
        sim.tell(f"merchant title {product.id} {title}")
        sim.fire("merchant.title_edited")


@act("merchant.order", 3)
def order(sim: Sim, dice: Random) -> None:
    """A customer buys, and what was bought is shipped: the shop's own stock goes down."""
    variant = piece(sim, dice)
    if variant is None or not variant.sku:
        return
    try:
        sim.shop.sell(variant.sku, 1)
    except NotSold:
        return
    sim.drift.add((variant.sku, "stock"))
    sim.ever_moved.add((variant.sku, "stock"))
    sim.fire("merchant.order")
    sim.tell(f"merchant sells {variant.sku}")
    if dice.random() < 0.7:
        sim.shop.fulfil(variant.sku, 1)
        sim.note_lowered(variant.sku)
    if dice.random() < 0.6:
        sim.loop.call_later(dice.uniform(1, 60), received, sim, variant.sku, dice.randrange(2, 6))


def received(sim: Sim, sku: str, units: int) -> None:
    """The store receives goods; of the shop's order RMS knows nothing yet."""
    for row in sim.store.rows():
        if row["C_ARTICULO"] == sku and isinstance(row["Quantity"], float) and not sim.is_quiet:
            change(sim, int(row["ItemID"]), Quantity=max(0.0, row["Quantity"]) + units)


@act("merchant.metafield_edited")
def metafield_edited(sim: Sim, dice: Random) -> None:
    product = ours(sim, dice)
    if product is not None:
        field = {"ownerId": product.id, "namespace": "rms", "key": "family", "value": f"X{dice.randrange(9)}"}
        field["type"] = "single_line_text_field"
        sim.shop.admin(_SET_FIELDS, {"m": [field]})
        sim.drift.add((product.metafields["rms", "ccod"].value, "metafields"))
        sim.tell(f"merchant metafield {product.id}")
        sim.fire("merchant.metafield_edited")


@act("merchant.archived")
def archived(sim: Sim, dice: Random) -> None:
    product = ours(sim, dice)
    if product is not None:
        sim.merchant.edit(product.id, status="ARCHIVED")
        sim.tell(f"merchant archives {product.id}")
        sim.fire("merchant.archived")


@act("merchant.copied_sku")
def copied_sku(sim: Sim, dice: Random) -> None:
    """A product made by hand that carries one of our SKUs."""
    variant = piece(sim, dice)
    if variant is not None and variant.sku:
        made = sim.merchant.make(f"Copia {next(sim.numbers)}", [Piece(variant.sku)])
        sim.copies[made] = variant.sku
        sim.tell(f"merchant copies {variant.sku}")
        sim.fire("merchant.copied_sku")


_DELETE_VARIANTS = """
mutation ($product: ID!, $variants: [ID!]!) {
  productVariantsBulkDelete(productId: $product, variantsIds: $variants) { userErrors { message } }
}
"""
_EDIT_VARIANTS = """
mutation ($product: ID!, $variants: [ProductVariantsBulkInput!]!) {
  productVariantsBulkUpdate(productId: $product, variants: $variants) { userErrors { message } }
}
"""
_SET_FIELDS = "mutation ($m: [MetafieldsSetInput!]!) { metafieldsSet(metafields: $m) { userErrors { message } } }"
