"""Every state of the checkout, and the receipt, in a real browser: axe finds nothing in light, dark and Arabic, and all
fits a small phone."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.browser.conftest import served
from tests.checkout_rows import Shop, shop_open
from tests.checkout_states import STATES

PHONE = {"width": 320, "height": 640}


class Site:
    """The shop of all tests here."""

    def __init__(self, shop: Shop, url: str) -> None:
        self.shop = shop
        self.url = url


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with shop_open(tmp_path_factory.mktemp("shop")) as shop, served(shop.app) as url:
        yield Site(shop, url)


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport=PHONE)  # type: ignore[arg-type] # a literal of its type
    yield context.new_page()
    context.close()


def complaints(page: Page) -> list[str]:
    """What axe has against the page as it is now."""
    found = Axe().run(page).response["violations"]
    return [f"{each['id']}: {each['nodes'][0]['html'][:200]}" for each in found]


def spoken(page: Page) -> list[str]:
    """The heading and what is said below it. The time that is left runs."""
    parts = page.locator("h1, .state p:not(.line)").all_text_contents()
    return [" ".join(part.split()) for part in parts]


def is_sound(page: Page, url: str) -> None:
    """The page at `url` in both themes, and in Arabic."""
    for language in ("en", "ar"):
        page.goto(f"{url}{'&' if '?' in url else '?'}lang={language}")
        for details in page.locator("summary").all():
            details.click()
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], language
        assert page.evaluate("document.dir") == ("rtl" if language == "ar" else "ltr")
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            assert complaints(page) == [], f"{language}, {scheme}"


@pytest.mark.parametrize("state", list(STATES))
def test_axe_finds_nothing_and_a_small_phone_is_wide_enough(site: Site, page: Page, state: str) -> None:
    is_sound(page, f"{site.url}/i/{STATES[state](site.shop)}")


@pytest.mark.parametrize("state", ["paid", "seen"])
def test_nor_on_the_receipt(site: Site, page: Page, state: str) -> None:
    is_sound(page, f"{site.url}/i/{STATES[state](site.shop)}/receipt")


def test_nor_inside_a_shops_page_in_a_loud_colour(site: Site, page: Page) -> None:
    site.shop.prefer(brandColor="#ffee00", supportUrl="https://shop.example/help")
    is_sound(page, f"{site.url}/i/{STATES['waiting'](site.shop)}?view=modal")
    site.shop.prefer()


def test_nor_on_an_error_page(site: Site, page: Page) -> None:
    is_sound(page, f"{site.url}/i/Unknown")


@pytest.mark.parametrize("state", ["waiting", "partial", "seen", "paid", "expired", "late", "invalid"])
def test_without_scripts_each_state_says_the_same(browser: Browser, site: Site, page: Page, state: str) -> None:
    url = f"{site.url}/i/{STATES[state](site.shop)}"
    page.goto(url)
    plain = browser.new_context(java_script_enabled=False)
    without = plain.new_page()
    without.goto(url)
    assert spoken(without) == spoken(page)
    assert without.locator("button[hidden]:visible").count() == 0
    plain.close()
