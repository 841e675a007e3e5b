"""The GraphQL documents, one operation a file, each with one root field."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from importlib import resources


@dataclass(frozen=True, slots=True)
class Document:
    """One operation: its file, the root field whose answer we read, and whether it changes the shop."""

    name: str
    root: str
    mutation: bool = False
    null_is_an_answer: bool = field(default=False, kw_only=True)
    """A root field that is null says "there is none" instead of "something went wrong"."""

    only_reads: bool = field(default=False, kw_only=True)
    """A mutation by name that changes nothing in the catalogue: it has something read, or says who writes."""

    @property
    def text(self) -> str:
        return _read(self.name)


SHOP = Document("shop", "shop")
LOCATIONS = Document("locations", "locations")
LOCATIONS_PLAIN = Document("locations_plain", "locations")
DEFINITION_FIND = Document("definition_find", "metafieldDefinitions")
PRODUCT_FIND = Document("product_find", "productByIdentifier", null_is_an_answer=True)
PRODUCT_READ = Document("product_read", "product", null_is_an_answer=True)
PRODUCT_VARIANTS = Document("product_variants", "product", null_is_an_answer=True)
VARIANT_IDS = Document("variant_ids", "product", null_is_an_answer=True)
STOCK_READ = Document("stock_read", "nodes")
SCOPES = Document("scopes", "currentAppInstallation")
PRODUCTS_COUNT = Document("products_count", "productsCount")
OURS_COUNT = Document("ours_count", "metafieldDefinitions")
PUBLICATIONS = Document("publications", "publications")
CLAIM_READ = Document("claim_read", "shop")
BULK_READ = Document("bulk_read", "bulkOperation", null_is_an_answer=True)
BULK_LIST = Document("bulk_list", "bulkOperations")

DEFINITION_CREATE = Document("definition_create", "metafieldDefinitionCreate", mutation=True)
PRODUCT_SET = Document("product_set", "productSet", mutation=True)
PRODUCT_UPDATE = Document("product_update", "productUpdate", mutation=True)
VARIANTS_UPDATE = Document("variants_update", "productVariantsBulkUpdate", mutation=True)
VARIANTS_CREATE = Document("variants_create", "productVariantsBulkCreate", mutation=True)
METAFIELDS_SET = Document("metafields_set", "metafieldsSet", mutation=True)
CLAIM_WRITE = Document("claim_write", "metafieldsSet", mutation=True, only_reads=True)
STOCK_SET = Document("stock_set", "inventorySetQuantities", mutation=True)
STOCK_ACTIVATE_ON_HAND = Document("stock_activate_on_hand", "inventoryActivate", mutation=True)
STOCK_ACTIVATE_AVAILABLE = Document("stock_activate_available", "inventoryActivate", mutation=True)
PUBLISH = Document("publish", "publishablePublish", mutation=True)
BULK_STAGE = Document("bulk_stage", "stagedUploadsCreate", mutation=True)
BULK_RUN_MUTATION = Document("bulk_run_mutation", "bulkOperationRunMutation", mutation=True)
BULK_RUN_QUERY = Document("bulk_run_query", "bulkOperationRunQuery", mutation=True, only_reads=True)
BULK_CANCEL = Document("bulk_cancel", "bulkOperationCancel", mutation=True)

CATALOGUE = Document("catalogue", "products")
LINES_PRODUCT_SET = Document("lines_product_set", "productSet", mutation=True)
LINES_VARIANTS_UPDATE = Document("lines_variants_update", "productVariantsBulkUpdate", mutation=True)
"""These three are run by bulk operations, never sent by themselves."""

ALL = (
    SHOP,
    LOCATIONS,
    LOCATIONS_PLAIN,
    DEFINITION_FIND,
    PRODUCT_FIND,
    PRODUCT_READ,
    PRODUCT_VARIANTS,
    VARIANT_IDS,
    STOCK_READ,
    SCOPES,
    PRODUCTS_COUNT,
    OURS_COUNT,
    PUBLICATIONS,
    CLAIM_READ,
    BULK_READ,
    BULK_LIST,
    DEFINITION_CREATE,
    PRODUCT_SET,
    PRODUCT_UPDATE,
    VARIANTS_UPDATE,
    VARIANTS_CREATE,
    METAFIELDS_SET,
    CLAIM_WRITE,
    STOCK_SET,
    STOCK_ACTIVATE_ON_HAND,
    STOCK_ACTIVATE_AVAILABLE,
    PUBLISH,
    BULK_STAGE,
    BULK_RUN_MUTATION,
    BULK_RUN_QUERY,
    BULK_CANCEL,
    CATALOGUE,
    LINES_PRODUCT_SET,
    LINES_VARIANTS_UPDATE,
)


@cache
def _read(name: str) -> str:
    return resources.files(__name__).joinpath(f"{name}.graphql").read_text(encoding="utf-8")
