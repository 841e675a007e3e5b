"""The embedded Shopify: a shop in memory behind the Admin GraphQL API, good enough to be wrong as the real one is.

It executes the published schema with Shopify's rules for lists, custom ids, compare-and-set, idempotency keys, costs
and throttling. It shares no code with the adapters that talk to it, so that it is an honest other side.
"""

from rms_console.demo.shopify.asgi import ShopApp
from rms_console.demo.shopify.fault_plan import CALM, MILD, ROUGH, FaultPlan, FaultRates
from rms_console.demo.shopify.faults import Fault, FaultHook, FaultKind, RequestInfo
from rms_console.demo.shopify.server import RunningShop, serve
from rms_console.demo.shopify.settings import ShopSettings, Unstocked
from rms_console.demo.shopify.shop import EmbeddedShop, GraphQLRequest
from rms_console.demo.shopify.stock import NotSold

__all__ = [
    "CALM",
    "MILD",
    "ROUGH",
    "EmbeddedShop",
    "Fault",
    "FaultHook",
    "FaultKind",
    "FaultPlan",
    "FaultRates",
    "GraphQLRequest",
    "NotSold",
    "RequestInfo",
    "RunningShop",
    "ShopApp",
    "ShopSettings",
    "Unstocked",
    "serve",
]
