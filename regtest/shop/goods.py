"""What the shop sells."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True)
class Product:
    """A thing with a price in EUR; `drawing` names its picture in static/. Downloads need no packing and no stock."""

    code: str
    name: str
    words: str
    price: Decimal
    is_download: bool = False

    @property
    def drawing(self) -> str:
        """The picture's file name."""
        return f"{self.code}.svg"


PRODUCTS = (
    Product("mug", "Mug", "Stoneware, holds a long coffee and keeps it warm.", Decimal("12.34")),
    Product("notebook", "Notebook", "Dotted pages, lies flat, fits a coat pocket.", Decimal("8.90")),
    Product("poster", "Poster", "The first block, set in type. A2, uncoated paper.", Decimal("21.00")),
    Product("sticker", "Sticker", "Weatherproof. For laptops, lamp posts and lids.", Decimal("1.50")),
)
DOWNLOADS = (Product("ebook", "E-book", "Sold to tests alone. Nothing of it is packed.", Decimal(5), True),)
MOST_OF_ONE = 20
IN_STOCK = 50
"""How many there are of each thing at first."""


def product(code: str) -> Product | None:
    """The product of this code, None if there is none."""
    return next((item for item in (*PRODUCTS, *DOWNLOADS) if item.code == code), None)
