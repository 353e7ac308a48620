"""A merchant clicks through the plugin's wizard, and a buyer pays above the shop's page: two sites in one browser."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect
from werkzeug.serving import make_server

from app.db.models import Event, Invoice
from app.db.session import assessing_change
from regtest.ports import free_port
from regtest.shop.app import create_shop
from regtest.shop.greenfield.permissions import ASKED
from regtest.shop.greenfield.plugin import GreenfieldPlugin
from regtest.shop.order import NewOrder
from regtest.shop.settings import ShopSettings
from regtest.shop.till import Till
from tests.contract.greenfield_client import PASSWORD, Merchant, let_go, make_app, new_merchant
from tests.serving import serving


@dataclass
class Town:
    """A server with a merchant who owns a store, and a shop beside it that knows neither."""

    app: Flask
    server: str
    merchant: Merchant
    plugin: GreenfieldPlugin

    @property
    def shop(self) -> str:
        return self.plugin.shop_url

    def set_status(self, invoice_id: str, status: str) -> None:
        """What the worker does when a payment arrives."""
        with self.app.app_context(), assessing_change() as session:
            session.get_one(Invoice, invoice_id).status = status
            now = self.app.extensions["sattle"].clock.now()
            session.add(Event(invoice_id=invoice_id, type="invoice_changed", at=now))  # open pages listen for events


@contextmanager
def shop_on(port: int, directory: Path, server: str) -> Iterator[GreenfieldPlugin]:
    till = Till(ShopSettings(port=port, server=server, state_dir=directory / "shop"))
    plugin = GreenfieldPlugin(till.settings, till.orders, till.inbox, till.clock.now)
    with serving(make_server("127.0.0.1", port, create_shop(till, plugin), threaded=True)):
        yield plugin


@pytest.fixture
def town(tmp_path: Path, migrated_sqlite: Path) -> Iterator[Town]:
    url = f"sqlite:///{tmp_path / 'sattle.db'}"
    (tmp_path / "sattle.db").write_bytes(migrated_sqlite.read_bytes())
    port = free_port()
    app = make_app(tmp_path, url, SATTLE_PUBLIC_URL=f"http://127.0.0.1:{port}")
    merchant = new_merchant(app)
    merchant.store_id = merchant.store("Corner Books")
    with (
        serving(make_server("127.0.0.1", port, app, threaded=True)),
        shop_on(free_port(), tmp_path, f"http://127.0.0.1:{port}") as plugin,
    ):
        yield Town(app, f"http://127.0.0.1:{port}", merchant, plugin)
    let_go(app)


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context()
    yield context.new_page()
    context.close()


def test_the_merchant_clicks_through_the_wizard_and_the_shop_is_connected(town: Town, page: Page) -> None:
    page.goto(f"{town.shop}/settings")
    page.get_by_label("Server").first.fill(town.server)
    page.get_by_role("button", name="Generate API key").click()

    page.get_by_label("E-mail address").fill(town.merchant.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()

    expect(page.locator(".host")).to_have_text(re.compile(r"127\.0\.0\.1"))
    expect(page.locator(".grants li")).to_have_count(len(ASKED))
    page.get_by_role("radio", name="Corner Books").check()
    page.get_by_role("button", name="Allow").click()
    page.get_by_role("button", name="Send the key").click()

    expect(page).to_have_url(f"{town.shop}/settings")
    expect(page.get_by_role("status").first).to_have_text("Connected.")
    assert town.plugin.settings.store_id == town.merchant.store_id
    assert town.plugin.settings.webhook_secret
    assert town.plugin.sell(NewOrder("a mug", None, "EUR", {}, "btcpaygf_default")).invoice_id


@pytest.fixture
def modal(town: Town, page: Page) -> Page:
    """The storefront of a connected shop that shows the checkout above itself; an order was placed."""
    key = town.merchant.key(*(f"{name}:{town.merchant.store_id}" for name in ASKED))
    town.plugin.save(town.server, key, town.merchant.store_id, options={"modal": True})
    page.goto(town.shop)
    page.get_by_role("button", name="Buy mug").click()
    expect(page.frame_locator("iframe[name=btcpay]").get_by_role("heading", level=1)).to_contain_text("0.00024680")
    expect(page.locator("iframe[name=btcpay]")).to_be_visible()
    return page


def test_an_order_paid_above_the_shops_page_leads_to_its_thank_you_page(town: Town, modal: Page) -> None:
    (order,) = town.plugin.orders.latest()
    town.set_status(order.invoice_id, "Processing")
    modal.wait_for_url(f"{town.shop}/checkout/order-received/{order.id}/**")
    expect(modal.get_by_role("heading", level=1)).to_have_text("Thank you")


def test_a_buyer_who_closes_the_checkout_is_back_in_the_shop(town: Town, modal: Page) -> None:
    modal.frame_locator("iframe[name=btcpay]").get_by_role("button", name="Close").click()
    expect(modal.get_by_role("alert")).to_have_text("You have closed the payment.")
    expect(modal.locator("iframe")).to_have_count(0)


def test_an_invoice_that_expires_above_the_shops_page_goes_away(town: Town, modal: Page) -> None:
    (order,) = town.plugin.orders.latest()
    town.set_status(order.invoice_id, "Expired")
    expect(modal.get_by_role("alert")).to_contain_text("expired")
    expect(modal.locator("iframe")).to_have_count(0)
