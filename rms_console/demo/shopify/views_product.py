"""Products, their options and where they are published, as GraphQL shows them."""

from __future__ import annotations

import html
import re
from typing import Any

from graphql import GraphQLResolveInfo

from rms_console.demo.shopify import model
from rms_console.demo.shopify.ids import number_of
from rms_console.demo.shopify.paging import VARIANT_PAGE_LIMIT, Page, paginate
from rms_console.demo.shopify.views import constant, context_of, count_of, instant, money, view

constant(False, "Product.isGiftCard", "Product.requiresSellingPlan", "Product.hasVariantsThatRequiresComponents")
constant(None, "Product.onlineStoreUrl", "Product.onlineStorePreviewUrl")
constant(0, "Product.sellingPlanGroupCount", "ProductVariant.sellingPlanGroupCount")


@view("Product.description", "Product.descriptionPlainSummary")
def description(product: model.Product, _info: GraphQLResolveInfo, truncateAt: int | None = None) -> str:
    text = " ".join(html.unescape(re.sub(r"<[^>]*>", " ", product.description_html)).split())
    return text if truncateAt is None else text[:truncateAt]


@view("Product.bodyHtml")
def body_html(product: model.Product, _info: GraphQLResolveInfo) -> str:
    return product.description_html


@view("Product.options")
def options(product: model.Product, _info: GraphQLResolveInfo, first: int | None = None) -> list[model.Option]:
    return product.options if first is None else product.options[:first]


@view("Product.variants")
def variants(product: model.Product, _info: GraphQLResolveInfo, **args: Any) -> Page:
    return paginate(product.variants, args, limit=VARIANT_PAGE_LIMIT, number=lambda variant: int(variant.position))


@view("Product.variantsCount")
def variantscount_of(product: model.Product, _info: GraphQLResolveInfo) -> dict[str, object]:
    return count_of(len(product.variants))


@view("Product.totalVariants")
def total_variants(product: model.Product, _info: GraphQLResolveInfo) -> int:
    return len(product.variants)


@view("Product.hasOutOfStockVariants")
def has_out_of_stock(product: model.Product, _info: GraphQLResolveInfo) -> bool:
    return any(not variant.available_for_sale for variant in product.variants)


@view("Product.priceRangeV2")
def price_range(product: model.Product, info: GraphQLResolveInfo) -> dict[str, object]:
    prices = [variant.price for variant in product.variants]
    currency = context_of(info).state.shop.currency
    ends = {"minVariantPrice": min(prices), "maxVariantPrice": max(prices)}
    return {name: {"amount": money(price), "currencyCode": currency} for name, price in ends.items()}


@view("ProductOption.values")
def value_names(option: model.Option, _info: GraphQLResolveInfo) -> list[str]:
    used = used_values(option.product)
    return [value.name for value in option.values if value.number in used]


@view("ProductOption.optionValues")
def option_values(option: model.Option, _info: GraphQLResolveInfo) -> list[dict[str, object]]:
    used = used_values(option.product)
    return [value_row(value, used=value.number in used) for value in option.values]


def used_values(product: model.Product) -> set[int]:
    return {value.number for variant in product.variants for value in variant.values}


def value_row(value: model.OptionValue, *, used: bool) -> dict[str, object]:
    return {"id": value.id, "name": value.name, "hasVariants": used}


@view("Product.publishedOnPublication")
def published_on(product: model.Product, _info: GraphQLResolveInfo, publicationId: str) -> bool:
    return number_of(publicationId, "Publication") in product.published


@view("Product.publicationCount")
def publicationcount_of(product: model.Product, _info: GraphQLResolveInfo, **_args: object) -> int:
    return len(product.published)


@view("Product.resourcePublicationsCount", "Product.availablePublicationsCount")
def publicationscount_of(product: model.Product, _info: GraphQLResolveInfo, **_args: object) -> dict[str, object]:
    return count_of(len(product.published))


@view("Product.resourcePublications", "Product.resourcePublicationsV2")
def resource_publications(
    product: model.Product,
    info: GraphQLResolveInfo,
    onlyPublished: bool = True,
    **args: Any,
) -> Page:
    state = context_of(info).state
    rows = [
        {
            "number": publication.number,
            "publication": publication,
            "isPublished": publication.number in product.published,
            "publishDate": instant(product.published.get(publication.number, product.created_at)),
            "publishable": product,
        }
        for publication in state.publications.values()
        if publication.number in product.published or not onlyPublished
    ]
    return paginate(rows, args, number=lambda row: int(row["number"]))


@view("Product.unpublishedPublications")
def unpublished(product: model.Product, info: GraphQLResolveInfo, **args: Any) -> Page:
    shelves = context_of(info).state.publications.values()
    return paginate([shelf for shelf in shelves if shelf.number not in product.published], args)


constant(True, "Publication.supportsFuturePublishing")
constant(False, "Publication.autoPublish")
