"""Invoices for nothing, and invoices for as much as the buyer likes."""

from decimal import Decimal

import requests

from tests.e2e.case import SECONDS, Case


def test_an_order_for_nothing_is_paid_at_once_and_leads_back_to_the_shop(shop: Case) -> None:
    order = shop.order("0")
    order.wait_order("processing")
    order.wait_delivered()
    invoice = shop.api("GET", f"/invoices/{order.invoice_id}").json()
    assert (invoice["status"], invoice["additionalStatus"], invoice["type"]) == ("Settled", "None", "Standard")
    assert order.webhook_types()[-1] == "InvoiceSettled"
    page = requests.get(invoice["checkoutLink"], timeout=SECONDS, allow_redirects=False)
    assert page.status_code == 302
    assert f"/checkout/order-received/{order.id}/" in page.headers["Location"]


def test_a_top_up_is_worth_what_was_paid(shop: Case) -> None:
    order = shop.order(None)
    invoice = shop.api("GET", f"/invoices/{order.invoice_id}").json()
    assert (invoice["type"], invoice["amount"]) == ("TopUp", "0")
    destination = shop.api("GET", f"/invoices/{order.invoice_id}/payment-methods").json()[0]
    assert "amount=" not in destination["paymentLink"]
    order.pay(123_456)
    order.wait_status("Processing")
    shop.node.mine()
    order.wait_order("processing")
    invoice = shop.api("GET", f"/invoices/{order.invoice_id}").json()
    assert (invoice["status"], Decimal(invoice["amount"])) == ("Settled", Decimal("61.728"))
