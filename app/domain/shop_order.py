"""An order as the shop tells it over REST: what the bridge may know of it, and nothing of the buyer.

Reading is by an allow-list: names, addresses, e-mails and what was bought never come in, so that they cannot be
stored with the evidence of a mismatch.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from app.domain.shop_fields import Body, moment, money, whole

SATS_IN_A_COIN = Decimal(100_000_000)
INVOICE_META = "BTCPay_id"  # the invoice that the plugin (V2) asks to be paid
REDUCED_META = "_reduced_stock"
FIELDS = (  # what to ask a shop for: `_fields` of the REST call
    "id",
    "number",
    "status",
    "total",
    "currency",
    "order_key",
    "payment_method",
    "transaction_id",
    "needs_payment",
    "needs_processing",
    "date_paid_gmt",
    "date_modified_gmt",
    "created_via",
    "refunds",
    "meta_data",
    "line_items",
)


@dataclass(frozen=True)
class OrderGone:
    """The shop answers that it has no such order (404, invalid id); a missing REST API is something else."""

    id: int

    def to_json(self) -> dict[str, Any]:
        return {"id": self.id, "gone": True}


@dataclass(frozen=True)
class Wanted:
    """How many of a product the order has still to take from stock; a variation has an id of its own."""

    product_id: int
    quantity: Decimal


@dataclass(frozen=True)
class ShopOrder:
    """One order as read. Moments are aware UTC; `total` is in the shop's currency.

    `decided_by_person` and `stock_suffices` are None until somebody has asked: they cost calls of their own.
    """

    id: int
    number: str
    status: str
    total: Decimal
    currency: str
    order_key: str
    payment_method: str
    transaction_id: str
    needs_payment: bool
    needs_processing: bool
    date_paid: datetime | None
    date_modified: datetime
    created_via: str = ""
    has_refunds: bool = False
    plugin_invoice_id: str | None = None
    wanted: tuple[Wanted, ...] = ()
    decided_by_person: bool | None = None
    stock_suffices: bool | None = None

    def to_json(self) -> dict[str, Any]:
        """What is kept as evidence."""
        kept = asdict(self)
        kept["total"] = str(self.total)
        kept["date_paid"] = self.date_paid and self.date_paid.isoformat()
        kept["date_modified"] = self.date_modified.isoformat()
        kept["wanted"] = [[item.product_id, str(item.quantity)] for item in self.wanted]
        return kept

    def sells_for(self, price: Decimal | None, currency: str) -> tuple[bool, bool]:
        """Are the currency and the total those of an invoice? A shop that counts in SAT has its invoices in BTC."""
        ours, theirs, total = currency.upper(), self.currency.upper(), self.total
        if (theirs, ours) == ("SAT", "BTC"):
            theirs, total = "BTC", total / SATS_IN_A_COIN
        return ours == theirs, price is not None and price == total

    def knowing(self, *, person: bool | None = None, stock: bool | None = None) -> "ShopOrder":
        """The order with what else was read; None leaves what is known."""
        return replace(
            self,
            decided_by_person=self.decided_by_person if person is None else person,
            stock_suffices=self.stock_suffices if stock is None else stock,
        )

    def is_still(self, found: "ShopOrder | OrderGone") -> bool:
        """Was the same read again? What calls of their own told of it does not count, nor does its date: there are
        plugins that save an order whenever it is read."""
        if not isinstance(found, ShopOrder):
            return False
        known = found.knowing(person=self.decided_by_person, stock=self.stock_suffices)
        return replace(known, date_modified=self.date_modified) == self


def read_order(body: Mapping[str, Any]) -> ShopOrder:
    """The order in a REST answer. BadInput names the field that a shop should have told otherwise."""
    order = Body("order", body)
    meta = _texts(order.list("meta_data"))
    return ShopOrder(
        id=order.whole("id"),
        number=order.text("number"),
        status=order.text("status"),
        total=order.money("total"),
        currency=order.text("currency"),
        order_key=order.text("order_key"),
        payment_method=order.text("payment_method"),
        transaction_id=order.text("transaction_id"),
        needs_payment=order.truth("needs_payment"),
        needs_processing=order.truth("needs_processing"),
        date_paid=order.moment_or_none("date_paid_gmt"),
        date_modified=order.moment("date_modified_gmt"),
        created_via=order.text("created_via"),
        has_refunds=bool(order.list("refunds")),
        plugin_invoice_id=meta.get(INVOICE_META) or None,
        wanted=tuple(_wanted(order.list("line_items"))),
    )


def from_json(kept: Mapping[str, Any]) -> ShopOrder | OrderGone:
    """What `to_json` kept, read back."""
    if kept.get("gone") is True:
        return OrderGone(whole("order.id", kept.get("id")))
    known = {field.name: kept[field.name] for field in fields(ShopOrder) if field.name in kept}
    known["total"] = money("order.total", kept.get("total"))
    known["date_paid"] = None if kept.get("date_paid") is None else moment("order.date_paid", kept["date_paid"])
    known["date_modified"] = moment("order.date_modified", kept.get("date_modified"))
    known["wanted"] = tuple(Wanted(product, Decimal(quantity)) for product, quantity in kept.get("wanted", ()))
    return ShopOrder(**known)


def _texts(meta_data: Iterable[Any]) -> dict[str, str]:
    """The meta data that are text, by key; others hold nothing that we look for."""
    pairs = (entry for entry in meta_data if isinstance(entry, Mapping))
    return {str(entry.get("key")): entry["value"] for entry in pairs if isinstance(entry.get("value"), str)}


def _wanted(line_items: Iterable[Any]) -> Iterable[Wanted]:
    """What has not been taken from stock yet: WooCommerce notes on a line how much of it was."""
    for number, item in enumerate(line_items):
        line = Body(f"order.line_items.{number}", item)
        taken = _texts(line.list("meta_data")).get(REDUCED_META, "0")
        left = line.money("quantity") - money(line.name_of(REDUCED_META), taken)
        if left > 0:
            yield Wanted(line.whole("variation_id") or line.whole("product_id"), left)
