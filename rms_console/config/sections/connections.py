"""Where RMS, the shop and Redis are, and how to get in."""

from __future__ import annotations

import ipaddress
import re
from difflib import get_close_matches
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr

from rms_console.config.kinds import AnyCase, Flag, Real, Secret, Section, Text, Url, Whole
from rms_console.config.secret_url import SecretUrl

EMPTY = SecretStr("")
NO_URL = SecretUrl("")

STORE_COLUMNS = frozenset(
    {
        *("ItemID", "C_ARTICULO", "Description", "Price", "Quantity", "QuantityCommitted", "Familia", "Categoria"),
        *("color", "talla", "CCOD", "SalePrice", "SaleStartDate", "SaleEndDate", "ExtendedCategory", "Tax", "Exis00"),
        *("Exis57", "Genero", "UPC", "Weight", "Manufacturer", "ID", "ItemLookupCode", "LastUpdated", "DateCreated"),
        *("TaxSystem", "DBTimeStamp", "SaleType", "Inactive", "WebItem", "ItemCannotBeSold"),
    }
)
"""The columns that the program expects of Item, View_Items and Configuration; a store may call each otherwise."""
NEVER_NONE = frozenset({"ItemID", "ID", "C_ARTICULO", "CCOD", "Price", "Quantity"})
"""What no store can do without."""

_IDENTIFIER = re.compile(r"\w[\w $#]*(?:\.\w[\w $#]*){0,2}")
_COLUMN = re.compile(r"\w[\w $#%&/()+.-]{0,127}")
"""Columns are looked up among those that the database lists, so this only keeps out what is a slip."""
_STOCK = re.compile(r"Exis\w+")
_SHOP = re.compile(r"[a-z0-9][a-z0-9-]*\.myshopify\.com")
_ADMIN_PAGE = re.compile(r"admin\.shopify\.com/store/([^/]+)")
_VERSION = re.compile(r"\d{4}-(?:01|04|07|10)|unstable")


def is_loopback(host: str) -> bool:
    """Return whether a host name or address is this machine itself."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _identifier(name: str) -> str:
    if not _IDENTIFIER.fullmatch(name):
        raise ValueError(
            f"'{name}' is no name of a table or column; allowed: letters, digits, _ and dots between parts"
        )
    return name


def _known_columns(columns: dict[str, str]) -> dict[str, str]:
    unknown = sorted(name for name in columns.keys() - STORE_COLUMNS if not _STOCK.fullmatch(name))
    if unknown:
        near = get_close_matches(unknown[0], STORE_COLUMNS, n=1, cutoff=0.6)
        meant = f"; did you mean {near[0]}?" if near else ""
        allowed = ", ".join(sorted(STORE_COLUMNS))
        raise ValueError(
            f"{', '.join(unknown)}: no such column is read{meant}; allowed: {allowed}, Exis with any ending"
        )
    for column, name in columns.items():
        if not name and column in NEVER_NONE:
            raise ValueError(f"{column} = '' says that the store has none, and nothing works without it")
    return {column: _column(name) if name else "" for column, name in columns.items()}


def _column(name: str) -> str:
    if not _COLUMN.fullmatch(name):
        raise ValueError(f"'{name}' is no name of a table or column; allowed: letters, digits, blanks and _$#%&/()+.-")
    return name


def _yes_no_words(value: object) -> object:
    """Return what people write for a connection option as the words kept: true and `yes` are the same wish."""
    return {"true": "yes", "mandatory": "yes", "false": "no", "optional": "no"}.get(
        str(value).strip().lower(), str(value).strip().lower()
    )


def _shop_domain(text: str) -> str:
    """Return `tienda.myshopify.com` for any way a person writes the shop: name, domain, URL, admin page."""
    plain = text.lower().removeprefix("https://").removeprefix("http://")
    page = _ADMIN_PAGE.match(plain)
    name = page.group(1) if page else plain.partition("/")[0]
    if not name:
        return ""
    domain = name if "." in name else f"{name}.myshopify.com"
    if not _SHOP.fullmatch(domain):
        raise ValueError(f"'{text}' is no shop; allowed: the name before .myshopify.com, for instance tienda")
    return domain


def _origin(text: str) -> str:
    """Return an origin without its trailing slash: https anywhere, plain http only on this machine.

    The access token travels with every request, so it must not leave the machine unencrypted.
    """
    if not text:
        return ""
    parts = urlsplit(text)
    host = parts.hostname or ""
    bare = parts.path in ("", "/") and not parts.query and not parts.fragment and "@" not in parts.netloc
    if not host or not bare or not (parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host))):
        raise ValueError("allowed: https://HOST[:PORT], or http:// with a loopback host such as http://127.0.0.1:8089")
    return f"{parts.scheme}://{parts.netloc}"


def _api_version(text: str) -> str:
    if not _VERSION.fullmatch(text):
        raise ValueError(f"'{text}' is no version of the Admin API; allowed: YYYY-01, -04, -07 or -10")
    return text


def _database_url(secret: SecretUrl) -> SecretUrl:
    if secret and "://" not in secret.get_secret_value():
        raise ValueError("not a database URL; allowed: a SQLAlchemy URL such as sqlite:///store.db")
    return secret


def _redis_url(secret: SecretUrl) -> SecretUrl:
    if secret and not secret.get_secret_value().startswith(("redis://", "rediss://", "unix://")):
        raise ValueError("not a Redis URL; allowed: redis://, rediss:// or unix://")
    return secret


Identifier = Annotated[Text, AfterValidator(_identifier)]
Encryption = Annotated[Literal["driver", "yes", "no", "strict"], BeforeValidator(_yes_no_words)]
Trust = Annotated[Literal["driver", "yes", "no"], BeforeValidator(_yes_no_words)]


class QueriesSection(Section):
    """[rms.queries]: the store's own names of what is read. Checked against the database by `check`."""

    item_table: Identifier = Field(default="Item", description="The table that changes are found in.")
    view: Identifier = Field(default="View_Items", description="The view that whole items are read from.")
    configuration_table: Identifier = Field(default="Configuration", description="The table that holds TaxSystem.")
    columns: Annotated[dict[str, Text], AfterValidator(_known_columns)] = Field(
        default={},
        description="The store's own column names: { CCOD = 'Modelo', Exis02 = 'Norte' }; '' = it has none. "
        "The others keep theirs.",
    )


class RmsSection(Section):
    """[rms]: the database of the store."""

    url: Annotated[Url, AfterValidator(_database_url)] = Field(
        default=NO_URL,
        description="Any SQLAlchemy URL (sqlite:///store.db) in the place of host, port, database and user.",
    )
    host: Text = Field(default="", description="SQL Server's host name or address (HOST or HOST\\INSTANCE).")
    port: Whole = Field(default=1433, ge=1, le=65535, description="SQL Server's port.")
    database: Text = Field(default="", description="Name of the RMS database.")
    user: Text = Field(
        default="", description="Login that may read Item and View_Items, and nothing else; empty = Windows's."
    )
    password: Secret = Field(default=EMPTY, description="Its password (secret).")
    driver: Text = Field(default="auto", description="Name of the ODBC driver; auto = the newest that is installed.")
    encrypt: Encryption = Field(
        default="driver",
        description="Encryption: driver (as the driver does by itself), yes, no, strict. true and false work.",
    )
    trust_server_certificate: Trust = Field(
        default="driver", description="Accept any certificate: driver, yes (encrypted but unverified), no."
    )
    pooling: Flag = Field(default=True, description="Keep database connections open between reads.")
    pool_size: Whole = Field(default=10, ge=1, le=100, description="Database connections at most.")
    query_cache: Flag = Field(default=True, description="Remember reference data (never stock or price) between reads.")
    cache_ttl_s: Real = Field(
        default=300.0, ge=0, le=86_400, description="Seconds that remembered reference data serve."
    )
    overlap_s: Real = Field(
        default=1800.0,
        ge=0,
        le=86_400,
        description="Seconds behind the watermark that last_updated detection reads again.",
    )
    detection: Annotated[Literal["auto", "rowversion", "last_updated"], AnyCase] = Field(
        default="auto", description="How changes are found: auto, rowversion (DBTimeStamp), last_updated (LastUpdated)."
    )
    queries: QueriesSection = QueriesSection()


class ShopifySection(Section):
    """[shopify]: the shop."""

    shop: Annotated[Text, AfterValidator(_shop_domain)] = Field(
        default="", description="The shop: tienda, tienda.myshopify.com or its URL."
    )
    token: Secret = Field(default=EMPTY, description="Permanent Admin API access token, shpat_... (secret).")
    client_id: Text = Field(
        default="", description="Client id of an app of the Dev Dashboard, in the place of a token."
    )
    client_secret: Secret = Field(default=EMPTY, description="Its client secret (secret).")
    api_version: Annotated[Text, AfterValidator(_api_version)] = Field(
        default="2026-10", description="Version of the Admin API that is asked for."
    )
    api_base: Annotated[Text, AfterValidator(_origin)] = Field(
        default="", description="Origin that replaces https://SHOP, for test servers: https, or http on loopback."
    )


class RedisSection(Section):
    """[redis]: only for a standby on another machine."""

    url: Annotated[Url, AfterValidator(_redis_url)] = Field(
        default=NO_URL,
        description="redis://HOST:6379/0; empty = the lock of this machine and the shop's own are enough.",
    )
