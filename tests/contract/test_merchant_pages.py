"""The merchant's pages behind the sign-in: keys, pairing, an invoice."""

from typing import Any

import pytest
from flask import Flask

from app.db.models import ApiKey, BitpayClient
from app.db.queries import reading
from app.db.session import change
from app.domain.permissions import Role
from app.usecases.pair_client import ask_for_code, claim_code
from tests.contract.greenfield_client import PLUGIN, Merchant, client_with, new_merchant
from tests.contract.visitor import Visitor, forms, signed_in

SIN = "TfHfqhFH8Gyi6JABADH8hWo72P64sXdG2dD"


def key_id(app: Flask) -> str:
    with app.app_context():
        return str(reading().query(ApiKey).one().id)


def test_keys_are_listed_in_words_with_their_use(greenfield: Flask, merchant: Merchant, stranger: Merchant) -> None:
    visitor = signed_in(greenfield)
    assert "There are none." in visitor.get("/api-keys").text
    key = merchant.key(*(f"{policy}:{merchant.store_id}" for policy in PLUGIN))
    stranger.key("unrestricted")
    page = visitor.get("/api-keys").text
    assert "Offer refunds; you approve each one before it is paid" in page
    assert "(a store)" in page
    assert "<dd>never</dd>" in page
    assert "Do everything" not in page, "that is somebody else's key"
    client_with(greenfield, key).get("/api-keys/current")
    assert "<dd>never</dd>" not in visitor.get("/api-keys").text


def test_a_key_that_a_newer_version_made_is_listed_too(greenfield: Flask, merchant: Merchant) -> None:
    key = merchant.key("unrestricted")
    with greenfield.app_context(), change() as session:
        session.query(ApiKey).one().permissions = ["btcpay.store.cannewthing", "btcpay.store.canviewinvoices:gone"]
    page = signed_in(greenfield).get("/api-keys")
    assert page.status_code == 200
    assert "btcpay.store.cannewthing" in page.text
    assert client_with(greenfield, key).get("/api-keys/current").status_code == 200


def test_a_key_is_revoked_after_a_question(greenfield: Flask, merchant: Merchant) -> None:
    visitor, key = signed_in(greenfield), merchant.key("unrestricted")
    path = f"/api-keys/{key_id(greenfield)}/revoke"
    assert path in visitor.get("/api-keys").text
    assert "Revoke this key?" in visitor.get(path).text
    assert client_with(greenfield, key).get("/api-keys/current").status_code == 200, "asking does nothing"
    assert visitor.post(path).status_code == 403
    answer = visitor.send(path)
    assert (answer.status_code, answer.location) == (303, "/api-keys")
    assert client_with(greenfield, key).get("/api-keys/current").status_code == 401
    assert "There are none." in visitor.get("/api-keys").text
    assert visitor.get(path).status_code == 404


def test_another_ones_key_is_not_there(greenfield: Flask, merchant: Merchant, stranger: Merchant) -> None:
    visitor, key = signed_in(greenfield, stranger.email), merchant.key("unrestricted")
    path = f"/api-keys/{key_id(greenfield)}/revoke"
    proof = forms(visitor.get("/api-tokens"))[0].fields["form_proof"]
    assert [visitor.get(path).status_code, visitor.post(path, {"form_proof": proof}).status_code] == [404, 404]
    assert client_with(greenfield, key).get("/api-keys/current").status_code == 200


def test_the_link_to_make_a_key_by_hand_asks_what_the_plugin_accepts(greenfield: Flask, merchant: Merchant) -> None:
    visitor = signed_in(greenfield)
    path = visitor.get("/api-keys").text.partition('<a href="/api-keys/authorize?')[2].partition('"')[0]
    page = visitor.send("/api-keys/authorize?" + path.replace("&amp;", "&"), store=merchant.store_id)
    key = page.text.partition('<pre class="secret">')[2][:40]
    current: Any = client_with(greenfield, key).get("/api-keys/current").json
    assert current["permissions"] == [f"{policy}:{merchant.store_id}" for policy in PLUGIN]


def test_a_pairing_code_is_made_for_an_own_store(greenfield: Flask, merchant: Merchant, stranger: Merchant) -> None:
    visitor = signed_in(greenfield)
    merchant.store("managed", Role.MANAGER)
    page = visitor.get("/api-tokens")
    assert forms(page)[0].fields["store"] == merchant.store_id, "the only one that this person owns"
    answer = visitor.send("/api-tokens", store=merchant.store_id)
    code = answer.text.partition('<p class="host">')[2][:7]
    with greenfield.app_context():
        assert claim_code(code, SIN, "a shop", merchant.services.clock.now()).store_id == merchant.store_id
    for store in (stranger.store_id, "nothing", ""):
        assert visitor.send("/api-tokens", store=store).status_code == 403


def test_who_owns_no_store_is_told_so(greenfield: Flask) -> None:
    visitor = signed_in(greenfield, new_merchant(greenfield).email)
    assert "You own no store" in visitor.get("/api-tokens").text


@pytest.fixture
def asked(greenfield: Flask, merchant: Merchant) -> str:
    """The address to which a client that asked for a code sends its merchant."""
    with greenfield.app_context():
        made = ask_for_code(SIN, "till <1>", merchant.services.clock.now())
    return f"/api-access-request?pairingCode={made.code}"


def test_a_client_that_asked_is_accepted(greenfield: Flask, merchant: Merchant, asked: str) -> None:
    visitor = signed_in(greenfield)
    page = visitor.get(asked).text
    assert "till &lt;1&gt;" in page
    assert SIN in page
    assert "may now make invoices for a store" in visitor.send(asked, store=merchant.store_id).text
    with greenfield.app_context():
        assert reading().get_one(BitpayClient, SIN).store_id == merchant.store_id
    assert visitor.get(asked).status_code == 404, "it is done"


def test_a_client_is_accepted_for_an_own_store_by_our_own_form(
    greenfield: Flask, merchant: Merchant, stranger: Merchant, asked: str
) -> None:
    visitor = signed_in(greenfield)
    assert visitor.post(asked, {"store": merchant.store_id}).status_code == 403
    assert visitor.send(asked, store=stranger.store_id).status_code == 403
    with greenfield.app_context():
        assert reading().get(BitpayClient, SIN) is None


@pytest.mark.parametrize("code", ["", "AAAAAAA", "%00", "x" * 300])
def test_a_request_that_is_not_there_is_told(greenfield: Flask, merchant: Merchant, code: str) -> None:
    answer = signed_in(greenfield).get(f"/api-access-request?pairingCode={code}")
    assert answer.status_code in (400, 404)
    assert "text/html" in answer.content_type


def test_a_request_lapses(greenfield: Flask, merchant: Merchant, asked: str) -> None:
    visitor = signed_in(greenfield)
    clock = merchant.services.settings.test_clock
    assert clock is not None
    clock.write_text("901")
    assert visitor.get(asked).status_code == 404


@pytest.fixture
def invoice_id(merchant: Merchant) -> str:
    made = merchant.plugin().post(
        f"/stores/{merchant.store_id}/invoices", {"amount": "12.34", "currency": "EUR", "metadata": {"orderId": "<77>"}}
    )
    assert made.status_code == 200, made.text
    assert made.json is not None
    return str(made.json["id"])


def test_the_merchants_link_shows_the_invoice(greenfield: Flask, merchant: Merchant, invoice_id: str) -> None:
    moved = signed_in(greenfield).get(f"/invoices/{invoice_id}")
    assert (moved.status_code, moved.location) == (303, f"/admin/invoices/{invoice_id}")
    hostile = signed_in(greenfield).get("/invoices/a%0d%0aSet-Cookie:b%e2%82%ac")
    assert (hostile.status_code, hostile.location) == (303, "/admin/invoices/a%0D%0ASet-Cookie%3Ab%E2%82%AC")
    page = signed_in(greenfield).get(moved.location)
    assert page.status_code == 200
    for text in ("12.34 EUR", "New", "&lt;77&gt;", "a store", "None was seen yet."):
        assert text in page.text


def test_the_merchants_link_says_nothing_to_others(
    greenfield: Flask, merchant: Merchant, stranger: Merchant, invoice_id: str
) -> None:
    notices = [Visitor(greenfield).get(f"/invoices/{each}") for each in (invoice_id, "nothing")]
    assert [answer.status_code for answer in notices] == [200, 200]
    assert notices[0].text.replace(invoice_id, "nothing") == notices[1].text
    assert f"/login?next=/invoices/{invoice_id}" in notices[0].text
    other = signed_in(greenfield, stranger.email)
    pages = [other.get(f"/admin/invoices/{each}") for each in (invoice_id, "nothing")]
    assert [answer.status_code for answer in pages] == [404, 404]
    assert pages[0].text == pages[1].text
