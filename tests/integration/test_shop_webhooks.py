"""The stand-in shop takes webhooks as the Greenfield plugin does (plugin contract B4)."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from stub_greenfield import GreenfieldShop, greenfield_shop, method, payment

RECORDED = [
    json.loads(line)
    for line in (Path(__file__).parents[1] / "fixtures" / "v2_traffic.jsonl").read_text("utf-8").splitlines()
]
SECRET = next(entry["answer"]["secret"] for entry in RECORDED if "secret" in entry["answer"])


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[GreenfieldShop]:
    with greenfield_shop(tmp_path) as running:
        running.connect(protect=False)
        yield running


@pytest.mark.parametrize(
    ("kind", "fields", "status", "words"),
    [
        ("InvoiceReceivedPayment", {"afterExpiration": False}, "pending", "coming in; waiting"),
        ("InvoiceReceivedPayment", {}, "pending", "coming in; waiting"),
        ("InvoiceReceivedPayment", {"afterExpiration": True}, "failed", "after the invoice had expired"),
        ("InvoiceProcessing", {"overPaid": False}, "on-hold", "paid in full;"),
        ("InvoiceProcessing", {"overPaid": True}, "on-hold", "and overpaid"),
        ("InvoicePaymentSettled", {"afterExpiration": False}, "pending", "A payment settled"),
        ("InvoiceSettled", {"overPaid": False, "manuallyMarked": False}, "processing", "is settled."),
        ("InvoiceSettled", {"overPaid": True, "manuallyMarked": False}, "processing", "was overpaid"),
        ("InvoiceExpired", {"partiallyPaid": False}, "cancelled", "The invoice expired."),
        ("InvoiceExpired", {"partiallyPaid": True}, "failed", "after a part"),
        ("InvoiceInvalid", {"manuallyMarked": False}, "failed", "became invalid"),
        ("InvoiceInvalid", {"manuallyMarked": True}, "failed", "was marked invalid"),
    ],
)
def test_each_event_moves_the_order_by_the_table(
    shop: GreenfieldShop, kind: str, fields: dict[str, bool], status: str, words: str
) -> None:
    order = shop.order()
    answer = shop.deliver(order, kind, **fields)
    assert (answer.status_code, answer.text) == (200, "-1")
    assert shop.look(order)["status"] == status
    (note,) = shop.notes(order)
    assert words in note


@pytest.mark.parametrize("kind", ["InvoiceCreated", "InvoicePaidAfterExpiration", "SomethingNew"])
def test_other_events_change_nothing(shop: GreenfieldShop, kind: str) -> None:
    order = shop.order()
    assert shop.deliver(order, kind).text == "-1"
    assert (shop.look(order)["status"], shop.notes(order)) == ("pending", [])


def test_a_late_payment_counts_only_if_the_server_says_that_it_is_enough(shop: GreenfieldShop) -> None:
    """The shop asks while the server waits for its answer."""
    for standing, status in (
        ({"status": "Expired", "additionalStatus": "PaidLate"}, "processing"),
        ({"status": "Settled", "additionalStatus": "Marked"}, "processing"),
        ({"status": "Expired", "additionalStatus": "PaidPartial"}, "failed"),
    ):
        order = shop.order()
        shop.deliver(order, "InvoiceExpired", partiallyPaid=False)
        before = len(shop.stub.seen)
        shop.stub.invoices[order["invoice_id"]] |= standing
        shop.deliver(order, "InvoicePaymentSettled", afterExpiration=True)
        assert shop.look(order)["status"] == status
        assert shop.stub.calls(before)[0] == f"GET invoices/{order['invoice_id']}"


def test_a_late_payment_is_not_enough_when_the_server_cannot_be_asked(shop: GreenfieldShop) -> None:
    order = shop.order()
    shop.deliver(order, "InvoiceExpired", partiallyPaid=False)
    shop.stub.refuses[f"GET /stores/AStore/invoices/{order['invoice_id']}"] = 500
    assert shop.deliver(order, "InvoicePaymentSettled", afterExpiration=True).status_code == 200
    assert shop.look(order)["status"] == "failed"


def test_a_protected_order_is_left_alone_once_it_is_paid(shop: GreenfieldShop) -> None:
    shop.connect(protect=True)
    order = shop.order()
    shop.deliver(order, "InvoiceSettled", overPaid=False)
    for kind in ("InvoiceProcessing", "InvoiceExpired", "InvoiceInvalid"):
        assert shop.deliver(order, kind).text == "-1"
    assert shop.look(order)["status"] == "processing"
    assert len([note for note in shop.notes(order) if "left alone" in note]) == 3


def test_an_unprotected_order_follows_events_that_come_out_of_order(shop: GreenfieldShop) -> None:
    order = shop.order()
    for kind, status in (
        ("InvoiceSettled", "processing"),
        ("InvoiceProcessing", "on-hold"),
        ("InvoiceExpired", "cancelled"),
    ):
        shop.deliver(order, kind)
        assert shop.look(order)["status"] == status


# Signatures


@pytest.mark.parametrize(
    "spoil",
    [
        lambda signature: "",
        lambda signature: signature.removeprefix("sha256="),
        lambda signature: "sha256=" + signature.removeprefix("sha256=").upper(),
        lambda signature: signature[:-1] + ("0" if signature[-1] != "0" else "1"),
    ],
)
def test_a_signature_that_does_not_fit_is_answered_500(shop: GreenfieldShop, spoil: Any) -> None:
    order = shop.order()
    shop.deliver(order, "InvoiceCreated")
    sent = shop.look(order)["deliveries"][0]
    body = sent["raw"].encode()
    answer = shop.send(body, "any", **{"BTCPay-Sig": spoil(sent["signature"])})
    assert answer.status_code == 500
    assert "signature" in answer.json()["message"]
    assert shop.send(body, "any", **{"BTCPay-Sig": sent["signature"]}).status_code == 200


def test_the_bytes_are_signed_and_not_their_meaning(shop: GreenfieldShop) -> None:
    order = shop.order()
    shop.deliver(order, "InvoiceCreated")
    sent = shop.look(order)["deliveries"][0]
    compact = json.dumps(sent["body"]).encode()
    assert shop.send(compact, "any", **{"BTCPay-Sig": sent["signature"]}).status_code == 500


@pytest.mark.parametrize("name", ["btcpay-sig", "BTCPAY-SIG"])
def test_the_headers_name_may_be_written_in_any_case(shop: GreenfieldShop, name: str) -> None:
    order = shop.order()
    shop.deliver(order, "InvoiceCreated")
    sent = shop.look(order)["deliveries"][0]
    body = sent["raw"].encode()
    assert shop.post("/wc-api/btcpaygf_default/", data=body, headers={name: sent["signature"]}).status_code == 200


def test_every_recorded_delivery_is_signed_with_the_recorded_secret(shop: GreenfieldShop) -> None:
    shop.connect(webhook_secret=SECRET, protect=False)
    deliveries = [entry for entry in RECORDED if entry["kind"] == "delivery"]
    assert len(deliveries) == 7
    for entry in deliveries:
        headers = {"BTCPay-Sig": entry["headers"]["BTCPay-Sig"]}
        answer = shop.send(entry["body"].encode(), "", **headers)
        assert (answer.status_code, "no order waits" in answer.text) == (200, True)


# What else may come


def test_odd_requests_are_answered_as_the_plugin_answers_them(shop: GreenfieldShop) -> None:
    secret = shop.plugin.settings.webhook_secret
    assert shop.get("/wc-api/btcpaygf_default/").text == "-1"
    assert shop.send(b"", secret).text == "-1"
    assert shop.send(b"{not json", secret).text == "-1"
    assert shop.send(b'{"type": "InvoiceSettled"}', secret).status_code == 500
    unknown = shop.send(b'{"type": "InvoiceSettled", "invoiceId": "Unknown"}', secret)
    assert (unknown.status_code, unknown.json()) == (200, {"message": "no order waits for this invoice"})


def test_an_order_of_the_other_plugin_is_left_alone(shop: GreenfieldShop) -> None:
    order = shop.order()
    shop.till.orders.set_gateway(order["order_id"], "btcpay")
    assert shop.deliver(order, "InvoiceSettled").json() == {"success": True}
    assert shop.look(order)["status"] == "pending"


def test_two_orders_with_one_invoice_are_an_error_that_is_tried_again(shop: GreenfieldShop) -> None:
    first, second = shop.order(), shop.order()
    shop.till.orders.set_invoice(second["order_id"], first["invoice_id"], "")
    assert shop.deliver(first, "InvoiceSettled").status_code == 500


@pytest.mark.parametrize(("mode", "status"), [("down", 503), ("gone", 410), ("forbidden", 403)])
def test_the_endpoint_fails_in_the_ways_in_which_shops_fail(shop: GreenfieldShop, mode: str, status: int) -> None:
    order = shop.order()
    shop.post("/api/webhook-mode", {"mode": mode})
    assert shop.deliver(order, "InvoiceSettled").status_code == status
    assert shop.look(order)["status"] == "pending"
    assert [(d["type"], d["answered"]) for d in shop.look(order)["deliveries"]] == [("InvoiceSettled", status)]
    shop.post("/api/webhook-mode", {"mode": "ok"})
    assert shop.deliver(order, "InvoiceSettled").status_code == 200


def test_an_endpoint_that_is_deaf_says_200_and_does_nothing(shop: GreenfieldShop) -> None:
    order = shop.order()
    shop.post("/api/webhook-mode", {"mode": "deaf"})
    assert shop.deliver(order, "InvoiceSettled").status_code == 200
    assert shop.look(order)["status"] == "pending"


def test_an_endpoint_may_fail_after_it_has_done_its_work(shop: GreenfieldShop) -> None:
    order = shop.order()
    shop.post("/api/webhook-mode", {"mode": "after_change"})
    assert shop.deliver(order, "InvoiceSettled").status_code == 500
    assert shop.look(order)["status"] == "processing"
    assert [each["answered"] for each in shop.look(order)["deliveries"]] == [500]


# Payments


@pytest.mark.parametrize("kind", ["InvoiceReceivedPayment", "InvoicePaymentSettled", "InvoiceSettled"])
def test_payments_are_written_into_the_order(shop: GreenfieldShop, kind: str) -> None:
    order = shop.order()
    shop.deliver(order, kind)
    meta = shop.look(order)["meta"]
    assert meta["BTCPay_BTC-CHAIN_total_paid"] == "0.0002468"
    assert meta["BTCPay_BTC-CHAIN_0_id"] == "ab" * 32
    assert meta["BTCPay_BTC-CHAIN_0_timestamp"] == "1795398561"


@pytest.mark.parametrize(
    "answer",
    [
        [method(rate=50000)],
        [method(totalPaid=None)],
        [method(payments=[payment(value=0.5)])],
        [method(payments=[payment(receivedDate="1795398561")])],
        {"BTC": method()},
    ],
)
def test_one_value_of_a_wrong_type_loses_all_of_them_and_harms_nothing(shop: GreenfieldShop, answer: Any) -> None:
    order = shop.order()
    shop.stub.paid = answer
    assert shop.deliver(order, "InvoiceSettled").status_code == 200
    assert list(shop.look(order)["meta"]) == ["log"]
    assert shop.look(order)["status"] == "processing"


def test_methods_without_payments_are_left_out(shop: GreenfieldShop) -> None:
    order = shop.order()
    shop.stub.paid = [method(paymentMethodPaid="0"), method(paymentMethodId="BTC-LN")]
    shop.deliver(order, "InvoiceSettled")
    assert {name.split("_")[1] for name in shop.look(order)["meta"]} == {"BTC-LN"}
