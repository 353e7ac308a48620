"""The wizard in a real browser, as a merchant goes through it: from the shop's link to the key in the shop."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import requests
from playwright.sync_api import Browser, ConsoleMessage, Page, expect
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Request, Response

from tests.browser.conftest import served
from tests.checkout_rows import Shop, shop_open
from tests.contract.greenfield_client import PASSWORD, PLUGIN, Merchant, new_merchant

CALLBACK = "/?btcpay-settings-callback"


@dataclass
class TinyShop:
    """Notes what is posted to its callback, asks the server whose key it got, and goes on to its settings."""

    posted: list[MultiDict[str, str]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    server: str = ""

    def __call__(self, environ: Any, start: Any) -> Any:
        return self._answer(Request(environ))(environ, start)

    def _answer(self, request: Request) -> Response:
        self.asked.append(f"{request.method} {request.full_path}")
        if request.method != "POST":
            link = self.server + wizard(request.host_url.rstrip("/")).replace("&", "&amp;")
            return Response(f'<h1>Settings</h1><a href="{link}">Generate API key</a>', content_type="text/html")
        assert request.mimetype == "application/x-www-form-urlencoded"
        self.posted.append(request.form.copy())
        return Response(status=303, headers={"Location": "/settings"})


def wizard(shop: str) -> str:
    asked = [("permissions", policy.value) for policy in PLUGIN]
    rest = {"applicationName": "WooCommerce", "strict": "true", "selectiveStores": "true", "redirect": shop + CALLBACK}
    return "/api-keys/authorize?" + urlencode([*asked, *rest.items()])


@dataclass
class Street:
    """A server with a merchant, and the merchant's shop, each at an address of its own."""

    place: Shop
    server: str
    shop: TinyShop
    shop_url: str
    merchant: Merchant
    complaints: list[str] = field(default_factory=list)

    def watched(self, page: Page) -> Page:
        """`page`, its errors noted: a violation of the content security policy is one."""
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        return page

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and "favicon" not in message.text:
            self.complaints.append(message.text)


@pytest.fixture
def street(tmp_path: Path) -> Iterator[Street]:
    shop = TinyShop()
    with shop_open(tmp_path) as place, served(place.app) as server, served(shop) as shop_url:
        shop.server = server
        merchant = new_merchant(place.app)
        merchant.store_id = merchant.store("Corner Books")
        # Another site than the shop's for the browser: 127.0.0.1 there, localhost here.
        yield Street(place, server, shop, shop_url.replace("127.0.0.1", "localhost"), merchant)


@pytest.mark.parametrize("scripts", [True, False])
def test_the_merchant_goes_from_the_shops_link_to_a_key_in_the_shop(
    browser: Browser, street: Street, scripts: bool
) -> None:
    context = browser.new_context(java_script_enabled=scripts)
    page = street.watched(context.new_page())
    page.goto(street.shop_url)
    page.get_by_role("link", name="Generate API key").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
    page.get_by_label("E-mail address").fill(street.merchant.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()

    host = street.shop_url.removeprefix("http://")
    expect(page.locator(".host")).to_have_text(host)
    expect(page.get_by_role("radio")).to_be_checked()
    expect(page.get_by_role("listitem")).to_have_count(len(PLUGIN))
    page.get_by_role("button", name=f"Allow {host}").click()

    button = page.get_by_role("button", name=f"Send the key to {host}")
    expect(button).to_be_visible()
    assert street.shop.posted == [], "nothing is sent before the click"
    button.click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Settings")
    (posted,) = street.shop.posted
    assert posted.getlist("permissions[]") == [f"{policy}:{street.merchant.store_id}" for policy in PLUGIN]
    assert posted["userId"] == street.merchant.user_id
    headers = {"Authorization": f"token {posted['apiKey']}"}
    current = requests.get(f"{street.server}/api/v1/api-keys/current", headers=headers, timeout=10)
    assert current.json()["permissions"] == posted.getlist("permissions[]")
    assert f"POST {CALLBACK}" in street.shop.asked
    assert not any(posted["apiKey"] in target for target in street.shop.asked), "the key was never in an address"
    assert street.complaints == []
    context.close()


def test_who_is_signed_in_comes_from_another_site_without_signing_in_again(browser: Browser, street: Street) -> None:
    context = browser.new_context()
    page = street.watched(context.new_page())
    page.goto(f"{street.server}/login")
    page.get_by_label("E-mail address").fill(street.merchant.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(f"{street.server}/admin")
    page.goto(street.shop_url)
    page.get_by_role("link", name="Generate API key").click()
    expect(page.locator(".host")).to_be_visible()
    page.get_by_role("link", name="Cancel").click()
    expect(page.get_by_text("There are none.")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
    assert street.complaints == []
    context.close()


def test_a_key_is_revoked_on_its_page(browser: Browser, street: Street) -> None:
    street.merchant.key(*(f"{policy}:{street.merchant.store_id}" for policy in PLUGIN))
    context = browser.new_context(viewport={"width": 320, "height": 640})
    page = street.watched(context.new_page())
    page.goto(f"{street.server}/api-keys")
    page.get_by_label("E-mail address").fill(street.merchant.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=2)).to_have_text("a key")
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    page.get_by_role("link", name="Revoke…").click()
    page.get_by_role("button", name="Revoke it").click()
    expect(page.get_by_text("There are none.")).to_be_visible()
    assert street.complaints == []
    context.close()


def test_the_consent_page_cannot_be_framed(browser: Browser, street: Street) -> None:
    context = browser.new_context()
    page = context.new_page()
    frame = f'<iframe src="{street.server}{wizard(street.shop_url)}"></iframe>'
    with served(Response(frame, content_type="text/html")) as elsewhere:
        page.goto(elsewhere)
        assert [each.url for each in page.frames[1:]] in ([], ["chrome-error://chromewebdata/"])
    context.close()
