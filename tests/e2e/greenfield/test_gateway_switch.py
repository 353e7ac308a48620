"""The buyer goes back and chooses another gateway: the old invoice is marked, the order must not suffer from it."""

from regtest.waiting import wait_until
from tests.e2e.case import Case


def test_switching_the_gateway_fails_no_order(case: Case) -> None:
    """The plugin marks the old invoice, makes a new one and only then writes down its id: the news comes later."""
    case.settings(separate_gateways=True, extra_methods=["BTC-LN"])
    order = case.order("10.00", payment_method="btcpaygf_btc_chain")
    again = order.pay_again("btcpaygf_default")
    assert again.invoice_id != order.invoice_id
    old = case.api("GET", f"/invoices/{order.invoice_id}").json()
    assert (old["status"], old["additionalStatus"]) == ("Invalid", "Marked")
    case.ledger.catch_up(advance_seconds=5)
    assert case.all_deliveries() == [], "not before the shop knows its new invoice"
    case.sattle.advance(10)
    told = wait_until(lambda: [each for each in case.all_deliveries() if each["answered"] == 200], "news of the mark")
    assert [(each["type"], each["invoice_id"]) for each in told] == [("InvoiceInvalid", order.invoice_id)]
    assert told[0]["order_id"] is None, "no order waits for it"
    assert again.in_shop()["status"] == "pending"
    again.settle()


def test_switching_to_a_gateway_with_the_same_methods_keeps_the_invoice(case: Case) -> None:
    case.settings(separate_gateways=True)
    order = case.order("10.00", payment_method="btcpaygf_btc_chain")
    assert order.pay_again("btcpaygf_default").invoice_id == order.invoice_id
