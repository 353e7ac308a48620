"""A merchant connects the shop in a browser: every step is accessible, narrow enough, and goes on by itself."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from app import create_app
from app.db.models import Quote, db
from app.db.session import change
from app.sealing import new_key
from app.settings import Settings
from app.shop_keeper import ShopKeeper
from tests.browser.conftest import served
from tests.browser.soundness import require_sound
from tests.browser.test_admin_shop_browser import EMAIL, Place, a_store
from tests.shop_stub import KEY, Said, StubShop, an_order, stub_shop

SETTINGS: dict[str, Any] = {
    "/settings/general/woocommerce_currency": {"value": "EUR"},
    "/settings/general/woocommerce_price_num_decimals": {"value": "2"},
    "/settings/products/woocommerce_manage_stock": {"value": "yes"},
    "/settings/products/woocommerce_hold_stock_minutes": {"value": "10"},
    "/payment_gateways": [{"id": "btcpaygf_default", "enabled": True}],
    "/system_status": {"environment": {"version": "11.0.1", "wp_version": "7.1.4", "wp_cron": False}},
}


@pytest.fixture
def shop() -> Iterator[StubShop]:
    with stub_shop(settings=SETTINGS, orders={107: an_order()}) as running:
        yield running


@pytest.fixture
def place(tmp_path: Path, migrated_sqlite: Path) -> Iterator[Place]:
    database = tmp_path / "sattle.db"
    database.write_bytes(migrated_sqlite.read_bytes())
    chosen = {
        "SATTLE_NETWORK": "regtest",
        "SATTLE_DATA_DIR": str(tmp_path),
        "SATTLE_SEALING_KEY": new_key(),
        "DATABASE_URL": f"sqlite:///{database}",
    }
    app = create_app(Settings.from_environment(chosen))
    made = app.test_cli_runner().invoke(args=["user", "create", EMAIL, "--administrator", "--generate"])
    password = made.stdout.partition("Password: ")[2].split()[0]
    with app.app_context(), change() as session:
        session.add(
            Quote(source="fixed", pair="BTC_EUR", rate=Decimal(50_000), at=app.extensions["sattle"].clock.now())
        )
    with served(app) as url:
        yield Place(app, url, password)
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def work(place: Place) -> None:
    """What the worker does once a second."""

    def unguarded(step: Any) -> bool:
        step()
        return True

    ShopKeeper(place.app, place.services).work(unguarded)


def one_click_leads_to_the_shop(page: Page, shop: StubShop) -> None:
    """Which the page's policy allows for this shop alone."""
    approve = Said(200, "<h1>Approve?</h1>", {"Content-Type": "text/html"})
    shop.answers = lambda asked: approve if "wc-auth" in asked.path else shop.usual(asked)
    page.get_by_role("button", name="Let the shop make a key").click()
    expect(page.get_by_role("heading", name="Approve?")).to_be_visible()


def test_a_merchant_connects_a_shop_and_sees_what_was_found(browser: Browser, place: Place, shop: StubShop) -> None:
    page: Page = place.page(browser)
    base = a_store(place, page)
    page.goto(f"{base}/shop")
    require_sound(page)
    page.get_by_label("Address of the shop").fill("ftp://nowhere")
    page.get_by_role("button", name="Find the shop").click()
    expect(page.get_by_text("is not an http or https address")).to_be_visible()
    require_sound(page)
    page.get_by_label("Address of the shop").fill(shop.home)
    page.get_by_role("button", name="Find the shop").click()
    expect(page.get_by_role("heading", name="Looking for the shop")).to_be_visible()
    work(place)
    expect(page.get_by_role("heading", name="Found: Stub & Sons")).to_be_visible()  # it looked again by itself
    require_sound(page)
    one_click_leads_to_the_shop(page, shop)
    page.goto(f"{base}/shop")
    expect(page.get_by_text("Waiting for the shop’s owner to approve")).to_be_visible()
    page.get_by_label("Consumer key").fill(KEY.consumer_key)
    page.get_by_label("Consumer secret").fill("cs_" + "9" * 40)
    page.get_by_role("button", name="Connect", exact=True).click()
    expect(page.get_by_role("heading", name="Trying the key")).to_be_visible()
    work(place)
    expect(page.get_by_text("was not connected")).to_be_visible()
    require_sound(page)
    page.get_by_label("Consumer key").fill(KEY.consumer_key)
    page.get_by_label("Consumer secret").fill(KEY.consumer_secret)
    page.get_by_role("button", name="Connect", exact=True).click()
    work(place)
    expect(page.get_by_role("heading", name="Connected")).to_be_visible()
    require_sound(page)
    page.goto(f"{place.url}/admin/doctor")
    expect(page.get_by_text("may be cancelled while its buyer is paying")).to_be_visible()
    require_sound(page)
    page.goto(f"{base}/shop/disconnect")
    require_sound(page)
    page.get_by_role("button", name="Disconnect").click()
    expect(page.get_by_text("its key is forgotten here")).to_be_visible()
    assert place.complaints == []
