"""Stories in a real browser: played, stepped, without scripts, on a phone, and followed live."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect

from tests.browser.conftest import served
from tests.browser.soundness import complaints
from tests.checkout_rows import DUE_SATS, Shop, shop_open


class Site:
    """Our pages on a port, and whatever they complained about."""

    def __init__(self, shop: Shop, url: str) -> None:
        self.shop = shop
        self.url = url
        self.complaints: list[str] = []

    def watched(self, page: Page) -> Page:
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
    assert running.complaints == []


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context()
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext, site: Site) -> Page:
    return site.watched(context.new_page())


def lit(page: Page) -> list[str]:
    """The wires that are lit."""
    found: list[str] = page.eval_on_selector_all(".wire-done", "wires => wires.map(one => one.dataset.wire)")
    return found


def test_the_recording_is_stepped_and_lights_up_wire_by_wire(site: Site, page: Page) -> None:
    page.goto(f"{site.url}/how-it-works")
    before = lit(page)
    assert len(before) == 8
    on, back = page.get_by_role("button", name="Step on"), page.get_by_role("button", name="Step back")
    on.click()
    assert lit(page) == ["buyer-shop"]
    expect(page.locator("#caption")).to_contain_text("The buyer places an order")
    on.click()
    assert sorted(lit(page)) == ["buyer-shop", "sattle-shop"]
    expect(page.locator(".step[aria-current=step] h2")).to_contain_text("Sattle writes the invoice down")
    back.click()
    assert lit(page) == ["buyer-shop"]


def test_the_recording_plays_to_its_end_and_can_be_paused(site: Site, page: Page) -> None:
    page.clock.install()
    page.goto(f"{site.url}/how-it-works")
    page.get_by_role("button", name="Play").click()
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    page.clock.run_for(3_500)
    expect(page.locator("#caption")).to_contain_text("Sattle writes the invoice down")
    page.get_by_role("button", name="Pause").click()
    page.clock.run_for(20_000)
    expect(page.locator("#caption")).to_contain_text("Sattle writes the invoice down")
    page.get_by_label("Speed").select_option("4")
    page.get_by_role("button", name="Play").click()
    page.clock.run_for(20_000)
    expect(page.locator("#caption")).to_contain_text("Ready to ship")
    expect(page.get_by_role("button", name="Play")).to_be_visible()
    assert len(lit(page)) == 8


def test_the_player_is_reached_and_driven_by_the_keyboard(site: Site, page: Page) -> None:
    page.goto(f"{site.url}/how-it-works")
    page.get_by_role("button", name="Step on").focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    expect(page.locator("#caption")).to_contain_text("The exchange rate is fixed")
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#caption")).to_contain_text("Sattle writes the invoice down")
    page.keyboard.press("Enter")
    expect(page.locator("#caption")).to_contain_text("The exchange rate is fixed")


def test_nothing_moves_for_who_wants_less_motion(browser: Browser, site: Site) -> None:
    context = browser.new_context(reduced_motion="reduce")
    page = site.watched(context.new_page())
    page.goto(f"{site.url}/how-it-works")
    page.get_by_role("button", name="Step on").click()
    expect(page.locator("#caption")).to_contain_text("The buyer places an order")
    expect(page.locator(".coin")).to_be_hidden()
    context.close()


def test_everything_is_there_without_scripts(browser: Browser, site: Site) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = site.watched(context.new_page())
    page.goto(f"{site.url}/how-it-works")
    expect(page.locator(".step")).to_have_count(14)
    expect(page.locator(".wire-done")).to_have_count(8)
    expect(page.locator(".player")).to_be_hidden()
    page.locator(".step summary").first.click()
    expect(page.get_by_text("app/api/greenfield/invoices.py")).to_be_visible()
    page.goto(f"{site.url}/i/{site.shop.invoice()}/story")
    expect(page.get_by_role("heading", name="Waiting for your payment")).to_be_visible()
    context.close()


@pytest.mark.slow  # axe twice on each of four pages; the live story beside a real node is looked at in `make test`
def test_axe_finds_nothing(site: Site, page: Page) -> None:
    partly = site.shop.invoice(additional_status="PaidPartial")
    site.shop.pay(partly, 100_000)
    gone = site.shop.invoice(address="bcrt1qgone", status="Expired", minutes_left=-5)
    site.shop.pay(gone, DUE_SATS, conflicted_by="ff" * 32)
    for path in ("/how-it-works", "/how-it-works/late", f"/i/{partly}/story", f"/i/{gone}/story?lang=ar"):
        page.goto(site.url + path)
        page.locator("[data-do=on]").click()
        for summary in page.locator(".step summary").all()[:2]:
            summary.click()
        assert complaints(page) == [], path


@pytest.mark.parametrize("path", ["/how-it-works/reorg", "story?lang=fr"])
def test_the_pages_fit_a_small_phone(browser: Browser, site: Site, path: str) -> None:
    context = browser.new_context(viewport={"width": 320, "height": 640})
    page = site.watched(context.new_page())
    page.goto(site.url + (path if path.startswith("/") else f"/i/{site.shop.invoice()}/{path}"))
    page.locator("[data-do=on]").click()
    for summary in page.locator(".step summary").all():
        summary.click()
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    context.close()


def test_the_buyers_story_follows_without_a_reload(site: Site, page: Page) -> None:
    invoice = site.shop.invoice()
    with page.expect_response("**/events") as line:
        page.goto(f"{site.url}/i/{invoice}/story")
    assert line.value.status == 200
    page.evaluate("window.sameDocument = true")
    site.shop.pay(invoice, DUE_SATS)
    site.shop.set(invoice, status="Processing")
    expect(page.get_by_role("heading", name="Your wallet pays")).to_be_visible()
    expect(page.locator("#caption")).to_contain_text("Waiting for a block")
    assert page.evaluate("window.sameDocument") is True
