"""The merchant's stores by the pages: settings, wallet, rates, webhooks, keys. Wrong input loses nothing."""

from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from app.db.models import ApiKey, AuditEntry, Store, StorePaymentMethod, StoreUser, Wallet, WalletScan, Webhook, db
from app.db.queries_rates import rates_of_store
from app.domain.permissions import Policy, Role
from app.errors import BadInput
from app.pages.admin.readings import minutes, percent
from app.usecases.create_user import create_user
from tests.account_keys import fresh_key
from tests.contract.greenfield_client import PASSWORD, Merchant, new_merchant
from tests.contract.visitor import Visitor, forms, signed_in

PRIVATE = (
    "tprv8ZgxMBicQKsPeDgjzdC36fs6bMjGApWDNLR9erAXMs5skhMv36j9MV5ecvfavji5khqjWaWSFhN3YcCUUdiKH6isR4Pwy3U5y5egddBr16m"
)
HOOK = "https://hook.example/told"


def submit(visitor: Visitor, page: str, action: str, **filled: Any) -> TestResponse:
    """Fill in that form of the page which goes to `action` and send it."""
    form = next(form for form in forms(visitor.get(page)) if (form.action or page) == (action or page))
    data = form.fields.copy()
    for name, value in filled.items():
        data.setlist(name, value if isinstance(value, list) else [value])
    return visitor.post(action or page, data)


def stored(app: Flask, table: type[Any], key: Any) -> Any:
    with app.app_context():
        db.session.rollback()
        return db.session.get(table, key)


@pytest.fixture
def visitor(greenfield: Flask, merchant: Merchant) -> Visitor:
    return signed_in(greenfield)


@pytest.fixture
def base(merchant: Merchant) -> str:
    return f"/admin/stores/{merchant.store_id}"


def settings(**changes: str) -> dict[str, str]:
    """All that the form of a store sends."""
    given = {
        "name": "Corner Books",
        "website": "https://shop.example",
        "supportUrl": "mailto:help@shop.example",
        "default_currency": "chf",
        "tracked_currencies": "usd, eur",
        "speed_policy": "LowSpeed",
        "tolerance_percent": "1,5",
        "network_fee_mode": "Always",
        "expiration_seconds": "2.5",
        "display_timer_seconds": "1",
        "monitoring_seconds": "1440",
        "redirect_automatically": "1",
        "brandColor": "#123456",
        "logoUrl": "https://shop.example/logo.png",
        "htmlTitle": "Pay here",
        "defaultLang": "de-DE",
        "receipt.enabled": "1",
    }
    return {**given, **changes}


def test_a_store_is_made_and_its_maker_owns_it(greenfield: Flask) -> None:
    person = new_merchant(greenfield, "new@shop.example")
    visitor = signed_in(greenfield, person.email)
    assert "You have no store yet" in visitor.get("/admin/stores").text
    answer = visitor.send("/admin/stores/new", name="Corner Books", default_currency="eur")
    assert answer.status_code == 303
    store_id = answer.location.split("/")[3]
    assert stored(greenfield, Store, store_id).default_currency == "EUR"
    assert stored(greenfield, StoreUser, (store_id, person.user_id)).role == Role.OWNER
    assert visitor.get(answer.location).status_code == 200
    assert "no wallet" in visitor.get("/admin/stores").text


def test_a_store_without_a_name_is_not_made(greenfield: Flask, visitor: Visitor) -> None:
    answer = visitor.send("/admin/stores/new", name="  ", default_currency="EURO", website="https://kept.example")
    assert answer.status_code == 422
    for text in ("Fill this in.", "“EURO” cannot be used", "https://kept.example", 'aria-invalid="true"'):
        assert text in answer.text
    with greenfield.app_context():
        assert db.session.query(Store).count() == 1


def test_every_setting_is_kept(greenfield: Flask, merchant: Merchant, visitor: Visitor, base: str) -> None:
    answer = submit(visitor, base, base, **settings())
    assert (answer.status_code, answer.location) == (303, base + "?saved=1")
    told = merchant.client().get(f"/stores/{merchant.store_id}").json
    assert told is not None
    expected = {
        "name": "Corner Books",
        "website": "https://shop.example",
        "supportUrl": "mailto:help@shop.example",
        "defaultCurrency": "CHF",
        "additionalTrackedRates": ["USD", "EUR"],
        "speedPolicy": "LowSpeed",
        "networkFeeMode": "Always",
        "invoiceExpiration": 150,
        "displayExpirationTimer": 60,
        "monitoringExpiration": 86_400,
        "redirectAutomatically": True,
        "brandColor": "#123456",
        "logoUrl": "https://shop.example/logo.png",
        "htmlTitle": "Pay here",
        "defaultLang": "de-DE",
        "receipt": {"enabled": True, "showQR": True, "showPayments": True},
    }
    assert {name: told[name] for name in expected} == expected
    assert float(told["paymentTolerance"]) == 1.5
    page = visitor.get(answer.location).text
    assert "Saved." in page
    assert 'value="2.5"' in page


def test_what_is_shown_is_what_is_stored(greenfield: Flask, merchant: Merchant, visitor: Visitor, base: str) -> None:
    before = merchant.client().get(f"/stores/{merchant.store_id}").json
    submit(visitor, base, base, **read_back(visitor.get(base).text))
    assert merchant.client().get(f"/stores/{merchant.store_id}").json == before


def read_back(page: str) -> dict[str, str]:
    """What the choices of the page say: the forms' reader knows fields to type in only."""
    found = {}
    for part in page.split("<select ")[1:]:
        name = part.partition('name="')[2].partition('"')[0]
        chosen = part.partition("</select>")[0].partition('" selected')[0].rpartition('value="')[2]
        found[name] = chosen
    return found


WRONG = {
    "name": ("x" * 51, "use at most 50 characters"),
    "website": ("javascript:alert(1)", "absolute address"),
    "supportUrl": ("javascript:alert(1)", "absolute address"),
    "logoUrl": ("logo.png", "absolute address"),
    "default_currency": ("EURO", "ISO 4217"),
    "tracked_currencies": ("USD NOPE", "ISO 4217"),
    "tolerance_percent": ("100", "less than 100"),
    "expiration_seconds": ("0", "use 1 to 34560 minutes"),
    "monitoring_seconds": ("a while", "write a number"),
    "display_timer_seconds": ("1.001", "whole seconds"),
    "speed_policy": ("Warp", "choose one of the list"),
    "network_fee_mode": ("Sometimes", "choose one of the list"),
    "brandColor": ("green", "#RRGGBB"),
    "defaultLang": ("xx", "choose one of the list"),
}


@pytest.mark.parametrize("number", ["1e999999", "-1e999999", "1e-999999"])
def test_a_number_of_no_ordinary_size_is_refused(number: str) -> None:
    for read in (minutes("expiration_seconds"), percent):
        with pytest.raises(BadInput, match="ordinary size"):
            read(number)


@pytest.mark.parametrize("field", WRONG)
def test_a_setting_that_cannot_be_used_is_told_and_nothing_is_changed(
    greenfield: Flask, merchant: Merchant, visitor: Visitor, base: str, field: str
) -> None:
    value, remedy = WRONG[field]
    answer = submit(visitor, base, base, **settings(**{field: value}))
    assert answer.status_code == 422
    assert remedy in answer.text
    assert "Pay here" in answer.text, "what was typed stays"
    assert stored(greenfield, Store, merchant.store_id).name == "a store"


def test_a_store_is_archived_after_a_question_and_taken_out_again(
    greenfield: Flask, merchant: Merchant, visitor: Visitor, base: str
) -> None:
    assert "Archive it" in visitor.get(base + "/archive").text
    assert visitor.send(base + "/archive").status_code == 303
    assert stored(greenfield, Store, merchant.store_id).archived
    assert "This store is archived" in visitor.get(base).text
    visitor.send(base + "/archive")
    assert not stored(greenfield, Store, merchant.store_id).archived


def test_a_wallet_is_compared_before_it_is_taken(
    greenfield: Flask, merchant: Merchant, visitor: Visitor, base: str
) -> None:
    key = fresh_key()
    with greenfield.app_context():
        expected = [merchant.services.account_key(key, None).at(index).address for index in range(5)]
    before = stored(greenfield, StorePaymentMethod, (merchant.store_id, "BTC-CHAIN")).wallet_id
    compared = submit(visitor, base + "/wallet", base + "/wallet/compare", key=key, label="till")
    for address in expected:
        assert address in compared.text
    assert stored(greenfield, StorePaymentMethod, (merchant.store_id, "BTC-CHAIN")).wallet_id == before
    (form,) = forms(compared)
    unticked = visitor.post(form.action, form.fields)
    assert unticked.status_code == 422
    assert "tick the box" in unticked.text
    assert stored(greenfield, StorePaymentMethod, (merchant.store_id, "BTC-CHAIN")).wallet_id == before
    assert visitor.post(form.action, {**form.fields.to_dict(), "compared": "1"}).status_code == 303
    after = stored(greenfield, StorePaymentMethod, (merchant.store_id, "BTC-CHAIN"))
    assert after.wallet_id != before
    page = visitor.get(base + "/wallet").text
    assert expected[4] in page
    assert "till" in page


@pytest.mark.parametrize(
    ("key", "said"),
    [
        (PRIVATE, "never holds keys that can spend"),
        ("abandon " * 11 + "about", "never holds keys that can spend"),
        ("xpub", "mistyped"),
        ("", "Paste the extended public key"),
        ("é" * 7000, "6000"),
    ],
)
def test_a_key_that_cannot_be_used_is_told(
    greenfield: Flask, merchant: Merchant, visitor: Visitor, base: str, key: str, said: str
) -> None:
    answer = submit(visitor, base + "/wallet", base + "/wallet/compare", key=key, label="my label")
    assert answer.status_code == 422
    assert said in answer.text
    if "spend" in said:
        assert key.split(maxsplit=1)[0] not in answer.text, "nothing private is repeated"
    elif len(key) < 100:
        assert "my label" in answer.text
    with greenfield.app_context():
        assert db.session.query(Wallet).count() == 1


def test_a_scan_is_asked_for(greenfield: Flask, visitor: Visitor, base: str) -> None:
    assert submit(visitor, base + "/wallet", base + "/wallet/scan").status_code == 303
    with greenfield.app_context():
        assert {scan.reason for scan in db.session.query(WalletScan)} == {"new", "command"}


def test_addresses_are_skipped_only_when_that_is_meant(
    greenfield: Flask, merchant: Merchant, visitor: Visitor, base: str
) -> None:
    wallet_id = stored(greenfield, StorePaymentMethod, (merchant.store_id, "BTC-CHAIN")).wallet_id
    for wrong in ({"index": "50"}, {"index": "many", "meant": "1"}, {"index": "99999999", "meant": "1"}):
        answer = visitor.send(base + "/wallet/skip", **wrong)
        assert answer.status_code == 422
        assert f'value="{wrong["index"]}"' in answer.text
        assert stored(greenfield, Wallet, wallet_id).next_index == 0
    assert visitor.send(base + "/wallet/skip", index="50", meant="1").status_code == 303
    assert stored(greenfield, Wallet, wallet_id).next_index == 50
    assert "set its gap limit to" in visitor.get(base + "/wallet").text


def test_a_wallet_shared_with_a_stranger_is_not_skipped(
    greenfield: Flask, merchant: Merchant, stranger: Merchant, visitor: Visitor, base: str
) -> None:
    from app.usecases.add_wallet import add_wallet

    with greenfield.app_context():
        method = db.session.get_one(StorePaymentMethod, (merchant.store_id, "BTC-CHAIN"))
        descriptor = method.wallet.descriptor
        add_wallet(stranger.store_id, descriptor, "regtest", merchant.services.clock.now())
    assert visitor.get(base + "/wallet/skip").status_code == 403


def test_being_paid_to_a_wallet_is_stopped_and_begun_again(
    greenfield: Flask, merchant: Merchant, visitor: Visitor, base: str
) -> None:
    key = (merchant.store_id, "BTC-CHAIN")
    visitor.send(base + "/wallet/stop", how="off")
    assert not stored(greenfield, StorePaymentMethod, key).enabled
    submit(visitor, base + "/wallet", base + "/wallet/offer")
    assert stored(greenfield, StorePaymentMethod, key).enabled
    visitor.send(base + "/wallet/stop", how="remove")
    assert stored(greenfield, StorePaymentMethod, key) is None
    assert visitor.get(base + "/wallet/stop").status_code == 404


def test_rates_are_shown_ahead_and_then_saved(
    greenfield: Flask, merchant: Merchant, visitor: Visitor, base: str
) -> None:
    chosen = {"source": "rules", "script": "X_X = fixed(X_X) * 0.5;", "spread": "10", "fallback": "kraken"}
    ahead = submit(visitor, base + "/rates", base + "/rates", do="preview", **chosen)
    assert ahead.status_code == 200
    assert "22500" in ahead.text
    assert "fixed(X_X) * 0.5" in ahead.text
    assert "50000" in visitor.get(base + "/rates").text, "nothing was saved"
    saved = submit(visitor, base + "/rates", base + "/rates", do="save", **chosen)
    assert saved.status_code == 303
    assert "22500" in visitor.get(saved.location).text
    with greenfield.app_context():
        rates = rates_of_store(db.session(), merchant.store_id)
        assert rates is not None
        assert rates.rates.fallback is not None
        assert rates.rates.fallback.source == "kraken"
    submit(visitor, base + "/rates", base + "/rates", do="save", **chosen)
    with greenfield.app_context():
        noted = db.session.query(AuditEntry).filter_by(kind="rates.changed").all()
        assert [entry.subject for entry in noted] == ["primary", "fallback"], "the second time changes nothing"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"source": "rules", "script": "X_X = nowhere(X_X);"}, "no source here"),
        ({"source": "rules", "script": "X_X = "}, "cannot be used"),
        ({"source": "mtgox"}, "choose one of the list"),
        ({"spread": "100"}, "less than 100"),
        ({"fallback": "rules"}, "choose one of the list"),
    ],
)
def test_rates_that_cannot_be_used_are_told(visitor: Visitor, base: str, changes: dict[str, str], said: str) -> None:
    chosen = {"source": "server", "script": "", "spread": "0", "fallback": "none", **changes}
    answer = submit(visitor, base + "/rates", base + "/rates", do="save", **chosen)
    assert answer.status_code == 422
    assert said in answer.text


def test_a_webhook_is_made_changed_tried_and_deleted(
    greenfield: Flask, merchant: Merchant, visitor: Visitor, base: str
) -> None:
    made = visitor.send(base + "/webhooks/new", url=HOOK, what="some", event=["InvoiceSettled", "InvoiceExpired"])
    assert made.status_code == 200
    with greenfield.app_context():
        (webhook,) = db.session.query(Webhook).all()
        assert (webhook.by_hand, webhook.everything, webhook.specific_events) == (
            True,
            False,
            ["InvoiceSettled", "InvoiceExpired"],
        )
        secret, one = webhook.secret, f"{base}/webhooks/{webhook.id}"
    assert secret in made.text
    assert secret not in visitor.get(one).text
    changed = submit(visitor, one, one, url=HOOK + "/2", what="all", secret="another secret", enabled="", again="1")
    assert changed.status_code == 303
    row = stored(greenfield, Webhook, one.rpartition("/")[2])
    assert (row.secret, row.everything, row.enabled) == ("another secret", True, False)
    assert "another secret" not in visitor.get(one).text
    assert submit(visitor, one, one + "/test", type="InvoiceSettled").status_code == 303
    assert "waits for the worker" in visitor.get(one).text
    assert submit(visitor, one, one + "/test", type="Nothing").status_code == 422
    assert "Delete it" in visitor.get(one + "/delete").text
    assert visitor.send(one + "/delete").status_code == 303
    assert visitor.get(one).status_code == 404


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"url": "ftp://x"}, "Nothing can be sent to this address"),
        ({"url": ""}, "Give the address"),
        ({"what": "some", "event": []}, "Tick at least one"),
        ({"what": "some", "event": ["Nonsense"]}, "tick those of the list"),
        ({"secret": "short"}, "8 to 500"),
    ],
)
def test_a_webhook_that_cannot_be_is_not_made(
    greenfield: Flask, visitor: Visitor, base: str, changes: dict[str, Any], said: str
) -> None:
    answer = visitor.send(base + "/webhooks/new", **{"url": HOOK, "what": "all", **changes})
    assert answer.status_code == 422
    assert said in answer.text
    with greenfield.app_context():
        assert db.session.query(Webhook).count() == 0


def test_a_key_for_the_store_is_made_shown_once_and_revoked(
    greenfield: Flask, merchant: Merchant, visitor: Visitor, base: str
) -> None:
    made = submit(visitor, base + "/keys", base + "/keys", label="till")
    text = made.text.partition('<pre class="secret">')[2][:40]
    from tests.contract.greenfield_client import client_with

    api = client_with(greenfield, text)
    assert api.get(f"/stores/{merchant.store_id}").status_code == 200
    page = visitor.get(base + "/keys").text
    assert "till" in page
    assert text not in page
    with greenfield.app_context():
        (key,) = db.session.query(ApiKey).filter_by(label="till").all()
    assert key.permissions[0] == f"{Policy.VIEW_INVOICES}:{merchant.store_id}"
    assert visitor.send(f"{base}/keys/{key.id}/revoke").status_code == 303
    assert api.get(f"/stores/{merchant.store_id}").status_code == 401
    assert visitor.get(f"{base}/keys/{key.id}/revoke").status_code == 404
    for wrong in ({"label": ""}, {"label": "x", "permission": []}, {"label": "x", "permission": ["unrestricted"]}):
        assert submit(visitor, base + "/keys", base + "/keys", **wrong).status_code == 422


def test_a_key_for_several_stores_is_only_its_person_s_to_revoke(
    greenfield: Flask, merchant: Merchant, visitor: Visitor, base: str
) -> None:
    other = new_merchant(greenfield, "second@shop.example")
    own = other.store("their own")
    with greenfield.app_context():
        from app.usecases.set_role import add_to_store

        add_to_store(merchant.store_id, other.email, Role.OWNER)
    other.key(f"{Policy.VIEW_STORE}:{merchant.store_id}", f"{Policy.VIEW_STORE}:{own}")
    with greenfield.app_context():
        (key,) = db.session.query(ApiKey).filter_by(user_id=other.user_id).all()
    assert other.email in visitor.get(base + "/keys").text
    assert visitor.get(f"{base}/keys/{key.id}/revoke").status_code == 403


def test_pairing_codes_and_the_legacy_key_are_made_here(visitor: Visitor, base: str) -> None:
    code = submit(visitor, base + "/keys", base + "/keys/pair").text.partition('<p class="host">')[2][:7]
    assert code.isalnum()
    assert "makes no invoices" not in visitor.get(base + "/keys/legacy").text
    first = visitor.send(base + "/keys/legacy").text.partition('<pre class="secret">')[2][:43]
    assert len(first) == 43
    assert "stops working at once" in visitor.get(base + "/keys/legacy").text


PAGES = ("", "/archive", "/wallet", "/wallet/stop", "/wallet/skip", "/rates", "/webhooks", "/webhooks/new", "/keys")
FOR_MANAGERS = {"", "/rates", "/webhooks", "/webhooks/new"}


@pytest.mark.parametrize("path", PAGES)
def test_a_store_of_somebody_else_is_not_there(
    greenfield: Flask, merchant: Merchant, stranger: Merchant, path: str
) -> None:
    visitor = signed_in(greenfield, stranger.email)
    answers = [visitor.get(f"/admin/stores/{store}{path}") for store in (merchant.store_id, "nothing")]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].text == answers[1].text
    assert Visitor(greenfield).get(f"/admin/stores/{merchant.store_id}{path}").status_code == 303


@pytest.mark.parametrize("path", PAGES)
def test_a_manager_sees_what_the_role_allows(greenfield: Flask, merchant: Merchant, base: str, path: str) -> None:
    with greenfield.app_context():
        now = merchant.services.clock.now()
        create_user("manager@shop.example", PASSWORD, now, [merchant.store_id], Role.MANAGER)
    visitor = signed_in(greenfield, "manager@shop.example")
    assert visitor.get(base + path).status_code == (200 if path in FOR_MANAGERS else 403)


def test_a_manager_changes_no_settings(greenfield: Flask, merchant: Merchant, base: str) -> None:
    with greenfield.app_context():
        now = merchant.services.clock.now()
        create_user("manager@shop.example", PASSWORD, now, [merchant.store_id], Role.MANAGER)
    visitor = signed_in(greenfield, "manager@shop.example")
    for path in (base, base + "/rates"):
        (form,) = forms(visitor.get(path))
        assert visitor.post(path, {**form.fields.to_dict(), **settings()}).status_code == 403
    assert stored(greenfield, Store, merchant.store_id).name == "a store"


def test_what_was_done_is_in_the_log(greenfield: Flask, merchant: Merchant, visitor: Visitor, base: str) -> None:
    submit(visitor, base, base, **settings())
    with greenfield.app_context():
        (entry,) = db.session.query(AuditEntry).filter_by(kind="store.changed").all()
        assert entry.user_id == merchant.user_id
        assert set(entry.details["changes"]) >= {"name", "website", "brandColor", "expiration_seconds"}
        assert not {"celebratePayment", "receipt"} & set(entry.details["changes"]), "what stays is no change"
