"""The merchant's home and reports: what came in, what needs a person, how the stores and the server are."""

from datetime import timedelta
from decimal import Decimal

import pytest
from flask import Flask

from app.db.models import Alert, ApiKey, Backup, ChainBlock, ChainState, Invoice, StorePaymentMethod, StoreUser, Wallet
from app.db.session import assessing_change, change
from app.domain.permissions import Role
from app.pages.admin.charts import NARROW, Value, bar_chart, round_above
from tests.contract.greenfield_client import Merchant, new_merchant
from tests.contract.test_admin_invoice import owe
from tests.contract.test_admin_invoices import make, pay
from tests.contract.visitor import Visitor, signed_in


@pytest.fixture
def visitor(greenfield: Flask, merchant: Merchant) -> Visitor:
    return signed_in(greenfield)


def expire(app: Flask, invoice_id: str, additional: str) -> None:
    with app.app_context(), assessing_change() as session:
        row = session.get_one(Invoice, invoice_id)
        row.status, row.additional_status = "Expired", additional


def test_the_first_steps_are_shown_to_who_has_no_store(greenfield: Flask) -> None:
    new_merchant(greenfield, "new@shop.example")
    page = signed_in(greenfield, "new@shop.example").get("/admin").text
    for text in ("Welcome", "flask store create NAME", "flask wallet add", "https://pay.example"):
        assert text in page, text
    assert "Settled today" not in page


def test_a_store_without_a_wallet_is_told_the_command(greenfield: Flask, visitor: Visitor, merchant: Merchant) -> None:
    assert "flask wallet add" not in visitor.get("/admin").text
    with greenfield.app_context(), change() as session:
        session.query(StorePaymentMethod).one().enabled = False
    assert f"flask wallet add {merchant.store_id} KEY" in visitor.get("/admin").text


def test_what_is_about_the_machine_is_for_administrators(greenfield: Flask, visitor: Visitor) -> None:
    page = visitor.get("/admin").text
    assert "The server" not in page
    assert "data directory" not in page
    new_merchant(greenfield, "boss@shop.example", is_administrator=True)
    page = signed_in(greenfield, "boss@shop.example").get("/admin").text
    for text in ("The server", "worker", "backups", "there is no backup", "disk", "version", "revision"):
        assert text in page, text


def test_the_explorers_lag_and_the_backups_age_are_told(greenfield: Flask) -> None:
    with greenfield.app_context(), change() as session:
        now = greenfield.extensions["sattle"].clock.now()
        times = {"time": now, "median_time": now}
        session.add(ChainState(network="regtest", observed_at=now, node_state="ready", node_height=9))
        session.add(ChainBlock(network="regtest", height=7, hash="h", prev_hash="p", **times))
        old = now - timedelta(hours=5)
        session.add(Backup(taken_at=old, path="/b", size_bytes=1, sha256="a", verified_at=old))
    new_merchant(greenfield, "boss@shop.example", is_administrator=True)
    page = signed_in(greenfield, "boss@shop.example").get("/admin").text
    assert "block 7, 2 behind the node" in page
    assert "the newest is 5 hours old" in page


def test_sums_are_of_the_persons_stores_by_currency_and_day(
    greenfield: Flask, visitor: Visitor, merchant: Merchant, stranger: Merchant
) -> None:
    assert visitor.get("/admin").text.count("Nothing yet.") == 2
    now = greenfield.extensions["sattle"].clock.now()
    first = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    pay(greenfield, make(merchant, "1"))
    pay(greenfield, make(merchant, "2"), settled_at=first - timedelta(seconds=1))
    pay(greenfield, make(merchant, "3"), status="Processing", settled_at=None)
    pay(greenfield, make(stranger, "4"), 99_999_999)
    usd = merchant.client().post(f"/stores/{merchant.store_id}/invoices", {"amount": "10", "currency": "USD"})
    pay(greenfield, usd.get_json()["id"], 10_000)
    page = visitor.get("/admin").text
    assert page.count("12.34 EUR") == 2, "today's are this month's, too"
    assert page.count("5.50 USD") == 2
    assert "0.00024680 BTC, 1 payment<" in page
    assert "24.68" not in page


def test_what_needs_a_person_is_listed_until_it_is_dealt_with(
    greenfield: Flask, visitor: Visitor, merchant: Merchant, stranger: Merchant
) -> None:
    assert "No order waits for a person" in visitor.get("/admin").text
    late, partial, theirs = make(merchant, "late-1"), make(merchant, "part-1"), make(stranger, "theirs-1")
    for each, additional in ((late, "PaidLate"), (partial, "PaidPartial"), (theirs, "PaidLate")):
        pay(greenfield, each, 1_000)
        expire(greenfield, each, additional)
    owe(greenfield, make(merchant, "untold-1"))
    with greenfield.app_context(), change() as session:
        now = greenfield.extensions["sattle"].clock.now()
        session.add(Alert(invoice_id=late, kind="lost", outpoint="a-0", message="It is <gone>.", raised_at=now))
        session.add(Alert(invoice_id=theirs, kind="lost", outpoint="b-0", message="Not yours.", raised_at=now))
    page = visitor.get("/admin").text
    for text in ("late-1", "part-1", "Order untold-1", "It is &lt;gone&gt;.", "paid late", "This needs you"):
        assert text in page, text
    assert "theirs-1" not in page
    assert "Not yours." not in page
    visitor.send(f"/admin/invoices/{late}/settle", reason="accepted")
    visitor.send(f"/admin/invoices/{partial}/archive")
    page = visitor.get("/admin").text
    assert "late-1" not in page
    assert "part-1" not in page


def test_claims_of_refunds_wait_for_a_person(greenfield: Flask, visitor: Visitor, merchant: Merchant) -> None:
    client = merchant.client()
    made = client.post(f"/stores/{merchant.store_id}/invoices", {"amount": "0", "currency": "EUR"}).get_json()["id"]
    asked = {"refundVariant": "Custom", "customAmount": "3.00", "customCurrency": "EUR"}
    refund = client.post(f"/invoices/{made}/refund", asked).get_json()["id"]
    address = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080"
    assert client.post(f"/pull-payments/{refund}/payouts", {"destination": address}).status_code == 200
    assert "1 claim</a> to approve" in visitor.get("/admin").text


def test_each_store_says_how_it_sells_and_is_told(greenfield: Flask, visitor: Visitor, merchant: Merchant) -> None:
    page = visitor.get("/admin").text
    assert "no shop is connected" in page
    assert "BTC_EUR is fresh" in page
    merchant.key(f"btcpay.store.cancreateinvoice:{merchant.store_id}")
    assert "never used" in visitor.get("/admin").text
    with greenfield.app_context(), change() as session:
        session.query(ApiKey).one().last_used_at = greenfield.extensions["sattle"].clock.now()
        session.query(Wallet).one().next_index = 16
    page = visitor.get("/admin").text
    assert "its key was used last at" in page
    assert "16 addresses in a row were not paid" in page
    owe(greenfield, make(merchant, "1"))
    assert "deliveries that failed for good in the last 7 days: 1, to shop.example" in visitor.get("/admin").text


def test_an_employee_sees_the_money_and_not_the_settings(
    greenfield: Flask, merchant: Merchant, visitor: Visitor
) -> None:
    pay(greenfield, make(merchant, "1"))
    employee = new_merchant(greenfield, "help@shop.example")
    with greenfield.app_context(), change() as session:
        session.add(StoreUser(store_id=merchant.store_id, user_id=employee.user_id, role=Role.EMPLOYEE.value))
    page = signed_in(greenfield, "help@shop.example").get("/admin").text
    assert "12.34 EUR" in page
    assert "no shop is connected" not in page


# reports


def test_reports_draw_the_days_and_have_a_table_behind(
    greenfield: Flask, visitor: Visitor, merchant: Merchant, stranger: Merchant
) -> None:
    assert "<rect" not in visitor.get("/admin/reports").text
    now = greenfield.extensions["sattle"].clock.now()
    with greenfield.app_context(), change() as session:
        block = {"time": now - timedelta(minutes=3), "median_time": now}
        session.add(ChainBlock(network="regtest", height=7, hash="h", prev_hash="p", **block))
    pay(greenfield, make(merchant, "1"), paid_at=now - timedelta(minutes=12), settled_at=now)
    pay(greenfield, make(stranger, "2"))
    pay(greenfield, make(merchant, "3"), status="Processing", settled_at=None, height=None)
    page = visitor.get("/admin/reports?days=7").text
    assert page.count("<rect") == 3
    for text in (f"{now:%m-%d}: 12.34 EUR", "to 20 min: 1 payment", "to 10 min: 1 payment", "0 of 1", "As a table"):
        assert text in page, text
    assert "style=" not in page
    for query in ("days=8", "days=x", f"store={stranger.store_id}"):
        answer = visitor.get(f"/admin/reports?{query}")
        assert answer.status_code == 422
        assert 'role="alert"' in answer.text


def test_a_chart_ends_at_a_round_figure() -> None:
    highest = [Decimal(each) for each in ("0", "0.3", "1", "1.1", "7", "12", "999", "1000")]
    wanted = ["1", "0.5", "1", "2", "10", "20", "1000", "1000"]
    assert [f"{round_above(each).normalize():f}" for each in highest] == wanted
    chart = bar_chart("c", "A chart", "EUR", [Value("a", Decimal(0), "none"), Value("b", Decimal(5), "five")], NARROW)
    (bar,) = chart.bars
    assert bar.says == "b: five"
    assert (bar.x > NARROW / 2, bar.y + bar.height) == (True, chart.floor)
    assert [mark.text for mark in chart.beside] == ["0", "2.5", "5"]
