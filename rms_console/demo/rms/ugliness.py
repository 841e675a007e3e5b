"""What years of hurried typing do to a store's data. Each kind of dirt was seen in real databases of this kind.

The catalogue comes in clean; here a share of it is spoilt, deterministically. What makes an item unusable (no style,
an absurd price) stays rare, as in life; what merely looks bad is common.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from random import Random

from rms_console.demo.rms.catalog import CLOTHES, LINES, Goods

Spoil = Callable[[Random, list[Goods]], None]

SIZE_CODES = {"S": "010", "M": "020", "L": "030", "XL": "040"}
EMPTY_DATE = datetime.fromisoformat("1900-01-01")
LOST_COMMA = 10**7
"""22,123.90 typed into a field that took the comma for nothing came out as 221239000000."""


def spoil(random: Random, goods: list[Goods], now: datetime) -> None:
    """Spoil the catalogue in every way there is. `now` is the store's local time."""
    for way in _WAYS:
        way(random, goods)
    _set_sales(random, goods, now)


def _some(random: Random, goods: Sequence[Goods], share: float, least: int = 1) -> list[Goods]:
    count = min(len(goods), max(least, round(len(goods) * share)))
    return random.sample(list(goods), count)


def _spell_colors(random: Random, goods: list[Goods]) -> None:
    spellings: tuple[Callable[[str], str], ...] = (str.upper, str.lower, _without_accents, "{}  ".format)
    for item in _some(random, goods, 0.25):
        item.color = random.choice(spellings)(item.color)


def _blank_color_or_size(random: Random, goods: list[Goods]) -> None:
    single = [item for item in goods if item.size == "U"]
    for item in _some(random, single, 0.4):
        item.size = random.choice((" ", "   ", ""))
    for item in _some(random, single, 0.2):
        item.color = "  "


def _code_sizes(random: Random, goods: list[Goods]) -> None:
    for item in _some(random, [item for item in goods if item.size in CLOTHES], 0.15):
        item.size = SIZE_CODES[item.size]


def _mix_up_code_pages(random: Random, goods: list[Goods]) -> None:
    accented = [item for item in goods if not item.description.isascii()]
    for item in _some(random, accented, 0.1):
        item.description = _mojibake(item.description)
    for item in _some(random, [item for item in goods if not item.color.isascii()], 0.05):
        item.color = _mojibake(item.color)


def _odd_quantities(random: Random, goods: list[Goods]) -> None:
    for item in _some(random, goods, 0.01):
        item.quantity = random.choice((0.5, 2.5, 0.9999))
    for item in _some(random, goods, 0.01):
        item.quantity = float(-random.randrange(1, 5))
    for item in _some(random, [item for item in goods if item.quantity >= 2], 0.02):
        item.committed = 1.0


def _odd_prices(random: Random, goods: list[Goods]) -> None:
    for item in _some(random, goods, 0.03):
        item.price += 123.9
    for item, price in zip(_some(random, goods, 0.0, least=3), (22123.9 * LOST_COMMA, 0.0, 0.0), strict=False):
        item.price = price


def _styles_astray(random: Random, goods: list[Goods]) -> None:
    """Items without a style, and items whose style is typed in another case or with a space."""
    for item in _some(random, goods, 0.0015, least=2):
        item.style = None
    for item in _some(random, [item for item in goods if item.style], 0.01):
        item.style = random.choice(("{} ".format, str.lower))(item.style or "")


def _one_sku_twice(random: Random, goods: list[Goods]) -> None:
    first, *others = _some(random, goods, 0.0, least=2)
    for other in others:
        other.sku = first.sku


def _withdrawn(random: Random, goods: list[Goods]) -> None:
    for item in _some(random, goods, 0.03):
        item.inactive = 1
    for item in _some(random, goods, 0.04):
        item.web_item = 0
    for item in _some(random, goods, 0.005):
        item.cannot_be_sold = 1
    for item in _some(random, goods, 0.003):
        item.item_type = 5


_WAYS: tuple[Spoil, ...] = (
    _spell_colors,
    _blank_color_or_size,
    _code_sizes,
    _mix_up_code_pages,
    _odd_quantities,
    _odd_prices,
    _styles_astray,
    _one_sku_twice,
    _withdrawn,
)


def _set_sales(random: Random, goods: list[Goods], now: datetime) -> None:
    """Give sales by style: long over, running (some without an end), and about to start."""
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    windows: tuple[tuple[float, datetime, datetime | None], ...] = (
        (0.10, today - timedelta(days=900), today - timedelta(days=880)),
        (0.04, today - timedelta(days=3), today + timedelta(days=4)),
        (0.01, today - timedelta(days=30), EMPTY_DATE),
        (0.01, today - timedelta(days=1), None),
        (0.02, now.replace(second=0, microsecond=0) + timedelta(minutes=5), today + timedelta(days=2)),
    )
    for share, start, end in windows:
        for style in _some_styles(random, goods, share):
            for item in style:
                _put_on_sale(item, start, end)


def _some_styles(random: Random, goods: list[Goods], share: float) -> list[list[Goods]]:
    styles: dict[str, list[Goods]] = {}
    for item in goods:
        if item.style and LINES[item.line].family != "n/d":
            styles.setdefault(item.style, []).append(item)
    return random.sample(list(styles.values()), min(len(styles), max(1, round(len(styles) * share))))


def _put_on_sale(item: Goods, start: datetime, end: datetime | None) -> None:
    item.sale_type, item.sale_start, item.sale_end = 1, start, end
    item.sale_price = round(item.price * 0.7, -2)


def _without_accents(text: str) -> str:
    return "".join(sign for sign in unicodedata.normalize("NFD", text) if not unicodedata.combining(sign)).upper()


def _mojibake(text: str) -> str:
    """Return UTF-8 read as Western Windows text: NIÑO becomes NIÃ‘O."""
    return text.encode("utf-8").decode("cp1252", errors="replace")
