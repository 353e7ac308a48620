"""One order of the shop, and what an order begins with."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from regtest.shop import transitions
from regtest.shop.goods import Product, product
from regtest.shop.transitions import Standing

BITPAY = "btcpay"
"""The gateway of the older plugin; those of the Greenfield plugin begin with `btcpaygf_`."""


@dataclass(frozen=True)
class Order:
    """An order; `invoice_id` and `pay_url` are empty until an invoice was made. `total` None: the buyer chooses.

    The three times are UTC in whole seconds without a zone. `stock_reduced`: how many things it took from the stock.
    """

    id: int
    key: str
    item: str
    total: str | None
    currency: str
    status: str
    invoice_id: str
    pay_url: str
    overrides: str
    created_at: str
    gateway: str
    gateway_title: str
    product: str
    quantity: int
    own_number: str
    created_via: str
    transaction_id: str
    modified_at: str
    paid_at: str | None
    completed_at: str | None
    stock_reduced: int
    shop_was_told: int

    @property
    def number(self) -> str:
        """What buyer and merchant see: the id as text, or what a numbering plugin made of it."""
        return self.own_number or str(self.id)

    @property
    def is_download(self) -> bool:
        """Whether nothing of it has to be packed."""
        sold = product(self.product)
        return sold is not None and sold.is_download

    @property
    def needs_payment(self) -> bool:
        """Whether WooCommerce would take a payment for it."""
        return self.status in transitions.WANTS_PAYMENT and Decimal(self.total or 0) > 0

    def standing(self, manages_stock: bool = True) -> Standing:
        """What a change of its status depends on."""
        return Standing(
            status=self.status,
            needs_processing=not self.is_download,
            manages_stock=manages_stock and not self.is_download,
            stock_reduced=bool(self.stock_reduced),
            is_paid=self.paid_at is not None,
            shop_was_told=bool(self.shop_was_told),
        )


@dataclass(frozen=True)
class NewOrder:
    """What an order begins with."""

    item: str
    total: str | None
    currency: str
    overrides: dict[str, Any]
    gateway: str = BITPAY
    product: str = "mug"
    quantity: int = 1
    created_via: str = "checkout"
    status: str = "pending"
    invoice_id: str = ""


def order_for(chosen: Product, quantity: int, gateway: str) -> NewOrder:
    """What a buyer puts into the basket."""
    price = format(chosen.price * quantity, "f")
    return NewOrder(f"{quantity} of {chosen.name}", price, "EUR", {}, gateway, chosen.code, quantity)
