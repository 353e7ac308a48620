"""Rates by Greenfield, and at what rate invoices are made then: nothing here asks an exchange."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask

from app.db.models import Invoice, Prompt, Quote, db
from app.db.session import change
from app.domain.permissions import Policy
from tests.contract.greenfield_client import GreenfieldClient, Merchant


@pytest.fixture
def owner(merchant: Merchant) -> GreenfieldClient:
    return merchant.client()


@pytest.fixture
def rates(merchant: Merchant) -> str:
    return f"/stores/{merchant.store_id}/rates"


def quote(app: Flask, source: str, age: timedelta = timedelta(0), **sides: str) -> None:
    """Quotes of a source as the worker stores them: EUR="50000" or EUR="50000 50010"."""
    with app.app_context(), change() as session:
        now = app.extensions["sattle"].clock.now()
        for currency, text in sides.items():
            bid, _, ask = text.partition(" ")
            row = Quote(source=source, pair=f"BTC_{currency}", rate=Decimal(bid), at=now - age)
            row.ask = Decimal(ask) if ask else None
            session.merge(row)


def configure(client: GreenfieldClient, rates: str, which: str = "", **fields: Any) -> Any:
    done = client.put(f"{rates}/configuration{which}", fields)
    assert done.status_code == 200, done.text
    return done.json


def sold(client: GreenfieldClient, merchant: Merchant, **fields: Any) -> dict[str, Any]:
    """What an invoice asks for: rate, amount, and what is kept of where the rate is from."""
    made = client.post(f"/stores/{merchant.store_id}/invoices", {"amount": "100", "currency": "EUR", **fields})
    assert made.status_code == 200, made.text
    assert made.json
    with merchant.app.app_context():
        prompt = db.session.query(Prompt).filter_by(invoice_id=made.json["id"]).one()
        invoice = db.session.get_one(Invoice, made.json["id"])
        return {
            "id": invoice.id,
            "rate": prompt.rate,
            "source": prompt.rate_source,
            "at": prompt.rate_at,
            "tracked": invoice.tracked_rates,
            "price": invoice.price,
        }


def test_rates_are_text_and_the_store_s_own_without_a_pair(owner: GreenfieldClient, rates: str) -> None:
    assert owner.get(rates).json == [{"currencyPair": "BTC_EUR", "errors": [], "rate": "50000"}]
    asked = owner.get(rates, currencyPair=["BTC_USD", "btc-jpy", "BTCSATS", "SATS_EUR"]).json
    assert asked == [
        {"currencyPair": "BTC_USD", "errors": [], "rate": "55000.5"},
        {"currencyPair": "BTC_JPY", "errors": [], "rate": "9000000"},
        {"currencyPair": "BTC_SATS", "errors": [], "rate": "100000000"},
        {"currencyPair": "SATS_EUR", "errors": [], "rate": "0.00050000"},
    ]


def test_a_pair_without_a_quote_says_so_and_has_no_rate(owner: GreenfieldClient, rates: str) -> None:
    (missing,) = owner.get(rates, currencyPair="BTC_CHF").json or []
    assert (missing["rate"], missing["currencyPair"]) == (None, "BTC_CHF")
    assert missing["errors"] == ["RateUnavailable: no quote of fixed for BTC_CHF is known yet"]


def test_what_is_no_pair_is_refused(owner: GreenfieldClient, rates: str) -> None:
    for pair in ("X", "BTC_X", "BTC", "BTC_USD_", "€_$", "BTC_USD," * 201):
        for refused in (
            owner.get(rates, currencyPair=pair),
            owner.call("POST", f"{rates}/configuration/preview", {}, query_string={"currencyPair": pair}),
        ):
            assert (refused.status_code, (refused.json or [{}])[0]["path"]) == (422, "currencyPair")


def test_the_tracked_currencies_are_among_the_store_s_own(
    merchant: Merchant, owner: GreenfieldClient, rates: str
) -> None:
    owner.put(f"/stores/{merchant.store_id}", {"additionalTrackedRates": ["JPY", "EUR", "CHF"]})
    assert [rate["currencyPair"] for rate in owner.get(rates).json or []] == ["BTC_EUR", "BTC_JPY", "BTC_CHF"]


def test_the_sources_are_told_to_anybody(greenfield: Flask) -> None:
    listed = GreenfieldClient(greenfield).get("//misc/rate-sources").json
    assert listed
    assert [source["id"] for source in listed] == ["bitpay", "bitstamp", "coinbase", "fixed", "kraken"]
    assert all(set(source) == {"id", "name"} for source in listed)


def test_the_configuration_begins_with_the_server_s_rules(owner: GreenfieldClient, rates: str) -> None:
    expected = {
        "spread": 0,
        "preferredSource": None,
        "isCustomScript": False,
        "effectiveScript": "X_X = fixed(X_X);",
    }
    assert owner.get(f"{rates}/configuration").json == expected
    assert owner.get(f"{rates}/configuration/primary").json == expected
    assert owner.put(f"{rates}/configuration", expected).json == expected
    assert owner.get(f"{rates}/configuration/other").status_code == 404


def test_a_preferred_source_and_a_spread_hold_for_the_next_invoice(
    greenfield: Flask, merchant: Merchant, owner: GreenfieldClient, rates: str
) -> None:
    quote(greenfield, "kraken", EUR="60000 60010", USD="66000")
    told = configure(owner, rates, preferredSource="Kraken", spread=1.5)
    assert told == {
        "spread": 1.5,
        "preferredSource": "kraken",
        "isCustomScript": False,
        "effectiveScript": "X_X = kraken(X_X);",
    }
    assert owner.get(f"{rates}/configuration").json == told
    assert owner.get(rates).json == [{"currencyPair": "BTC_EUR", "errors": [], "rate": "59100.000"}]
    made = sold(owner, merchant)
    assert (made["rate"], made["source"]) == (Decimal(59100), "(kraken(BTC_EUR)) * (0.985, 1.015)")
    assert configure(owner, rates, preferredSource="kraken", spread="0")["spread"] == 0
    assert sold(owner, merchant)["source"] == "kraken"
    configure(owner, rates)
    assert sold(owner, merchant)["rate"] == 50000


def test_a_spread_is_a_json_number(owner: GreenfieldClient, rates: str) -> None:
    done = owner.put(f"{rates}/configuration", {"spread": "2.50"})
    assert '"spread":2.50' in done.text
    assert (owner.get(f"{rates}/configuration").json or {})["spread"] == 2.5


def test_an_invoice_keeps_its_rate_when_the_source_moves(
    greenfield: Flask, merchant: Merchant, owner: GreenfieldClient, rates: str
) -> None:
    made = owner.post(f"/stores/{merchant.store_id}/invoices", {"amount": "100", "currency": "EUR"}).json
    assert made
    path = f"/stores/{merchant.store_id}/invoices/{made['id']}/payment-methods"
    before = owner.get(path).json
    quote(greenfield, "fixed", EUR="10")
    configure(owner, rates, spread=50)
    assert owner.get(path).json == before
    assert before
    assert before[0]["rate"] == "50000"


def test_a_fallback_is_off_until_it_is_chosen_and_answers_where_the_first_cannot(
    greenfield: Flask, merchant: Merchant, owner: GreenfieldClient, rates: str
) -> None:
    off = owner.get(f"{rates}/configuration/fallback")
    assert (off.status_code, (off.json or {})["code"]) == (404, "fallback-disabled")
    quote(greenfield, "bitpay", EUR="70000")
    configure(owner, rates, preferredSource="kraken")
    assert owner.post(f"/stores/{merchant.store_id}/invoices", {"amount": "1", "currency": "EUR"}).status_code == 400
    chosen = configure(owner, rates, "/fallback", preferredSource="bitpay", spread=0)
    assert owner.get(f"{rates}/configuration/fallback").json == chosen
    assert (sold(owner, merchant)["rate"], sold(owner, merchant)["source"]) == (70000, "bitpay")
    assert owner.delete(f"{rates}/configuration/fallback").status_code == 200
    assert owner.get(f"{rates}/configuration/fallback").status_code == 404


def test_without_any_rate_nothing_is_made_and_no_address_is_taken(
    greenfield: Flask, merchant: Merchant, owner: GreenfieldClient, rates: str
) -> None:
    quote(greenfield, "kraken", age=timedelta(minutes=5), EUR="60000")
    configure(owner, rates, preferredSource="kraken")
    configure(owner, rates, "/fallback", preferredSource="bitpay")
    refused = owner.post(f"/stores/{merchant.store_id}/invoices", {"amount": "10", "currency": "EUR"})
    assert (refused.status_code, (refused.json or {})["code"]) == (400, "generic-error")
    assert "5 minutes old" in refused.text
    assert "no quote of bitpay for BTC_EUR is known yet" in refused.text
    with greenfield.app_context():
        assert db.session.query(Invoice).count() == db.session.query(Prompt).count() == 0
    quote(greenfield, "kraken", EUR="60000")
    assert sold(owner, merchant)["rate"] == 60000
    shown = owner.get(f"/stores/{merchant.store_id}/payment-methods/BTC-CHAIN/wallet/preview", count="1").json
    with greenfield.app_context():
        assert shown
        assert db.session.query(Prompt.destination).scalar() == shown["addresses"][0]["address"]


def test_rules_of_one_s_own_price_invoices(merchant: Merchant, owner: GreenfieldClient, rates: str) -> None:
    script = "// the house rate\nBTC_EUR = 40000;\nBTC_CHF = fixed(BTC_EUR) * 0.95;\nX_X = fixed(X_X);"
    told = configure(owner, rates, isCustomScript=True, effectiveScript=script, preferredSource="kraken", spread=0)
    assert (told["isCustomScript"], told["effectiveScript"], told["preferredSource"]) == (True, script, None)
    assert owner.put(f"{rates}/configuration", told).json == told
    assert (sold(owner, merchant)["rate"], sold(owner, merchant)["source"]) == (40000, "40000")
    francs = sold(owner, merchant, currency="CHF")
    assert (francs["rate"], francs["source"]) == (47500, "fixed(BTC_EUR) * 0.95")
    assert sold(owner, merchant, currency="USD")["source"] == "fixed"


UNUSABLE: list[tuple[dict[str, Any], str]] = [
    ({"spread": -1}, "Spread"),
    ({"spread": 100}, "Spread"),
    ({"spread": "much"}, "Spread"),
    ({"preferredSource": "oracle"}, "PreferredSource"),
    ({"isCustomScript": True}, "EffectiveScript"),
    ({"isCustomScript": True, "effectiveScript": "X_X = "}, "EffectiveScript"),
    ({"isCustomScript": True, "effectiveScript": "X_X = oracle(X_X);"}, "EffectiveScript"),
    ({"isCustomScript": True, "effectiveScript": "A_B = 1;" * 2000}, "EffectiveScript"),
    ({"isCustomScript": "perhaps"}, "IsCustomScript"),
]


def test_a_configuration_that_cannot_be_used_is_named(owner: GreenfieldClient, rates: str) -> None:
    for method, which in (("PUT", ""), ("PUT", "/primary"), ("PUT", "/fallback"), ("POST", "/preview")):
        for fields, path in UNUSABLE:
            refused = owner.call(method, f"{rates}/configuration{which}", fields)
            assert refused.status_code == 422, refused.text
            assert [problem["path"] for problem in refused.json or []] == [path]
    assert (owner.get(f"{rates}/configuration").json or {})["effectiveScript"] == "X_X = fixed(X_X);"


def test_a_preview_reckons_with_the_quotes_at_hand_and_keeps_nothing(
    greenfield: Flask, owner: GreenfieldClient, rates: str
) -> None:
    quote(greenfield, "kraken", EUR="60000 60100")
    pairs = {"currencyPair": ["BTC_EUR", "BTC_NOK"]}
    body = {"preferredSource": "kraken", "spread": 10, "isCustomScript": False}
    shown = owner.call("POST", f"{rates}/configuration/preview", body, query_string=pairs).json
    assert shown == [
        {"currencyPair": "BTC_EUR", "errors": [], "rate": "54000.0"},
        {
            "currencyPair": "BTC_NOK",
            "errors": ["RateUnavailable: no quote of kraken for BTC_NOK is known yet"],
            "rate": None,
        },
    ]
    assert (owner.get(f"{rates}/configuration").json or {})["spread"] == 0


def test_looking_and_changing_need_their_permissions(merchant: Merchant, rates: str) -> None:
    plugin = merchant.plugin()
    assert plugin.get(rates).status_code == 200
    assert plugin.get(f"{rates}/configuration").status_code == 200
    for refused in (
        plugin.put(f"{rates}/configuration", {}),
        plugin.put(f"{rates}/configuration/fallback", {}),
        plugin.delete(f"{rates}/configuration/fallback"),
        plugin.post(f"{rates}/configuration/preview", {}),
    ):
        assert (refused.status_code, (refused.json or {})["missingPermission"]) == (403, Policy.MODIFY_STORE)


PRICES = [  # amount, currency, price, rate, satoshis
    ("1234.5", "JPY", "1234", "9000000", 13712),
    ("1235.5", "JPY", "1236", "9000000", 13734),
    ("12.345", "EUR", "12.34", "50000", 24680),
    ("12345.6", "SATS", "12346", "100000000", 12346),
    ("0.00012345", "BTC", "0.00012345", "1", 12345),
    ("0.000123456", "BTC", "0.00012346", "1", 12346),
    ("1.2345", "KWD", "1.234", "17000", 7259),
]


def test_prices_are_rounded_to_their_currency_and_asked_for_in_whole_satoshis(
    greenfield: Flask, merchant: Merchant, owner: GreenfieldClient
) -> None:
    quote(greenfield, "fixed", KWD="17000")
    invoices = f"/stores/{merchant.store_id}/invoices"
    for amount, currency, price, rate, sats in PRICES:
        made = sold(owner, merchant, amount=amount, currency=currency)
        assert (made["price"], made["rate"]) == (Decimal(price), Decimal(rate))
        assert made["source"] == ("none" if currency in ("BTC", "SATS") else "fixed")
        (method,) = owner.get(f"{invoices}/{made['id']}/payment-methods").json or []
        assert Decimal(method["due"]) * 10**8 == sats


def test_orders_in_units_of_bitcoin_know_no_spread(merchant: Merchant, owner: GreenfieldClient, rates: str) -> None:
    configure(owner, rates, preferredSource="kraken", spread=10)
    assert sold(owner, merchant, amount="0.001", currency="BTC")["rate"] == 1
    assert sold(owner, merchant, amount="100000", currency="SATS")["rate"] == 10**8


def test_what_the_coin_was_worth_is_noted_in_the_tracked_currencies(
    merchant: Merchant, owner: GreenfieldClient
) -> None:
    assert sold(owner, merchant)["tracked"] is None
    owner.put(f"/stores/{merchant.store_id}", {"additionalTrackedRates": ["JPY", "CHF"]})
    assert sold(owner, merchant, currency="USD")["tracked"] == {"USD": "55000.5", "EUR": "50000", "JPY": "9000000"}


def test_the_bitpay_dialect_sells_and_tells_by_the_same_rules(
    greenfield: Flask, merchant: Merchant, owner: GreenfieldClient, rates: str
) -> None:
    configure(owner, rates, spread=10)
    owner.put(f"/stores/{merchant.store_id}", {"anyoneCanCreateInvoice": True})
    anybody = greenfield.test_client()
    told = anybody.get(f"/rates?storeId={merchant.store_id}&currencyPairs=BTC_EUR,BTC_CHF").json
    assert told
    assert [(one["currencyPair"], one["rate"]) for one in told["data"]] == [("BTC_EUR", 45000.0)]
    made = anybody.post(f"/invoices?storeId={merchant.store_id}", json={"price": 45, "currency": "EUR"})
    assert made.json
    assert (made.json["data"]["rate"], made.json["data"]["btcPrice"]) == (45000.0, "0.00100000")
