"""Every page below /admin before whoever has no business there: strangers, other sites' forms, those who only look."""

import re
from typing import Any

import pytest
from flask import Flask

from app.db.models import AuditEntry, StoreUser, db
from app.db.session import change
from app.domain.permissions import Role
from app.pages.signed_in import CSRF_FIELD, form_proof
from tests.contract.greenfield_client import Merchant, new_merchant
from tests.contract.mismatch_rows import become, connect, disagree, invoice_of_order
from tests.contract.test_admin_invoice import owe
from tests.contract.test_admin_invoices import make, pay
from tests.contract.visitor import Visitor, signed_in

OWN = ("/admin/account", "/admin/stores/new", "/admin/users")  # what has nothing to do with a store


@pytest.fixture
def paths(greenfield: Flask, merchant: Merchant) -> dict[tuple[str, str], str]:
    """The addresses of all pages below /admin that change something about a store, filled with ids that are there."""
    invoice_id = make(merchant, "77")
    connect(greenfield, merchant.store_id)
    late = invoice_of_order(merchant)
    pay(greenfield, late)
    become(greenfield, late, "Expired", "PaidLate")
    ids = {
        "mismatch_id": disagree(greenfield, late),
        "remedy": "leave",
        "invoice_id": invoice_id,
        "delivery_id": owe(greenfield, invoice_id),
        "store_id": merchant.store_id,
        "user_id": merchant.user_id,
        "deed": "settle",
    }
    found = {}
    for rule in greenfield.url_map.iter_rules():
        if rule.rule.startswith("/admin") and not rule.rule.startswith(OWN):
            path = re.sub(r"<(?:[^<>]*:)?(\w+)>", lambda name: str(ids.get(name[1], "1")), rule.rule)
            found |= {(method, path): rule.endpoint for method in ("GET", "POST") if method in rule.methods}
    assert len([1 for method, _ in found if method == "POST"]) > 20
    return found


def with_role(app: Flask, merchant: Merchant, role: Role) -> Visitor:
    person = new_merchant(app, f"{role.lower()}@shop.example")
    with app.app_context(), change() as session:
        session.add(StoreUser(store_id=merchant.store_id, user_id=person.user_id, role=role.value))
    return signed_in(app, person.email)


def sent(visitor: Visitor, path: str, **filled: Any) -> int:
    """As our own form sends it."""
    return visitor.post(path, {CSRF_FIELD: form_proof(visitor.cookie), **filled}).status_code


def changes(app: Flask) -> list[str]:
    with app.app_context():
        return [entry.kind for entry in db.session.query(AuditEntry) if not entry.kind.startswith("user.signed")]


def test_no_form_of_another_site_changes_anything(greenfield: Flask, paths: dict[tuple[str, str], str]) -> None:
    owner, before = signed_in(greenfield), changes(greenfield)
    foreign = {CSRF_FIELD: form_proof(owner.cookie[::-1])}
    for method, path in paths:
        if method == "POST":
            assert owner.post(path, foreign).status_code == 403, path
            assert Visitor(greenfield).post(path).location.startswith("/login?"), path
    assert changes(greenfield) == before


def test_a_stranger_finds_nothing_of_a_store(
    greenfield: Flask, merchant: Merchant, stranger: Merchant, paths: dict[tuple[str, str], str]
) -> None:
    visitor, before = signed_in(greenfield, stranger.email), changes(greenfield)
    of_all = ("/admin/invoices/export.csv", "/admin/invoices/new")
    for method, path in paths:
        if not path.startswith(("/admin/stores/", "/admin/invoices/", "/admin/mismatches/")) or path in of_all:
            continue
        status = visitor.get(path).status_code if method == "GET" else sent(visitor, path)
        assert status == 404, path
    assert changes(greenfield) == before


def test_a_viewer_changes_nothing(greenfield: Flask, merchant: Merchant, paths: dict[tuple[str, str], str]) -> None:
    viewer, before = with_role(greenfield, merchant, Role.VIEWER), changes(greenfield)
    for method, path in paths:
        if method == "POST":
            assert sent(viewer, path, store=merchant.store_id, reason="why", email="a@b.example") == 403, path
    assert changes(greenfield) == before


def test_a_viewer_sees_invoices_and_is_offered_no_deed(
    greenfield: Flask, merchant: Merchant, paths: dict[tuple[str, str], str]
) -> None:
    viewer = with_role(greenfield, merchant, Role.VIEWER)
    (invoice,) = [path for _, path in paths if re.fullmatch(r"/admin/invoices/\w{22}", path)]
    page = viewer.get(invoice)
    assert page.status_code == 200
    assert not re.search(rf'href="{invoice}/(?!story)', page.text)
    assert "New invoice" not in viewer.get("/admin/invoices").text
    for path in ("/admin", "/admin/reports", "/admin/invoices/export.csv", "/payouts"):
        with viewer.get(path) as answer:
            assert answer.status_code == 200, path
            assert len(answer.data) > 0


def test_an_export_that_nobody_reads_to_its_end_lets_nobody_else_in(greenfield: Flask, merchant: Merchant) -> None:
    make(merchant, "77")
    half_read = signed_in(greenfield).get("/admin/invoices/export.csv")
    assert Visitor(greenfield).get("/admin/invoices/new").status_code == 303
    half_read.close()
