"""Operations sent: each by the call that touches least, and answered only by what certainly happened."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from rms_console.adapters.shopify import classify, documents, inputs, outputs
from rms_console.adapters.shopify.calls import after_part_was_applied, mutate, mutate_once_more, reading
from rms_console.adapters.shopify.classify import Problem
from rms_console.adapters.shopify.client import ShopifyClient
from rms_console.adapters.shopify.inputs import CustomId
from rms_console.adapters.shopify.reader import ShopReader
from rms_console.adapters.shopify.stock import StockCall, derived_key
from rms_console.contract.ports import Applied, Clock
from rms_console.domain import cost
from rms_console.domain.operations import (
    ActivateStock,
    CreateProduct,
    CreateVariants,
    Operation,
    PublishProduct,
    SetMetafields,
    SetStock,
    StockWrite,
    UpdateProduct,
    UpdateVariants,
)
from rms_console.errors import ShopRejected

KEYS_FOR_ACTIVATION = 3
T = TypeVar("T")


class ShopWriter:
    """Applies operations. `quantity_name` is what our stock figures mean: on_hand or available."""

    def __init__(
        self, client: ShopifyClient, reader: ShopReader, clock: Clock, custom_id: CustomId, quantity_name: str
    ) -> None:
        self._client = client
        self._reader = reader
        self._clock = clock
        self._custom_id = custom_id
        self._quantity_name = quantity_name

    async def apply(self, operation: Operation, key: str, priority: int) -> Applied:
        match operation:
            case CreateProduct():
                return await self._create_product(operation, priority)
            case UpdateProduct():
                return await self._update_product(operation, priority)
            case UpdateVariants():
                return await self._update_variants(operation, priority)
            case CreateVariants():
                return await self._create_variants(operation, priority)
            case SetMetafields():
                return await self._set_metafields(operation, priority)
            case ActivateStock():
                return await self._activate(operation, key, priority)
            case PublishProduct():
                return await self._publish(operation, priority)
            case SetStock(rows=rows):
                call = StockCall(self._client, self._clock, self._quantity_name, key, priority)
                return await call.run(rows)

    async def define_custom_id(self, priority: int) -> None:
        """Make the definition; that somebody made it just before us is as good.

        Raises:
            ShopRejected: Shopify refuses it.
        """
        variables = {"definition": self._custom_id.definition()}
        answer = await self._client.run(documents.DEFINITION_CREATE, variables, points=cost.MUTATION, priority=priority)
        found = classify.problems(answer.payload)
        if found and not all(_is_taken(problem) for problem in found):
            raise classify.rejected(found, documents.DEFINITION_CREATE)

    async def _create_product(self, operation: CreateProduct, priority: int) -> Applied:
        """Create the whole product; under its custom id a repetition finds it instead of making another."""
        product = operation.product
        page = min(max(len(product.variants), 1), cost.VARIANTS_PER_PAGE)
        answer = await mutate(
            self._client,
            documents.PRODUCT_SET,
            inputs.product_set(product, self._custom_id, self._quantity_name, page),
            points=cost.product_set(len(product.variants), len(product.metafields)),
            priority=priority,
        )
        with reading(documents.PRODUCT_SET):
            made = outputs.inner(answer.payload, "product")
            product_id = outputs.text(made, "id")
        points = 1 + cost.created_ids(cost.VARIANTS_PER_PAGE)
        with after_part_was_applied(True):
            nodes = await self._reader.pages(
                documents.VARIANT_IDS, {"id": product_id}, made, points=points, priority=priority
            )
        with reading(documents.PRODUCT_SET):
            names = product.option_names or (inputs.PLAIN_OPTION,)
            ids = outputs.variant_ids(nodes or (), product.variants, names)
        return Applied(product_id=product_id, variants=ids, points=answer.points)

    async def _update_product(self, operation: UpdateProduct, priority: int) -> Applied:
        answer = await mutate(
            self._client,
            documents.PRODUCT_UPDATE,
            inputs.product_update(operation),
            points=cost.MUTATION,
            priority=priority,
        )
        return Applied(product_id=operation.product_id, points=answer.points)

    async def _update_variants(self, operation: UpdateVariants, priority: int) -> Applied:
        spent = 0.0
        for number, changes in enumerate(_parts(operation.changes, cost.VARIANTS_PER_UPDATE)):
            with after_part_was_applied(number > 0):
                answer = await mutate(
                    self._client,
                    documents.VARIANTS_UPDATE,
                    inputs.variants_update(operation, changes),
                    points=cost.update_variants(len(changes)),
                    priority=priority,
                )
            spent += answer.points
        return Applied(product_id=operation.product_id, points=spent)

    async def _create_variants(self, operation: CreateVariants, priority: int) -> Applied:
        answer = await mutate(
            self._client,
            documents.VARIANTS_CREATE,
            inputs.variants_create(operation),
            points=cost.create_variants(len(operation.variants)),
            priority=priority,
        )
        with reading(documents.VARIANTS_CREATE):
            nodes = outputs.nodes(answer.payload, "productVariants")
            names = operation.option_names or (inputs.PLAIN_OPTION,)
            ids = outputs.variant_ids(nodes, operation.variants, names)
        return Applied(product_id=operation.product_id, variants=ids, points=answer.points)

    async def _set_metafields(self, operation: SetMetafields, priority: int) -> Applied:
        spent = 0.0
        for number, metafields in enumerate(_parts(operation.metafields, cost.METAFIELDS_PER_CALL)):
            with after_part_was_applied(number > 0):
                answer = await mutate(
                    self._client,
                    documents.METAFIELDS_SET,
                    inputs.metafields_set(operation, metafields),
                    points=cost.MUTATION,
                    priority=priority,
                )
            spent += answer.points
        return Applied(points=spent)

    async def _publish(self, operation: PublishProduct, priority: int) -> Applied:
        answer = await mutate(
            self._client, documents.PUBLISH, inputs.publish(operation), points=cost.MUTATION, priority=priority
        )
        return Applied(product_id=operation.product_id, points=answer.points)

    async def _activate(self, operation: ActivateStock, key: str, priority: int) -> Applied:
        """Stock an item at a location. Its user errors have no codes, so what they mean is read from the stock.

        An item that turns out to be stocked there already comes back as stale: the caller reads and decides.
        """
        document = (
            documents.STOCK_ACTIVATE_ON_HAND if self._quantity_name == "on_hand" else documents.STOCK_ACTIVATE_AVAILABLE
        )
        found: tuple[Problem, ...] = ()
        for number in range(1, KEYS_FOR_ACTIVATION + 1):
            variables = inputs.stock_activate(operation, derived_key(key, number))
            answer = await mutate_once_more(self._client, document, variables, points=cost.MUTATION, priority=priority)
            found = classify.problems(answer.payload)
            if not found:
                return Applied(points=answer.points)
            if not any("idempoten" in message.lower() for _, _, message in found):
                break
        return await self._activation_refused(operation, classify.rejected(found, document), priority)

    async def _activation_refused(self, operation: ActivateStock, refusal: ShopRejected, priority: int) -> Applied:
        place = (operation.inventory_item_id, operation.location_id)
        if (await self._reader.stock([place], priority))[place] is None:
            raise refusal
        row = StockWrite(operation.style, operation.item_id, *place, operation.quantity, expected=None)
        return Applied(stale=(row,))


def _is_taken(problem: Problem) -> bool:
    _, code, message = problem
    return code == "TAKEN" or (not code and "taken" in message.lower())


def _parts(things: Sequence[T], size: int) -> list[Sequence[T]]:
    return [things[start : start + size] for start in range(0, len(things), size)]
