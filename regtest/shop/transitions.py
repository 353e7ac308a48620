"""What WooCommerce does when an order's status changes: stock, notes, mails, dates. Pure; seen in its recordings.

It obeys any change. Whatever protects an order has to be done by whoever asks.
"""

from dataclasses import dataclass

NAMES = {
    "pending": "Pending payment",
    "on-hold": "On hold",
    "processing": "Processing",
    "completed": "Completed",
    "cancelled": "Cancelled",
    "refunded": "Refunded",
    "failed": "Failed",
    "checkout-draft": "Draft",
    "trash": "Trash",
}
"""The statuses of WooCommerce itself; a plugin may add others."""

WANTS_PAYMENT = ("pending", "failed", "checkout-draft")
EDITABLE = ("pending", "on-hold")
PAYABLE = ("pending", "on-hold", "failed", "cancelled")
"""From these WooCommerce lets a plugin make an order paid; from others that changes nothing."""

TAKES_STOCK = ("processing", "on-hold", "completed")
GIVES_STOCK_BACK = ("pending", "cancelled")
SILENT = ("checkout-draft", "trash")
"""Leaving one of these is neither noted nor, but for "completed", mailed."""

TELLS_THE_SHOP = ("pending", "failed", "cancelled")
"""From these an order becomes news to the shop, once."""

STOCK = "(stock)"
"""A note that is put into words when the stock was counted."""


@dataclass(frozen=True)
class Standing:
    """What a change depends on. `needs_processing` is false for downloads alone."""

    status: str
    needs_processing: bool
    manages_stock: bool
    stock_reduced: bool
    is_paid: bool
    shop_was_told: bool


@dataclass(frozen=True)
class Remark:
    """A note to write; `brief` is empty for what the shop remarks about stock and mails."""

    text: str
    brief: str = ""


@dataclass(frozen=True)
class Change:
    """What comes of it, notes in their order. `stock` is -1, 0 or 1 times the order's quantity."""

    status: str
    remarks: tuple[Remark, ...] = ()
    mails: tuple[tuple[str, str], ...] = ()
    stock: int = 0
    pays: bool = False
    completes: bool = False


def change(before: Standing, status: str, payment: str | None = None) -> Change:
    """Going over to `status`; `payment` is the remark of a payment, which then takes the change's place."""
    if status == before.status:
        return Change(status)
    stock = _stock(before, status)
    mails = _mails(before, status)
    brief = f"Status: {before.status} → {status}."
    text = payment or f"Order status changed from {name(before.status)} to {name(status)}."
    said = [Remark(text, brief)] if payment or before.status not in SILENT else []
    counted = [Remark(STOCK)] if stock else []
    mailed = [Remark(f'Email "{kind}" sent.') for _, kind in mails]
    if status == "completed":  # its mail goes out before the change is noted
        remarks = [*(said if payment else []), *counted, *mailed[:1], *([] if payment else said), *mailed[1:]]
    else:
        remarks = [*said, *counted, *mailed] if payment else [*counted, *said, *mailed]
    pays = not before.is_paid and (status == "completed" or (status == "processing" and before.needs_processing))
    return Change(status, tuple(remarks), mails, stock, pays, status == "completed")


def paid_status(needs_processing: bool) -> str:
    """Where a payment leads."""
    return "processing" if needs_processing else "completed"


def name(status: str) -> str:
    """What a merchant reads."""
    return NAMES.get(status, status.capitalize())


def _stock(before: Standing, status: str) -> int:
    if not before.manages_stock:
        return 0
    if status in TAKES_STOCK and not before.stock_reduced:
        return -1
    return 1 if status in GIVES_STOCK_BACK and before.stock_reduced else 0


def _mails(before: Standing, status: str) -> tuple[tuple[str, str], ...]:
    """Recipient and kind of each, in their order."""
    old = before.status
    news = [("shop", "New order")] if old in TELLS_THE_SHOP and not before.shop_was_told else []
    match status:
        case "completed":
            return (("customer", "Completed order"), *news)
        case "processing" if old in TELLS_THE_SHOP or old == "on-hold":
            return (*news, ("customer", "Processing order"))
        case "on-hold" if old in TELLS_THE_SHOP:
            return (*news, ("customer", "Order on-hold"))
        case "cancelled" if old in ("pending", "on-hold", "processing"):
            return (("shop", "Cancelled order"),)
        case "failed" if old in ("pending", "on-hold"):
            return (("shop", "Failed order"),)
        case "refunded" if old not in SILENT:
            return (("customer", "Refunded order"),)
    return ()
