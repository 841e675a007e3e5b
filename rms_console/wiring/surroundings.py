"""What the engine is told of the place it runs in: its folders, where its API answers, how long its token lasts."""

from __future__ import annotations

from rms_console.adapters.shopify.credentials import ClientCredentials
from rms_console.adapters.shopify.shop import ShopifyShop
from rms_console.contract.diagnosis import Surroundings
from rms_console.contract.ports import Shop
from rms_console.control.endpoint_file import read_endpoint
from rms_console.wiring.site import Site, folders


def look_around(site: Site, shop: Shop | None = None) -> Surroundings:
    """Return what there is to know of the folders of this shop and of the address that its engine announced.

    With `shop`, also when the token in its hands ends: a permanent one does not.
    """
    tokens = shop.tokens if isinstance(shop, ShopifyShop) else None
    ends_at = tokens.ends_at if isinstance(tokens, ClientCredentials) else None
    return Surroundings(folders(site), read_endpoint(site.state), ends_at)
