"""The stand-in shop takes notifications as the plugin does: it believes only what the server says when asked."""

import json
import math
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests
from stub_sattle import SECONDS, Shop, running_shop

from regtest.shop.till import NOTIFICATION_PATH
from regtest.waiting import wait_until

RECORDED = [
    json.loads(line)
    for line in (Path(__file__).parents[1] / "fixtures" / "v1_traffic.jsonl").read_text("utf-8").splitlines()
]


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with running_shop(tmp_path) as running:
        yield running


@pytest.mark.parametrize(
    ("fetched", "status", "words"),
    [
        ("new", "pending", []),
        ("paid", "on-hold", ["seen"]),
        ("confirmed", "processing", ["payment confirmed"]),
        ("complete", "processing", ["payment completed"]),
        ("invalid", "failed", ["invalid"]),
        ("expired", "cancelled", ["expired"]),
        ("something else", "pending", []),
    ],
)
def test_a_plain_ipn_moves_the_order_by_the_status_that_the_server_reports(
    shop: Shop, fetched: str, status: str, words: list[str]
) -> None:
    order = shop.order()
    answer = shop.notify(order, status=fetched)
    assert (answer.status_code, answer.text) == (200, "-1")
    seen = shop.look(order)
    assert seen["status"] == status
    assert [word for word in words if word in seen["notes"][0]] == words
    assert len(seen["notes"]) == 2 * len(words)  # the plugin's note, and the change of the status
    assert [(ipn["kind"], ipn["code"], ipn["status_fetched"], ipn["answered"]) for ipn in seen["ipns"]] == [
        ("plain", None, fetched, 200)
    ]
    assert seen["ipns"][0]["body"]["id"] == order["invoice_id"]


@pytest.mark.parametrize("code", [1001, 1002, 1003, 1004, 1005, 1006, 1008, 1013, 2008, "1009", "2000", True])
def test_an_extended_ipn_with_any_other_code_changes_nothing(shop: Shop, code: object) -> None:
    order = shop.order()
    assert shop.notify(order, code=code, status="complete").text == "-1"
    seen = shop.look(order)
    assert (seen["status"], seen["notes"]) == ("pending", [])
    assert seen["ipns"][0]["kind"] == "extended"


@pytest.mark.parametrize(("code", "word"), [(1009, "late"), (2000, "part")])
def test_late_and_partial_payments_fail_the_order(shop: Shop, code: int, word: str) -> None:
    order = shop.order()
    shop.notify(order, code=code, status="expired")
    seen = shop.look(order)
    assert seen["status"] == "failed"
    assert word in seen["notes"][0]
    assert seen["ipns"][0]["code"] == code


def test_a_forged_status_is_not_believed(shop: Shop) -> None:
    order = shop.order()
    forged = {**shop.stub.invoices[order["invoice_id"]], "status": "complete"}
    assert shop.post(NOTIFICATION_PATH, forged).status_code == 200
    assert shop.look(order)["status"] == "pending"


def test_a_repeated_ipn_is_applied_again(shop: Shop) -> None:
    order = shop.order()
    shop.notify(order, status="complete")
    shop.notify(order)
    assert sum("payment completed" in note for note in shop.look(order)["notes"]) == 2


def test_an_expired_ipn_cancels_even_a_paid_order(shop: Shop) -> None:
    order = shop.order()
    shop.notify(order, status="complete")
    shop.notify(order, status="expired")
    assert shop.look(order)["status"] == "cancelled"


@pytest.mark.parametrize("missing", ["id", "url", "posData"])
def test_an_ipn_without_what_the_plugin_needs_is_an_error(shop: Shop, missing: str) -> None:
    order = shop.order()
    answer = shop.notify(order, status="complete", **{missing: None})
    assert answer.status_code == 500
    assert missing in answer.json()["error"]
    assert shop.look(order)["status"] == "pending"


@pytest.mark.parametrize("body", ["", "hello", "[]", "null", '{"event":{},"data":[]}', '{"event":7}'])
def test_a_body_that_is_no_notification_is_an_error(shop: Shop, body: str) -> None:
    answer = requests.post(f"{shop.url}{NOTIFICATION_PATH}", data=body, timeout=SECONDS)
    assert answer.status_code == 500
    assert answer.json()["error"]
    assert shop.get("/api/ipns").json()[0]["answered"] == 500


HUGE = "9" * 30


@pytest.mark.parametrize(
    "body",
    [
        "[" * 100_000,
        "9" * 5_000,
        json.dumps({"id": "\ud800", "url": "u", "posData": "{}"}),
        json.dumps({"id": "a", "url": "u", "posData": json.dumps({"WooCommerce": {"Order ID": int(HUGE)}})}),
        json.dumps({"id": "a", "url": "u", "posData": json.dumps({"WooCommerce": {"Order ID": math.inf}})}),
        json.dumps({"event": {"code": int(HUGE)}, "data": {}}),
        json.dumps({"id": "a", "url": "u", "posData": "[" * 100_000}),
    ],
)
def test_a_body_that_means_harm_is_answered_and_recorded_like_any_error(shop: Shop, body: str) -> None:
    answer = requests.post(f"{shop.url}{NOTIFICATION_PATH}", data=body, timeout=SECONDS)
    assert (answer.status_code, set(answer.json())) == (500, {"error"})
    assert shop.get("/api/ipns").json()[0]["answered"] == 500


def test_a_number_that_no_order_has_is_not_found(shop: Shop) -> None:
    paths = (f"/api/orders/{HUGE}", f"/orders/{HUGE}", f"/checkout/order-received/{HUGE}/?key=x")
    assert [shop.get(path).status_code for path in paths] == [404, 404, 404]


def test_a_price_that_would_fill_the_memory_is_no_price(shop: Shop) -> None:
    assert shop.post("/api/orders", {"price": "1e999999999"}).status_code == 400


def test_an_ipn_for_a_superseded_invoice_is_an_error(shop: Shop) -> None:
    order = shop.order()
    shop.stub.invoices[order["invoice_id"]]["status"] = "expired"
    again = shop.post(f"/api/orders/{order['order_id']}/pay", {}).json()
    assert shop.notify(order).status_code == 500
    assert shop.notify(again, status="paid").status_code == 200
    assert shop.look(order)["status"] == "on-hold"


def test_an_ipn_for_an_order_without_an_invoice_is_answered_politely_and_ignored(shop: Shop) -> None:
    order = shop.order()
    shop.till.orders.set_invoice(order["order_id"], "", "")
    assert shop.notify(order, status="complete").text == "-1"
    assert shop.look(order)["status"] == "pending"


def test_when_the_server_refuses_the_fetch_the_ipn_is_an_error(shop: Shop) -> None:
    order = shop.order()
    shop.stub.error = "no"
    assert shop.notify(order, status="complete").status_code == 500
    assert shop.look(order)["ipns"][0]["error"] == "no"


@pytest.mark.parametrize(("mode", "status"), [("down", 503), ("gone", 410)])
def test_a_failing_endpoint_records_what_it_refused(shop: Shop, mode: str, status: int) -> None:
    order = shop.order()
    shop.post("/api/ipn-mode", {"mode": mode})
    assert shop.notify(order, status="complete").status_code == status
    shop.post("/api/ipn-mode", {"mode": "ok"})
    assert shop.notify(order).status_code == 200
    seen = shop.look(order)
    assert [ipn["answered"] for ipn in seen["ipns"]] == [status, 200]
    assert seen["status"] == "processing"


def test_a_slow_endpoint_hangs_until_it_is_let_go(shop: Shop) -> None:
    order = shop.order()
    shop.post("/api/ipn-mode", {"mode": "slow"})
    with ThreadPoolExecutor(1) as pool:
        hanging = pool.submit(shop.notify, order, status="paid")
        wait_until(lambda: shop.get("/api/ipns").json(), "the IPN to arrive")
        assert not hanging.done()
        assert shop.get("/api/ipns").json()[0]["answered"] is None
        shop.post("/api/ipn-mode", {"mode": "ok"})
        assert hanging.result(SECONDS).status_code == 200
    assert shop.look(order)["status"] == "on-hold"


def test_an_unknown_mode_is_refused(shop: Shop) -> None:
    assert shop.post("/api/ipn-mode", {"mode": "sleepy"}).status_code == 400


def test_the_recorded_notifications_are_understood(shop: Shop) -> None:
    order = shop.order()
    codes = []
    for ipn in (entry for entry in RECORDED if entry["kind"] == "ipn"):
        body = json.loads(ipn["body"])
        data = body.get("data", body)
        data |= {name: shop.stub.invoices[order["invoice_id"]][name] for name in ("id", "posData")}
        shop.stub.invoices[order["invoice_id"]]["status"] = data["status"]
        answer = shop.post(NOTIFICATION_PATH, body)
        assert (answer.status_code, answer.text) == (ipn["status"], ipn["answer"])
        codes.append(body.get("event", {}).get("code"))
    seen = shop.look(order)
    assert [ipn["code"] for ipn in seen["ipns"]] == codes
    assert seen["status"] == "processing"
