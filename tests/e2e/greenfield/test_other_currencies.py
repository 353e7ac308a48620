"""Shops that count in yen, in bitcoin and in satoshis. 1 BTC is 9,000,000 JPY here."""

from decimal import Decimal

import pytest

from tests.e2e.case import Case


@pytest.mark.parametrize(
    ("price", "currency", "due_sats", "asked"),
    [
        ("1500", "JPY", 16_667, ("1500", "JPY")),
        ("0.00020000", "BTC", 20_000, ("0.0002", "BTC")),
        ("20000", "SAT", 20_000, ("0.0002", "BTC")),
        ("20000", "SATS", 20_000, ("20000", "SATS")),
    ],
)
def test_an_order_in_another_currency_is_paid_to_the_satoshi(
    shop: Case, price: str, currency: str, due_sats: int, asked: tuple[str, str]
) -> None:
    order = shop.order(price, currency=currency)
    invoice = shop.api("GET", f"/invoices/{order.invoice_id}").json()
    assert (Decimal(invoice["amount"]), invoice["currency"]) == (Decimal(asked[0]), asked[1])
    assert order.page()["due"] == f"0.000{due_sats}"
    order.pay(due_sats - 1)
    order.wait_status("New", "PaidPartial")
    order.pay(600)
    order.wait_status("Processing", "PaidOver")
    shop.node.mine()
    order.wait_order("processing")
