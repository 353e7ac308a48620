"""Invoices through Greenfield: what is asked for, what is answered, on both engines (greenfield 2)."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from app.db.models import Event, Invoice, Payment, Prompt, db
from app.db.session import assessing_change
from app.domain.exact_json import loads
from app.domain.permissions import Policy
from tests.contract.greenfield_client import GreenfieldClient, Merchant


@pytest.fixture
def client(merchant: Merchant) -> GreenfieldClient:
    return merchant.client()


@pytest.fixture
def invoices(merchant: Merchant) -> str:
    return f"/stores/{merchant.store_id}/invoices"


def made(client: GreenfieldClient, invoices: str, **asked: Any) -> dict[str, Any]:
    answer = client.post(invoices, {"amount": "12.34", "currency": "EUR", **asked})
    assert answer.status_code == 200, answer.text
    return dict(answer.json)


def paths(answer: TestResponse) -> list[str]:
    assert answer.status_code == 422, answer.text
    assert all(set(problem) == {"path", "message"} for problem in answer.json)
    return [problem["path"] for problem in answer.json]


def pay(app: Flask, invoice_id: str, sats: int, status: str | None = "Processing", vout: int = 0) -> str:
    """A payment as the worker records it, its invoice not assessed."""
    with app.app_context(), assessing_change() as session:
        prompt = session.query(Prompt).filter_by(invoice_id=invoice_id).one()
        now = app.extensions["sattle"].clock.now()
        session.add(
            Payment(
                network="regtest",
                txid=f"{vout:02x}" * 32,
                vout=vout,
                prompt_id=prompt.id,
                invoice_id=invoice_id,
                value_sats=sats,
                recorded_at=now,
                paid_at=now,
                height=None,
                conflicted_by="ff" * 32 if status == "Unaccounted" else None,
                status=status,
            )
        )
        return f"{vout:02x}" * 32


def set_columns(app: Flask, invoice_id: str, **columns: Any) -> None:
    with app.app_context(), assessing_change() as session:
        row = session.get_one(Invoice, invoice_id)
        for name, value in columns.items():
            setattr(row, name, value)


def events(app: Flask, invoice_id: str) -> list[str]:
    with app.app_context():
        return [row.type for row in db.session.query(Event).filter_by(invoice_id=invoice_id).order_by(Event.id)]


def test_an_invoice_is_made_as_the_plugin_asks(client: GreenfieldClient, invoices: str, merchant: Merchant) -> None:
    metadata = {
        "buyerEmail": "ann@shop.example",
        "buyerName": "Änn Büyer 🍕",
        "taxIncluded": "5.91",
        "posData": '{"WooCommerce":{"Order ID":16}}',
        "orderUrl": "https://shop.example/order/16",
        "orderId": "16",
    }
    checkout = {
        "speedPolicy": None,
        "paymentMethods": ["BTC_CHAIN", "BTC_LN"],
        "expirationMinutes": None,
        "monitoringMinutes": None,
        "paymentTolerance": None,
        "redirectURL": "https://shop.example/checkout/order-received/16/?key=wc_order_x",
        "redirectAutomatically": None,
        "defaultLanguage": None,
    }
    now = datetime.now(UTC).timestamp()
    found = made(client, invoices, metadata=metadata, checkout=checkout)
    assert found["storeId"] == merchant.store_id
    assert (found["amount"], found["currency"], found["paidAmount"]) == ("12.34", "EUR", "0")
    assert (found["type"], found["status"], found["additionalStatus"]) == ("Standard", "New", "None")
    assert found["availableStatusesForManualMarking"] == ["Settled", "Invalid"]
    assert found["checkoutLink"] == f"https://pay.example/i/{found['id']}"
    assert abs(found["createdTime"] - now) < 60
    assert found["expirationTime"] - found["createdTime"] in (900, 899, 901)
    assert found["metadata"] == metadata
    assert found["archived"] is False
    assert found["paymentMethods"] == []
    assert found["receipt"] == {"enabled": True, "showQR": True, "showPayments": True}
    assert found["checkout"] == {
        "speedPolicy": "MediumSpeed",
        "paymentMethods": ["BTC-CHAIN"],
        "defaultPaymentMethod": "BTC-CHAIN",
        "lazyPaymentMethods": False,
        "expirationMinutes": 15,
        "monitoringMinutes": 1440,
        "paymentTolerance": 0,
        "redirectURL": checkout["redirectURL"],
        "redirectAutomatically": False,
        "defaultLanguage": None,
    }
    assert client.get(f"{invoices}/{found['id']}").json == found
    assert client.get(f"/invoices/{found['id']}").json == found


def test_metadata_comes_back_with_its_order_its_types_and_every_digit(client: GreenfieldClient, invoices: str) -> None:
    metadata = (
        '{"z":1,"a":1.10,"big":123456789012345678901234567890,"small":0.1234567890123456789012345,'
        '"nested":{"y":[true,null,{"x":""}],"b":-0},"orderId":77,"\\u0000":"\\u0000 \\ud83c\\udf55","taxIncluded":6.15}'
    )
    text = f'{{"amount":"1","currency":"EUR","metadata":{metadata}}}'
    answer = client.call("POST", invoices, data=text, content_type="application/json")
    assert answer.status_code == 200, answer.text
    wanted = json.dumps(loads(metadata), default=str)
    for found in (answer, client.get(f"/invoices/{answer.json['id']}"), client.get(invoices)):
        got = loads(found.get_data())
        assert json.dumps((got[0] if isinstance(got, list) else got)["metadata"], default=str) == wanted
    assert client.get(invoices, orderId="77").json[0]["id"] == answer.json["id"]


ROUNDED: list[tuple[Any, str, str]] = [
    ("50.513", "EUR", "50.51"),
    (50.513, "EUR", "50.51"),
    ("1.000000019", "BTC", "1.00000002"),
    ("0.00012345", "btc", "0.00012345"),
    ("12345", "SATS", "12345"),
    (1000, "JPY", "1000"),
    ("1000.4", " jpy ", "1000"),
]


def test_an_amount_is_rounded_to_its_currencys_digits(client: GreenfieldClient, invoices: str) -> None:
    for amount, currency, shown in ROUNDED:
        found = made(client, invoices, amount=amount, currency=currency)
        assert (found["amount"], found["currency"]) == (shown, currency.strip().upper())


def test_satoshis_and_coins_have_fixed_rates(client: GreenfieldClient, invoices: str) -> None:
    for amount, currency in (("0.00012345", "BTC"), ("12345", "SATS")):
        found = made(client, invoices, amount=amount, currency=currency)
        methods = client.get(f"{invoices}/{found['id']}/payment-methods").json
        assert methods[0]["amount"] == "0.00012345"


@pytest.mark.parametrize("currency", [None, ""])
def test_without_a_currency_the_stores_own_is_taken(client: GreenfieldClient, invoices: str, currency: object) -> None:
    assert made(client, invoices, currency=currency)["currency"] == "EUR"


@pytest.mark.parametrize("asked", [{"amount": None}, {"amount": ""}])
def test_without_an_amount_it_is_a_top_up(client: GreenfieldClient, invoices: str, asked: dict[str, object]) -> None:
    found = made(client, invoices, **asked)
    assert (found["type"], found["amount"]) == ("TopUp", "0")
    methods = client.get(f"{invoices}/{found['id']}/payment-methods").json
    assert methods[0]["paymentLink"] == f"bitcoin:{methods[0]['destination']}"


def test_nothing_to_pay_is_settled_at_once(greenfield: Flask, client: GreenfieldClient, invoices: str) -> None:
    found = made(client, invoices, amount="0")
    assert (found["status"], found["additionalStatus"], found["type"]) == ("Settled", "None", "Standard")
    assert client.get(f"{invoices}/{found['id']}").json == found
    assert client.get(f"{invoices}/{found['id']}/payment-methods").json == []
    assert events(greenfield, found["id"]) == [
        "invoice_created",
        "invoice_paidInFull",
        "invoice_confirmed",
        "invoice_completed",
    ]


REFUSED: list[tuple[dict[str, Any], list[str]]] = [
    ({"amount": "-1"}, ["Amount"]),
    ({"amount": "18446744073709551616"}, ["Amount"]),
    ({"amount": "many"}, ["Amount"]),
    ({"amount": True}, ["Amount"]),
    ({"amount": "1e99"}, ["Amount"]),
    ({"currency": ["EUR"]}, ["Currency"]),
    ({"metadata": "none"}, ["Metadata"]),
    ({"metadata": [1]}, ["Metadata"]),
    ({"checkout": "x"}, ["Checkout"]),
    ({"checkout": {"paymentMethods": ["BTC-CHAIN", "XMR-CHAIN"]}}, ["Checkout.PaymentMethods[1]"]),
    ({"checkout": {"paymentMethods": ["?"]}}, ["Checkout.PaymentMethods[0]"]),
    ({"checkout": {"expirationMinutes": 0.4}}, ["Checkout.Expiration"]),
    ({"checkout": {"expirationMinutes": 1e9}}, ["Checkout.Expiration"]),
    ({"checkout": {"monitoringMinutes": -1}}, ["Checkout.MonitoringMinutes"]),
    ({"checkout": {"paymentTolerance": 101}}, ["Checkout.PaymentTolerance"]),
    (
        {"checkout": {"paymentTolerance": -1, "expirationMinutes": 0}},
        ["Checkout.Expiration", "Checkout.PaymentTolerance"],
    ),
    ({"checkout": {"speedPolicy": "high"}}, ["Checkout.SpeedPolicy"]),
    ({"checkout": {"defaultLanguage": "klingon"}}, ["Checkout.DefaultLanguage"]),
    ({"additionalSearchTerms": "one"}, ["AdditionalSearchTerms"]),
    ({"receipt": {"enabled": "perhaps"}}, ["Receipt.Enabled"]),
]


def test_what_cannot_be_used_is_named_by_its_path(client: GreenfieldClient, invoices: str) -> None:
    for asked, wrong in REFUSED:
        assert paths(client.post(invoices, {"amount": "1", "currency": "EUR", **asked})) == wrong, asked
    assert client.get(invoices).json == []


def test_what_no_payment_method_or_rate_fits_is_400(client: GreenfieldClient, invoices: str) -> None:
    for asked in (
        {"currency": "XXQ"},
        {"currency": "CHF"},  # a currency without a rate
        {"amount": "0.000001"},  # too small for an output
        {"checkout": {"paymentMethods": ["BTC-LN"]}},
    ):
        answer = client.post(invoices, {"amount": "1", "currency": "EUR", **asked})
        assert (answer.status_code, answer.json["code"]) == (400, "generic-error"), asked


def test_a_payment_method_is_known_in_every_spelling(client: GreenfieldClient, invoices: str) -> None:
    for spelling in ("BTC", "btc", "BTC_CHAIN", "BTC-CHAIN", "BTC-OnChain", "BTC_BTCLike", "btc-chain", " BTC-CHAIN "):
        found = made(client, invoices, checkout={"paymentMethods": [spelling], "defaultPaymentMethod": spelling})
        assert found["checkout"]["paymentMethods"] == ["BTC-CHAIN"]


def test_terms_of_its_own_come_back(client: GreenfieldClient, invoices: str) -> None:
    checkout = {
        "speedPolicy": "highspeed",
        "expirationMinutes": "0.5",
        "monitoringMinutes": 60,
        "paymentTolerance": 2.5,
        "redirectURL": "https://shop.example/{OrderId}?invoice={InvoiceId}&state={Status}",
        "redirectAutomatically": True,
        "defaultLanguage": "DE",
        "period": "unknown to us",
    }
    found = made(client, invoices, checkout=checkout, receipt={"enabled": False}, somethingNew=1)
    assert found["checkout"] == {
        "speedPolicy": "HighSpeed",
        "paymentMethods": ["BTC-CHAIN"],
        "defaultPaymentMethod": "BTC-CHAIN",
        "lazyPaymentMethods": False,
        "expirationMinutes": 0.5,
        "monitoringMinutes": 60,
        "paymentTolerance": 2.5,
        "redirectURL": checkout["redirectURL"],
        "redirectAutomatically": True,
        "defaultLanguage": "de-DE",
    }
    assert found["receipt"] == {"enabled": False, "showQR": True, "showPayments": True}
    assert found["expirationTime"] - found["createdTime"] in (29, 30, 31)


def test_a_redirect_that_is_no_web_address_is_kept_and_never_used(
    greenfield: Flask, client: GreenfieldClient, invoices: str
) -> None:
    for url in ("javascript:alert(1)", "/relative", "https://{OrderId}.shop.example/", "ftp://x/y"):
        found = made(client, invoices, checkout={"redirectURL": url})
        assert found["checkout"]["redirectURL"] == url
        page = greenfield.test_client().get(f"/i/{found['id']}")
        assert page.status_code == 200
        assert url not in page.text


def test_the_checkout_page_leads_back_with_the_placeholders_filled(
    greenfield: Flask, client: GreenfieldClient, invoices: str
) -> None:
    asked = {"redirectURL": "https://shop.example/{OrderId}?i={InvoiceId}"}
    found = made(client, invoices, checkout=asked, metadata={"orderId": "ä/1"})
    page = greenfield.test_client().get(f"/i/{found['id']}").text
    assert f"https://shop.example/%C3%A4%2F1?i={found['id']}" in page


def test_a_lazy_method_gets_its_address_when_it_is_activated(
    greenfield: Flask, client: GreenfieldClient, invoices: str
) -> None:
    found = made(client, invoices, checkout={"lazyPaymentMethods": True})
    assert found["checkout"]["lazyPaymentMethods"] is True
    assert found["checkout"]["paymentMethods"] == ["BTC-CHAIN"]
    methods = f"{invoices}/{found['id']}/payment-methods"
    waiting = client.get(methods).json[0]
    assert (waiting["activated"], waiting["destination"], waiting["rate"]) == (False, None, "0")
    for spelling in ("BTC_CHAIN", "btc"):
        answer = client.post(f"{methods}/{spelling}/activate")
        assert (answer.status_code, answer.data) == (200, b"")
    active = client.get(methods).json
    assert [each["activated"] for each in active] == [True]
    assert active[0]["destination"].startswith("bcrt1")
    assert client.get(invoices, textSearch=active[0]["destination"]).json[0]["id"] == found["id"]
    assert client.get(f"/invoices/{found['id']}").json["checkout"]["paymentMethods"] == ["BTC-CHAIN"]


def test_activating_does_nothing_to_what_is_over_and_refuses_what_is_no_method(
    client: GreenfieldClient, invoices: str
) -> None:
    found = made(client, invoices, checkout={"lazyPaymentMethods": True})
    methods = f"/invoices/{found['id']}/payment-methods"
    assert paths(client.post(f"{methods}/nonsense~/activate")) == ["paymentMethodId"]
    assert client.post(f"{methods}/LTC/activate").status_code == 200
    client.post(f"/invoices/{found['id']}/status", {"status": "Invalid"})
    assert client.post(f"{methods}/BTC/activate").status_code == 200
    assert client.get(methods).json[0]["activated"] is False


def test_amounts_by_payment_method_are_text_and_due_may_be_negative(
    greenfield: Flask, client: GreenfieldClient, invoices: str
) -> None:
    found = made(client, invoices, amount="100", metadata={"orderId": "1"})
    txid = pay(greenfield, found["id"], 250_000, vout=1)
    pay(greenfield, found["id"], 5, "Unaccounted", vout=2)
    method = client.get(f"{invoices}/{found['id']}/payment-methods").json[0]
    assert {name: method[name] for name in ("rate", "amount", "totalPaid", "paymentMethodPaid", "due")} == {
        "rate": "50000",
        "amount": "0.00200000",
        "totalPaid": "0.00250000",
        "paymentMethodPaid": "0.00250000",
        "due": "-0.00050000",
    }
    assert method["paymentMethodFee"] == "0.00000000"
    assert method["paymentLink"] == f"bitcoin:{method['destination']}"
    payment = method["payments"][0]
    assert payment["id"] == f"{txid}-1"
    assert isinstance(payment["receivedDate"], int)
    assert (payment["value"], payment["status"]) == ("0.00250000", "Processing")
    assert client.get(f"{invoices}/{found['id']}").json["paidAmount"] == "125.00"
    every = client.get(f"{invoices}/{found['id']}/payment-methods", onlyAccountedPayments="false").json[0]["payments"]
    assert sorted(each["status"] for each in every) == ["Invalid", "Processing"]
    listed = client.get(invoices, includePaymentMethods="true").json[0]["paymentMethods"]
    assert listed == [method]


def test_the_derivation_scheme_is_only_for_those_who_may_change_the_store(
    merchant: Merchant, client: GreenfieldClient, invoices: str
) -> None:
    found = made(client, invoices)
    path = f"{invoices}/{found['id']}/payment-methods"
    additional = client.get(path, includeSensitive="true").json[0]["additionalData"]
    assert additional["keyPath"] == "0/0"
    assert "tpub" in additional["accountDerivation"]
    assert "accountDerivation" not in client.get(path).json[0]["additionalData"]
    refused = merchant.plugin().get(path, includeSensitive="true")
    assert (refused.status_code, refused.json["missingPermission"]) == (403, Policy.MODIFY_STORE)


def test_metadata_is_replaced_as_a_whole_and_so_is_what_it_is_found_by(client: GreenfieldClient, invoices: str) -> None:
    found = made(
        client,
        invoices,
        metadata={"orderId": "old-1", "buyerEmail": "ann@old.example", "x": 1},
        additionalSearchTerms=["Kept Term"],
    )
    one = f"{invoices}/{found['id']}"
    answer = client.put(one, {"metadata": {"orderId": "new-2", "y": {"z": 1.5}}})
    assert (answer.status_code, answer.json["metadata"]) == (200, {"orderId": "new-2", "y": {"z": 1.5}})
    for unchanged in ({}, {"metadata": None}):
        assert client.put(one, unchanged).json["metadata"] == {"orderId": "new-2", "y": {"z": 1.5}}
    assert client.get(invoices, orderId="old-1").json == []
    assert client.get(invoices, textSearch="ann@old").json == []
    assert len(client.get(invoices, orderId="new-2").json) == 1
    assert len(client.get(invoices, textSearch="new-").json) == 1
    assert len(client.get(invoices, textSearch="kept").json) == 1


def test_an_archived_invoice_is_read_and_not_listed(client: GreenfieldClient, invoices: str) -> None:
    found = made(client, invoices)
    one = f"{invoices}/{found['id']}"
    answer = client.delete(one)
    assert (answer.status_code, answer.data) == (200, b"")
    assert client.delete(one).status_code == 200
    assert client.get(invoices).json == []
    assert [each["archived"] for each in client.get(invoices, includeArchived="true").json] == [True]
    assert client.get(one).json["archived"] is True
    assert client.post(f"{one}/unarchive").json["archived"] is False
    refused = client.post(f"{one}/unarchive")
    assert (refused.status_code, refused.json["code"]) == (400, "already-unarchived")


MARKING = [  # from, and to where
    ("New", "None", ["Settled", "Invalid"]),
    ("New", "PaidPartial", ["Settled", "Invalid"]),
    ("Processing", "PaidOver", ["Settled", "Invalid"]),
    ("Expired", "None", ["Settled", "Invalid"]),
    ("Expired", "PaidLate", ["Settled", "Invalid"]),
    ("Invalid", "None", ["Settled"]),
    ("Invalid", "Marked", ["Settled"]),
    ("Settled", "None", []),
    ("Settled", "PaidOver", []),
    ("Settled", "Marked", ["Invalid"]),
]


def test_marking_is_allowed_from_these_states(greenfield: Flask, client: GreenfieldClient, invoices: str) -> None:
    for status, additional, allowed in MARKING:
        for to in ("Settled", "Invalid"):
            one = f"{invoices}/{made(client, invoices)['id']}"
            set_columns(greenfield, one.rpartition("/")[2], status=status, additional_status=additional)
            assert client.get(one).json["availableStatusesForManualMarking"] == allowed
            answer = client.post(f"{one}/status", {"status": to})
            if to in allowed:
                assert answer.status_code == 200
                assert (answer.json["status"], answer.json["additionalStatus"]) == (to, "Marked")
            else:
                assert paths(answer) == ["Status"]
                assert client.get(one).json["status"] == status


def test_only_settled_and_invalid_can_be_marked(client: GreenfieldClient, invoices: str) -> None:
    one = f"{invoices}/{made(client, invoices)['id']}"
    for body in ({}, {"status": None}, {"status": "New"}, {"status": "Expired"}, {"status": 7}):
        assert paths(client.post(f"{one}/status", body)) == ["Status"]


def test_an_unknown_invoice_is_404_in_a_store_and_403_outside(client: GreenfieldClient, invoices: str) -> None:
    nested = client.get(f"{invoices}/unknown")
    assert (nested.status_code, nested.json["code"]) == (404, "invoice-not-found")
    alone = client.get("/invoices/unknown")
    assert (alone.status_code, alone.json["code"]) == (403, "missing-permission")


def test_an_invoice_of_another_store_is_told_as_one_that_may_not_be_seen(
    merchant: Merchant, stranger: Merchant, client: GreenfieldClient, invoices: str
) -> None:
    foreign = made(stranger.client(), f"/stores/{stranger.store_id}/invoices")["id"]
    for path in (f"{invoices}/{foreign}", f"/invoices/{foreign}", f"/stores/{stranger.store_id}/invoices/{foreign}"):
        answer = client.get(path)
        assert answer.status_code == 403
        assert answer.json == client.get("/invoices/unknown").json
    own = merchant.store("a second store")
    second = made(client, f"/stores/{own}/invoices")["id"]
    assert client.get(f"{invoices}/{second}").status_code == 403
    assert client.get(f"/invoices/{second}").status_code == 200


FILTERS: list[tuple[list[tuple[str, str]], list[int]]] = [
    ([("orderId", "WC-3")], [3]),
    ([("orderId", "WC-3"), ("orderId", "WC-0"), ("orderId", "none")], [3, 0]),
    ([("orderId[]", "WC-3"), ("orderId[1]", "WC-0")], [3, 0]),
    ([("orderid", "wc-3")], []),
    ([("status", "Settled")], [3, 1]),
    ([("status", "settled"), ("status", "new")], [3, 1, 0]),
    ([("status", "complete"), ("status", "invalid"), ("take", "2")], [4, 3]),
    ([("status", "settled"), ("status", "invalid"), ("skip", "1"), ("take", "1")], [3]),
    ([("status", "nonsense")], [4, 3, 2, 1, 0]),
    ([("status", "")], [4, 3, 2, 1, 0]),
    ([("textSearch", "WC-")], [4, 3, 2, 1, 0]),
    ([("textSearch", "wc-2")], [2]),
    ([("textSearch", "C@shop")], [2]),
    ([("textSearch", "mug"), ("status", "Settled")], [3, 1]),
    ([("textSearch", "shop.example")], []),
    ([("textSearch", "%")], []),
    ([("textSearch", " ")], [4, 3, 2, 1, 0]),
    ([("startDate", "1767225780")], [4, 3]),
    ([("endDate", "1767225660")], [1, 0]),
    ([("startDate", "1767225660"), ("endDate", "1767225720")], [2, 1]),
    ([("StartDate", "1767225660"), ("orderId", "WC-0")], []),
]


class TestList:
    """GET /stores/{storeId}/invoices."""

    @pytest.fixture
    def listed(self, greenfield: Flask, client: GreenfieldClient, invoices: str) -> list[str]:
        """Ids of five invoices, a minute apart, newest first."""
        start = datetime(2026, 1, 1, tzinfo=UTC)
        ids = []
        for number, status in enumerate(["New", "Settled", "Expired", "Settled", "Invalid"]):
            found = made(
                client,
                invoices,
                metadata={
                    "orderId": f"WC-{number}",
                    "buyerEmail": f"{'abcde'[number]}@shop.example",
                    "itemDesc": "Mug" if number % 2 else "Poster",
                },
            )
            set_columns(greenfield, found["id"], status=status, created_at=start + timedelta(minutes=number))
            ids.append(found["id"])
        return ids[::-1]

    def ids(self, answer: TestResponse) -> list[str]:
        assert answer.status_code == 200, answer.text
        return [each["id"] for each in answer.json]

    def test_newest_come_first(self, client: GreenfieldClient, invoices: str, listed: list[str]) -> None:
        assert self.ids(client.get(invoices)) == listed

    def test_pages_do_not_overlap(self, client: GreenfieldClient, invoices: str, listed: list[str]) -> None:
        assert self.ids(client.get(invoices, skip=1, take=2)) == listed[1:3]
        assert self.ids(client.get(invoices, skip=4, take=2)) == listed[4:]
        assert self.ids(client.get(invoices, skip=9)) == []
        assert self.ids(client.get(invoices, take=0)) == []

    def test_filters_are_joined_by_and(self, client: GreenfieldClient, invoices: str, listed: list[str]) -> None:
        for query, numbers in FILTERS:
            answer = client.call("GET", invoices, query_string=query)
            assert self.ids(answer) == [listed[4 - number] for number in numbers], query

    def test_an_invoice_is_found_by_its_id_its_address_and_its_transactions(
        self, greenfield: Flask, client: GreenfieldClient, invoices: str, listed: list[str]
    ) -> None:
        txid = pay(greenfield, listed[2], 1000, vout=9)
        address = client.get(f"/invoices/{listed[2]}/payment-methods").json[0]["destination"]
        for text in (listed[2], listed[2][:10].upper(), address, address[:20], txid, txid[:12].upper()):
            assert self.ids(client.get(invoices, textSearch=text)) == [listed[2]]

    def test_what_many_have_is_looked_through_newest_first(
        self,
        client: GreenfieldClient,
        invoices: str,
        listed: list[str],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr("app.db.queries_invoices.FEW", 1)
        assert self.ids(client.get(invoices, textSearch="poster", take=2)) == [listed[0], listed[2]]
        assert self.ids(client.get(invoices, textSearch="WC-", status="Settled")) == [listed[1], listed[3]]

    def test_a_query_that_cannot_be_used_is_named_in_camel_case(self, client: GreenfieldClient, invoices: str) -> None:
        for query, wrong in (
            ({"startDate": "2", "endDate": "1"}, ["startDate", "endDate"]),
            ({"startDate": "yesterday"}, ["startDate"]),
            ({"skip": "-1"}, ["skip"]),
            ({"take": "x"}, ["take"]),
            ({"includeArchived": "perhaps"}, ["includeArchived"]),
            ({"endDate": "99999999999999"}, ["endDate"]),
        ):
            assert paths(client.get(invoices, **query)) == wrong

    def test_other_stores_are_never_listed(
        self, stranger: Merchant, client: GreenfieldClient, invoices: str, listed: list[str]
    ) -> None:
        made(stranger.client(), f"/stores/{stranger.store_id}/invoices", metadata={"orderId": "WC-3"})
        assert len(client.get(invoices).json) == 5
        assert len(client.get(invoices, orderId="WC-3").json) == 1
        assert len(client.get(invoices, textSearch="WC-3").json) == 1


def test_an_invoice_of_the_other_dialect_shows_its_fields_as_metadata(
    greenfield: Flask, client: GreenfieldClient, merchant: Merchant, invoices: str
) -> None:
    from app.usecases.create_invoice import NewInvoice, create_invoice

    details = {"itemDesc": "Mug", "taxIncluded": "1.50", "posData": "{}", "buyer": {"email": "a@b.example"}}
    with greenfield.app_context():
        request = NewInvoice(merchant.store_id, Decimal(10), order_id="7", details=details)
        id_ = create_invoice(request, merchant.services.surroundings(), merchant.services.clock.now())
    found = client.get(f"/invoices/{id_}").json
    assert found["metadata"] == {
        "orderId": "7",
        "itemDesc": "Mug",
        "posData": "{}",
        "taxIncluded": 1.5,
        "buyerEmail": "a@b.example",
    }
    assert client.get(invoices, textSearch="a@b").json[0]["id"] == id_


def test_every_address_is_given_once(client: GreenfieldClient, invoices: str) -> None:
    ids = [made(client, invoices)["id"] for _ in range(5)]
    addresses = {client.get(f"/invoices/{id_}/payment-methods").json[0]["destination"] for id_ in ids}
    assert len(addresses) == 5
