"""Is there still enough on the shelf for an order that was given up and then paid?"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from app.domain.shop_fields import Body, money
from app.domain.shop_order import ShopOrder


@dataclass(frozen=True)
class Stock:
    """What the shop says about one product: `quantity` is None where nobody counts it."""

    product_id: int
    quantity: Decimal | None
    sells_on: bool  # without limit, or by order from a supplier


def read_stock(body: Mapping[str, Any]) -> Stock:
    """The stock in a REST answer about a product or a variation. BadInput."""
    product = Body("product", body)
    quantity = product.get("stock_quantity")
    return Stock(
        product_id=product.whole("id"),
        quantity=None if quantity is None else money("product.stock_quantity", quantity),
        sells_on=product.text("stock_status") == "onbackorder" or product.text("backorders") in ("yes", "notify"),
    )


def suffices(order: ShopOrder, shelves: Iterable[Stock]) -> bool:
    """Can the order take what it still has to? A product that the shop does not know any more cannot be sent."""
    by_id = {stock.product_id: stock for stock in shelves}
    needed: dict[int, Decimal] = {}
    for item in order.wanted:
        needed[item.product_id] = needed.get(item.product_id, Decimal(0)) + item.quantity
    return all(product in by_id and _gives(by_id[product], quantity) for product, quantity in needed.items())


def _gives(stock: Stock, quantity: Decimal) -> bool:
    return stock.sells_on or stock.quantity is None or stock.quantity >= quantity
