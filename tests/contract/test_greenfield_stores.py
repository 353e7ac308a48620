"""Stores by Greenfield: every field in and out, what null and empty mean, and what deleting leaves."""

from typing import Any

import pytest
from flask import Flask

from app.db.models import Invoice, Store, StorePaymentMethod, Wallet, db
from app.domain.permissions import Policy, Role
from tests.contract.greenfield_client import GreenfieldClient, Merchant

EVERYTHING: dict[str, Any] = {
    "name": "Corner Bücher ☕",
    "website": "https://shop.example/",
    "supportUrl": "mailto:help@shop.example?subject={OrderId}",
    "logoUrl": "https://shop.example/logo.svg",
    "cssUrl": "https://shop.example/pay.css",
    "paymentSoundUrl": "https://shop.example/ding.mp3",
    "brandColor": "#F7931A",
    "applyBrandColorToBackend": True,
    "defaultCurrency": "JPY",
    "additionalTrackedRates": ["EUR", "USD"],
    "invoiceExpiration": 1200,
    "displayExpirationTimer": 240,
    "monitoringExpiration": 172800,
    "refundBOLT11Expiration": 7,
    "speedPolicy": "LowMediumSpeed",
    "networkFeeMode": "MultiplePaymentsOnly",
    "lightningDescriptionTemplate": "{StoreName} {OrderId}",
    "paymentTolerance": 1.25,
    "archived": False,
    "anyoneCanCreateInvoice": True,
    "receipt": {"enabled": False, "showQR": False, "showPayments": True},
    "lightningAmountInSatoshi": True,
    "lightningPrivateRouteHints": True,
    "onChainWithLnInvoiceFallback": True,
    "redirectAutomatically": True,
    "showRecommendedFee": False,
    "recommendedFeeBlockTarget": 6,
    "defaultLang": "de-DE",
    "htmlTitle": "Pay <here>",
    "payJoinEnabled": True,
    "autoDetectLanguage": True,
    "showPayInWalletButton": False,
    "showStoreHeader": False,
    "celebratePayment": False,
    "playSoundOnPayment": True,
    "lazyPaymentMethods": True,
    "defaultPaymentMethod": "BTC-CHAIN",
    "paymentMethodCriteria": [
        {"paymentMethodId": "BTC-CHAIN", "currencyCode": "EUR", "amount": "10.50", "above": True}
    ],
}


@pytest.fixture
def owner(merchant: Merchant) -> GreenfieldClient:
    return merchant.client()


def test_a_store_has_every_field_with_its_default(merchant: Merchant, owner: GreenfieldClient) -> None:
    store = owner.get(f"/stores/{merchant.store_id}").json
    assert store
    assert store["id"] == merchant.store_id
    assert set(store) == {"id", *EVERYTHING}
    numbers = ("invoiceExpiration", "monitoringExpiration", "displayExpirationTimer", "refundBOLT11Expiration")
    assert [store[name] for name in numbers] == [900, 86400, 300, 30]
    assert {name: type(store[name]) for name, value in EVERYTHING.items() if isinstance(value, bool)} == {
        name: bool for name, value in EVERYTHING.items() if isinstance(value, bool)
    }
    assert store["receipt"] == {"enabled": True, "showQR": True, "showPayments": True}
    assert (store["paymentTolerance"], store["speedPolicy"], store["paymentMethodCriteria"]) == (0, "MediumSpeed", [])
    assert store["website"] is None


def test_every_field_comes_back_as_it_was_given(owner: GreenfieldClient) -> None:
    made = owner.post("/stores", EVERYTHING)
    assert made.status_code == 200, made.text
    assert made.json
    store_id = made.json["id"]
    assert made.json == {"id": store_id, **EVERYTHING}
    assert owner.get(f"/stores/{store_id}").json == made.json
    assert owner.put(f"/stores/{store_id}", made.json).json == made.json


def test_what_is_null_or_missing_or_unknown_changes_nothing(owner: GreenfieldClient) -> None:
    made = owner.post("/stores", EVERYTHING).json
    assert made
    nothing = {**dict.fromkeys(EVERYTHING), "period": None, "unknown": 7}
    assert owner.put(f"/stores/{made['id']}", nothing).json == made
    assert owner.put(f"/stores/{made['id']}", {}).json == made
    changed = owner.put(f"/stores/{made['id']}", {"name": "Another", "receipt": {"showQR": True, "enabled": None}}).json
    assert changed == {**made, "name": "Another", "receipt": {**made["receipt"], "showQR": True}}


def test_empty_text_takes_an_address_away(owner: GreenfieldClient) -> None:
    made = owner.post("/stores", EVERYTHING).json
    assert made
    emptied = ("website", "supportUrl", "logoUrl", "cssUrl", "paymentSoundUrl", "brandColor", "htmlTitle")
    changed = owner.put(f"/stores/{made['id']}", {**dict.fromkeys(emptied, ""), "defaultPaymentMethod": ""}).json
    assert changed == {**made, **dict.fromkeys(emptied), "defaultPaymentMethod": None}


def test_a_store_that_names_little_gets_the_rest(owner: GreenfieldClient) -> None:
    made = owner.post("/stores", {"name": " A shop "}).json
    assert made
    assert (made["name"], made["defaultCurrency"], made["networkFeeMode"]) == ("A shop", "USD", "Never")
    assert made["id"] in [store["id"] for store in owner.get("/stores").json or []]


UNUSABLE: list[tuple[str, Any, str]] = [
    ("name", "", "Name"),
    ("name", "   ", "Name"),
    ("name", "n" * 51, "Name"),
    ("name", "a\x00b", "Name"),
    ("website", "shop.example", "Website"),
    ("website", "javascript:alert(1)", "Website"),
    ("logoUrl", "fileid:abc", "LogoUrl"),
    ("supportUrl", "javascript:alert(1)", "SupportUrl"),
    ("supportUrl", "https://", "SupportUrl"),
    ("brandColor", "orange", "BrandColor"),
    ("brandColor", "#12345", "BrandColor"),
    ("defaultCurrency", "EURO", "DefaultCurrency"),
    ("defaultCurrency", "", "DefaultCurrency"),
    ("additionalTrackedRates", ["EUR", "XXZ"], "AdditionalTrackedRates[1]"),
    ("additionalTrackedRates", "EUR", "AdditionalTrackedRates"),
    ("invoiceExpiration", 59, "InvoiceExpiration"),
    ("invoiceExpiration", 2073601, "InvoiceExpiration"),
    ("invoiceExpiration", "soon", "InvoiceExpiration"),
    ("monitoringExpiration", 599, "MonitoringExpiration"),
    ("displayExpirationTimer", 1.5, "DisplayExpirationTimer"),
    ("paymentTolerance", 100, "PaymentTolerance"),
    ("paymentTolerance", -0.1, "PaymentTolerance"),
    ("speedPolicy", "Fast", "SpeedPolicy"),
    ("networkFeeMode", "Sometimes", "NetworkFeeMode"),
    ("archived", "perhaps", "Archived"),
    ("defaultLang", "tlh", "DefaultLang"),
    ("receipt", True, "Receipt"),
    ("receipt", {"showQR": "perhaps"}, "Receipt.ShowQR"),
    ("defaultPaymentMethod", "BTC-CHAIN-2", "DefaultPaymentMethod"),
    ("recommendedFeeBlockTarget", 0, "RecommendedFeeBlockTarget"),
    ("refundBOLT11Expiration", 3651, "RefundBOLT11Expiration"),
    ("paymentMethodCriteria", [{"amount": "much"}], "PaymentMethodCriteria[0].Amount"),
]


def test_a_value_that_cannot_be_used_is_named_and_nothing_is_changed(
    merchant: Merchant, owner: GreenfieldClient
) -> None:
    before = owner.get(f"/stores/{merchant.store_id}").json
    told = []
    for field, value, _ in UNUSABLE:
        refused = owner.put(f"/stores/{merchant.store_id}", {"htmlTitle": "changed", field: value})
        paths = [problem["path"] for problem in refused.json or []]
        told.append((field, value, paths[0] if refused.status_code == 422 and len(paths) == 1 else refused.text))
    assert told == UNUSABLE
    assert owner.get(f"/stores/{merchant.store_id}").json == before


def test_a_new_store_needs_a_name_and_a_permission_for_no_store_alone(merchant: Merchant) -> None:
    refused = merchant.client().post("/stores", {"website": "https://shop.example"})
    assert (refused.status_code, (refused.json or [{}])[0]["path"]) == (422, "Name")
    limited = merchant.client(f"{Policy.MODIFY_STORE}:{merchant.store_id}").post("/stores", {"name": "a shop"})
    assert (limited.status_code, (limited.json or {})["missingPermission"]) == (403, Policy.MODIFY_STORE)
    assert merchant.client(Policy.MODIFY_STORE).post("/stores", {"name": "a shop"}).status_code == 200


def test_the_list_holds_the_permitted_stores_that_are_not_put_away(merchant: Merchant, stranger: Merchant) -> None:
    second = merchant.store("second")
    owner = merchant.client()

    def listed(client: GreenfieldClient, **query: str) -> list[str]:
        return [store["id"] for store in client.get("/stores", **query).json or []]

    assert listed(owner) == [merchant.store_id, second]
    assert listed(merchant.plugin()) == [merchant.store_id]
    assert listed(stranger.client()) == [stranger.store_id]
    assert listed(merchant.client(f"{Policy.VIEW_STORE}:{stranger.store_id}")) == []
    assert merchant.client(Policy.CREATE_INVOICE).get("/stores").status_code == 403
    assert owner.put(f"/stores/{second}", {"archived": True}).json["archived"] is True  # type: ignore[index]
    assert listed(owner) == [merchant.store_id]
    assert listed(owner, includeArchived="true") == [merchant.store_id, second]


def test_a_logo_is_an_address(merchant: Merchant, owner: GreenfieldClient) -> None:
    logo = f"/stores/{merchant.store_id}/logo"
    given = owner.post(logo, {"logoUrl": "https://shop.example/logo.png"})
    assert (given.json or {})["logoUrl"] == "https://shop.example/logo.png"
    assert owner.post(logo, {}).status_code == 422
    assert owner.post(logo, {"logoUrl": "ftp://shop.example/logo.png"}).status_code == 422
    taken = owner.delete(logo)
    assert (taken.status_code, (taken.json or {})["logoUrl"]) == (200, None)


def test_deleting_a_store_cuts_all_access_and_keeps_what_money_points_at(
    greenfield: Flask, merchant: Merchant, owner: GreenfieldClient
) -> None:
    store_id = merchant.store_id
    invoice = owner.post(f"/stores/{store_id}/invoices", {"amount": "10", "currency": "EUR"}).json
    assert invoice
    deleted = owner.delete(f"/stores/{store_id}")
    assert (deleted.status_code, deleted.data) == (200, b"")
    assert owner.get("/stores").json == []
    for answer in (
        owner.get(f"/stores/{store_id}"),
        owner.get(f"/invoices/{invoice['id']}"),
        owner.post(f"/stores/{store_id}/invoices", {"amount": "10", "currency": "EUR"}),
        owner.put(f"/stores/{store_id}", {"archived": False}),
        owner.delete(f"/stores/{store_id}"),
    ):
        assert answer.status_code == 403
    assert greenfield.test_client().get(f"/i/{invoice['id']}").status_code == 200
    with greenfield.app_context():
        assert db.session.get(Invoice, invoice["id"]) is not None
        assert db.session.query(Wallet.next_index).scalar() == 1
        assert db.session.query(StorePaymentMethod.enabled).scalar() is False
        kept = db.session.get_one(Store, store_id)
        assert (kept.archived, kept.deleted_at is not None) == (True, True)
    assert greenfield.test_client().get(f"/api/rates?storeId={store_id}").status_code == 404
    listed = greenfield.test_cli_runner().invoke(args=["store", "list", "--json"])
    assert listed.stdout == "[]\n"


def test_only_an_owner_changes_or_deletes_a_store(merchant: Merchant, stranger: Merchant) -> None:
    client = stranger.client()
    for role in (Role.MANAGER, Role.EMPLOYEE, Role.GUEST):
        shared = stranger.store("shared", role)
        assert client.put(f"/stores/{shared}", {"name": "mine"}).status_code == 403
        assert client.delete(f"/stores/{shared}").status_code == 403
    assert client.put(f"/stores/{merchant.store_id}", {"name": "mine"}).status_code == 403


def test_the_settings_decide_about_the_next_invoice(merchant: Merchant, owner: GreenfieldClient) -> None:
    settings = {"invoiceExpiration": 90, "monitoringExpiration": 601, "defaultCurrency": "jpy", "paymentTolerance": "2"}
    assert owner.put(f"/stores/{merchant.store_id}", settings).status_code == 200
    made = owner.post(f"/stores/{merchant.store_id}/invoices", {"amount": "1234.5"}).json
    assert made
    assert (made["amount"], made["currency"]) == ("1234", "JPY")
    assert made["expirationTime"] - made["createdTime"] == 90
    assert made["monitoringExpiration"] - made["expirationTime"] == 601
    assert made["checkout"]["paymentTolerance"] == 2


def test_the_preferences_are_the_next_invoice_s_defaults(merchant: Merchant, owner: GreenfieldClient) -> None:
    preferences = {
        "lazyPaymentMethods": True,
        "redirectAutomatically": True,
        "defaultLang": "fr",
        "defaultPaymentMethod": "BTC_CHAIN",
        "receipt": {"showQR": False},
    }
    assert owner.put(f"/stores/{merchant.store_id}", preferences).status_code == 200
    invoices = f"/stores/{merchant.store_id}/invoices"
    first = owner.post(
        invoices, {"amount": "10", "currency": "EUR", "checkout": dict.fromkeys(("lazyPaymentMethods",))}
    )
    assert first.json
    checkout = first.json["checkout"]
    assert (checkout["lazyPaymentMethods"], checkout["redirectAutomatically"]) == (True, True)
    assert (checkout["defaultLanguage"], checkout["defaultPaymentMethod"]) == ("fr-FR", "BTC-CHAIN")
    assert first.json["receipt"] == {"enabled": True, "showQR": False, "showPayments": True}
    (waiting,) = owner.get(f"{invoices}/{first.json['id']}/payment-methods").json or []
    assert waiting["activated"] is False
    own = {"lazyPaymentMethods": False, "redirectAutomatically": False, "defaultLanguage": "ja"}
    second = owner.post(invoices, {"amount": "10", "currency": "EUR", "checkout": own, "receipt": {"showQR": True}})
    assert second.json
    checkout = second.json["checkout"]
    assert (checkout["lazyPaymentMethods"], checkout["redirectAutomatically"]) == (False, False)
    assert (checkout["defaultLanguage"], second.json["receipt"]["showQR"]) == ("ja-JP", True)
    (active,) = owner.get(f"{invoices}/{second.json['id']}/payment-methods").json or []
    assert active["activated"] is True


HOSTILE: list[dict[str, Any]] = [
    {"name": "\ud800"},
    {"defaultCurrency": "\x00"},
    {"defaultCurrency": {"a": 1}},
    {"supportUrl": "http://[::1"},
    {"website": "https://shop example"},
    {"receipt": []},
    {"paymentMethodCriteria": [None]},
    {"paymentMethodCriteria": [[]]},
    {"paymentTolerance": 1e300},
    {"invoiceExpiration": 10**400},
    {"additionalTrackedRates": [None]},
    {"defaultPaymentMethod": "\x00"},
    {"recommendedFeeBlockTarget": "1e999999"},
]


def test_nothing_that_is_sent_about_a_store_is_more_than_refused(merchant: Merchant, owner: GreenfieldClient) -> None:
    store = f"/stores/{merchant.store_id}"
    for path in ("/stores/%00", "/stores/a%00b/rates", "/stores/%ED%A0%80", f"/stores/{'x' * 5000}"):
        assert owner.get(path).status_code in (403, 404)
    for path in ("/payment-methods/%00", "/payment-methods/%00/wallet/preview", "/rates/configuration/%00"):
        assert owner.get(store + path).status_code == 404
    for body in HOSTILE:
        assert owner.put(store, body).status_code == 422, body
    for body in ({"spread": "NaN"}, {"spread": 1e30}, {"preferredSource": 5}):
        assert owner.put(f"{store}/rates/configuration", body).status_code == 422, body
    key = {"derivationScheme": "tpub\x00", "label": "\ud800"}
    assert owner.put(f"{store}/payment-methods/BTC", {"config": key}).status_code == 422
