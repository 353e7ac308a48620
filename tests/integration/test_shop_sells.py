"""The stand-in shop pairs, signs and asks for invoices as the plugin was recorded doing."""

import contextlib
import json
import re
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from stub_sattle import GOOD_CODE, SECONDS, TOKEN, Seen, Shop, is_signed, running_shop, running_stub

from regtest.clock import MovableClock
from regtest.installation import wait_for_http
from regtest.ports import free_port
from regtest.processes import Process
from regtest.shop.bitid import Key
from regtest.state import PROJECT_ROOT

FIXTURES = Path(__file__).parents[1] / "fixtures"
VECTORS = json.loads((FIXTURES / "bitid.json").read_text("utf-8"))
RECORDED = [json.loads(line) for line in (FIXTURES / "v1_traffic.jsonl").read_text("utf-8").splitlines()]
HALF_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF >> 1
HEADERS_OF_THE_CONNECTION = {"host", "content-length", "accept-encoding", "connection"}


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with running_shop(tmp_path) as running:
        yield running


def recorded(method: str, path: str) -> dict[str, Any]:
    return next(entry for entry in RECORDED if entry.get("method") == method and entry["path"].startswith(path))


def plain_headers(headers: dict[str, str]) -> dict[str, str]:
    """What the plugin itself says in headers: without the connection's, and without keys and signatures' values."""
    lowered = {name.lower(): value for name, value in headers.items() if name.lower() not in HEADERS_OF_THE_CONNECTION}
    return {name: "" if name in ("x-identity", "x-signature") else value for name, value in lowered.items()}


# Keys and signatures


def test_the_published_key_gives_the_published_sin_and_identity() -> None:
    key = Key.from_hex(VECTORS["privateKeyHex"])
    assert (key.identity, key.sin) == (VECTORS["publicKeyHex"], VECTORS["sin"])


@pytest.mark.parametrize("vector", VECTORS["requests"], ids=lambda vector: vector["url"])
def test_the_published_signatures_verify_and_so_do_ours(vector: dict[str, str]) -> None:
    body = vector["body"].encode()
    ours = Key.from_hex(VECTORS["privateKeyHex"]).sign(vector["url"], body)
    for signature in (vector["xSignature"], ours):
        assert is_signed(vector["url"], body, vector["xIdentity"], signature)
        assert not is_signed(vector["url"] + "x", body, vector["xIdentity"], signature)


@pytest.mark.parametrize("entry", [e for e in RECORDED if "x-signature" in e["headers"]], ids=lambda e: str(e["at"]))
def test_every_recorded_signature_verifies_and_fails_with_one_byte_changed(entry: dict[str, Any]) -> None:
    identity, signature = entry["headers"]["x-identity"], entry["headers"]["x-signature"]
    body = entry["body"].encode()
    assert is_signed(entry["url"], body, identity, signature)
    assert not is_signed(entry["url"], body + b" ", identity, signature)
    assert not is_signed(entry["url"].replace("127", "128"), body, identity, signature)


def test_signatures_are_random_and_leave_s_high_as_often_as_low() -> None:
    key = Key.fresh()
    values = [s_of(key.sign("http://shop", b"")) for _ in range(64)]
    assert len(set(values)) == 64
    assert any(s > HALF_ORDER for s in values)
    assert any(s <= HALF_ORDER for s in values)


def s_of(signature: str) -> int:
    """The second integer of a DER sequence of two."""
    der = bytes.fromhex(signature)
    return int.from_bytes(der[4 + der[3] + 2 :], "big")


# Pairing


def test_the_pairing_request_looks_as_recorded(shop: Shop) -> None:
    ours, theirs = shop.stub.seen[0], recorded("POST", "/tokens")
    assert (ours.method, ours.path) == ("POST", "/tokens")
    assert list(ours.fields) == list(json.loads(theirs["body"]))
    assert ours.fields["id"].startswith("T")
    assert len(ours.fields["label"]) < 60
    assert plain_headers(ours.headers) == plain_headers(theirs["headers"])


def test_the_key_is_readable_by_its_owner_alone_and_a_wrong_code_changes_nothing(shop: Shop) -> None:
    key_file = shop.till.settings.state_dir / "key.pem"
    before = key_file.read_bytes()
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
    answer = shop.post("/pair", {"code": "WRONG77"})
    assert answer.status_code == 502
    assert "404: The specified pairingCode is not found" in answer.json()["error"]
    assert key_file.read_bytes() == before
    assert shop.post("/pair", {"code": GOOD_CODE}).json()["sin"] == Key.load(key_file).sin
    assert key_file.read_bytes() != before


# Invoices


def test_the_invoice_request_looks_as_recorded(shop: Shop) -> None:
    order = shop.order(price="12.34")
    ours, theirs = shop.stub.seen[-1], recorded("POST", "/invoices")
    assert (ours.method, ours.path) == ("POST", "/invoices")
    assert plain_headers(ours.headers) == plain_headers(theirs["headers"])
    wanted = json.loads(theirs["body"])
    assert list(ours.fields) == list(wanted)
    assert {name: type(value) for name, value in ours.fields.items()} == {
        name: type(value) for name, value in wanted.items()
    }
    same = ("price", "taxIncluded", "currency", "transactionSpeed", "fullNotifications", "extendedNotifications")
    assert {name: ours.fields[name] for name in same} == {name: wanted[name] for name in same}
    assert b'"price":12.34,' in ours.body
    assert b"\\/wc-api\\/WC_Gateway_BtcPay\\/" in ours.body
    assert ours.fields["token"] == TOKEN
    assert order["url"] == shop.stub.invoices[order["invoice_id"]]["url"]


def test_pos_data_and_addresses_lead_back_to_the_order(shop: Shop) -> None:
    order = shop.order()
    fields = shop.stub.seen[-1].fields
    in_pos_data = json.loads(fields["posData"])["WooCommerce"]
    recorded_keys = json.loads(json.loads(recorded("POST", "/invoices")["body"])["posData"])["WooCommerce"]
    assert list(in_pos_data) == list(recorded_keys)
    assert (in_pos_data["Order ID"], fields["orderID"]) == (order["order_id"], str(order["order_id"]))
    assert requests.get(fields["redirectURL"], timeout=SECONDS).status_code == 200
    assert requests.get(fields["redirectURL"] + "x", timeout=SECONDS).status_code == 404


def test_fetching_looks_as_recorded(shop: Shop) -> None:
    order = shop.order()
    shop.notify(order)
    ours, theirs = shop.stub.seen[-1], recorded("GET", "/invoices/")
    assert (ours.method, ours.body) == ("GET", b"")
    assert ours.path == f"/invoices/{order['invoice_id']}?token={TOKEN}"
    assert plain_headers(ours.headers) == plain_headers(theirs["headers"])


def test_further_fields_of_an_order_go_into_its_invoice(shop: Shop) -> None:
    shop.order(price=None, currency="USD", transactionSpeed="high", buyerName="Jörg", notificationURL="http://x.test/")
    fields = shop.stub.seen[-1].fields
    assert (fields["price"], fields["currency"], fields["transactionSpeed"]) == (None, "USD", "high")
    assert (fields["buyerName"], fields["notificationURL"]) == ("Jörg", "http://x.test/")


@pytest.mark.parametrize(
    ("status", "same"),
    [("new", True), ("paid", True), ("complete", True), ("expired", False), ("invalid", False)],
)
def test_paying_an_old_order_again_makes_a_new_invoice_only_if_the_old_one_ended_badly(
    shop: Shop, status: str, same: bool
) -> None:
    order = shop.order()
    shop.stub.invoices[order["invoice_id"]]["status"] = status
    again = shop.post(f"/api/orders/{order['order_id']}/pay", {}).json()
    assert (again["invoice_id"] == order["invoice_id"]) is same


def test_the_servers_refusal_is_told_and_the_order_stays_pending(shop: Shop) -> None:
    shop.stub.error = "no rate for EUR"
    answer = shop.post("/api/orders", {"price": "1.00"})
    assert answer.status_code == 502
    assert answer.json() == {"error": "no rate for EUR", "server_status": 400}
    assert shop.till.orders.latest()[0].status == "pending"


@pytest.mark.parametrize("raw", [b"<html>", b"[]", b"{}", b'{"data":[]}', b'{"data":{"id":"a"}}'])
def test_an_answer_that_is_no_invoice_is_an_error(shop: Shop, raw: bytes) -> None:
    shop.stub.raw_answer = raw
    assert shop.post("/api/orders", {"price": "1.00"}).status_code == 502


@pytest.mark.parametrize("price", ["a lot", "NaN", "Infinity", [1]])
def test_a_price_that_is_no_number_is_refused(shop: Shop, price: object) -> None:
    assert shop.post("/api/orders", {"price": price}).status_code == 400


# Pages


def test_a_mug_is_bought_in_the_browser(shop: Shop) -> None:
    assert "12.34 EUR" in shop.get("/").text
    sold = requests.post(
        f"{shop.url}/buy", data={"product": "mug", "quantity": "2"}, timeout=SECONDS, allow_redirects=False
    )
    assert sold.status_code == 303
    assert sold.headers["Location"].startswith(f"{shop.stub.url}/invoice?id=")
    assert b'"price":24.68,' in shop.stub.seen[-1].body


@pytest.mark.parametrize("form", [{}, {"product": "yacht"}, {"product": "mug", "quantity": "0"}])
def test_a_purchase_that_makes_no_sense_is_refused(shop: Shop, form: dict[str, str]) -> None:
    assert requests.post(f"{shop.url}/buy", data=form, timeout=SECONDS).status_code == 400


def test_the_order_page_shows_status_and_notes_and_asks_for_itself_again(shop: Shop) -> None:
    order = shop.order()
    shop.notify(order, status="complete")
    page = shop.get(f"/orders/{order['order_id']}").text
    assert "processing" in page
    assert "payment completed" in page
    assert re.search(r'<meta http-equiv="refresh" content="\d+">', page)


def test_pages_escape_what_others_wrote_and_carry_no_script(shop: Shop) -> None:
    nasty = "<script>alert(1)</script>"
    order = shop.order(currency=nasty)
    shop.stub.error = nasty
    shop.notify(order)
    sorry = requests.post(f"{shop.url}/orders/{order['order_id']}/pay", timeout=SECONDS)
    for page in (shop.get(f"/orders/{order['order_id']}"), shop.get("/"), sorry):
        assert "<script" not in page.text
        assert "&lt;script&gt;" in page.text
        assert "default-src 'none'" in page.headers["Content-Security-Policy"]


def test_an_order_that_does_not_exist_is_not_found(shop: Shop) -> None:
    assert shop.get("/orders/7").status_code == 404
    assert shop.get("/api/orders/7").json() == {"error": "there is no order 7"}


# The program


def test_the_program_pairs_itself_once_and_keeps_its_orders_when_killed(tmp_path: Path) -> None:
    with running_stub() as stub, shop_process(tmp_path, stub.url, "86400") as (process, url):
        made = requests.post(f"{url}/api/orders", json={"price": "3.00"}, timeout=SECONDS).json()
        process.kill()
        process.start()
        wait_for_http(process, url)
        assert requests.get(f"{url}/api/orders/{made['order_id']}", timeout=SECONDS).json()["status"] == "pending"
        health = requests.get(f"{url}/health", timeout=SECONDS).json()
        assert health == {"ok": True, "paired": True, "connected": False, "ipn_mode": "ok", "webhook_mode": "ok"}
        assert len([seen for seen in stub.seen if seen.path == "/tokens"]) == 1
        assert_moved(stub.seen[-1], days=1)


def assert_moved(invoice_request: Seen, days: int) -> None:
    """The nonce is the shop's time in seconds: compare it with what an unmoved clock says."""
    unmoved = MovableClock(Path("/nonexistent/offset")).unix()
    assert 0 <= invoice_request.fields["nonce"] - unmoved - days * 86400 + 60 < 120


@contextlib.contextmanager
def shop_process(directory: Path, server: str, offset: str) -> Iterator[tuple[Process, str]]:
    port = free_port()
    (directory / "offset").write_text(offset)
    environment = {
        "SATTLE_SHOP_PORT": str(port),
        "SATTLE_SHOP_SERVER": server,
        "SATTLE_SHOP_STATE": str(directory / "shop"),
        "SATTLE_SHOP_PAIRING_CODE": GOOD_CODE,
        "SATTLE_TEST_CLOCK": str(directory / "offset"),
    }
    process = Process(
        "shop",
        [sys.executable, "-m", "regtest.shop"],
        log=directory / "shop.log",
        environment=environment,
        directory=PROJECT_ROOT,
    )
    process.start()
    try:
        wait_for_http(process, f"http://127.0.0.1:{port}")
        yield process, f"http://127.0.0.1:{port}"
    finally:
        process.stop()
