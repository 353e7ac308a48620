"""The mismatch board: what shop and chain disagree about, its evidence, and remedies that ask first."""

from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from markupsafe import escape

from app.db.models import AuditEntry, Delivery, Invoice, Mismatch, PullPayment, StoreUser, WatchedOrder
from app.db.queries import reading
from app.db.session import change
from app.domain.mismatch import MismatchKind as Kind
from app.domain.permissions import Role
from app.usecases.resolve_mismatch import remedy_failed
from tests.contract.greenfield_client import Merchant, new_merchant
from tests.contract.mismatch_rows import KEY, act, become, connect, disagree, invoice_of_order
from tests.contract.test_admin_invoice import owe
from tests.contract.test_admin_invoices import pay
from tests.contract.visitor import Visitor, signed_in
from tests.unit.bridge_facts import a_real_order

BOARD = "/admin/mismatches"


@pytest.fixture
def visitor(greenfield: Flask, merchant: Merchant) -> Visitor:
    connect(greenfield, merchant.store_id)
    return signed_in(greenfield)


@pytest.fixture
def late(greenfield: Flask, merchant: Merchant, visitor: Visitor) -> str:
    """An invoice that was paid late."""
    invoice_id = invoice_of_order(merchant)
    pay(greenfield, invoice_id)
    become(greenfield, invoice_id, "Expired", "PaidLate")
    return invoice_id


def row_of(app: Flask, model: Any, ident: Any) -> Any:
    with app.app_context():
        return reading().get(model, ident, populate_existing=True)


def test_zero_is_said_quietly_and_only_where_a_shop_is_connected(greenfield: Flask, merchant: Merchant) -> None:
    visitor = signed_in(greenfield)
    assert "No store of yours is connected" in visitor.get(BOARD).text
    assert "agree about every order" not in visitor.get("/admin").text
    connect(greenfield, merchant.store_id)
    assert "Shop and chain agree" in visitor.get(BOARD).text
    assert "agree about every order" in visitor.get("/admin").text


def test_the_board_lists_alarms_first_with_cause_order_and_invoice(
    greenfield: Flask, visitor: Visitor, merchant: Merchant, late: str
) -> None:
    other = invoice_of_order(merchant, 370)
    first, second = disagree(greenfield, late), disagree(greenfield, other, Kind.PAID_THERE_NOT_HERE)
    page = visitor.get(BOARD).text
    assert "2 orders do not agree" in page
    assert page.index(f"{BOARD}/{second}") < page.index(f"{BOARD}/{first}")
    for text in ("alarm", "Paid late", "RE-2026/369", late, "time to pay had run out"):
        assert text in page, text
    home = visitor.get("/admin").text
    assert "2 orders do not agree" in home
    assert "Nothing waits for a person" not in home
    assert "agree about every order" not in home


def test_one_mismatch_shows_both_sides_the_answers_and_what_was_done(
    greenfield: Flask, visitor: Visitor, late: str
) -> None:
    owe(greenfield, late)
    act(greenfield, late, "the invoice is Processing, the order is pending")
    act(greenfield, late, "the shop was told once more", "refused")
    odd = {
        "total": Decimal("37.02"),
        "payment_method": "bacs",
        "order_key": "another",
        "plugin_invoice_id": "elsewhere",
    }
    number = disagree(greenfield, late, order=a_real_order("pending", **odd))
    page = visitor.get(f"{BOARD}/{number}").text
    for text in ("12.34 EUR", "37.02 EUR", "0.00024680 BTC", "bacs", "elsewhere", "answered 403", "the key is another"):
        assert text in page, text
    assert page.count(">differs<") == 4
    assert KEY not in page
    assert "another</td>" not in page, "no key is shown"
    assert "the order is pending" in page
    assert "refused by the shop" in page
    for remedy in ("mark_settled", "look_again", "leave"):
        assert f'href="{BOARD}/{number}/{remedy}"' in page
    assert f'href="/admin/invoices/{late}/refund"' in page
    assert f"{BOARD}/{number}" in visitor.get(f"/admin/invoices/{late}").text


def test_how_the_order_stood_when_it_was_found_is_kept(greenfield: Flask, visitor: Visitor, late: str) -> None:
    number = disagree(greenfield, late)
    with greenfield.app_context(), change() as session:
        session.query(WatchedOrder).one().last_seen = {"id": 369, "gone": True}
    page = visitor.get(f"{BOARD}/{number}").text
    assert "there is no such order" in page
    assert "it was pending" in page


def test_further_invoices_of_the_order_are_shown_beside(
    greenfield: Flask, visitor: Visitor, merchant: Merchant, late: str
) -> None:
    second = invoice_of_order(merchant)
    page = visitor.get(f"{BOARD}/{disagree(greenfield, late)}").text
    assert f'href="/admin/invoices/{second}"' in page


def test_accepting_the_money_asks_marks_and_keeps_who_and_why(greenfield: Flask, visitor: Visitor, late: str) -> None:
    owed = owe(greenfield, late, "pending")
    number = disagree(greenfield, late)
    path = f"{BOARD}/{number}/mark_settled"
    assert "Accept the money?" in visitor.get(path).text
    assert row_of(greenfield, Mismatch, number).resolved_at is None
    refused = visitor.send(path, reason=" ")
    assert (refused.status_code, "say why" in refused.text) == (422, True)
    assert visitor.send(path, reason="it is <fine>").status_code == 303
    invoice, row = row_of(greenfield, Invoice, late), row_of(greenfield, Mismatch, number)
    assert (invoice.status, invoice.additional_status) == ("Settled", "Marked")
    assert (row.resolved_by, row.remedy, row.note) == ("merchant@shop.example", "mark_settled", "it is <fine>")
    assert row_of(greenfield, Delivery, owed).state == "superseded"
    page = visitor.get(f"{BOARD}/{number}").text
    assert "the money was accepted by merchant@shop.example" in page
    assert "it is &lt;fine&gt;" in page
    assert f"{number}/leave" not in page
    assert "it is &lt;fine&gt;" in visitor.get(BOARD).text
    again = visitor.send(path, reason="twice")
    assert (again.status_code, "seen to it already" in again.text) == (422, True)


def test_leaving_it_closes_the_matter_and_is_in_the_audit_log(greenfield: Flask, visitor: Visitor, late: str) -> None:
    owed, number = owe(greenfield, late, "pending"), disagree(greenfield, late)
    assert visitor.send(f"{BOARD}/{number}/leave", reason="sold in the shop").status_code == 303
    assert row_of(greenfield, Invoice, late).status == "Expired"
    assert row_of(greenfield, Delivery, owed).state == "superseded"
    with greenfield.app_context():
        entry = reading().query(AuditEntry).filter_by(kind="mismatch.resolved").one()
        assert (entry.subject, entry.details) == (late, {"about": "late", "remedy": "leave"})
    assert "Mismatch resolved" in visitor.get("/admin/audit").text


def test_paying_the_order_is_asked_of_the_worker_and_shown_meanwhile(
    greenfield: Flask, visitor: Visitor, late: str
) -> None:
    number = disagree(greenfield, late, Kind.CANCELLED_BY_PERSON)
    assert visitor.send(f"{BOARD}/{number}/pay_order", reason="cancelled by mistake").status_code == 303
    row = row_of(greenfield, Mismatch, number)
    assert (row.asked_remedy, row.asked_by, row.resolved_at) == ("pay_order", "merchant@shop.example", None)
    assert row_of(greenfield, WatchedOrder, row.watched_order_id).look_at == row.asked_at
    for page in (BOARD, f"{BOARD}/{number}"):
        assert "merchant@shop.example chose “Set the order to paid”" in visitor.get(page).text


def test_a_remedy_that_failed_says_why(greenfield: Flask, visitor: Visitor, late: str) -> None:
    number = disagree(greenfield, late, Kind.CANCELLED_BY_PERSON)
    visitor.send(f"{BOARD}/{number}/pay_order", reason="cancelled by mistake")
    with greenfield.app_context():
        remedy_failed(number, "the order is in the trash")
    page = visitor.get(f"{BOARD}/{number}").text
    assert "could not be set to paid: the order is in the trash" in page
    assert f"{number}/pay_order" in page


def test_looking_again_leaves_it_open_and_has_the_order_read(greenfield: Flask, visitor: Visitor, late: str) -> None:
    number = disagree(greenfield, late)
    assert visitor.send(f"{BOARD}/{number}/look_again").status_code == 303
    row = row_of(greenfield, Mismatch, number)
    assert row.resolved_at is None
    assert row_of(greenfield, WatchedOrder, row.watched_order_id).look_at <= greenfield.extensions["sattle"].clock.now()


def test_a_refund_ends_the_mismatches_that_offer_one(greenfield: Flask, visitor: Visitor, late: str) -> None:
    number, other = disagree(greenfield, late), disagree(greenfield, late, Kind.PAID_DRAFT)
    assert visitor.send(f"/admin/invoices/{late}/refund", variant="RateThen").status_code == 303
    row = row_of(greenfield, Mismatch, number)
    assert (row.remedy, row.resolved_by) == ("refund", "merchant@shop.example")
    assert row_of(greenfield, Mismatch, other).resolved_at is None
    with greenfield.app_context():
        assert reading().query(PullPayment).count() == 1
    assert "a refund was offered by merchant@shop.example" in visitor.get(BOARD).text


def test_a_refund_of_a_part_leaves_the_order_to_be_decided_about(
    greenfield: Flask, visitor: Visitor, late: str
) -> None:
    number = disagree(greenfield, late, Kind.PAID_HERE_NOT_THERE)
    part = {"variant": "Custom", "amount": "0.01", "currency": "EUR"}
    assert visitor.send(f"/admin/invoices/{late}/refund", **part).status_code == 303
    assert row_of(greenfield, Mismatch, number).resolved_at is None


@pytest.mark.parametrize(
    ("kind", "remedy"), [(Kind.TRASHED, "pay_order"), (Kind.TRASHED, "mark_settled"), (Kind.LATE, "everything")]
)
def test_only_the_remedies_of_a_mismatch_can_be_asked_for(
    greenfield: Flask, visitor: Visitor, late: str, kind: Kind, remedy: str
) -> None:
    number = disagree(greenfield, late, kind)
    assert visitor.get(f"{BOARD}/{number}/{remedy}").status_code == 404
    assert visitor.send(f"{BOARD}/{number}/leave", reason="x" * 501).status_code == 422
    assert row_of(greenfield, Mismatch, number).resolved_at is None


def test_others_do_not_learn_of_it_and_guests_may_not_refund(
    greenfield: Flask, visitor: Visitor, merchant: Merchant, late: str, stranger: Merchant
) -> None:
    number = disagree(greenfield, late)
    other = signed_in(greenfield, stranger.email)
    assert late not in other.get(BOARD).text
    for path in ("", "/leave", "/mark_settled"):
        assert other.get(f"{BOARD}/{number}{path}").status_code == 404
    guest = new_merchant(greenfield, "guest@shop.example")
    with greenfield.app_context(), change() as session:
        session.add(StoreUser(store_id=merchant.store_id, user_id=guest.user_id, role=Role.GUEST.value))
    looker = signed_in(greenfield, "guest@shop.example")
    page = looker.get(f"{BOARD}/{number}")
    assert page.status_code == 200
    assert f"{number}/leave" in page.text
    assert "/refund" not in page.text, "guests may not make refunds"
    assert visitor.get(f"{BOARD}/999").status_code == 404


def test_every_kind_can_be_shown(greenfield: Flask, visitor: Visitor, late: str) -> None:
    for kind in Kind:
        number = disagree(greenfield, late, kind)
        assert escape(kind.told.title) in visitor.get(f"{BOARD}/{number}").text
    assert f"{len(Kind)} orders do not agree" in visitor.get(BOARD).text
