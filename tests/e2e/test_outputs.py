"""One transaction, several payments."""

from tests.e2e.conftest import Case


def test_two_outputs_of_one_transaction_are_two_payments_of_one_invoice(case: Case) -> None:
    order = case.order("10.00")
    case.payer.pay_many([(order.address, 8_000), (order.address, 12_000)])
    order.wait_status("Processing")
    case.node.mine()
    order.wait_order("processing")
    assert sorted(payment["value_sats"] for payment in order.payments()) == [8_000, 12_000]


def test_one_transaction_pays_two_invoices(case: Case) -> None:
    mug, book = case.order("10.00"), case.order("20.00")
    case.payer.pay_many([(mug.address, 20_000), (book.address, 40_000)])
    mug.wait_status("Processing")
    book.wait_status("Processing")
    case.node.mine()
    mug.wait_order("processing")
    book.wait_order("processing")
    assert [payment["value_sats"] for payment in book.payments()] == [40_000]
