"""The pages about stories: the merchant's whole one, the buyer's reduced one, the recorded ones, our components."""

import html
import json
import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from app.db.models import Attempt, Delivery, Endpoint, Event, Invoice, Payment, Prompt, StoreUser, User, Wallet
from app.db.session import assessing_change, change
from app.domain.permissions import OF_ROLE, Policy, Role
from app.pages.admin.components import classes, shown_in
from app.pages.story.how import NAMES
from tests.contract.greenfield_client import Merchant
from tests.contract.visitor import Visitor, signed_in

PRIVATE = {"email": "secret-buyer@mail.example", "notification": "secret-staff@mail.example"}
ANSWER = "secret answer of the shop"
HOST = "secret-host.example"


@pytest.fixture
def invoice_id(greenfield: Flask, merchant: Merchant) -> str:
    """A paid invoice that knows many things which buyers must not read."""
    metadata = {"orderId": "1042", "buyerEmail": PRIVATE["email"]}
    body = {"amount": "12.34", "currency": "EUR", "metadata": metadata}
    made = merchant.plugin().post(f"/stores/{merchant.store_id}/invoices", body)
    assert made.json is not None, made.text
    invoice_id = str(made.json["id"])
    told(greenfield, merchant, invoice_id)
    return invoice_id


def told(app: Flask, merchant: Merchant, invoice_id: str) -> None:
    """The invoice is paid, and the shop refused to hear of it."""
    now = merchant.services.clock.now()
    with app.app_context(), assessing_change() as session:
        row = session.get_one(Invoice, invoice_id)
        row.status, row.notification_email = "Processing", PRIVATE["notification"]
        prompt = session.query(Prompt).filter_by(invoice_id=invoice_id).one()
        session.add(
            Payment(
                network="regtest",
                txid="ab" * 32,
                vout=1,
                prompt_id=prompt.id,
                invoice_id=invoice_id,
                value_sats=24_680,
                recorded_at=now,
                paid_at=now,
                status="Processing",
            )
        )
        endpoint = Endpoint(store_id=row.store_id, kind="ipn", url=f"https://{HOST}/hook?secret=1", created_at=now)
        event = Event(invoice_id=invoice_id, type="invoice_paidInFull", at=now, payload={})
        delivery = Delivery(
            event=event,
            endpoint=endpoint,
            invoice_id=invoice_id,
            shape="ipn",
            created_at=now,
            next_at=now + timedelta(hours=1),
        )
        session.add(delivery)
        session.flush()
        session.add(
            Attempt(
                id="attempt1", delivery_id=delivery.id, started_at=now, http_status=403, answer=ANSWER, duration_ms=31
            )
        )


def secrets_of(app: Flask, merchant: Merchant, invoice_id: str) -> list[str]:
    """What no buyer may find: keys, key path, people, endpoints and their answers, internal ids."""
    with app.app_context(), change() as session:
        descriptor = session.query(Wallet).one().descriptor
    key = re.search(r"[tx]pub\w+", descriptor)
    assert key
    found = [*PRIVATE.values(), ANSWER, HOST, key[0], "tpub", "wpkh", "0/0", merchant.email, merchant.user_id]
    return [*found, "attempt1", "secret", "403", "Attempt", "key_path"]


def words(page: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", page[page.index("<body") :])).split())


def static(visitor: Visitor, path: str) -> bytes:
    """A file, which is closed again."""
    with visitor.get(path) as answer:
        return answer.data


# the merchant's


def test_the_merchant_reads_key_path_answers_and_the_code_behind_each_step(
    greenfield: Flask, merchant: Merchant, invoice_id: str
) -> None:
    page = signed_in(greenfield).get(f"/admin/invoices/{invoice_id}/story")
    assert page.status_code == 200
    text = words(page.text)
    for said in ("Address number 0 of your wallet", "0/0", ANSWER, HOST, "HTTP 403", "ab" * 32, "For developers"):
        assert said in text, said
    assert "app/domain/assess.py" in text
    assert "tpub" not in page.text, "not even the merchant needs the key itself here"
    assert PRIVATE["email"] not in page.text
    assert "?secret=1" not in page.text


def test_the_merchants_script_is_told_in_a_line_that_nothing_has_happened(
    greenfield: Flask, merchant: Merchant, invoice_id: str
) -> None:
    visitor, path = signed_in(greenfield), f"/admin/invoices/{invoice_id}/story.json"
    first = visitor.get(path)
    assert first.json is not None
    assert set(first.json) == {"tag", "over", "steps"}
    assert first.headers["Cache-Control"] == "no-store"
    held = {"If-None-Match": first.headers["ETag"]}
    assert visitor.get(path, headers=held).status_code == 304
    with greenfield.app_context(), assessing_change() as session:
        session.query(Payment).one().height = 7
    assert visitor.get(path, headers=held).status_code == 200


@pytest.mark.parametrize("ending", ["story", "story.json"])
def test_nobody_else_reads_the_merchants_story(
    greenfield: Flask, merchant: Merchant, stranger: Merchant, invoice_id: str, ending: str
) -> None:
    path = f"/admin/invoices/{invoice_id}/{ending}"
    assert Visitor(greenfield).get(path).status_code == 303
    assert signed_in(greenfield, stranger.email).get(path).status_code == 404
    assert signed_in(greenfield).get(f"/admin/invoices/nothing/{ending}").status_code == 404


def test_a_guest_of_the_store_may_not_read_it(
    greenfield: Flask, merchant: Merchant, stranger: Merchant, invoice_id: str
) -> None:
    with greenfield.app_context(), change() as session:
        session.add(StoreUser(store_id=merchant.store_id, user_id=stranger.user_id, role=Role.GUEST.value))
    answer = signed_in(greenfield, stranger.email).get(f"/admin/invoices/{invoice_id}/story")
    assert answer.status_code == (200 if Policy.VIEW_INVOICES in OF_ROLE[Role.GUEST] else 403)


# the buyer's


@pytest.mark.parametrize("ending", ["story", "story.json"])
def test_nothing_private_is_in_the_buyers_story(
    greenfield: Flask, merchant: Merchant, invoice_id: str, ending: str
) -> None:
    answer = Visitor(greenfield).get(f"/i/{invoice_id}/{ending}")
    assert answer.status_code == 200
    for secret in secrets_of(greenfield, merchant, invoice_id):
        assert secret not in answer.text, secret
    assert "ab" * 32 in answer.text


def test_the_buyers_json_has_these_names_and_no_others(greenfield: Flask, invoice_id: str) -> None:
    told = Visitor(greenfield).get(f"/i/{invoice_id}/story.json").json
    assert told is not None
    assert set(told) == {"tag", "over", "steps"}
    assert {name for step in told["steps"] for name in step} == {"id", "state", "at", "title", "text", "facts"}
    labels = {label for step in told["steps"] for label, _ in step["facts"]}
    assert labels <= {"Price", "Rate", "Amount", "Transaction", "Block", "Confirmations"}


def test_an_archived_invoice_has_no_public_story(greenfield: Flask, invoice_id: str) -> None:
    with greenfield.app_context(), assessing_change() as session:
        session.get_one(Invoice, invoice_id).archived = True
    assert Visitor(greenfield).get(f"/i/{invoice_id}/story").status_code == 404
    assert Visitor(greenfield).get("/i/nothing/story").status_code == 404
    assert Visitor(greenfield).get("/i/nothing/story.json").status_code == 404


def test_the_checkout_leads_to_the_buyers_story(greenfield: Flask, invoice_id: str) -> None:
    page = Visitor(greenfield).get(f"/i/{invoice_id}").text
    assert f'href="/i/{invoice_id}/story"' in page


def test_a_store_that_looks_like_markup_is_inert(greenfield: Flask, merchant: Merchant) -> None:
    store = merchant.store('<img src=x onerror="alert(1)">')
    body: dict[str, Any] = {"amount": "5", "currency": "EUR", "metadata": {"orderId": "<b>100 %s</b>"}}
    made = merchant.client().post(f"/stores/{store}/invoices", body)
    assert made.json is not None
    for path in (f"/i/{made.json['id']}/story", f"/admin/invoices/{made.json['id']}/story"):
        page = signed_in(greenfield).get(path)
        assert page.status_code == 200
        assert "<img" not in page.text
        assert "<b>" not in page.text


# for everybody


@pytest.mark.parametrize("name", NAMES)
def test_every_recording_plays_without_a_database_row(greenfield: Flask, name: str) -> None:
    page = Visitor(greenfield).get(f"/how-it-works/{name}")
    assert page.status_code == 200
    assert "max-age=3600" in page.headers["Cache-Control"]
    assert "public" in page.headers["Cache-Control"]
    assert "Set-Cookie" not in page.headers
    again = Visitor(greenfield).get(f"/how-it-works/{name}", headers={"If-None-Match": page.headers["ETag"]})
    assert again.status_code == 304


def test_the_usual_recording_goes_from_the_order_to_ready_to_ship(greenfield: Flask) -> None:
    page = Visitor(greenfield).get("/how-it-works").text
    text = words(page)
    steps = [text.index(said) for said in ("1 The buyer places", "13 Settled", "14 Ready to ship")]
    assert steps == sorted(steps)
    assert "Look here" not in text
    assert "127.0.0.1" not in page
    assert Visitor(greenfield).get("/how-it-works/nothing").status_code == 404


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("partial", "A part was missing"),
        ("replaced", "The buyer raised the fee"),
        ("double-spent", "The payment was taken back"),
        ("late", "The payment came late"),
        ("reorg", "The chain took a settled payment back"),
        ("shop-down", "The shop could not be reached at first"),
    ],
)
def test_each_recording_tells_its_side_road(greenfield: Flask, name: str, title: str) -> None:
    assert title in words(Visitor(greenfield).get(f"/how-it-works/{name}").text)


@pytest.mark.parametrize("path", ["/how-it-works", *(f"/how-it-works/{name}" for name in NAMES)])
def test_a_page_weighs_less_than_sixty_kilobytes(greenfield: Flask, path: str) -> None:
    visitor = Visitor(greenfield)
    page = visitor.get(path)
    linked = re.findall(r'(?:href|src)="(/static/[^"]+\.(?:css|js))"', page.text)
    assert len(linked) == 2, "one request for CSS and one for JS"
    assert len(page.data) + sum(len(static(visitor, each)) for each in linked) < 60 * 1024


# for ourselves


def administrator(app: Flask, merchant: Merchant) -> Visitor:
    with app.app_context(), change() as session:
        session.get_one(User, merchant.user_id).is_administrator = True
    return signed_in(app, merchant.email)


def test_every_class_of_the_stylesheet_is_on_the_page_of_components(greenfield: Flask, merchant: Merchant) -> None:
    page = administrator(greenfield, merchant).get("/admin/components")
    assert page.status_code == 200
    assert {"card", "step-trouble", "tag-good"} <= set(classes())
    assert set(classes()) <= shown_in(page.text)


def test_both_themes_of_the_components_are_the_stylesheets_own(greenfield: Flask, merchant: Merchant) -> None:
    visitor = administrator(greenfield, merchant)
    themes = visitor.get("/admin/components.css").text
    styles = static(visitor, "/static/sattle.css").decode()
    light, dark = re.findall(r"--page: ?(#\w+)", styles)[:2]
    assert f"--page: {light}" in themes.split(".dark")[0]
    assert f"--page: {dark}" in themes.split(".dark")[1]


def test_components_are_for_administrators_only(greenfield: Flask, merchant: Merchant) -> None:
    for path in ("/admin/components", "/admin/components.css"):
        assert Visitor(greenfield).get(path).status_code == 303
        assert signed_in(greenfield).get(path).status_code == 403


def test_the_recordings_name_no_place_of_the_machine_that_made_them() -> None:
    from app.pages.story.how import RECORDINGS

    text = RECORDINGS.read_text(encoding="utf-8")
    assert set(json.loads(text)) == set(NAMES)
    assert not re.search(r"127\.0\.0\.1|localhost|/home/|/tmp/", text)
