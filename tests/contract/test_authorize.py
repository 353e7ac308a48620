"""The wizard: what a shop asks for, what the merchant grants, how the key travels (greenfield 7, contract B3)."""

from typing import Any

import pytest
from flask import Flask

from app.db.models import ApiKey
from app.db.queries import reading
from app.domain.permissions import Role
from app.usecases.revoke_api_key import revoke_api_key
from tests.contract.greenfield_client import PASSWORD, PLUGIN, Merchant, client_with, let_go, make_app, new_merchant
from tests.contract.visitor import SHOP, Visitor, forms, signed_in, wizard


def keys(app: Flask) -> list[ApiKey]:
    with app.app_context():
        return list(reading().query(ApiKey).order_by(ApiKey.created_at).all())


def handed_over(answer: Any) -> dict[str, list[str]]:
    """What the shop would be sent when the merchant presses the button."""
    assert answer.status_code == 200, answer.text
    (form,) = forms(answer)
    assert form.action == SHOP
    return {name: form.fields.getlist(name) for name in form.fields}


def test_the_wizard_hands_over_exactly_what_the_plugin_asked_for(greenfield: Flask, merchant: Merchant) -> None:
    visitor = signed_in(greenfield)
    page = visitor.get(wizard())
    assert page.status_code == 200
    assert '<p class="host">shop.example</p>' in page.text
    assert "Offer refunds; you approve each one before it is paid" in page.text
    assert keys(greenfield) == [], "looking makes no key"
    answer = visitor.send(wizard(), store=merchant.store_id)
    sent = handed_over(answer)
    assert sent["userId"] == [merchant.user_id]
    assert sent["permissions[]"] == [f"{policy}:{merchant.store_id}" for policy in PLUGIN]
    (key,) = sent["apiKey"]
    assert len(key) == 40
    assert set(key) <= set("0123456789abcdef")
    assert set(sent) == {"userId", "permissions[]", "apiKey"}
    current = client_with(greenfield, key).get("/api-keys/current")
    assert current.json == {"apiKey": key, "label": "WooCommerce", "permissions": sent["permissions[]"]}
    assert "Send the key to shop.example" in answer.text


def test_the_page_with_the_key_posts_to_the_shop_alone_and_by_itself_not_at_all(
    greenfield: Flask, merchant: Merchant
) -> None:
    answer = signed_in(greenfield).send(wizard(), store=merchant.store_id)
    policy = answer.headers["Content-Security-Policy"]
    assert "form-action https://shop.example;" in policy
    assert "frame-ancestors 'none'" in policy
    assert "<script" not in answer.text
    assert "http-equiv" not in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert "Location" not in answer.headers


def test_the_key_is_kept_as_a_hash_and_written_nowhere_else(
    greenfield: Flask, merchant: Merchant, caplog: pytest.LogCaptureFixture
) -> None:
    visitor = signed_in(greenfield)
    (key,) = handed_over(visitor.send(wizard(), store=merchant.store_id))["apiKey"]
    (row,) = keys(greenfield)
    assert key not in repr({column.name: getattr(row, column.name) for column in ApiKey.__table__.columns})
    assert key not in visitor.get("/api-keys").text
    assert key not in caplog.text


@pytest.mark.parametrize(
    "redirect",
    [
        "http://shop.example/",
        "//shop.example/",
        "https://user@shop.example/",
        "https://shop.example/#x",
        "https://shop.example\\@evil.example/",
        "javascript:alert(1)",
        "https://shop.example/ x",
        "https://shop.example;form-action *",
    ],
)
def test_a_redirect_that_a_key_may_not_go_to_is_refused_on_both_ways(
    greenfield: Flask, merchant: Merchant, redirect: str
) -> None:
    visitor = signed_in(greenfield)
    path = wizard(redirect=redirect)
    refused = visitor.get(path)
    assert refused.status_code == 400
    assert "redirect" in refused.text
    proof = forms(visitor.get(wizard()))[0].fields.to_dict()
    assert visitor.post(path, {**proof, "store": merchant.store_id}).status_code == 400
    assert keys(greenfield) == []


def test_a_shop_on_this_machine_may_use_http_and_its_port_is_shown(greenfield: Flask, merchant: Merchant) -> None:
    visitor = signed_in(greenfield)
    path = wizard(redirect="http://127.0.0.1:8480/?btcpay-settings-callback")
    assert '<p class="host">127.0.0.1:8480</p>' in visitor.get(path).text
    policy = visitor.send(path, store=merchant.store_id).headers["Content-Security-Policy"]
    assert "form-action http://127.0.0.1:8480;" in policy


def test_an_operator_may_allow_http(greenfield: Flask, merchant: Merchant) -> None:
    url, place = greenfield.config["SQLALCHEMY_DATABASE_URI"], merchant.services.settings.data_dir
    plain = "http://pay.example"
    closed = make_app(place, url, SATTLE_PUBLIC_URL=plain)
    visitor = Visitor(closed, plain)
    visitor.sign_in()
    refused = visitor.get(wizard())
    assert refused.status_code == 403
    assert "SATTLE_ALLOW_HTTP_SHOPS" in refused.text
    visitor = Visitor(closed, "http://localhost:8000")
    visitor.sign_in()
    assert visitor.get(wizard()).status_code == 200, "nobody listens on the way to this machine"
    let_go(closed)
    app = make_app(place, url, SATTLE_PUBLIC_URL=plain, SATTLE_ALLOW_HTTP_SHOPS="1")
    visitor = Visitor(app, plain)
    visitor.sign_in()
    page = visitor.get(wizard(redirect="http://shop.example/"))
    assert page.status_code == 200
    assert "not encrypted" in page.text
    let_go(app)


def test_a_host_that_is_none_is_not_this_machine(greenfield: Flask, merchant: Merchant) -> None:
    url, place = greenfield.config["SQLALCHEMY_DATABASE_URI"], merchant.services.settings.data_dir
    app = make_app(place, url, SATTLE_PUBLIC_URL="http://pay.example", SATTLE_TRUSTED_PROXIES="127.0.0.1")
    visitor = Visitor(app, "http://pay.example")
    visitor.sign_in()
    for host in ("[", "]", "[::1", "a b", "\u00e9", ":", "pay.example:x", "127.0.0.1.evil.example", ""):
        assert visitor.get(wizard(), headers={"X-Forwarded-Host": host}).status_code == 403, host
    for good in ("[::1]:8000", "localhost", "abc.onion"):
        assert visitor.get(wizard(), headers={"X-Forwarded-Host": good}).status_code == 200
    let_go(app)


def test_consent_needs_our_own_form(greenfield: Flask, merchant: Merchant, stranger: Merchant) -> None:
    visitor, other = signed_in(greenfield), signed_in(greenfield, stranger.email)
    proof = forms(other.get(wizard()))[0].fields["form_proof"]
    for data in ({"store": merchant.store_id}, {"store": merchant.store_id, "form_proof": proof}):
        assert visitor.post(wizard(), data).status_code == 403
    cross = {"Sec-Fetch-Site": "cross-site", "Origin": "https://shop.example"}
    assert visitor.send(wizard(), cross, store=merchant.store_id).status_code == 403
    assert keys(greenfield) == []


def test_the_merchant_chooses_among_own_stores_that_suit(
    greenfield: Flask, merchant: Merchant, stranger: Merchant
) -> None:
    managed = merchant.store("second store", Role.MANAGER)
    guest_in = merchant.store("a guest here", Role.GUEST)
    visitor = signed_in(greenfield)
    page = visitor.get(wizard())
    assert merchant.store_id in page.text
    assert managed in page.text
    assert guest_in not in page.text
    assert stranger.store_id not in page.text
    assert "store" not in forms(page)[0].fields, "of several none is chosen already"
    assert handed_over(visitor.send(wizard(), store=managed))["permissions[]"][0].endswith(f":{managed}")
    for store in (guest_in, stranger.store_id, "nothing", ""):
        refused = visitor.send(wizard(), store=store)
        assert refused.status_code == 422
        assert "apiKey" not in refused.text
    assert len(keys(greenfield)) == 1


def test_strict_means_that_nothing_can_be_left_out(greenfield: Flask, merchant: Merchant) -> None:
    visitor = signed_in(greenfield)
    one = PLUGIN[0].value
    sent = handed_over(visitor.send(wizard(), store=merchant.store_id, permission=[one]))
    assert len(sent["permissions[]"]) == len(PLUGIN)
    loose = wizard(strict="false")
    assert len(forms(visitor.get(loose))[0].fields.getlist("permission")) == len(PLUGIN)
    sent = handed_over(visitor.send(loose, store=merchant.store_id, permission=[one, "unrestricted"]))
    assert sent["permissions[]"] == [f"{one}:{merchant.store_id}"], "nor can more be taken than was asked"
    nothing = visitor.send(loose, store=merchant.store_id, permission=[])
    assert nothing.status_code == 422


def test_without_a_choice_of_store_the_key_is_for_all_of_them(greenfield: Flask, merchant: Merchant) -> None:
    visitor = signed_in(greenfield)
    path = wizard(selectiveStores="false", permissions=["btcpay.store.canviewinvoices", "btcpay.user.canviewprofile"])
    assert "For all your stores" in visitor.get(path).text
    assert handed_over(visitor.send(path))["permissions[]"] == [
        "btcpay.store.canviewinvoices",
        "btcpay.user.canviewprofile",
    ]


def test_rights_that_are_not_the_merchants_cannot_be_granted(
    greenfield: Flask, merchant: Merchant, stranger: Merchant
) -> None:
    visitor = signed_in(greenfield)
    for permission in (
        "btcpay.server.canmanageusers",
        f"btcpay.store.canviewinvoices:{stranger.store_id}",
        "btcpay.store.canviewinvoices:nothing",
    ):
        path = wizard(permissions=[permission])
        page = visitor.get(path)
        assert page.status_code == 200
        assert "You cannot grant this" in page.text
        assert "another store" not in page.text, "the name of a store that is none of ours"
        proof = forms(visitor.get(wizard()))[0].fields["form_proof"]
        assert visitor.post(path, {"form_proof": proof, "store": merchant.store_id}).status_code == 422
    assert keys(greenfield) == []
    administrator = new_merchant(greenfield, "admin@shop.example", is_administrator=True)
    page = signed_in(greenfield, administrator.email).get(wizard(permissions=["btcpay.server.canmanageusers"]))
    assert 'class="sweeping"' in page.text


def test_a_merchant_without_a_store_is_told_so(greenfield: Flask) -> None:
    person = new_merchant(greenfield)
    page = signed_in(greenfield, person.email).get(wizard())
    assert "no store in which you may do all of this" in page.text
    assert forms(page) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"permissions": []},
        {"permissions": ["x"]},
        {"strict": "maybe"},
        {"applicationName": "\x07"},
        {"applicationName": "x" * 99},
    ],
)
def test_a_question_that_makes_no_sense_is_refused(greenfield: Flask, merchant: Merchant, changes: Any) -> None:
    assert signed_in(greenfield).get(wizard(**changes)).status_code == 400


def test_a_name_cannot_write_into_the_page(greenfield: Flask, merchant: Merchant) -> None:
    page = signed_in(greenfield).get(wizard(applicationName="<script>alert(1)</script>"))
    assert "<script" not in page.text
    assert "&lt;script&gt;" in page.text


def test_pressing_the_button_twice_makes_one_key(greenfield: Flask, merchant: Merchant) -> None:
    visitor = signed_in(greenfield)
    (form,) = forms(visitor.get(wizard()))
    data = {**form.fields.to_dict(), "store": merchant.store_id}
    first, second = (handed_over(visitor.post(wizard(), data))["apiKey"][0] for _ in range(2))
    assert len(keys(greenfield)) == 1
    assert client_with(greenfield, first).get("/api-keys/current").status_code == 401
    assert client_with(greenfield, second).get("/api-keys/current").status_code == 200
    third = visitor.post(wizard(), data)
    assert (third.status_code, "used already" in third.text) == (422, True), "it is in use now"


def test_a_consent_cannot_change_somebody_elses_key(greenfield: Flask, merchant: Merchant, stranger: Merchant) -> None:
    signed_in(greenfield).send(wizard(), store=merchant.store_id)
    (row,) = keys(greenfield)
    other = signed_in(greenfield, stranger.email)
    assert other.send(wizard(), store=stranger.store_id, consent=row.id).status_code == 422
    assert [key.key_sha256 for key in keys(greenfield)] == [row.key_sha256]


def test_an_application_that_names_itself_may_have_its_key_renewed(
    greenfield: Flask, merchant: Merchant, stranger: Merchant
) -> None:
    visitor = signed_in(greenfield)
    named = wizard(applicationIdentifier="cart-1")
    assert "It has a key already" not in visitor.get(named).text
    (first,) = handed_over(visitor.send(named, store=merchant.store_id))["apiKey"]
    (row,) = keys(greenfield)
    page = visitor.get(named)
    assert forms(page)[0].fields["replaces"] == row.id
    (second,) = handed_over(visitor.send(named, store=merchant.store_id))["apiKey"]
    assert client_with(greenfield, first).get("/api-keys/current").status_code == 401
    assert client_with(greenfield, second).get("/api-keys/current").status_code == 200
    (third,) = handed_over(visitor.send(named, store=merchant.store_id, replaces=""))["apiKey"]
    assert client_with(greenfield, second).get("/api-keys/current").status_code == 200, "one more was wanted"
    for other in (
        wizard(applicationIdentifier="cart-2"),
        wizard(applicationIdentifier="cart-1", redirect="https://shop.example:8443/"),
        wizard(applicationIdentifier="cart-1", permissions=[PLUGIN[0].value]),
        wizard(),
    ):
        assert "It has a key already" not in visitor.get(other).text
    with greenfield.app_context():
        for text in (second, third):
            revoke_api_key(text, merchant.services.clock.now())
    assert "It has a key already" not in visitor.get(named).text
    assert "It has a key already" not in signed_in(greenfield, stranger.email).get(named).text


def test_only_an_own_key_of_the_same_application_is_replaced(greenfield: Flask, merchant: Merchant) -> None:
    other = merchant.key("unrestricted")
    (row,) = keys(greenfield)
    visitor = signed_in(greenfield)
    handed_over(visitor.send(wizard(applicationIdentifier="cart-1"), store=merchant.store_id, replaces=row.id))
    assert client_with(greenfield, other).get("/api-keys/current").status_code == 200


def test_without_a_redirect_the_key_is_shown_once(greenfield: Flask, merchant: Merchant) -> None:
    visitor = signed_in(greenfield)
    path = wizard(redirect="", applicationName="by hand")
    answer = visitor.send(path, store=merchant.store_id)
    assert "Copy it now" in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    key = answer.text.partition('<pre class="secret">')[2][:40]
    assert client_with(greenfield, key).get("/api-keys/current").status_code == 200
    assert key not in visitor.get("/api-keys").text


def test_who_is_not_signed_in_comes_back_to_the_same_question(greenfield: Flask, merchant: Merchant) -> None:
    visitor = Visitor(greenfield)
    login = visitor.get(wizard()).location
    (form,) = forms(visitor.get(login))
    back = visitor.post("/login", {**form.fields.to_dict(), "email": merchant.email, "password": PASSWORD}).location
    assert back == wizard()
    assert len(handed_over(visitor.send(back, store=merchant.store_id))["permissions[]"]) == len(PLUGIN)
