"""The checkout page in a real browser: live without reloading, usable without scripts, on a phone, by keyboard."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect
from werkzeug.wrappers import Request, Response

from tests.browser.conftest import served
from tests.checkout_rows import ADDRESS, DUE_SATS, Shop, shop_open


@dataclass
class Site:
    """A shop with its pages on a port, and whatever its pages complained about."""

    shop: Shop
    url: str
    complaints: list[str] = field(default_factory=list)

    def watched(self, page: Page) -> Page:
        """`page`, its errors noted: a violation of the content security policy is one."""
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        return page

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One shop for all tests here; each makes the invoices that it looks at."""
    with shop_open(tmp_path_factory.mktemp("shop")) as shop, served(shop.app) as url:
        yield Site(shop, url)


@pytest.fixture
def site(running: Site) -> Iterator[Site]:
    running.complaints.clear()
    yield running
    running.shop.prefer()
    assert running.complaints == []


@pytest.fixture
def context(browser: Browser, site: Site) -> Iterator[BrowserContext]:
    context = browser.new_context()
    context.grant_permissions(["clipboard-read", "clipboard-write"], origin=site.url)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext, site: Site) -> Page:
    return site.watched(context.new_page())


def test_the_buyer_reads_amount_address_code_and_time(site: Site, page: Page) -> None:
    page.goto(f"{site.url}/i/{site.shop.invoice()}")
    expect(page).to_have_title("Pay 0.00167000 BTC – Corner Books")
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile(r"0\.00167000\s+BTC"))
    expect(page.locator(".address")).to_have_text(ADDRESS)
    assert page.locator(".qr img").evaluate("picture => picture.complete && picture.naturalWidth > 0")
    before = page.locator("#left").inner_text()
    assert re.fullmatch(r"1[34]:\d\d", before)
    expect(page.locator("#left")).not_to_have_text(before)


def test_the_page_of_a_free_invoice_asks_for_nothing_when_it_is_seen_again(site: Site, page: Page) -> None:
    free = site.shop.invoice(status="Settled", price=Decimal(0), prompts=[], redirect_url=None)
    page.goto(f"{site.url}/i/{free}")
    expect(page.get_by_role("heading", level=1)).to_have_text("Nothing to pay")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    page.evaluate("fetch('/health')")  # which comes after whatever the page asked for
    assert asked == [f"{site.url}/health"]


def test_the_copy_buttons_copy_and_say_so(site: Site, page: Page) -> None:
    page.goto(f"{site.url}/i/{site.shop.invoice()}")
    for name, text in (("Amount", "0.00167000"), ("Address", ADDRESS)):
        button = page.get_by_role("button", name=f"Copy {name.lower()}")
        button.click()
        expect(button).to_contain_text("Copied")
        expect(page.get_by_role("status")).to_have_text(f"{name} copied")
        assert page.evaluate("navigator.clipboard.readText()") == text


def test_copying_works_where_the_clipboard_is_forbidden(site: Site, page: Page) -> None:
    page.add_init_script("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
    page.add_init_script("document.addEventListener('copy', () => { window.copiedText = getSelection().toString(); })")
    page.goto(f"{site.url}/i/{site.shop.invoice()}")
    page.get_by_role("button", name="Copy address").click()
    expect(page.get_by_role("status")).to_have_text("Address copied")
    assert page.evaluate("window.copiedText") == ADDRESS


def test_the_page_follows_the_invoice_to_paid_without_a_reload(site: Site, page: Page) -> None:
    invoice = site.shop.invoice(speed_policy="MediumSpeed")
    page.goto(f"{site.url}/i/{invoice}")
    page.evaluate("window.sameDocument = true")
    heading = page.get_by_role("heading", level=1)

    site.shop.pay(invoice, 100_000)
    expect(heading).to_contain_text("0.00067000")
    expect(page.get_by_role("status")).to_contain_text("still to pay")

    site.shop.pay(invoice, DUE_SATS - 100_000)
    site.shop.set(invoice, status="Processing")
    expect(heading).to_have_text("Payment received")
    expect(heading).to_be_focused()
    expect(page.locator(".qr")).to_have_count(0)

    site.shop.set(invoice, status="Settled")
    expect(heading).to_have_text("Paid, thank you")
    expect(page).to_have_title("Paid, thank you – Corner Books")
    expect(page.get_by_role("status")).to_contain_text("Paid, thank you")
    assert page.evaluate("window.sameDocument") is True


def test_the_page_stops_asking_once_nothing_can_change(site: Site, page: Page) -> None:
    invoice = site.shop.invoice()
    page.clock.install()
    page.goto(f"{site.url}/i/{invoice}")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    site.shop.set(invoice, status="Settled")
    page.clock.run_for(3_000)
    expect(page.get_by_role("heading", level=1)).to_have_text("Paid, thank you")
    asked.clear()
    page.clock.run_for(120_000)
    assert asked == []


def test_a_buyer_who_comes_back_to_an_expired_page_learns_of_the_late_payment(site: Site, page: Page) -> None:
    invoice = site.shop.invoice(status="Expired", minutes_left=-5)
    page.goto(f"{site.url}/i/{invoice}")
    site.shop.pay(invoice, DUE_SATS)
    site.shop.set(invoice, additional_status="PaidLate")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.get_by_role("heading", level=1)).to_have_text("Your payment came late")


def test_the_buyer_is_taken_back_when_the_shop_asked_for_it(site: Site, page: Page) -> None:
    back = f"{site.url}/i/{site.shop.invoice()}"
    invoice = site.shop.invoice(redirect_url=back, redirect_automatically=True)
    page.clock.install()
    page.goto(f"{site.url}/i/{invoice}")
    site.shop.pay(invoice, DUE_SATS, confirmations=2)
    site.shop.set(invoice, status="Settled")
    expect(page.get_by_text("You are taken back in a few seconds.")).to_be_visible()
    page.clock.run_for(5_000)
    page.wait_for_url(back)


def test_the_page_works_without_scripts(browser: Browser, site: Site) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = site.watched(context.new_page())
    invoice = site.shop.invoice()
    page.goto(f"{site.url}/i/{invoice}")
    expect(page.locator(".address")).to_have_text(ADDRESS)
    expect(page.get_by_role("link", name="Open in wallet")).to_have_attribute(
        "href", f"bitcoin:{ADDRESS}?amount=0.00167000"
    )
    expect(page.get_by_role("button", name="Copy address")).to_be_hidden()
    expect(page.locator("meta[http-equiv=refresh]")).to_have_attribute("content", "10")  # seconds that no test waits
    site.shop.pay(invoice, DUE_SATS, confirmations=2)
    site.shop.set(invoice, status="Settled")
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("Paid, thank you")
    expect(page.locator("meta[http-equiv=refresh]")).to_have_count(0)
    context.close()


def test_the_keyboard_reaches_everything_that_can_be_done(site: Site, page: Page) -> None:
    page.goto(f"{site.url}/i/{site.shop.invoice()}")
    reached = []
    for _ in range(9):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.innerText.replace(/\\s+/g, ' ').trim()"))
    assert reached[1:7] == [
        "Copy amount Copy",
        "Copy address Copy",
        "Open in wallet",
        "Copy payment link Copy payment link",
        "Details",
        "Return to Corner Books",
    ]
    assert reached[8] == "Change"


def test_the_language_is_changed_and_stays(site: Site, page: Page) -> None:
    invoice = site.shop.invoice()
    page.goto(f"{site.url}/i/{invoice}")
    page.get_by_label("Language").select_option("de")
    page.get_by_role("button", name="Change").click()
    expect(page).to_have_title("0.00167000 BTC bezahlen – Corner Books")
    page.get_by_role("button", name="Adresse kopieren").click()
    expect(page.get_by_role("status")).to_have_text("Adresse kopiert")
    site.shop.pay(invoice, DUE_SATS, confirmations=2)
    site.shop.set(invoice, status="Settled")
    expect(page.get_by_role("heading", level=1)).to_have_text("Bezahlt, vielen Dank")
    page.get_by_role("link", name="Beleg ansehen").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Beleg")


def test_a_change_is_told_by_the_server_without_being_asked_for(site: Site, page: Page) -> None:
    """The page's own clock stands still: it does not look by itself."""
    invoice = site.shop.invoice()
    page.clock.install()
    with page.expect_request("**/events"):
        page.goto(f"{site.url}/i/{invoice}")
    site.shop.set(invoice, status="Processing")
    expect(page.get_by_role("heading", level=1)).to_have_text("Payment received")


def test_where_there_is_no_stream_the_page_looks_by_itself(site: Site, page: Page) -> None:
    page.route("**/events", lambda route: route.fulfill(status=503))
    invoice = site.shop.invoice()
    page.goto(f"{site.url}/i/{invoice}")
    site.shop.set(invoice, status="Processing")
    expect(page.get_by_role("heading", level=1)).to_have_text("Payment received")
    site.complaints.clear()  # a browser tells of every 503


def test_the_receipt_can_be_printed(site: Site, page: Page) -> None:
    invoice = site.shop.invoice(status="Settled")
    page.add_init_script("window.print = () => { window.printed = (window.printed || 0) + 1; }")
    page.goto(f"{site.url}/i/{invoice}/receipt")
    page.get_by_role("button", name="Print").click()
    assert page.evaluate("window.printed") == 1
    page.goto(f"{site.url}/i/{invoice}/receipt?print=true")
    page.wait_for_function("window.printed === 1")
    page.emulate_media(media="print")
    expect(page.get_by_role("button", name="Print")).to_be_hidden()
    expect(page.get_by_label("Language")).to_be_hidden()


def test_the_page_works_inside_a_shop_of_another_origin(site: Site, page: Page) -> None:
    invoice = site.shop.invoice()
    frame = f'<iframe src="{site.url}/i/{invoice}" width="480" height="800"></iframe>'
    with served(Response(frame, content_type="text/html")) as shop:
        page.goto(shop)
        inside = page.frame_locator("iframe")
        expect(inside.locator(".address")).to_have_text(ADDRESS)
        site.shop.set(invoice, status="Settled")
        expect(inside.get_by_role("heading", level=1)).to_have_text("Paid, thank you")


def test_the_test_wallet_is_sent_the_checkout_and_sends_the_buyer_back(browser: Browser, tmp_path: Path) -> None:
    asked: list[str] = []
    back: list[str] = []

    @Request.application
    def wallet(request: Request) -> Response:
        asked.append(f"{request.method} {request.path} {request.form['checkout']}")
        return Response(status=303, headers={"Location": back[0]})

    with (
        served(wallet) as payer,
        shop_open(tmp_path, SATTLE_REGTEST_PAYER_URL=payer, SATTLE_PUBLIC_URL="https://pay.example") as shop,
        served(shop.app) as url,
    ):
        invoice = shop.invoice()
        back.append(f"{url}/i/{invoice}")
        context = browser.new_context()
        page = context.new_page()
        page.goto(f"{url}/i/{invoice}")
        page.evaluate("document.title = 'not yet'")
        page.get_by_role("button", name="Pay from the test wallet").click()
        expect(page).to_have_title("Pay 0.00167000 BTC – Corner Books")
        assert asked == [f"POST /pay https://pay.example/i/{invoice}"]
        context.close()
