"""Every state that a checkout page can be in, made of rows."""

from collections.abc import Callable

from tests.checkout_rows import DUE_SATS, Shop

PAST = {"minutes_left": -5}


def _partial(shop: Shop) -> str:
    invoice = shop.invoice()
    shop.pay(invoice, 100_001)
    return invoice


def _seen(shop: Shop) -> str:
    invoice = shop.invoice(status="Processing", speed_policy="LowSpeed")
    shop.pay(invoice, DUE_SATS, confirmations=2)
    return invoice


def _paid(shop: Shop) -> str:
    invoice = shop.invoice(status="Settled", additional_status="PaidOver")
    shop.pay(invoice, DUE_SATS + 5, confirmations=3)
    return invoice


def _late(shop: Shop) -> str:
    invoice = shop.invoice(status="Expired", additional_status="PaidLate", **PAST)
    shop.pay(invoice, DUE_SATS)
    return invoice


def _short(shop: Shop) -> str:
    invoice = shop.invoice(status="Expired", additional_status="PaidPartial", **PAST)
    shop.pay(invoice, 100_001)
    return invoice


STATES: dict[str, Callable[[Shop], str]] = {
    "waiting": lambda shop: shop.invoice(details={"itemDesc": "A-very-long-name-" * 8}),
    "open amount": lambda shop: shop.invoice(price=None, is_top_up=True),
    "partial": _partial,
    "closing": lambda shop: shop.invoice(minutes_left=-0.1),
    "seen": _seen,
    "paid": _paid,
    "expired": lambda shop: shop.invoice(status="Expired", **PAST),
    "expired short": _short,
    "late": _late,
    "invalid": lambda shop: shop.invoice(status="Invalid"),
    "turned down": lambda shop: shop.invoice(status="Invalid", additional_status="Marked"),
}
"""A new invoice of a shop in each state, by name."""
