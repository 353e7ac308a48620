"""What is sent to the shop to set an order to paid."""

from typing import Any

from app.domain.bridge import Expected, InvoiceView
from app.domain.shop_order import ShopOrder
from woo_bridge.standing import PAID_STATUSES, is_our_gateway


def payment_write(order: ShopOrder, invoice: InvoiceView) -> tuple[dict[str, Any], Expected]:
    """The body that sets an order to paid, and what the answer must show.

    `set_paid` does nothing where the shop awaits no payment; and an order of downloads that is only set to processing
    gets no date of payment.
    """
    if order.needs_payment:
        change: dict[str, Any] = {"set_paid": True}
    else:
        change = {"status": "processing" if order.needs_processing else "completed"}
    return change | {"transaction_id": invoice.id}, Expected(paid=True, transaction_id=invoice.id)


def never_paid(order: ShopOrder, invoice: InvoiceView) -> str | None:
    """Why not even a person may have Sattle set this order to paid; None when they may.

    A shop obeys whatever it is told: it would take an order back from the trash, undo a refund, book a payment on
    another gateway's order, or put a completed order back.
    """
    if invoice.order_key is not None and invoice.order_key != order.order_key:
        return "another order has this id now"
    if order.status == "trash":
        return "the order is in the trash: restore it in the shop, then ask again"
    if order.status == "refunded" or order.has_refunds:
        return "a refund is noted on the order: settle it in the shop"
    if not is_our_gateway(order):
        return "the order is to be paid another way now"
    return "the order counts as paid already" if order.status in PAID_STATUSES else None
