"""The stand-in shop asks for invoices, uses them again and refunds as the Greenfield plugin does."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from stub_greenfield import KEY, GreenfieldShop, greenfield_shop
from stub_sattle import Seen

RECORDED = [
    json.loads(line)
    for line in (Path(__file__).parents[1] / "fixtures" / "v2_traffic.jsonl").read_text("utf-8").splitlines()
]
OF_THE_CONNECTION = {"Host", "Content-Length", "Connection"}


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[GreenfieldShop]:
    with greenfield_shop(tmp_path) as running:
        running.connect()
        yield running


def recorded(method: str, end: str) -> dict[str, Any]:
    return next(entry for entry in RECORDED if entry.get("method") == method and entry["path"].endswith(end))


def last(shop: GreenfieldShop, call: str) -> Seen:
    """The newest request of this kind."""
    return next(
        seen for seen, made in zip(reversed(shop.stub.seen), reversed(shop.stub.calls()), strict=True) if made == call
    )


def kinds(value: Any) -> Any:
    """The shape of a JSON value: names in their order, and types."""
    if isinstance(value, dict):
        return [(name, kinds(inner)) for name, inner in value.items()]
    return [kinds(inner) for inner in value[:1]] if isinstance(value, list) else type(value)


# Requests as recorded


def test_requests_have_the_recorded_headers_and_no_others(shop: GreenfieldShop) -> None:
    shop.order()
    assert {seen.method for seen in shop.stub.seen} == {"GET", "POST"}
    theirs = {**recorded("GET", "/stores")["headers"], "Authorization": f"token {KEY}"}
    for seen in shop.stub.seen:
        ours = {name: value for name, value in seen.headers.items() if name not in OF_THE_CONNECTION}
        assert ours == {name: value for name, value in theirs.items() if name not in OF_THE_CONNECTION}
        assert bool(seen.body) is (seen.method == "POST")


@pytest.mark.parametrize("end", ["/invoices", "/webhooks", "/pull-payments"])
def test_bodies_have_the_recorded_shape(shop: GreenfieldShop, end: str) -> None:
    order = shop.order()
    shop.deliver(order, "InvoiceSettled")
    assert shop.post(f"/api/orders/{order['order_id']}/refund", {"amount": "2.00", "reason": "goodwill"}).ok
    ours = next(seen for seen in shop.stub.seen if seen.method == "POST" and seen.path.endswith(end))
    assert kinds(ours.fields) == kinds(json.loads(recorded("POST", end)["body"]))


def test_an_invoice_is_asked_for_in_the_recorded_bytes(shop: GreenfieldShop) -> None:
    """But for what names the shop, the order and its key: slashes and letters are escaped alike."""
    order = shop.order(price="12.34")
    theirs = recorded("POST", "/invoices")["body"]
    ours = last(shop, "POST invoices").body.decode()
    fields = json.loads(ours)
    assert "http:\\/\\/" in ours
    assert json.loads(fields["metadata"]["posData"])["WooCommerce"]["Order ID"] == order["order_id"]
    wanted = json.loads(theirs)
    for body in (fields, wanted):
        body["metadata"] |= dict.fromkeys(("posData", "orderUrl", "orderId"), "")
        body["checkout"] |= {"redirectURL": "", "paymentMethods": []}
    assert fields == wanted


def test_letters_beyond_ascii_are_escaped(shop: GreenfieldShop) -> None:
    shop.order(metadata={"buyerName": "Jörg 🎉"})
    body = last(shop, "POST invoices").body
    assert body.isascii()
    assert b"J\\u00f6rg \\ud83c\\udf89" in body
    assert json.loads(body)["metadata"]["buyerName"] == "Jörg 🎉"


def test_a_shop_that_counts_in_satoshis_asks_for_bitcoin(shop: GreenfieldShop) -> None:
    shop.order(price="12", currency="SAT")
    fields = last(shop, "POST invoices").fields
    assert (fields["amount"], fields["currency"]) == ("0.00000012", "BTC")


def test_without_customer_data_nobody_is_named(shop: GreenfieldShop) -> None:
    shop.connect(customer_data=False)
    shop.order()
    assert list(last(shop, "POST invoices").fields["metadata"]) == ["taxIncluded", "posData", "orderUrl", "orderId"]


# Payment methods


@pytest.mark.parametrize(
    ("methods", "asked"),
    [
        (
            [{"paymentMethodId": "BTC-CHAIN", "enabled": True}, {"paymentMethodId": "BTC-LN", "enabled": False}],
            ["BTC_CHAIN"],
        ),
        ([{"paymentMethodId": "BTC-CHAIN", "enabled": "true"}], None),
        ([{"paymentMethodId": 1, "enabled": True}], None),
        ({"BTC": {"enabled": True}}, None),
        ([], None),
    ],
)
def test_the_invoice_names_the_enabled_methods(shop: GreenfieldShop, methods: Any, asked: Any) -> None:
    shop.stub.methods = methods
    shop.plugin.methods.forget()
    shop.order()
    assert last(shop, "POST invoices").fields["checkout"]["paymentMethods"] == asked


def test_the_methods_are_kept_for_five_minutes_unless_there_are_none(shop: GreenfieldShop, tmp_path: Path) -> None:
    clock = tmp_path / "clock-offset"

    def asked() -> int:
        before = shop.stub.calls().count("GET payment-methods")
        shop.order()
        return shop.stub.calls().count("GET payment-methods") - before

    assert (asked(), asked()) == (1, 0)
    clock.write_text("301", encoding="ascii")
    assert asked() == 1
    shop.stub.methods = []
    clock.write_text("602", encoding="ascii")
    assert (asked(), asked()) == (1, 1)


# Pay again


@pytest.mark.parametrize(
    ("status", "is_new"),
    [("New", False), ("Processing", False), ("Settled", False), ("Expired", True), ("Invalid", True)],
)
def test_pay_again_makes_a_new_invoice_only_for_one_that_is_spent(
    shop: GreenfieldShop, status: str, is_new: bool
) -> None:
    order = shop.order()
    shop.stub.invoices[order["invoice_id"]]["status"] = status
    again = shop.post(f"/api/orders/{order['order_id']}/pay").json()
    assert (again["invoice_id"] != order["invoice_id"]) is is_new
    assert again["url"] == f"{shop.stub.url}/i/{again['invoice_id']}"


def test_pay_again_makes_a_new_invoice_when_the_old_one_cannot_be_seen(shop: GreenfieldShop) -> None:
    order = shop.order()
    shop.stub.invoices.pop(order["invoice_id"])
    shop.stub.invoices["kept"] = {}
    again = shop.post(f"/api/orders/{order['order_id']}/pay").json()
    assert again["invoice_id"] != order["invoice_id"]


# Separate gateways


@pytest.fixture
def separate(shop: GreenfieldShop) -> GreenfieldShop:
    shop.stub.methods = [{"paymentMethodId": name, "enabled": True} for name in ("BTC-CHAIN", "BTC-LN")]
    shop.connect(separate_gateways=True)
    return shop


def test_each_method_is_a_gateway_of_its_own(separate: GreenfieldShop) -> None:
    assert separate.connection()["gateways"] == ["btcpaygf_default", "btcpaygf_btc_chain", "btcpaygf_btc_ln"]
    separate.order(payment_method="btcpaygf_btc_chain")
    assert last(separate, "POST invoices").fields["checkout"]["paymentMethods"] == ["BTC_CHAIN"]


def test_switching_the_gateway_marks_the_old_invoice_and_makes_a_new_one(separate: GreenfieldShop) -> None:
    order = separate.order(payment_method="btcpaygf_btc_chain")
    before = len(separate.stub.seen)
    path = f"/api/orders/{order['order_id']}/pay"
    again = separate.post(path, {"payment_method": "btcpaygf_btc_ln"}).json()
    assert separate.stub.calls(before) == [
        f"GET invoices/{order['invoice_id']}",
        f"POST invoices/{order['invoice_id']}/status",
        "POST invoices",
    ]
    assert separate.stub.invoices[order["invoice_id"]]["status"] == "Invalid"
    assert again["invoice_id"] != order["invoice_id"]
    assert separate.post(path, {"payment_method": "btcpaygf_btc_ln"}).json()["invoice_id"] == again["invoice_id"]


def test_a_mark_that_fails_hinders_nobody(separate: GreenfieldShop) -> None:
    order = separate.order(payment_method="btcpaygf_btc_chain")
    separate.stub.refuses["/status"] = 422
    again = separate.post(f"/api/orders/{order['order_id']}/pay", {"payment_method": "btcpaygf_btc_ln"})
    assert again.json()["invoice_id"] != order["invoice_id"]


def test_an_invoice_that_hides_its_methods_is_replaced_and_not_marked(separate: GreenfieldShop) -> None:
    order = separate.order(payment_method="btcpaygf_btc_chain")
    separate.stub.invoices[order["invoice_id"]]["checkout"]["paymentMethods"] = None
    before = len(separate.stub.seen)
    separate.post(f"/api/orders/{order['order_id']}/pay", {"payment_method": "btcpaygf_btc_chain"})
    assert separate.stub.calls(before) == [f"GET invoices/{order['invoice_id']}", "POST invoices"]


def test_a_gateway_that_is_not_offered_cannot_be_chosen(shop: GreenfieldShop) -> None:
    for gateway in ("btcpaygf_btc_chain", "stripe"):
        assert shop.post("/api/orders", {"payment_method": gateway}).status_code == 503


# Failures


@pytest.mark.parametrize("status", [201, 400, 422, 500])
def test_a_refused_invoice_leaves_the_order_pending(shop: GreenfieldShop, status: int) -> None:
    shop.stub.refuses["POST /stores/AStore/invoices"] = status
    answer = shop.post("/api/orders", {"price": "1.00", "payment_method": "btcpaygf_default"})
    assert (answer.status_code, answer.json()["server_status"]) == (502, status)
    assert shop.get("/api/orders/101").json()["status"] == "pending"


@pytest.mark.parametrize("made", [{"id": None}, {"checkoutLink": 7}])
def test_an_invoice_without_id_or_link_is_no_invoice(shop: GreenfieldShop, made: dict[str, Any]) -> None:
    shop.stub.made = made
    assert shop.post("/api/orders", {"payment_method": "btcpaygf_default"}).status_code == 502


# Refunds


@pytest.fixture
def paid(shop: GreenfieldShop) -> dict[str, Any]:
    order = shop.order(price="12.34")
    shop.deliver(order, "InvoiceSettled")
    return order


def refund(shop: GreenfieldShop, order: dict[str, Any], amount: str, reason: str = "goodwill") -> Any:
    return shop.post(f"/api/orders/{order['order_id']}/refund", {"amount": amount, "reason": reason})


def test_a_refund_asks_in_the_recorded_order(shop: GreenfieldShop, paid: dict[str, Any]) -> None:
    before = len(shop.stub.seen)
    answer = refund(shop, paid, "2.00")
    assert answer.json() == {"pull_payment_id": "Pull1", "link": f"{shop.stub.url}/pull-payments/Pull1"}
    assert shop.stub.calls(before) == ["GET /server/info", "GET /api-keys/current", "POST pull-payments"]
    assert last(shop, "POST pull-payments").fields["name"] == f"Refund of order {paid['order_id']}; goodwill"
    seen = shop.look(paid)
    assert seen["status"] == "processing"
    assert any("pull payment Pull1" in note for note in seen["notes"])


def test_an_order_that_is_refunded_in_full_is_refunded(shop: GreenfieldShop, paid: dict[str, Any]) -> None:
    assert refund(shop, paid, "2.34").ok
    assert refund(shop, paid, "10.00").ok
    assert shop.look(paid)["status"] == "refunded"
    assert refund(shop, paid, "0.01").status_code == 409


@pytest.mark.parametrize("amount", ["0", "-1", "12.35", "much", "NaN", ""])
def test_an_amount_that_was_not_paid_is_not_refunded(shop: GreenfieldShop, paid: dict[str, Any], amount: str) -> None:
    before = len(shop.stub.seen)
    assert refund(shop, paid, amount).status_code == 409
    assert shop.stub.calls(before) == []


def test_without_the_permission_nothing_is_asked_for(shop: GreenfieldShop, paid: dict[str, Any]) -> None:
    shop.stub.permissions = [name for name in shop.stub.permissions if "pullpayments" not in name]
    answer = refund(shop, paid, "2.00")
    assert (answer.status_code, "permission" in answer.json()["error"]) == (409, True)
    assert "POST pull-payments" not in shop.stub.calls()
    assert shop.look(paid)["refunds"] == []


@pytest.mark.parametrize(("version", "status"), [("1.7.5", 409), ("1.7.6", 200), ("2.3.1", 200), ("1.10.0", 200)])
def test_an_old_server_cannot_refund(shop: GreenfieldShop, paid: dict[str, Any], version: str, status: int) -> None:
    shop.stub.info = {"version": version, "fullySynched": True}
    assert refund(shop, paid, "2.00").status_code == status


@pytest.mark.parametrize("call", ["GET /server/info", "GET /api-keys/current"])
def test_a_server_that_does_not_answer_cannot_refund(shop: GreenfieldShop, paid: dict[str, Any], call: str) -> None:
    shop.stub.refuses[call] = 500
    assert refund(shop, paid, "2.00").status_code == 409


def test_a_pull_payment_without_a_link_is_no_refund(shop: GreenfieldShop, paid: dict[str, Any]) -> None:
    shop.stub.made = {"viewLink": None}
    assert refund(shop, paid, "2.00").status_code == 502
    assert shop.look(paid)["refunds"] == []


def test_the_name_is_cut_at_fifty_bytes_and_never_within_a_letter(shop: GreenfieldShop, paid: dict[str, Any]) -> None:
    assert refund(shop, paid, "1.00", "x" * 80).ok
    assert len(last(shop, "POST pull-payments").fields["name"]) == 50
    assert refund(shop, paid, "1.00", "ä" * 40 + "x").status_code in (200, 409)
    answers = {refund(shop, paid, "1.00", "y" * pad + "ä" * 40).status_code for pad in (0, 1)}
    assert answers == {200, 409}


def test_orders_of_before_the_gateways_are_still_there(tmp_path: Path) -> None:
    import sqlite3

    with sqlite3.connect(tmp_path / "orders.db") as db:
        db.executescript(
            """CREATE TABLE orders (id INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL, item TEXT NOT NULL,
              total TEXT, currency TEXT NOT NULL, status TEXT NOT NULL CHECK (status IN ('pending', 'on-hold')),
              invoice_id TEXT NOT NULL DEFAULT '', pay_url TEXT NOT NULL DEFAULT '',
              overrides TEXT NOT NULL DEFAULT '{}', created_at TEXT NOT NULL);
            CREATE TABLE notes (id INTEGER PRIMARY KEY, order_id INTEGER NOT NULL REFERENCES orders, at TEXT NOT NULL,
              text TEXT NOT NULL);
            INSERT INTO orders VALUES (107, 'k', 'a mug', '1.00', 'EUR', 'on-hold', 'I', 'u', '{}', '2026-01-01');"""
        )
    db.close()
    with greenfield_shop(tmp_path) as shop:
        shop.connect()
        assert shop.get("/api/orders/107").json()["payment_method"] == "btcpay"
        assert shop.order()["order_id"] == 108
        shop.till.orders.move(107, "refunded", "a note")
        assert shop.get("/api/orders/107").json()["notes"] == ["a note", "Status: on-hold → refunded."]
