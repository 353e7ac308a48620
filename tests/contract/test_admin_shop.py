"""Connecting a shop by the pages: both ways to a key, what goes wrong on the way, and the end of it."""

import hmac
import json
from base64 import b64encode
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from app.db.models import AuditEntry, Shop, ShopConnect, db
from app.db.queries_shops import newest_connect
from app.db.session import change
from app.domain.permissions import Role
from app.sealing import Sealer, new_key
from app.shop_keeper import ShopKeeper
from app.usecases.check_shop import Checked, due_shop_checks, finish_check, start_check, want_check
from app.usecases.connect_shop import store_of_token
from app.usecases.delete_store import delete_store
from tests.contract.greenfield_client import SEALING_KEY, Merchant
from tests.contract.visitor import Visitor, forms, signed_in
from tests.shop_stub import KEY, Asked, Said, StubShop, an_order, stub_shop

SETTINGS: dict[str, Any] = {
    "/settings/general/woocommerce_currency": {"value": "EUR"},
    "/settings/products/woocommerce_manage_stock": {"value": "yes"},
    "/settings/products/woocommerce_hold_stock_minutes": {"value": "10"},
    "/payment_gateways": [{"id": "btcpaygf_default", "enabled": True}],
    "/system_status": {"environment": {"version": "11.0.1", "wp_version": "7.1.4", "wp_cron": True}},
}


@pytest.fixture
def shop() -> Iterator[StubShop]:
    with stub_shop(settings=dict(SETTINGS), orders={107: an_order()}) as running:
        yield running


@pytest.fixture
def visitor(greenfield: Flask, merchant: Merchant) -> Visitor:
    return signed_in(greenfield)


@pytest.fixture
def place(merchant: Merchant) -> str:
    return f"/admin/stores/{merchant.store_id}/shop"


def never_guarded(step: Callable[[], None]) -> bool:
    step()
    return True


def work(app: Flask) -> None:
    """What the worker's thread does once a second."""
    ShopKeeper(app, app.extensions["sattle"]).work(never_guarded)


def submit(visitor: Visitor, page: str, action: str, **filled: str) -> TestResponse:
    """Fill in that form of the page which goes to `action` and send it."""
    answer = visitor.get(page)
    form = next(form for form in forms(answer) if (form.action or page) == action)
    data = form.fields.copy()
    for name, value in filled.items():
        data.setlist(name, [value])
    return visitor.post(action, data)


def found(app: Flask, visitor: Visitor, place: str, shop: StubShop) -> None:
    assert submit(visitor, place, f"{place}/address", address=shop.home).status_code == 303
    work(app)


def connected(app: Flask, visitor: Visitor, place: str, shop: StubShop) -> None:
    found(app, visitor, place, shop)
    halves = {"consumer_key": KEY.consumer_key, "consumer_secret": KEY.consumer_secret}
    assert submit(visitor, place, f"{place}/key", **halves).status_code == 303
    work(app)


def shop_row(app: Flask, store_id: str) -> Shop | None:
    with app.app_context():
        db.session.rollback()
        return db.session.get(Shop, store_id)


def test_a_shop_is_found_by_its_address_and_connected_by_a_pasted_key(
    greenfield: Flask, merchant: Merchant, visitor: Visitor, place: str, shop: StubShop
) -> None:
    submit(visitor, place, f"{place}/address", address=shop.home + "/wp-admin/index.php")
    looking = visitor.get(place)
    assert "Looking for the shop" in looking.text
    assert looking.headers["Refresh"] == "3"
    assert shop.asked == []  # the page itself asks no shop
    work(greenfield)
    assert "Found: Stub &amp; Sons" in visitor.get(place).text
    halves = {"consumer_key": f" {KEY.consumer_key} ", "consumer_secret": KEY.consumer_secret}
    submit(visitor, place, f"{place}/key", **halves)
    assert "Trying the key" in visitor.get(place).text
    work(greenfield)
    page = visitor.get(place)
    assert "Refresh" not in page.headers
    assert "Connected" in page.text
    assert "may be cancelled while its buyer is paying" in page.text  # what the advisor says of hold stock
    row = shop_row(greenfield, merchant.store_id)
    assert row is not None
    assert (row.auth, row.home_url, row.name) == ("oauth_http", shop.home, "Stub & Sons")
    assert row.facts["hold_stock_minutes"] == 10
    assert shop.orders[107]["status"] == "pending"


def test_a_key_is_kept_encrypted_and_shown_nowhere(
    greenfield: Flask, merchant: Merchant, visitor: Visitor, place: str, shop: StubShop
) -> None:
    connected(greenfield, visitor, place, shop)
    row = shop_row(greenfield, merchant.store_id)
    assert row is not None
    with greenfield.app_context():
        told = [str(entry.details) for entry in db.session.query(AuditEntry).all()]
        left = [each.sealed_key for each in db.session.query(ShopConnect).all()]
        opened = greenfield.extensions["sattle"].sealer.unseal(row.sealed_key, merchant.store_id)
    assert opened == f"{KEY.consumer_key}:{KEY.consumer_secret}"
    assert left == [None]
    for text in (row.sealed_key, visitor.get(place).text, *told, json.dumps(row.findings)):
        assert KEY.consumer_secret not in text
        assert KEY.consumer_key not in text


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("", "Give the address of the shop"),
        ("ftp://shop.example", "not an http or https address"),
        ("http://shop.example", "use https"),
        ("https://me:secret@shop.example", "leave out user name"),
        ("https://", "not an http or https address"),
    ],
)
def test_an_address_that_cannot_be_used_is_told_at_the_field(
    visitor: Visitor, place: str, typed: str, words: str
) -> None:
    answer = submit(visitor, place, f"{place}/address", address=typed)
    assert answer.status_code == 422
    assert words in answer.text
    assert "Address of the shop:" in answer.text


def test_half_a_key_is_told_at_its_field_and_not_repeated(
    greenfield: Flask, visitor: Visitor, place: str, shop: StubShop
) -> None:
    found(greenfield, visitor, place, shop)
    answer = submit(visitor, place, f"{place}/key", consumer_key=KEY.consumer_key, consumer_secret="cs_short!")
    assert answer.status_code == 422
    assert "Consumer secret:" in answer.text
    assert "cs_short!" not in answer.text
    assert KEY.consumer_key not in answer.text


def test_a_second_click_on_connect_leads_to_the_page(
    greenfield: Flask, visitor: Visitor, place: str, shop: StubShop
) -> None:
    found(greenfield, visitor, place, shop)
    form = next(form for form in forms(visitor.get(place)) if form.action == f"{place}/key")
    data = form.fields.copy()
    data.setlist("consumer_key", [KEY.consumer_key])
    data.setlist("consumer_secret", [KEY.consumer_secret])
    assert [visitor.post(f"{place}/key", data).status_code for _ in range(2)] == [303, 303]
    assert "Trying the key" in visitor.get(place).text


def test_a_key_that_is_refused_is_told_with_a_remedy_and_forgotten(
    greenfield: Flask, merchant: Merchant, visitor: Visitor, place: str, shop: StubShop
) -> None:
    found(greenfield, visitor, place, shop)
    wrong = {"consumer_key": "ck_" + "9" * 40, "consumer_secret": "cs_" + "9" * 40}
    submit(visitor, place, f"{place}/key", **wrong)
    work(greenfield)
    page = visitor.get(place).text
    assert "was not connected" in page
    assert "make a new key with read/write permission" in page
    assert shop_row(greenfield, merchant.store_id) is None
    with greenfield.app_context():
        assert all(row.sealed_key is None for row in db.session.query(ShopConnect).all())


def test_an_address_that_does_not_speak_https_is_told_and_stays_in_the_form(
    greenfield: Flask, visitor: Visitor, place: str, shop: StubShop
) -> None:
    typed = shop.home.replace("http://", "https://")
    submit(visitor, place, f"{place}/address", address=typed)
    work(greenfield)
    page = visitor.get(place).text
    assert "does not speak https" in page
    assert f'value="{typed}"' in page


def test_a_key_that_may_only_read_does_not_connect(
    greenfield: Flask, merchant: Merchant, visitor: Visitor, place: str, shop: StubShop
) -> None:
    shop.may_write = False
    connected(greenfield, visitor, place, shop)
    assert "the key may only read" in visitor.get(place).text
    assert shop_row(greenfield, merchant.store_id) is None


def test_a_place_without_a_shop_is_told_as_that(
    greenfield: Flask, visitor: Visitor, place: str, shop: StubShop
) -> None:
    shop.answers = lambda _asked: Said(200, "<html>bakery</html>")
    found(greenfield, visitor, place, shop)
    assert "no REST API was found" in visitor.get(place).text


def test_a_shop_stays_connected_while_another_connection_fails(
    greenfield: Flask, merchant: Merchant, visitor: Visitor, place: str, shop: StubShop
) -> None:
    connected(greenfield, visitor, place, shop)
    submit(visitor, f"{place}?change=1", f"{place}/address", address="http://127.0.0.1:9")
    work(greenfield)
    page = visitor.get(place).text
    assert "The last attempt to connect to 127.0.0.1:9 failed" in page
    row = shop_row(greenfield, merchant.store_id)
    assert row is not None
    assert row.home_url == shop.home


def test_who_leaves_the_shop_connected_as_it_was_reads_of_no_failure(
    greenfield: Flask, merchant: Merchant, visitor: Visitor, place: str, shop: StubShop
) -> None:
    connected(greenfield, visitor, place, shop)
    submit(visitor, f"{place}?change=1", f"{place}/address", address=shop.home)
    work(greenfield)
    wrong = {"consumer_key": "ck_" + "9" * 40, "consumer_secret": "cs_" + "9" * 40}
    submit(visitor, place, f"{place}/key", **wrong)
    work(greenfield)
    assert "was not connected" in visitor.get(place).text
    assert submit(visitor, place, f"{place}/stop").status_code == 303
    page = visitor.get(place).text
    assert "Connected" in page
    assert "The last attempt" not in page
    assert "What helps: ." not in page


def test_a_shop_that_sends_its_visitors_elsewhere_is_told_by_name_and_goes_on_with_a_persons_word(
    greenfield: Flask, merchant: Merchant, visitor: Visitor, place: str, shop: StubShop
) -> None:
    elsewhere = Said(302, "", {"Location": f"{shop.home}/"})
    with stub_shop(answers=lambda _asked: elsewhere) as typed:
        found(greenfield, visitor, place, typed)
        page = visitor.get(place).text
        assert f"sends its visitors on to {urlsplit(shop.home).netloc}" in page
        assert f"{shop.home}. Sattle needs a key of this shop" in page
        halves = {"consumer_key": KEY.consumer_key, "consumer_secret": KEY.consumer_secret}
        submit(visitor, place, f"{place}/key", **halves)
        work(greenfield)
        row = shop_row(greenfield, merchant.store_id)
        assert row is not None
        assert row.home_url == shop.home
        runner = greenfield.test_cli_runner()
        pasted = "\n".join(halves.values())
        refused = runner.invoke(args=["woo", "connect", merchant.store_id, typed.home], input=pasted)
        assert (refused.exit_code, f"connect with it: {shop.home}" in refused.stderr) == (1, True)


def test_a_connected_shop_that_sends_its_visitors_elsewhere_keeps_its_way_in_and_the_key_to_itself(
    greenfield: Flask, merchant: Merchant, visitor: Visitor, place: str, shop: StubShop
) -> None:
    connected(greenfield, visitor, place, shop)
    with stub_shop() as other:
        shop.answers = lambda _asked: Said(302, "", {"Location": f"{other.home}/"})
        submit(visitor, place, f"{place}/check")
        work(greenfield)
        assert not any("Authorization" in asked.headers for asked in other.asked)
    row = shop_row(greenfield, merchant.store_id)
    assert row is not None
    assert row.root_url == shop.root
    assert "the key was not shown to that server" in visitor.get(place).text


def asked_for_key(visitor: Visitor, place: str) -> dict[str, list[str]]:
    answer = submit(visitor, place, f"{place}/ask")
    assert answer.status_code == 303
    there = urlsplit(str(answer.location))
    assert there.path == "/wc-auth/v1/authorize"
    return parse_qs(there.query)


def shop_posts(app: Flask, token: str, **changes: Any) -> TestResponse:
    """As WooCommerce does: from its server, without a cookie."""
    body = {
        "key_id": 7,
        "user_id": token,
        "consumer_key": KEY.consumer_key,
        "consumer_secret": KEY.consumer_secret,
        "key_permissions": "read_write",
        **changes,
    }
    return app.test_client().post("/woo/key", json=body, base_url="https://pay.example")


def test_with_one_click_the_shop_sends_its_key_and_gets_exactly_200(
    greenfield: Flask, merchant: Merchant, visitor: Visitor, place: str, shop: StubShop
) -> None:
    found(greenfield, visitor, place, shop)
    page = visitor.get(place)
    assert shop.home in page.headers["Content-Security-Policy"]
    assert "Access denied" in page.text  # said before the merchant leaves
    asked = asked_for_key(visitor, place)
    assert asked["callback_url"] == ["https://pay.example/woo/key"]
    assert asked["return_url"] == [f"https://pay.example{place}/back"]
    assert asked["scope"] == ["read_write"]
    waiting = visitor.get(place)
    assert "Waiting for the shop" in waiting.text
    assert "Look again" in waiting.text
    assert "Refresh" not in waiting.headers  # it would empty the form for a key
    (token,) = asked["user_id"]
    assert shop_posts(greenfield, token).status_code == 200
    assert visitor.get(f"{place}/back?success=1&user_id={token}").status_code == 303
    work(greenfield)
    assert shop_row(greenfield, merchant.store_id) is not None
    with greenfield.app_context():
        entry = db.session.query(AuditEntry).filter_by(kind="shop.connected").one()
        assert entry.store_id == merchant.store_id


def test_the_one_time_value_counts_once_and_only_for_a_while(
    greenfield: Flask, merchant: Merchant, visitor: Visitor, place: str, shop: StubShop
) -> None:
    found(greenfield, visitor, place, shop)
    (token,) = asked_for_key(visitor, place)["user_id"]
    assert shop_posts(greenfield, "1" * len(token)).status_code == 404
    assert shop_posts(greenfield, token, key_permissions="read").status_code == 400
    assert shop_posts(greenfield, token, consumer_secret="none").status_code == 400
    assert shop_posts(greenfield, token).status_code == 200
    assert shop_posts(greenfield, token).status_code == 404
    (late,) = asked_for_key_again(greenfield, visitor, place, shop)
    with greenfield.app_context(), change() as session:
        row = newest_connect(session, merchant.store_id)
        assert row is not None
        row.expires_at -= timedelta(hours=1)
    assert shop_posts(greenfield, late).status_code == 404
    assert "That took too long" in visitor.get(place).text


def asked_for_key_again(app: Flask, visitor: Visitor, place: str, shop: StubShop) -> list[str]:
    submit(visitor, f"{place}?change=1", f"{place}/address", address=shop.home)
    work(app)
    return asked_for_key(visitor, place)["user_id"]


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"user_id": {"a": 1}}', b"\xff"])
def test_what_is_no_key_is_refused_without_a_crash(greenfield: Flask, merchant: Merchant, body: bytes) -> None:
    answer = greenfield.test_client().post("/woo/key", data=body, content_type="application/json")
    assert answer.status_code == 404


def test_who_denies_is_told_once_and_the_one_time_value_is_good_no_more(
    greenfield: Flask, visitor: Visitor, place: str, shop: StubShop
) -> None:
    found(greenfield, visitor, place, shop)
    (token,) = asked_for_key(visitor, place)["user_id"]
    assert visitor.get(f"{place}/back?success=0&user_id=x").status_code == 303  # nobody was asked so
    assert "Waiting for the shop" in visitor.get(place).text
    denied = visitor.get(f"{place}/back?success=0&user_id={token}").text
    assert "Nobody approved in the shop" in denied
    assert "Waiting for the shop" not in denied
    assert shop_posts(greenfield, token).status_code == 404
    assert visitor.get(f"{place}/back?success=0&user_id={token}").status_code == 303
    page = visitor.get(place).text
    assert "Nobody approved" not in page
    assert "Let the shop make a key" in page


def test_the_one_time_value_is_good_for_half_an_hour_from_when_it_was_made(
    greenfield: Flask, merchant: Merchant, visitor: Visitor, place: str, shop: StubShop
) -> None:
    found(greenfield, visitor, place, shop)
    with greenfield.app_context(), change() as session:
        row = newest_connect(session, merchant.store_id)
        assert row is not None
        row.expires_at -= timedelta(minutes=29)
    (token,) = asked_for_key(visitor, place)["user_id"]
    with greenfield.app_context():
        later = greenfield.extensions["sattle"].clock.now() + timedelta(minutes=29)
        assert store_of_token(token, later) == merchant.store_id


def test_without_a_sealing_key_nobody_is_sent_to_the_shop_for_a_key(
    greenfield: Flask, visitor: Visitor, place: str, shop: StubShop
) -> None:
    found(greenfield, visitor, place, shop)
    greenfield.extensions["sattle"].sealer = Sealer(())
    answer = submit(visitor, place, f"{place}/ask")
    assert (answer.status_code, "SATTLE_SEALING_KEY" in answer.text) == (409, True)
    assert "Waiting for the shop" not in visitor.get(place).text


def test_disconnecting_asks_first_and_forgets_the_key(
    greenfield: Flask, merchant: Merchant, visitor: Visitor, place: str, shop: StubShop
) -> None:
    connected(greenfield, visitor, place, shop)
    assert "Disconnect Stub" in visitor.get(f"{place}/disconnect").text
    assert shop_row(greenfield, merchant.store_id) is not None
    assert submit(visitor, f"{place}/disconnect", f"{place}/disconnect").status_code == 303
    assert shop_row(greenfield, merchant.store_id) is None
    assert "Connect the shop" in visitor.get(place).text


def test_the_terms_are_kept_and_what_cannot_be_used_changes_nothing(
    greenfield: Flask, merchant: Merchant, visitor: Visitor, place: str, shop: StubShop
) -> None:
    connected(greenfield, visitor, place, shop)
    submit(visitor, place, f"{place}/terms", on_hold="no", cancel_expired="1", grace_seconds="60")
    row = shop_row(greenfield, merchant.store_id)
    assert row is not None
    assert (row.on_hold_at_sight, row.cancel_expired, row.grace_seconds) == (False, True, 60)
    answer = submit(visitor, place, f"{place}/terms", on_hold="yes", grace_seconds="soon")
    assert answer.status_code == 422
    assert "soon" in answer.text
    row = shop_row(greenfield, merchant.store_id)
    assert row is not None
    assert row.grace_seconds == 60


def test_the_shop_is_looked_at_again_when_somebody_asks(
    greenfield: Flask, merchant: Merchant, visitor: Visitor, place: str, shop: StubShop
) -> None:
    connected(greenfield, visitor, place, shop)
    shop.settings["/payment_gateways"] = [{"id": "btcpaygf_default", "enabled": False}]
    submit(visitor, place, f"{place}/check")
    looking = visitor.get(place)
    assert "being looked at now" in looking.text
    assert "Refresh" not in looking.headers  # it would empty the form of the terms
    work(greenfield)
    assert "installed and switched off" in visitor.get(place).text


def test_a_look_that_ends_after_the_store_was_connected_anew_says_nothing_of_the_other_shop(
    greenfield: Flask, merchant: Merchant, visitor: Visitor, place: str, shop: StubShop
) -> None:
    connected(greenfield, visitor, place, shop)
    with stub_shop(settings={**SETTINGS, "/settings/general/woocommerce_currency": {"value": "USD"}}) as other:
        halves = f"{KEY.consumer_key}\n{KEY.consumer_secret}\n"

        def connect_elsewhere(asked: Asked) -> Said:
            if asked.path == "/wp-json/":  # in the middle of the look
                shop.answers = None
                done = greenfield.test_cli_runner().invoke(
                    args=["woo", "connect", merchant.store_id, other.home], input=halves
                )
                assert done.exit_code == 0
            return shop.usual(asked)

        submit(visitor, place, f"{place}/check")
        shop.answers = connect_elsewhere
        work(greenfield)
        row = shop_row(greenfield, merchant.store_id)
        assert row is not None
        assert (row.home_url, row.root_url, row.facts["currency"]) == (other.home, other.root, "USD")
        assert row.check_wanted_at is not None  # by the new connection


def test_who_asks_for_a_look_while_one_is_under_way_gets_another(
    greenfield: Flask, merchant: Merchant, visitor: Visitor, place: str, shop: StubShop
) -> None:
    connected(greenfield, visitor, place, shop)
    with greenfield.app_context():
        now = greenfield.extensions["sattle"].clock.now()
        want_check(merchant.store_id, now)
        check = start_check(merchant.store_id, now)
        assert check is not None
        want_check(merchant.store_id, now + timedelta(seconds=1))
        finish_check(check, Checked([]), now + timedelta(seconds=2))
        assert list(due_shop_checks(now + timedelta(seconds=2))) == [merchant.store_id]
        check = start_check(merchant.store_id, now + timedelta(seconds=3))
        assert check is not None
        finish_check(check, Checked([]), now + timedelta(seconds=4))
        assert list(due_shop_checks(now + timedelta(seconds=5))) == []


def test_a_shop_of_a_stranger_is_not_there_and_a_guest_may_not_see_it(
    greenfield: Flask, merchant: Merchant, stranger: Merchant, visitor: Visitor, place: str
) -> None:
    theirs = f"/admin/stores/{stranger.store_id}/shop"
    assert visitor.get(theirs).status_code == 404
    assert visitor.get(f"{theirs}/disconnect").status_code == 404
    with greenfield.app_context(), change() as session:
        from app.db.models import StoreUser

        session.add(StoreUser(store_id=stranger.store_id, user_id=merchant.user_id, role=Role.GUEST.value))
    assert visitor.get(theirs).status_code == 403


def hint(app: Flask, store_id: str, body: bytes, secret: str) -> TestResponse:
    """As WooCommerce posts it."""
    signature = b64encode(hmac.digest(secret.encode(), body, "sha256")).decode()
    headers = {"X-WC-Webhook-Signature": signature, "X-WC-Webhook-Topic": "order.updated"}
    return app.test_client().post(f"/woo/hook/{store_id}", data=body, headers=headers, content_type="application/json")


def test_a_hint_of_the_shop_is_taken_if_it_is_signed(
    greenfield: Flask, merchant: Merchant, visitor: Visitor, place: str, shop: StubShop
) -> None:
    assert hint(greenfield, merchant.store_id, b'{"id":107}', "any").status_code == 404
    connected(greenfield, visitor, place, shop)
    (told,) = shop.hooks
    assert told["delivery_url"] == f"https://pay.example/woo/hook/{merchant.store_id}"
    secret = told["secret"]
    assert hint(greenfield, merchant.store_id, b'{"id":107}', "wrong").status_code == 401
    assert hint(greenfield, merchant.store_id, b"webhook_id=1", "").status_code == 200
    row = shop_row(greenfield, merchant.store_id)
    assert row is not None
    assert (row.hook_id, row.hook_heard_at) == (1, None)
    assert secret not in str(row.sealed_hook_secret)
    for body in (b'{"id":107}', b'{"id":"x"}', b"[]", b'{"id":99999999999999999999}'):
        assert hint(greenfield, merchant.store_id, body, secret).status_code == 200
    row = shop_row(greenfield, merchant.store_id)
    assert row is not None
    assert row.hook_heard_at is not None
    assert "the shop tells us when an order changes" in visitor.get(place).text


def test_without_a_sealing_key_nothing_is_asked_and_the_page_says_what_to_set(
    greenfield: Flask, merchant: Merchant, visitor: Visitor, place: str
) -> None:
    greenfield.extensions["sattle"].sealer = Sealer(())
    page = visitor.get(place)
    assert "SATTLE_SEALING_KEY" in page.text
    assert "Find the shop" not in page.text


def test_the_doctor_tells_all_that_was_found_in_the_shop(
    greenfield: Flask, merchant: Merchant, visitor: Visitor, place: str, shop: StubShop
) -> None:
    assert "they are not read back" in visitor.get("/admin/doctor").text
    connected(greenfield, visitor, place, shop)
    page = visitor.get("/admin/doctor").text
    assert "may be cancelled while its buyer is paying" in page
    assert "The server" not in page  # which is for administrators
    told = json.loads(visitor.get("/admin/doctor?format=json").text)
    assert {"of", "check", "level", "says", "remedy"} == set(told[0])
    assert {"hold stock", "write", "webhook"} <= {each["check"] for each in told}
    home = visitor.get("/admin").text
    assert "hold stock:" in home


def test_the_doctor_tells_that_a_shop_is_silent_beside_what_was_found_there_before(
    greenfield: Flask, merchant: Merchant, visitor: Visitor, place: str, shop: StubShop
) -> None:
    connected(greenfield, visitor, place, shop)
    row = shop_row(greenfield, merchant.store_id)
    assert row is not None
    assert row.findings_at is not None
    assert f"last looked at {row.findings_at:%Y-%m-%d %H:%M:%S} UTC" in visitor.get("/admin/doctor").text
    now = greenfield.extensions["sattle"].clock.now()
    for minutes, level in ((2, "warning"), (60, "failed")):
        with greenfield.app_context(), change() as session:
            failing = session.get_one(Shop, merchant.store_id)
            failing.failing_since, failing.trouble_says = now - timedelta(minutes=minutes), "it answers 503"
        told = json.loads(visitor.get("/admin/doctor?format=json").text)
        assert [(each["level"], "503" in each["says"]) for each in told if each["check"] == "orders"] == [(level, True)]
        assert "hold stock" in {each["check"] for each in told}
    greenfield.extensions["sattle"].sealer = Sealer([new_key()])
    assert "does not open" in visitor.get("/admin/doctor").text


def test_the_command_asks_the_shop_itself(
    greenfield: Flask, merchant: Merchant, visitor: Visitor, place: str, shop: StubShop
) -> None:
    connected(greenfield, visitor, place, shop)
    shop.answers = lambda _asked: Said(403, "<title>Blocked</title>Wordfence")
    done = greenfield.test_cli_runner().invoke(args=["doctor", "--json"])
    found = {each["check"]: each for each in json.loads(done.stdout)}
    line = found["Stub & Sons: reached"]
    assert (line["level"], "Wordfence" in line["says"]) == ("failed", True)
    assert done.exit_code == 1


def test_a_shop_whose_key_does_not_open_is_told_and_asked_nothing(
    greenfield: Flask, merchant: Merchant, visitor: Visitor, place: str, shop: StubShop
) -> None:
    connected(greenfield, visitor, place, shop)
    asked = len(shop.asked)
    greenfield.extensions["sattle"].sealer = Sealer([new_key()])
    submit(visitor, place, f"{place}/check")
    work(greenfield)
    assert "encrypted with another key" in visitor.get(place).text
    assert len(shop.asked) == asked


def test_a_new_sealing_key_takes_over_and_the_old_one_is_needed_no_more(
    greenfield: Flask, merchant: Merchant, visitor: Visitor, place: str, shop: StubShop
) -> None:
    connected(greenfield, visitor, place, shop)
    runner, newest = greenfield.test_cli_runner(), new_key()
    greenfield.extensions["sattle"].sealer = Sealer([newest])
    refused = runner.invoke(args=["secret", "renew"])
    assert (refused.exit_code, "add the one before" in refused.stderr) == (1, True)
    greenfield.extensions["sattle"].sealer = Sealer([newest, SEALING_KEY])
    done = runner.invoke(args=["secret", "renew"])
    assert (done.exit_code, "shops: 1" in done.stderr) == (0, True)
    row = shop_row(greenfield, merchant.store_id)
    assert row is not None
    assert Sealer([newest]).unseal(row.sealed_key, merchant.store_id).startswith("ck_")
    assert Sealer([newest]).unseal(str(row.sealed_hook_secret), merchant.store_id)


def test_a_sealing_key_is_printed_alone(greenfield: Flask) -> None:
    done = greenfield.test_cli_runner().invoke(args=["secret", "new"])
    assert Sealer([done.stdout.strip()]).is_ready


def test_a_store_that_is_deleted_forgets_the_key_of_its_shop(
    greenfield: Flask, merchant: Merchant, visitor: Visitor, place: str, shop: StubShop
) -> None:
    connected(greenfield, visitor, place, shop)
    with greenfield.app_context():
        delete_store(merchant.store_id, greenfield.extensions["sattle"].clock.now())
    assert shop_row(greenfield, merchant.store_id) is None


def test_a_shop_whose_proxy_changed_is_asked_in_the_new_way_after_it_was_looked_at(
    greenfield: Flask, merchant: Merchant, visitor: Visitor, place: str, shop: StubShop
) -> None:
    connected(greenfield, visitor, place, shop)
    shop.https_seen = True
    submit(visitor, place, f"{place}/check")
    work(greenfield)
    row = shop_row(greenfield, merchant.store_id)
    assert row is not None
    assert row.auth == "oauth_https"


def test_a_shop_that_is_down_is_told_and_what_was_known_of_it_stays(
    greenfield: Flask, merchant: Merchant, visitor: Visitor, place: str, shop: StubShop
) -> None:
    connected(greenfield, visitor, place, shop)
    shop.answers = lambda _asked: Said(503, "<title>Maintenance</title>")
    submit(visitor, place, f"{place}/check")
    work(greenfield)
    row = shop_row(greenfield, merchant.store_id)
    assert row is not None
    assert (row.facts["currency"], row.auth) == ("EUR", "oauth_http")
    assert "Maintenance" in visitor.get(place).text


def test_a_shop_is_connected_and_disconnected_from_a_shell(
    greenfield: Flask, merchant: Merchant, shop: StubShop
) -> None:
    runner = greenfield.test_cli_runner()
    for halves, words in (("ck_only", "give two words"), (f"{KEY.consumer_key} cs_{'9' * 40}", "make a new key")):
        refused = runner.invoke(args=["woo", "connect", merchant.store_id, shop.home], input=halves)
        assert (refused.exit_code, words in refused.stderr) == (1, True)
        assert shop_row(greenfield, merchant.store_id) is None
    halves = f"{KEY.consumer_key}\n{KEY.consumer_secret}\n"
    done = runner.invoke(args=["woo", "connect", merchant.store_id, shop.home], input=halves)
    assert (done.exit_code, "is connected to Stub & Sons" in done.stdout) == (0, True)
    row = shop_row(greenfield, merchant.store_id)
    assert row is not None
    assert row.key_ending == KEY.ending
    assert runner.invoke(args=["woo", "disconnect", merchant.store_id]).exit_code == 0
    assert shop_row(greenfield, merchant.store_id) is None
