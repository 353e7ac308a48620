"""One invoice before its merchant: what it shows, and what may be done about it after a question."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from app.db.models import Alert, Attempt, Delivery, Endpoint, Event, Invoice, Prompt, PullPayment, StoreUser
from app.db.queries import reading
from app.db.session import assessing_change, change
from app.domain.permissions import Role
from tests.contract.greenfield_client import Merchant, let_go, make_app, new_merchant
from tests.contract.test_admin_invoices import make, pay
from tests.contract.visitor import Visitor, forms, signed_in


@pytest.fixture
def visitor(greenfield: Flask, merchant: Merchant) -> Visitor:
    return signed_in(greenfield)


@pytest.fixture
def invoice_id(merchant: Merchant) -> str:
    return make(merchant, "77")


def owe(app: Flask, invoice_id: str, state: str = "failed", **fields: Any) -> int:
    """A delivery of the invoice's first event to an IPN target, with one try that failed."""
    with app.app_context(), change() as session:
        invoice = session.get_one(Invoice, invoice_id)
        now = app.extensions["sattle"].clock.now()
        url = "https://shop.example/ipn?secret=hidden"
        endpoint = Endpoint(store_id=invoice.store_id, kind="ipn", url=url, created_at=now)
        event = session.query(Event).filter_by(invoice_id=invoice_id).first()
        columns = {"shape": "ipn", "created_at": now, "next_at": now, "state": state, **fields}
        delivery = Delivery(event=event, endpoint=endpoint, invoice_id=invoice_id, **columns)
        tried = Attempt(id="try1", started_at=now, http_status=403, duration_ms=12, answer="<b>blocked</b>")
        delivery.attempts.append(tried)
        session.add(delivery)
        session.flush()
        return delivery.id


def test_the_page_shows_money_payments_events_and_both_bodies(
    greenfield: Flask, visitor: Visitor, invoice_id: str
) -> None:
    pay(greenfield, invoice_id, 24_680, paid_at=greenfield.extensions["sattle"].clock.now() + timedelta(hours=2))
    with greenfield.app_context():
        prompt = reading().query(Prompt).one()
        address, index = prompt.destination, prompt.address_index
    page = visitor.get(f"/admin/invoices/{invoice_id}").text
    shown = ("12.34 EUR", "0.00024680 BTC", "50,000.00 EUR a bitcoin", address, f"<code>0/{index}</code>", "fixed")
    shown += ("0 of 1", "in block 7", "it came after the time to pay", "invoice_created", "Nothing: no webhook asks")
    for text in shown:
        assert text in page, text
    assert "&#34;bitcoinAddress&#34;" in page, "as BitPay tells it"
    assert "&#34;checkoutLink&#34;" in page, "as Greenfield tells it"
    assert 'href="http' not in page, "nothing leads outside"
    assert f"/admin/invoices/{invoice_id}/story" in page


def test_transactions_are_linked_where_the_operator_names_an_explorer(tmp_path: Any, migrated_url: str) -> None:
    app = make_app(tmp_path, migrated_url, SATTLE_TRANSACTION_LINK="https://explorer.example/tx/{txid}?x=1")
    owner = new_merchant(app)
    owner.store_id = owner.store()
    made = make(owner, "1")
    pay(app, made)
    page = signed_in(app).get(f"/admin/invoices/{made}").text
    assert 'href="https://explorer.example/tx/' in page
    assert 'rel="noopener noreferrer"' in page
    let_go(app)


def test_deliveries_are_told_with_their_answers_and_without_secrets(
    greenfield: Flask, visitor: Visitor, invoice_id: str
) -> None:
    owe(greenfield, invoice_id, "pending", next_at=greenfield.extensions["sattle"].clock.now() + timedelta(hours=1))
    page = visitor.get(f"/admin/invoices/{invoice_id}").text
    for text in ("shop.example", "answered 403", "after 12 ms", "&lt;b&gt;blocked", "Next try", "Send it again"):
        assert text in page, text
    assert "secret=" not in page


def test_a_failed_ipn_is_sent_again_after_a_question(greenfield: Flask, visitor: Visitor, invoice_id: str) -> None:
    delivery_id = owe(greenfield, invoice_id)
    path = f"/admin/invoices/{invoice_id}/deliveries/{delivery_id}/again"
    assert "Send it again?" in visitor.get(path).text
    with greenfield.app_context():
        assert reading().get_one(Delivery, delivery_id).state == "failed", "asking does nothing"
    answer = visitor.send(path)
    assert (answer.status_code, answer.location) == (303, f"/admin/invoices/{invoice_id}")
    with greenfield.app_context():
        row = reading().get_one(Delivery, delivery_id)
        assert (row.state, row.redelivery_at is not None) == ("pending", True)
        assert row.next_attempt_id


def test_what_cannot_be_sent_again_says_why(
    greenfield: Flask, visitor: Visitor, merchant: Merchant, stranger: Merchant, invoice_id: str
) -> None:
    delivery_id = owe(greenfield, invoice_id, shape="webhook")
    path = f"/admin/invoices/{invoice_id}/deliveries/{delivery_id}/again"
    assert "because of its age" in visitor.get(f"/admin/invoices/{invoice_id}").text
    answer = visitor.send(path)
    assert answer.status_code == 422
    assert "because of its age" in answer.text
    other = make(stranger, "1")
    for wrong in (
        f"/admin/invoices/{invoice_id}/deliveries/{10**30}/again",
        f"/admin/invoices/{make(merchant, '2')}/deliveries/{delivery_id}/again",
        f"/admin/invoices/{other}/deliveries/1/again",
    ):
        assert visitor.get(wrong).status_code == 404


@pytest.mark.parametrize(
    ("deed", "status", "words"),
    [("settle", "Settled", "Marked settled by hand"), ("invalidate", "Invalid", "Marked invalid by hand")],
)
def test_a_mark_asks_for_a_reason_and_keeps_it(
    greenfield: Flask, visitor: Visitor, invoice_id: str, deed: str, status: str, words: str
) -> None:
    path = f"/admin/invoices/{invoice_id}/{deed}"
    assert visitor.get(path).status_code == 200
    empty = visitor.send(path, reason=" ")
    assert (empty.status_code, "say why" in empty.text) == (422, True)
    long = visitor.send(path, reason="x" * 501)
    assert (long.status_code, "at most 500" in long.text) == (422, True)
    with greenfield.app_context():
        assert reading().get_one(Invoice, invoice_id).status == "New"
    assert visitor.send(path, reason="paid in <cash>").status_code == 303
    page = visitor.get(f"/admin/invoices/{invoice_id}").text
    for text in (status, words, "by merchant@shop.example", "“paid in &lt;cash&gt;”", "marked by hand"):
        assert text in page, text


def test_a_mark_that_the_state_forbids_is_refused_on_the_page(
    greenfield: Flask, visitor: Visitor, invoice_id: str
) -> None:
    with greenfield.app_context(), assessing_change() as session:
        session.get_one(Invoice, invoice_id).status = "Settled"
    answer = visitor.send(f"/admin/invoices/{invoice_id}/invalidate", reason="no")
    assert (answer.status_code, "cannot be marked" in answer.text) == (422, True)
    assert "invalidate" not in visitor.get(f"/admin/invoices/{invoice_id}").text


def test_an_invoice_is_archived_and_taken_back(greenfield: Flask, visitor: Visitor, invoice_id: str) -> None:
    path = f"/admin/invoices/{invoice_id}"
    assert visitor.send(f"{path}/archive").status_code == 303
    assert "Take back from the archive" in visitor.get(path).text
    assert invoice_id not in visitor.get("/admin/invoices").text
    assert visitor.send(f"{path}/unarchive").status_code == 303
    assert invoice_id in visitor.get("/admin/invoices").text
    refused = visitor.send(f"{path}/unarchive")
    assert (refused.status_code, "is not archived" in refused.text) == (422, True)


def test_a_refund_is_offered_with_its_amounts_shown_first(greenfield: Flask, visitor: Visitor, invoice_id: str) -> None:
    path = f"/admin/invoices/{invoice_id}"
    assert "/refund" not in visitor.get(path).text, "nothing was settled"
    refused = visitor.send(f"{path}/refund", variant="Custom", amount="1", currency="EUR")
    assert (refused.status_code, "cannot be refunded" in refused.text) == (422, True)
    pay(greenfield, invoice_id)
    visitor.send(f"{path}/settle", reason="paid")
    form = visitor.get(f"{path}/refund").text
    for text in ("0.00024680 BTC", "12.34 EUR"):
        assert text in form
    for fields, says in (
        ({"variant": "All"}, "variant"),
        ({"variant": "Custom", "amount": "x"}, "write it as"),
        ({"variant": "Custom", "amount": "0"}, "give an amount above 0"),
        ({"variant": "Custom", "amount": "1", "currency": "XYZ"}, "use an ISO 4217 code"),
        ({"variant": "RateThen", "fee": "101"}, "percentage from 0 to 100"),
        ({"variant": "RateThen", "fee": "100"}, "nothing would be left"),
    ):
        answer = visitor.send(f"{path}/refund", **fields)
        assert (answer.status_code, says in answer.text) == (422, True), fields
    assert visitor.send(f"{path}/refund", variant="RateThen", fee="10").status_code == 303
    with greenfield.app_context():
        offered = reading().query(PullPayment).one()
        assert (f"{offered.amount:f}", offered.currency, offered.invoice_id) == ("0.00022212", "BTC", invoice_id)
    assert f"/pull-payments/{offered.id}" in visitor.get(path).text


def test_pressing_the_button_twice_offers_one_refund(greenfield: Flask, visitor: Visitor, invoice_id: str) -> None:
    path = f"/admin/invoices/{invoice_id}"
    pay(greenfield, invoice_id)
    visitor.send(f"{path}/settle", reason="paid")
    (form,) = forms(visitor.get(f"{path}/refund"))
    data = {**form.fields.to_dict(), "variant": "RateThen"}
    first, second = visitor.post(f"{path}/refund", data), visitor.post(f"{path}/refund", data)
    assert (first.status_code, second.status_code) == (303, 422)
    assert "a refund was offered a moment ago" in second.text
    assert "Offered already" in second.text
    with greenfield.app_context():
        assert reading().query(PullPayment).count() == 1
    assert visitor.send(f"{path}/refund", variant="Custom", amount="1", currency="EUR").status_code == 303, "is meant"


def test_an_alert_is_shown_until_a_person_has_dealt_with_it(
    greenfield: Flask, visitor: Visitor, invoice_id: str
) -> None:
    with greenfield.app_context(), change() as session:
        now = greenfield.extensions["sattle"].clock.now()
        alert = Alert(invoice_id=invoice_id, kind="lost", outpoint="a-0", message="It is gone.", raised_at=now)
        session.add(alert)
        session.flush()
        path = f"/admin/invoices/{invoice_id}/alerts/{alert.id}/seen"
    assert "It is gone." in visitor.get(f"/admin/invoices/{invoice_id}").text
    assert "Is this dealt with?" in visitor.get(path).text
    assert visitor.send(path).status_code == 303
    assert "It is gone." not in visitor.get(f"/admin/invoices/{invoice_id}").text
    assert visitor.get(f"/admin/invoices/{invoice_id}/alerts/99/seen").status_code == 404


def test_no_deed_is_done_for_a_stranger_or_by_another_sites_form(
    greenfield: Flask, visitor: Visitor, stranger: Merchant, invoice_id: str
) -> None:
    other = signed_in(greenfield, stranger.email)
    for deed in ("", "/settle", "/invalidate", "/archive", "/unarchive", "/refund"):
        assert other.get(f"/admin/invoices/{invoice_id}{deed}").status_code == 404, deed
        assert visitor.post(f"/admin/invoices/{invoice_id}{deed}").status_code in (403, 405), deed
    with greenfield.app_context():
        assert reading().get_one(Invoice, invoice_id).status == "New"


def test_who_may_not_manage_pull_payments_sees_none(greenfield: Flask, merchant: Merchant, invoice_id: str) -> None:
    guest = new_merchant(greenfield, "guest@shop.example")
    with greenfield.app_context(), change() as session:
        session.add(StoreUser(store_id=merchant.store_id, user_id=guest.user_id, role=Role.GUEST.value))
    visitor = signed_in(greenfield, "guest@shop.example")
    assert visitor.get(f"/admin/invoices/{invoice_id}").status_code == 200
    assert visitor.get(f"/admin/invoices/{invoice_id}/refund").status_code == 403
