"""What is sent to the shop to set an order to paid."""

from typing import Any

from app.domain.bridge import Expected, InvoiceView
from app.domain.shop_order import ShopOrder


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
