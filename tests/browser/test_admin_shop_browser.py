"""From an empty database to a store that can be paid, by the pages alone; the second factor; the throttle; axe."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import pyotp
import pytest
from flask import Flask
from playwright.sync_api import Browser, ConsoleMessage, Page, expect

from app import create_app
from app.db.models import Quote
from app.db.session import change
from app.services import Services
from app.settings import Settings
from app.throttle import Throttle
from tests.account_keys import TPUBS
from tests.browser.conftest import served
from tests.browser.soundness import require_sound
from tests.databases import let_go

EMAIL = "ann@shop.example"


@dataclass
class Place:
    """A server with an administrator and nothing else, and what the browser complained of."""

    app: Flask
    url: str
    password: str
    complaints: list[str] = field(default_factory=list)

    @property
    def services(self) -> Services:
        found: Services = self.app.extensions["sattle"]
        return found

    def page(self, browser: Browser, **options: object) -> Page:
        page = browser.new_context(**options).new_page()  # type: ignore[arg-type]
        page.set_default_timeout(60_000)  # a busy machine is no failure
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        return page

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and "status of 4" not in message.text:
            self.complaints.append(message.text)

    def sign_in(self, page: Page, password: str = "") -> None:
        page.goto(f"{self.url}/login?next=/admin/stores")
        page.get_by_label("E-mail address").fill(EMAIL)
        page.get_by_label("Password").fill(password or self.password)
        page.get_by_role("button", name="Sign in").click()


@pytest.fixture
def place(tmp_path: Path, migrated_sqlite: Path) -> Iterator[Place]:
    database = tmp_path / "sattle.db"
    database.write_bytes(migrated_sqlite.read_bytes())
    chosen = {
        "SATTLE_NETWORK": "regtest",
        "SATTLE_DATA_DIR": str(tmp_path),
        "SATTLE_TEST_CLOCK": str(tmp_path / "clock"),
        "DATABASE_URL": f"sqlite:///{database}",
    }
    app = create_app(Settings.from_environment(chosen))
    made = app.test_cli_runner().invoke(args=["user", "create", EMAIL, "--administrator", "--generate"])
    password = made.stdout.partition("Password: ")[2].split()[0]
    with app.app_context(), change() as session:
        now = app.extensions["sattle"].clock.now()
        session.add(Quote(source="fixed", pair="BTC_EUR", rate=Decimal(50_000), at=now))
    with served(app) as url:
        yield Place(app, url, password)
    let_go(app)


def a_store(place: Place, page: Page) -> str:
    """Make a store and give it a wallet; returns the address of its pages."""
    place.sign_in(page)
    page.get_by_role("link", name="New store").click()
    page.get_by_label("Name").fill("Corner Books")
    page.get_by_role("button", name="Make the store").click()
    page.get_by_label("Extended public key or descriptor").fill(TPUBS[0])
    page.get_by_role("button", name="Show its addresses").click()
    page.get_by_label("I compared them").check()
    page.get_by_role("button", name="Use this wallet").click()
    return page.url.removesuffix("/wallet")


@pytest.mark.slow  # axe twice on each of four pages; the way itself is gone beside a real node in `make test`
def test_from_an_empty_database_to_a_store_with_a_wallet(browser: Browser, place: Place) -> None:
    page = place.page(browser)
    place.sign_in(page)
    expect(page.get_by_text("You have no store yet")).to_be_visible()
    require_sound(page)
    page.get_by_role("link", name="New store").click()
    require_sound(page)
    page.get_by_label("Name").fill("Corner Books")
    page.get_by_label("Website").fill("https://shop.example")
    page.get_by_role("button", name="Make the store").click()
    expect(page.get_by_role("heading", name="Wallet of Corner Books")).to_be_visible()
    require_sound(page)
    page.get_by_label("Extended public key or descriptor").fill(TPUBS[0])
    page.get_by_role("button", name="Show its addresses").click()
    expected = [place.services.account_key(TPUBS[0], None).at(index).address for index in range(5)]
    assert page.locator(".addresses code").all_inner_texts() == expected
    require_sound(page)
    page.get_by_label("I compared them").check()
    page.get_by_role("button", name="Use this wallet").click()
    expect(page.get_by_role("heading", name="Unpaid addresses in a row")).to_be_visible()
    page.get_by_role("link", name="Stores").first.click()
    expect(page.get_by_text("can be paid")).to_be_visible()
    assert place.complaints == []


@pytest.mark.slow  # axe twice on each of 18 pages
def test_the_pages_of_a_store_are_good_to_use_for_everybody(browser: Browser, place: Place) -> None:
    page = place.page(browser)
    base = a_store(place, page)
    require_sound(page)
    paths = ("", "/archive", "/wallet/stop", "/wallet/skip", "/rates", "/webhooks", "/webhooks/new", "/keys", "/people")
    for address in [base + path for path in paths] + [place.url + path for path in ("/admin/audit", "/admin/users")]:
        page.goto(address)
        require_sound(page)
    page.goto(base + "/keys")
    page.get_by_label("What will use it").fill("till")
    page.get_by_role("button", name="Make the key").click()
    require_sound(page)
    page.goto(base + "/webhooks/new")
    page.get_by_label("Address").fill("http://127.0.0.1:9/hook")
    page.get_by_role("button", name="Add it").click()
    page.get_by_role("link", name="To the webhook").click()
    page.get_by_role("button", name="Send a test").click()
    expect(page.get_by_text("waits for the worker")).to_be_visible()
    require_sound(page)
    page.goto(base)
    page.get_by_label("Colour", exact=True).fill("green")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("#RRGGBB")
    require_sound(page)
    page.goto(base + "/people")
    page.get_by_label("E-mail address").fill("bob@shop.example")
    page.get_by_role("button", name="Add them").click()
    require_sound(page)
    assert place.complaints == []


def test_a_second_factor_is_turned_on_and_asked_for(browser: Browser, place: Place) -> None:
    page = place.page(browser)
    place.sign_in(page)
    page.get_by_role("link", name=EMAIL).click()
    require_sound(page)
    page.get_by_role("link", name="Turn it on").click()
    expect(page.get_by_role("img")).to_be_visible()
    require_sound(page)
    phone = pyotp.TOTP(page.locator(".secret").inner_text().replace(" ", ""))
    page.get_by_label("Password").fill(place.password)
    page.get_by_label("Code").fill(phone.at(place.services.clock.now()))
    page.get_by_role("button", name="Turn it on").click()
    codes = page.locator(".codes code").all_inner_texts()
    assert len(codes) == 10
    require_sound(page)
    page.get_by_role("button", name="Sign out").click()
    place.sign_in(page)
    expect(page.get_by_role("heading", name="Your second factor")).to_be_visible()
    require_sound(page)
    page.get_by_label("Code").fill("000000")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("not the code of now")
    page.get_by_label("Code").fill(codes[3])
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Stores")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    place.sign_in(page)
    page.get_by_label("Code").fill(codes[3])
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("not the code of now")  # each is good for once
    (place.services.settings.data_dir / "clock").write_text("60")
    page.get_by_label("Code").fill(phone.at(place.services.clock.now()))
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Stores")).to_be_visible()
    assert place.complaints == []


def test_who_guesses_is_slowed_down(browser: Browser, place: Place) -> None:
    place.services.password_throttle = Throttle(2, 3600)  # a slow machine may take more than a minute for twenty
    page = place.page(browser)
    for _ in range(2):
        place.sign_in(page, "a guess")
        expect(page.get_by_role("alert")).to_be_visible()
    place.sign_in(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("One moment, please")
    expect(page.get_by_text("Please try again in")).to_be_visible()


def test_everything_works_without_scripts(browser: Browser, place: Place) -> None:
    page = place.page(browser, java_script_enabled=False)
    assert a_store(place, page).startswith(place.url + "/admin/stores/")
    page.goto(page.url.removesuffix("/wallet"))
    page.get_by_label("Name", exact=True).fill("Corner Books & Co")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text("Saved")
