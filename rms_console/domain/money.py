"""Money is Decimal, rounded once, by one rule: half away from zero, to the smallest unit the shop's currency has."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Context, Decimal

_WITHOUT_CENTS = frozenset(
    {"BIF", "CLP", "CRC", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW"}
    | {"PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF"}
)
"""ISO 4217 currencies of exponent 0, and CRC: ISO gives colones two decimals, but no céntimo has been minted for
years and prices are whole. Source: ISO 4217 list one, and the store's own practice, read 2026-11."""

_EXACT = Context(prec=60, rounding=ROUND_HALF_UP)
_WHOLE = Decimal(1)
_CENT = Decimal("0.01")
_LONGEST = 30


def minor_unit(currency: str) -> Decimal:
    """Return the smallest amount a price may differ by: 1 or 0.01.

    Dinars and rials of three decimals (BHD, IQD, JOD, KWD, LYD, OMR, TND) get 0.01 too: Shopify keeps prices in
    hundredths, and a third decimal would come back as a difference for ever.
    Source: Shopify's default money formats append a 0 to such amounts, read 2026-11.
    """
    return _WHOLE if currency.upper() in _WITHOUT_CENTS else _CENT


def round_money(value: Decimal, currency: str) -> Decimal:
    """Return the amount as the shop shows it, halves away from zero, as SQL Server's ROUND does.

    Raises:
        decimal.InvalidOperation: the value is not finite, or has more than 57 digits before the point.
    """
    return value.quantize(minor_unit(currency), context=_EXACT)


def with_tax(price: Decimal, percent: Decimal) -> Decimal:
    """Return a price before tax with `percent` added, unrounded."""
    return _EXACT.multiply(price, 1 + percent / 100)


def plain(value: Decimal) -> str:
    """Return an amount for people, without exponent unless it is absurdly long."""
    return f"{value:f}" if abs(value.adjusted()) < _LONGEST else str(value)
