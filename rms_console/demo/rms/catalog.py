"""The goods of the embedded store: footwear, clothes and accessories of a shop in Costa Rica, prices in colones."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from random import Random

WOMEN = ("35", "36", "37", "38", "39", "40")
MEN = ("39", "40", "41", "42", "43", "44")
CHILDREN = ("22", "23", "23½", "24", "25", "26", "27½", "28")
CLOTHES = ("S", "M", "L", "XL")
BABIES = ("0-3", "3-6", "6-9", "12")
ONE_SIZE = ("U",)

DESCRIPTION_WIDTH = 30
"""Item.Description is nvarchar(30)."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of goods: how it is filed, in which sizes it comes, what it costs."""

    family: str
    category: str
    gender: str
    noun: str
    sizes: tuple[str, ...]
    low: int
    high: int
    weight_kg: float
    letter: str

    @property
    def extended(self) -> str:
        return f"{self.family} > {self.gender} > {self.category}"


LINES = (
    Line("Zapatos", "Tenis", "Mujer", "TENIS", WOMEN, 19_900, 59_900, 0.7, "T"),
    Line("Zapatos", "Tenis", "Hombre", "TENIS", MEN, 22_900, 69_900, 0.9, "H"),
    Line("Zapatos", "Botas", "Mujer", "BOTA", WOMEN, 29_900, 89_900, 1.1, "B"),
    Line("Zapatos", "Sandalias", "Mujer", "SANDALIA", WOMEN, 9_900, 34_900, 0.5, "S"),
    Line("Zapatos", "Formal", "Hombre", "ZAPATO", MEN, 27_900, 79_900, 1.0, "F"),
    Line("Zapatos", "Tenis", "Niño", "TENIS NIÑO", CHILDREN, 12_900, 27_900, 0.4, "K"),
    Line("Zapatos", "Sandalias", "Niña", "SANDALIA NIÑA", CHILDREN, 8_900, 18_900, 0.3, "N"),
    Line("Ropa", "Vestidos", "Mujer", "VESTIDO", CLOTHES, 14_900, 44_900, 0.4, "V"),
    Line("Ropa", "Camisas", "Hombre", "CAMISA", CLOTHES, 11_900, 32_900, 0.3, "C"),
    Line("Ropa", "Bebé", "Bebé", "PIJAMA", BABIES, 5_900, 12_900, 0.2, "P"),
    Line("Accesorios", "Bolsos", "Mujer", "BOLSO", ONE_SIZE, 14_900, 64_900, 0.8, "M"),
    Line("Accesorios", "Fajas", "Unisex", "FAJA", ("S", "M", "L"), 6_900, 16_900, 0.2, "J"),
    Line("Miscelaneos", "Cuidado", "Unisex", "BETUN", ONE_SIZE, 1_900, 4_900, 0.1, "X"),
    Line("n/d", "n/d", "Unisex", "VARIOS", ONE_SIZE, 900, 9_900, 0.1, "Z"),
)
LINE_WEIGHTS = (14, 12, 10, 12, 8, 8, 6, 8, 7, 3, 14, 4, 3, 1)

SUPPLIERS = ("MONTE VERDE", "CASA LUNA", "ALTAMAR", "SABANA", "RIO NORTE", "PUNTO CERO", "LA CEIBA", "TURRUBARES")
COLORS = {
    "NE": "Negro",
    "BL": "Blanco",
    "MA": "Marrón",
    "CA": "Café",
    "RO": "Rojo",
    "AZ": "Azul marino",
    "BE": "Beige",
    "GR": "Gris",
    "FU": "Fucsia",
    "DO": "Dorado",
}


@dataclass(slots=True)
class Goods:
    """One item as it will be written: RMS's own column names are in `store.py`."""

    item_id: int
    sku: str
    style: str | None
    line: int
    supplier: int
    color: str
    size: str
    description: str
    price: float
    quantity: float
    quantity_57: float
    written_at: datetime
    barcode: str | None
    weight: float | None
    sale_type: int = 0
    sale_price: float = 0.0
    sale_start: datetime | None = None
    sale_end: datetime | None = None
    committed: float = 0.0
    item_type: int = 0
    inactive: int = 0
    web_item: int = 1
    cannot_be_sold: int = 0


@dataclass(slots=True)
class Catalog:
    """Makes styles with all their sizes. Style codes are model and colour, each given once."""

    random: Random
    next_id: int = 1001
    next_model: int = 100
    _open: list[tuple[int, int, str, float, list[str]]] = field(default_factory=list)

    def goods(self, count: int, stamps: Iterator[datetime]) -> list[Goods]:
        """Return `count` items, style by style; each style takes the next of `stamps`."""
        made: list[Goods] = []
        while len(made) < count:
            made += self.style(next(stamps))
        return made[:count]

    def style(self, written_at: datetime) -> list[Goods]:
        """Return one new style: a new model, or one more colour of a model that has few."""
        line_number, supplier, model, price, colors = self._model()
        color = colors.pop()
        line = LINES[line_number]
        sizes = self._sizes(line.sizes)
        return [
            self._item(line_number, supplier, f"{model}{color}", COLORS[color], size, price, written_at)
            for size in sizes
        ]

    def _model(self) -> tuple[int, int, str, float, list[str]]:
        if self._open and self.random.random() < 0.55:
            place = self.random.randrange(len(self._open))
            model = self._open[place]
            if len(model[4]) == 1:
                del self._open[place]
            return model
        (number,) = self.random.choices(range(len(LINES)), LINE_WEIGHTS)
        line = LINES[number]
        price = float(self.random.randrange(line.low, line.high + 1, 1000))
        colors = self.random.sample(sorted(COLORS), self.random.choice((2, 3, 3, 4)))
        self.next_model += self.random.randrange(1, 9)
        model = (number, self.random.randrange(len(SUPPLIERS)), f"{line.letter}{self.next_model}", price, colors)
        self._open.append(model)
        return model

    def _sizes(self, sizes: tuple[str, ...]) -> tuple[str, ...]:
        """Return a run of sizes: a store rarely has them all."""
        if len(sizes) < 3:
            return sizes
        length = self.random.randrange(3, len(sizes) + 1)
        start = self.random.randrange(len(sizes) - length + 1)
        return sizes[start : start + length]

    def _item(
        self, line: int, supplier: int, style: str, color: str, size: str, price: float, written_at: datetime
    ) -> Goods:
        chance = self.random
        item_id, self.next_id = self.next_id, self.next_id + 1
        return Goods(
            item_id=item_id,
            sku=f"{style}{size.replace('½', '5').replace('-', '')}",
            style=style,
            line=line,
            supplier=supplier,
            color=color,
            size=size,
            description=describe(LINES[line].noun, SUPPLIERS[supplier], size, color, chance.random()),
            price=price,
            quantity=float(0 if chance.random() < 0.12 else chance.randrange(1, 13)),
            quantity_57=float(0 if chance.random() < 0.5 else chance.randrange(1, 5)),
            written_at=written_at,
            barcode=f"744{chance.randrange(10**9, 10**10)}" if chance.random() < 0.8 else None,
            weight=LINES[line].weight_kg if chance.random() < 0.7 else None,
        )


def describe(noun: str, supplier: str, size: str, color: str, chance: float) -> str:
    """Return a description as store staff types it: padded to the column, often with size and colour tacked on."""
    name = f"{noun} {supplier}"
    if chance < 0.4:
        name = f"{name}   -  {size} -{color.upper()}"
    return name[:DESCRIPTION_WIDTH].ljust(DESCRIPTION_WIDTH) if chance < 0.7 else name[:DESCRIPTION_WIDTH]
