"""The buyer comes back to an order: the invoice is shown again as long as it can be of use, else there is a new one."""

import requests

from tests.e2e.case import SECONDS, Case, Order

WINDOW = 15 * 60 + 10


def words(order: Order) -> str:
    page = requests.get(f"{order.case.sattle.server}/i/{order.invoice_id}", timeout=SECONDS)
    assert page.status_code == 200
    return page.text


def test_an_invoice_that_was_not_paid_is_shown_again(shop: Case) -> None:
    order = shop.order("10.00")
    assert order.pay_again().invoice_id == order.invoice_id
    assert "Waiting for your payment" in words(order)


def test_an_invoice_that_was_paid_is_shown_as_paid_with_the_way_back(shop: Case) -> None:
    order = shop.order("10.00")
    order.pay(20_000)
    order.wait_status("Processing")
    assert order.pay_again().invoice_id == order.invoice_id
    assert "Payment received" in words(order)
    shop.node.mine()
    order.wait_order("processing")
    assert order.pay_again().invoice_id == order.invoice_id
    assert "Paid, thank you" in words(order)
    assert f"/checkout/order-received/{order.id}/" in words(order)


def test_an_expired_invoice_is_replaced_and_the_new_one_pays_the_order(shop: Case) -> None:
    order = shop.order("10.00")
    shop.sattle.advance(WINDOW)
    order.wait_order("cancelled")
    again = order.pay_again()
    assert again.invoice_id != order.invoice_id
    again.settle()
    assert again.in_shop()["notes"][0] == "The invoice expired."


def test_an_invoice_that_was_marked_invalid_is_replaced(shop: Case) -> None:
    order = shop.order("10.00")
    assert shop.api("POST", f"/invoices/{order.invoice_id}/status", {"status": "Invalid"}).status_code == 200
    again = order.pay_again()
    assert again.invoice_id != order.invoice_id
    assert again.page()["status"] == "New"
