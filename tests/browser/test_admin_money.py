"""The merchant's pages about money in a real browser: axe finds nothing, nothing is wider than a phone, and a merchant
gets from an empty list to a marked invoice with the keyboard's means and without scripts."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from app.db.models import Invoice
from app.db.session import assessing_change
from app.domain.mismatch import MismatchKind
from tests.browser.conftest import served
from tests.browser.soundness import require_sound
from tests.contract.greenfield_client import PASSWORD, Merchant, let_go, make_app, new_merchant
from tests.contract.mismatch_rows import connect, disagree, invoice_of_order
from tests.contract.test_admin_invoice import owe
from tests.contract.test_admin_invoices import make, pay
from tests.unit.bridge_facts import START


@pytest.fixture
def app(tmp_path: Path, migrated_sqlite: Path) -> Iterator[Flask]:
    copy = tmp_path / "sattle.db"
    copy.write_bytes(migrated_sqlite.read_bytes())
    app = make_app(tmp_path, f"sqlite:///{copy}", SATTLE_PUBLIC_URL="http://127.0.0.1")
    yield app
    let_go(app)


@pytest.fixture
def merchant(app: Flask) -> Merchant:
    made = new_merchant(app, is_administrator=True)
    made.store_id = made.store("Corner Books")
    return made


@pytest.fixture
def url(app: Flask) -> Iterator[str]:
    with served(app) as address:
        yield address


@pytest.fixture
def places(app: Flask, merchant: Merchant) -> list[str]:
    """Pages with something on them."""
    made = [make(merchant, f"order-{number}", itemDesc="Tea for two") for number in range(3)]
    for each in made:
        pay(app, each)
    owe(app, made[0])
    with app.app_context(), assessing_change() as session:
        for each, status in zip(made, ("Settled", "Processing", "Expired"), strict=True):
            session.get_one(Invoice, each).status = status
    connect(app, merchant.store_id)
    number = disagree(app, invoice_of_order(merchant), MismatchKind.PAID_THERE_NOT_HERE)
    seen_to = disagree(app, invoice_of_order(merchant, 370), resolved_at=START, resolved_by="ann", remedy="leave")
    board = "/admin/mismatches"
    matters = [board, f"{board}/{number}", f"{board}/{number}/leave", f"{board}/{seen_to}"]
    one = f"/admin/invoices/{made[0]}"
    two = f"/admin/invoices/{made[1]}"
    lists = ["/admin", "/admin/invoices", "/admin/invoices?q=nothing", "/admin/invoices/new", "/admin/reports"]
    return [*lists, *matters, one, f"{one}/refund", f"{two}/settle", f"{two}/invalidate", f"{two}/archive"]


def sign_in(page: Page, url: str, merchant: Merchant) -> None:
    page.goto(f"{url}/login")
    page.get_by_label("E-mail").fill(merchant.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


@pytest.mark.slow  # axe twice on each of ten pages
def test_axe_finds_nothing_and_a_small_phone_is_wide_enough(
    browser: Browser, url: str, merchant: Merchant, places: list[str]
) -> None:
    page = browser.new_page()
    heard: list[str] = []
    page.on("console", lambda message: heard.append(message.text))
    sign_in(page, url, merchant)
    for place in places:
        page.goto(url + place)
        for folded in page.locator("details").all():
            folded.evaluate("each => { each.open = true }")
        require_sound(page)
    page.close()
    assert heard == []


def test_an_invoice_is_made_found_and_marked_without_scripts(browser: Browser, url: str, merchant: Merchant) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    sign_in(page, url, merchant)
    page.goto(f"{url}/admin/invoices")
    page.get_by_role("link", name="New invoice").click()
    page.get_by_label("Amount").fill("ten")
    page.get_by_label("Order number").fill("by hand 7")
    page.get_by_role("button", name="Make the invoice").click()
    expect(page.get_by_role("alert")).to_contain_text("amount: 'ten' cannot be used")
    expect(page.get_by_label("Order number")).to_have_value("by hand 7")
    page.get_by_label("Amount").fill("10")
    page.get_by_role("button", name="Make the invoice").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Invoice by hand 7")
    page.get_by_role("navigation", name="Places").get_by_role("link", name="Invoices").click()
    page.get_by_label("Search").fill("BY HAND")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="by hand 7").click()
    page.get_by_role("link", name="Mark settled").click()
    page.get_by_label("Reason").fill("paid in cash")
    page.get_by_role("button", name="Mark it settled").click()
    expect(page.get_by_text("“paid in cash”")).to_be_visible()
    context.close()
