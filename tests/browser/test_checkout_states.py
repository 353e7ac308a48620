"""Every state of the checkout, and the receipt, in a real browser: axe finds nothing in light, dark and Arabic, and all
fits a small phone."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.conftest import served
from tests.browser.soundness import PHONE, is_too_wide, require_sound
from tests.checkout_rows import Shop, shop_open
from tests.checkout_states import STATES


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


def spoken(page: Page) -> list[str]:
    """The heading and what is said below it. The time that is left runs."""
    parts = page.locator("h1, .state p:not(.line)").all_text_contents()
    return [" ".join(part.split()) for part in parts]


def require_sound_in_all_directions(page: Page, url: str) -> None:
    """The page at `url` in both themes, in English and in Arabic, all of it unfolded."""
    for language in ("en", "ar"):
        page.goto(f"{url}{'&' if '?' in url else '?'}lang={language}")
        for details in page.locator("summary").all():
            details.click()
        assert page.evaluate("document.dir") == ("rtl" if language == "ar" else "ltr")
        require_sound(page)


MOST = "partial"  # the state that shows most of what a checkout can show
STATES_TO_LOOK_AT = [MOST, *(pytest.param(state, marks=pytest.mark.slow) for state in STATES if state != MOST)]


# Axe takes a second and a half for each state, language and theme.
@pytest.mark.parametrize("state", STATES_TO_LOOK_AT)
def test_axe_finds_nothing_and_a_small_phone_is_wide_enough(site: Site, page: Page, state: str) -> None:
    require_sound_in_all_directions(page, f"{site.url}/i/{STATES[state](site.shop)}")


@pytest.mark.parametrize("state", ["paid", pytest.param("seen", marks=pytest.mark.slow)])
def test_nor_on_the_receipt(site: Site, page: Page, state: str) -> None:
    require_sound_in_all_directions(page, f"{site.url}/i/{STATES[state](site.shop)}/receipt")


@pytest.mark.slow  # as above
def test_nor_inside_a_shops_page_in_a_loud_colour(site: Site, page: Page) -> None:
    site.shop.prefer(brandColor="#ffee00", supportUrl="https://shop.example/help")
    require_sound_in_all_directions(page, f"{site.url}/i/{STATES['waiting'](site.shop)}?view=modal")
    site.shop.prefer()


@pytest.mark.slow  # as above
def test_nor_on_an_error_page(site: Site, page: Page) -> None:
    require_sound_in_all_directions(page, f"{site.url}/i/Unknown")


@pytest.mark.parametrize("state", ["waiting", "partial", "seen", "paid", "expired", "late", "invalid"])
def test_without_scripts_each_state_says_the_same(browser: Browser, site: Site, page: Page, state: str) -> None:
    url = f"{site.url}/i/{STATES[state](site.shop)}"
    page.goto(url)
    plain = browser.new_context(java_script_enabled=False)
    without = plain.new_page()
    without.goto(url)
    assert spoken(without) == spoken(page)
    assert not is_too_wide(page)
    assert without.locator("button[hidden]:visible").count() == 0
    plain.close()
