"""Invoices as BitPay clients make, fetch and list them."""

import base64
import json
import shutil
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import requests

from app.db.models import Invoice
from app.db.queries import reading
from app.usecases.set_legacy_key import set_legacy_key
from app.usecases.skip_addresses import skip_addresses
from tests.contract.conftest import SECONDS, Client, Server

NUMBERS = ("price", "rate", "invoiceTime", "expirationTime", "currentTime", "amountPaid", "taxIncluded")
TEXTS = ("id", "url", "status", "currency", "btcPrice", "btcPaid", "btcDue", "bitcoinAddress", "guid", "token")


def test_a_created_invoice_has_every_field_with_its_type(client: Client) -> None:
    answer = client.create(orderID="67", posData='{"a":1}', itemDesc="mug", itemCode="M1", buyerEmail="ann@example.com")
    assert answer.status_code == 200
    body = answer.json()
    assert body["facade"] == "pos/invoice"
    invoice = body["data"]
    assert all(isinstance(invoice[name], int | float) and not isinstance(invoice[name], bool) for name in NUMBERS)
    assert all(isinstance(invoice[name], str) for name in TEXTS)
    assert (invoice["price"], invoice["rate"], invoice["status"]) == (12.34, 50000, "new")
    assert '"price":12.34,' in answer.text
    assert invoice["exceptionStatus"] is False
    assert invoice["url"] == f"{'http://127.0.0.1:8000'}/invoice?id={invoice['id']}"
    assert (invoice["btcPrice"], invoice["btcDue"], invoice["btcPaid"]) == ("0.00024680", "0.00024680", "0.00000000")
    assert (invoice["orderId"], invoice["posData"], invoice["itemDesc"]) == ("67", '{"a":1}', "mug")
    assert invoice["buyer"]["email"] == "ann@example.com"
    assert set(invoice["buyer"]) == {
        "name", "address1", "address2", "locality", "region", "postalCode", "country", "phone", "email",
    }  # fmt: skip
    assert invoice["paymentTotals"] == invoice["paymentSubtotals"] == {"BTC": 24680}
    assert invoice["paymentUrls"]["BIP21"] == f"bitcoin:{invoice['bitcoinAddress']}?amount=0.00024680"
    crypto = invoice["cryptoInfo"][0]
    assert (crypto["cryptoCode"], crypto["paymentType"], crypto["payments"]) == ("BTC", "BTC-CHAIN", [])
    assert crypto["url"].endswith(f"/i/BTC-CHAIN/{invoice['id']}")
    assert invoice["expirationTime"] - invoice["invoiceTime"] == 15 * 60 * 1000
    assert invoice["invoiceTime"] > 1_700_000_000_000


def test_a_fetched_invoice_equals_the_created_one(client: Client) -> None:
    created = client.create(orderId="1").json()["data"]
    fetched = client.get(f"/invoices/{created['id']}?token=x").json()
    assert list(fetched) == ["data"]
    changing = {"guid", "token", "currentTime"}
    assert {k: v for k, v in fetched["data"].items() if k not in changing} == {
        k: v for k, v in created.items() if k not in changing
    }


@pytest.mark.parametrize("price", ["12.34", 12.34])
def test_a_price_may_be_a_number_or_text(client: Client, price: object) -> None:
    assert client.create(price=price).json()["data"]["price"] == 12.34


def test_without_a_price_the_invoice_is_a_top_up(client: Client) -> None:
    invoice = client.send("POST", "/invoices/", '{"currency":"EUR"}').json()["data"]
    assert invoice["price"] == 0
    assert invoice["paymentUrls"]["BIP21"] == f"bitcoin:{invoice['bitcoinAddress']}"


def test_nothing_to_pay_is_settled_at_once(server: Server, client: Client) -> None:
    made = client.create(price=0, fullNotifications=True, notificationURL="http://127.0.0.1:9/").json()["data"]
    assert (made["status"], made["supportedTransactionCurrencies"], made["addresses"]) == ("complete", {}, {})
    page = requests.get(f"{server.url}/i/{made['id']}", timeout=SECONDS)
    assert (page.status_code, "bitcoin:" in page.text) == (200, False)
    with server.app.app_context():
        types = [event.type for event in reading().get_one(Invoice, made["id"]).events]
    assert types == ["invoice_created", "invoice_paidInFull", "invoice_confirmed", "invoice_completed"]


def test_every_currency_that_is_listed_can_be_sold_in(server: Server, client: Client) -> None:
    listed = {each["code"] for each in requests.get(f"{server.url}/currencies", timeout=SECONDS).json()["data"]}
    for currency, price, due in (("SATS", 150_000, "0.00150000"), ("BTC", 0.0015, "0.00150000")):
        assert currency in listed
        made = client.create(price=price, currency=currency)
        assert made.status_code == 200, made.text
        assert f"{Decimal(made.json()['data']['btcDue']):.8f}" == due


def test_a_payment_method_may_be_chosen_by_name(client: Client) -> None:
    for chosen in (
        {"paymentCurrencies": ["BTC"]},
        {"supportedTransactionCurrencies": {"BTC": {"enabled": True}, "LTC": {"enabled": False}}},
        {"supportedTransactionCurrencies": {}},
        {"notificationURL": "https://shop.example:8443/a b?id={OrderId}"},
    ):
        assert client.create(**chosen).json()["data"]["bitcoinAddress"]


def test_prices_keep_every_digit(client: Client) -> None:
    answer = client.send("POST", "/invoices", '{"price":"90071992547409.93","currency":"EUR"}')
    assert '"price":90071992547409.93,' in answer.text


def test_every_invoice_has_an_address_of_its_own(client: Client) -> None:
    addresses = {client.create().json()["data"]["bitcoinAddress"] for _ in range(5)}
    assert len(addresses) == 5


@pytest.mark.parametrize(
    "fields",
    [
        {"price": "twelve"},
        {"price": True},
        {"price": "1e999999"},
        {"price": "NaN"},
        {"price": 0.0001},
        {"currency": "HAT"},
        {"currency": "JPY"},
        {"orderId": "a\x00b"},
        {"orderId": "\ud800"},
        {"notificationURL": "ftp://example.com"},
        {"redirectURL": "javascript:alert(1)"},
        {"expirationTime": 1},
        {"expirationTime": "1e29"},
        {"buyer": "ann"},
        {"paymentCurrencies": ["DOGE"]},
        {"paymentCurrencies": 7},
        {"supportedTransactionCurrencies": {"BTC": {"enabled": False}}},
        {"paymentCurrencies": ["BTC"], "supportedTransactionCurrencies": {"BTC-CHAIN": {"enabled": False}}},
        {"notificationURL": "http://shop.example:99999/"},
        {"notificationURL": "http://shop.example:0/"},
        {"notificationURL": "http://a b/"},
        {"redirectURL": "https://"},
        {"price": "0." + "1" * 100},
        {"taxIncluded": "0." + "0" * 20 + "1" * 100_000},
        {"taxIncluded": "NaN"},
        {"supportedTransactionCurrencies": [1]},
    ],
)
def test_what_cannot_be_used_is_refused_in_json(client: Client, fields: dict[str, Any]) -> None:
    answer = client.create(**fields)
    assert answer.status_code == 400
    assert isinstance(answer.json()["error"], str)


@pytest.mark.parametrize("body", ["", "{", "[1]", "7", '{"price":NaN}', "[" * 5000])
def test_a_body_that_is_no_json_object_is_refused_in_json(client: Client, body: str) -> None:
    answer = client.send("POST", "/invoices", body)
    assert (answer.status_code, type(answer.json()["error"])) == (400, str)


def test_an_expiry_within_thirty_seconds_is_too_soon(client: Client) -> None:
    soon = client.create(expirationTime=int((time.time() + 20) * 1000))
    assert (soon.status_code, soon.json()) == (400, {"error": "The expirationTime is set too soon"})
    wanted = int((time.time() + 600) * 1000)
    assert client.create(expirationTime=wanted).json()["data"]["expirationTime"] == wanted


def test_a_store_without_a_wallet_says_so(server: Server) -> None:
    with server.app.app_context():
        from app.usecases.create_store import create_store

        store_id = create_store("bare", server.services.clock.now())
    answer = server.paired(store_id).create()
    assert answer.status_code == 400
    assert "wallet" in answer.json()["error"]


def test_another_stores_invoice_is_not_found(server: Server, client: Client) -> None:
    invoice_id = client.create().json()["data"]["id"]
    other = server.paired(server.store("another"))
    for wanted in (invoice_id, "nothing", "%00"):
        answer = other.get(f"/invoices/{wanted}")
        assert (answer.status_code, answer.json()) == (404, {"error": "Object not found"})


def test_the_list_is_filtered_by_order_item_status_and_date(client: Client) -> None:
    first = client.create(orderId="1", itemCode="mug").json()["data"]["id"]
    second = client.create(orderId="2", itemCode="cup").json()["data"]["id"]

    def ids(query: str) -> list[str]:
        answer = client.get(f"/invoices?token=x&{query}")
        assert answer.status_code == 200
        return [entry["id"] for entry in answer.json()["data"]]

    today = time.strftime("%m%%2F%d%%2F%Y", time.gmtime())
    assert ids("") == [second, first]
    assert ids("orderId=1") == [first]
    assert ids("itemCode=cup") == [second]
    assert ids("status=new") == [second, first]
    assert ids("status=complete") == []
    assert ids("limit=1") == [second]
    assert ids("limit=1&offset=1") == [first]
    assert ids(f"dateStart={today}&dateEnd={today}") == [second, first]
    assert ids("dateEnd=01/01/2020") == []
    assert client.get("/invoices/?dateStart=2020-01-01").status_code == 400


def test_a_legacy_key_makes_and_reads_invoices(server: Server) -> None:
    store_id = server.store()
    with server.app.app_context():
        old = set_legacy_key(store_id, server.services.clock.now())
        key = set_legacy_key(store_id, server.services.clock.now())

    def post(secret: str) -> requests.Response:
        headers = {"Authorization": "Basic " + base64.b64encode(secret.encode()).decode()}
        return requests.post(f"{server.url}/invoices", json={"price": 5}, headers=headers, timeout=SECONDS)

    assert len(key) == 43
    assert post(key).json()["data"]["currency"] == "EUR"
    refused = post(old)
    assert (refused.status_code, refused.json()["error"]) == (401, "ApiKey authentication failed")


def test_anybody_may_create_where_the_store_lets_them_and_is_slowed_down(server: Server) -> None:
    closed, opened = server.store("closed"), server.store("opened", anyone_can_create_invoice=True)

    def post(query: str) -> requests.Response:
        body = {"price": 5, "notificationURL": "http://127.0.0.1:9/"}
        return requests.post(f"{server.url}/invoices{query}", json=body, timeout=SECONDS)

    assert [post(q).status_code for q in ("", f"?storeId={closed}", "?storeId=none")] == [404, 403, 403]
    made = post(f"?StoreId={opened}")
    assert made.status_code == 200
    from app.db.models import Invoice
    from app.db.queries import reading

    with server.app.app_context():
        row = reading().get(Invoice, made.json()["data"]["id"])
        assert row is not None
        assert row.ipn_endpoint_id is None
    assert requests.get(f"{server.url}/invoices?storeId={opened}", timeout=SECONDS).status_code == 403
    slowed = next(answer for answer in (post(f"?storeId={opened}") for _ in range(12)) if answer.status_code == 429)
    assert 1 <= int(slowed.headers["Retry-After"]) <= 6
    assert "try again in" in slowed.json()["error"]


def test_the_invoice_page_is_a_notice_and_the_invoice_object_is_json(server: Server, client: Client) -> None:
    invoice_id = client.create().json()["data"]["id"]
    page = requests.get(f"{server.url}/invoices/{invoice_id}", timeout=SECONDS)
    assert page.headers["Content-Type"].startswith("text/html")
    assert "store" not in page.text.lower() or "price" not in page.text.lower()
    for headers, query in (({"Content-Type": "application/json"}, ""), ({}, "?token=x")):
        unsigned = requests.get(f"{server.url}/invoices/{invoice_id}{query}", headers=headers, timeout=SECONDS)
        assert (unsigned.status_code, unsigned.json()["error"]) == (401, "Authentication required")


def test_any_origin_may_ask(server: Server) -> None:
    for path in ("/invoices", "/invoices/x", "/tokens", "/rates", "/rates/BTC/EUR", "/api/rates"):
        answer = requests.options(server.url + path, timeout=SECONDS)
        assert (answer.status_code, answer.headers["Access-Control-Allow-Origin"]) == (200, "*")


def test_rates_are_numbers_in_bitpays_shape(server: Server) -> None:
    store_id = server.store()

    def get(target: str) -> requests.Response:
        return requests.get(server.url + target, timeout=SECONDS)

    rates = get(f"/rates/?storeId={store_id}").json()["data"]
    euro = {"name": "Euro", "cryptoCode": "BTC", "currencyPair": "BTC_EUR", "code": "EUR", "rate": 50000}
    assert rates[0] == euro
    assert [rate["code"] for rate in rates] == ["EUR", "USD"]
    assert '"rate":55000.5' in get(f"/rates/BTC/USD?storeId={store_id}").text
    assert get(f"/api/rates?storeId={store_id}&currencyPairs=BTC_EUR,BTC_CHF").json() == [euro]
    assert get("/api/rates?storeId=none").status_code == 404
    assert get("/rates?storeId=none").status_code == 403
    malformed = get(f"/rates?storeId={store_id}&currencyPairs=X")
    assert (malformed.status_code, type(malformed.json()["error"])) == (400, str)


def test_currencies_say_their_digits(server: Server) -> None:
    listed = requests.get(f"{server.url}/currencies", timeout=SECONDS).json()["data"]
    digits = {entry["code"]: entry["precision"] for entry in listed}
    assert (digits["EUR"], digits["JPY"], digits["BTC"], digits["SATS"]) == (2, 0, 8, 0)


def test_the_body_keeps_text_that_looks_like_a_number(client: Client) -> None:
    invoice = client.create(posData="12.34", itemDesc=json.dumps({"a": 1}), taxIncluded=1.25).json()["data"]
    assert (invoice["posData"], invoice["itemDesc"], Decimal(str(invoice["taxIncluded"]))) == (
        "12.34",
        '{"a": 1}',
        Decimal("1.25"),
    )


def test_a_wallet_that_may_give_out_no_address_is_a_clients_error_in_words(
    server: Server, client: Client, tmp_path: Path
) -> None:
    assert client.create().status_code == 200
    shutil.rmtree(tmp_path / "marks")
    refused = client.create()
    assert (refused.status_code, set(refused.json())) == (400, {"error"})
    assert "flask wallet skip" in refused.json()["error"]
    assert str(tmp_path) not in refused.text
    with server.app.app_context():
        skip_addresses(1, 40, server.services.marks)
    assert client.create().status_code == 200
