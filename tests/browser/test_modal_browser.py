"""A shop's page of another origin shows the checkout above itself, as the Greenfield plugin makes it do."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, FrameLocator, Page, expect
from werkzeug.wrappers import Response

from tests.browser.conftest import PATIENCE, served
from tests.checkout_rows import ADDRESS, DUE_SATS, Shop, shop_open

HEAD = """<!doctype html><html lang="en"><title>A shop</title><script src="{server}/modal/btcpay.js?ver=2.8.0"></script>
<script>
  window.heard = [];
  btcpay.onModalWillEnter(() => heard.push("enter"));
  btcpay.onModalWillLeave(() => heard.push("leave"));
  btcpay.onModalReceiveMessage((event) => heard.push(event.data));
</script><body><h1>Checkout</h1></body></html>"""


@dataclass
class Scene:
    """The server with its invoices, and a page of the shop that has loaded the script."""

    shop: Shop
    server: str
    page: Page
    complaints: list[str]

    def show(self, invoice_id: str, options: object = None) -> None:
        """What the plugin does when an order was placed."""
        self.page.evaluate(
            """([server, id, options]) => { btcpay.setApiUrlPrefix(server); btcpay.showInvoice(id, options); }""",
            [self.server, invoice_id, options],
        )

    @property
    def frame(self) -> FrameLocator:
        return self.page.frame_locator("iframe[name=btcpay]")

    def heard(self) -> list[Any]:
        return list(self.page.evaluate("heard"))

    def wait_heard(self, *messages: object) -> None:
        self.page.wait_for_function(
            "wanted => JSON.stringify(heard) === JSON.stringify(wanted)", arg=list(messages), timeout=PATIENCE
        )


@dataclass
class Street:
    """The server, and the shop's page at an address of its own; for all tests here."""

    shop: Shop
    server: str
    shops_page: str


@pytest.fixture(scope="module")
def street(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Street]:
    directory = tmp_path_factory.mktemp("shop")
    with shop_open(directory) as shop, served(shop.app) as server, served(_page_of(server)) as url:
        yield Street(shop, server, url)


@pytest.fixture
def scene(browser: Browser, street: Street) -> Iterator[Scene]:
    context = browser.new_context()
    page = context.new_page()
    complaints: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            complaints.append(message.text)

    page.on("console", note)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(street.shops_page)
    yield Scene(street.shop, street.server, page, complaints)
    context.close()
    assert complaints == []


def _page_of(server: str) -> Response:
    return Response(HEAD.format(server=server), content_type="text/html")


def test_the_frame_shows_once_the_checkout_is_drawn(scene: Scene) -> None:
    scene.show(scene.shop.invoice())
    expect(scene.frame.locator(".address")).to_have_text(ADDRESS)
    expect(scene.page.locator("iframe[name=btcpay]")).to_be_visible()
    scene.wait_heard("enter", "loaded")
    box = scene.page.locator("iframe[name=btcpay]").bounding_box()
    size = scene.page.viewport_size
    assert box is not None
    assert size is not None
    assert (box["width"], box["height"]) == (size["width"], size["height"])


def test_the_shop_hears_each_change_of_the_status_and_only_changes(scene: Scene) -> None:
    invoice = scene.shop.invoice(speed_policy="MediumSpeed")
    scene.show(invoice)
    scene.wait_heard("enter", "loaded")
    scene.shop.pay(invoice, 100_000)
    expect(scene.frame.get_by_role("heading", level=1)).to_contain_text("0.00067000")
    scene.shop.pay(invoice, DUE_SATS - 100_000)
    scene.shop.set(invoice, status="Processing")
    processing = {"invoiceId": invoice, "status": "Processing"}
    scene.wait_heard("enter", "loaded", processing)
    scene.shop.set(invoice, status="Settled")
    scene.wait_heard("enter", "loaded", processing, {"invoiceId": invoice, "status": "Settled"})


@pytest.mark.parametrize("status", ["Expired", "Invalid"])
def test_the_shop_hears_that_nothing_comes_of_it(scene: Scene, status: str) -> None:
    invoice = scene.shop.invoice()
    scene.show(invoice)
    scene.wait_heard("enter", "loaded")
    scene.shop.set(invoice, status=status)
    scene.wait_heard("enter", "loaded", {"invoiceId": invoice, "status": status})


def test_what_is_paid_already_is_shown_and_no_news(scene: Scene) -> None:
    scene.show(scene.shop.invoice(status="Settled"))
    expect(scene.frame.get_by_role("heading", level=1)).to_have_text("Paid, thank you")
    scene.wait_heard("enter", "loaded")


def test_closing_takes_the_frame_away_and_tells_the_shop(scene: Scene) -> None:
    for close in ("button", "key"):
        scene.page.evaluate("heard.length = 0")
        scene.show(scene.shop.invoice(address=ADDRESS))
        scene.wait_heard("enter", "loaded")
        if close == "button":
            scene.frame.get_by_role("button", name="Close").click()
        else:
            scene.frame.get_by_role("heading", level=1).press("Escape")
        expect(scene.page.locator("iframe")).to_have_count(0)
        scene.wait_heard("enter", "loaded", "leave", "close")


def test_the_shop_may_take_the_frame_away(scene: Scene) -> None:
    scene.show(scene.shop.invoice())
    scene.wait_heard("enter", "loaded")
    scene.page.evaluate("btcpay.hideFrame()")
    expect(scene.page.locator("iframe")).to_have_count(0)
    assert scene.heard() == ["enter", "loaded", "leave"]


def test_the_wallet_is_opened_by_the_shops_page(scene: Scene) -> None:
    scene.show(scene.shop.invoice())
    scene.wait_heard("enter", "loaded")
    scene.frame.get_by_role("link", name="Open in wallet").click()
    scene.wait_heard("enter", "loaded", {"open": f"bitcoin:{ADDRESS}?amount=0.00167000"})
    scene.complaints.clear()  # a browser without a wallet says so


def test_a_message_from_anybody_else_is_not_heard(scene: Scene) -> None:
    scene.show(scene.shop.invoice())
    scene.wait_heard("enter", "loaded")
    scene.page.evaluate("window.postMessage('close', '*')")
    scene.page.evaluate(
        """() => new Promise((done) => {
          const other = document.createElement("iframe");
          other.srcdoc = "<script>parent.postMessage('close', '*'); parent.postMessage('over', '*');</scr" + "ipt>";
          window.addEventListener("message", (event) => { if (event.data === "over") done(); });
          document.body.append(other);
        })"""
    )
    assert scene.heard() == ["enter", "loaded"]
    expect(scene.page.locator("iframe[name=btcpay]")).to_be_visible()


def test_what_the_frame_was_sent_away_to_is_not_heard(scene: Scene) -> None:
    """It speaks from our frame, but from another origin."""
    said = "<p>elsewhere</p><script>parent.postMessage('close', '*')</script>"
    scene.show(scene.shop.invoice())
    scene.wait_heard("enter", "loaded")
    scene.page.evaluate("window.all = []; window.addEventListener('message', (event) => all.push(event.data))")
    with served(Response(said, content_type="text/html")) as elsewhere:
        scene.page.evaluate("url => { document.querySelector('iframe').src = url; }", elsewhere)
        scene.page.wait_for_function("all.includes('close')")
    assert scene.heard() == ["enter", "loaded"]
    expect(scene.page.locator("iframe[name=btcpay]")).to_be_visible()


def test_without_a_prefix_the_server_is_where_the_script_came_from(scene: Scene) -> None:
    scene.page.evaluate("id => btcpay.showInvoice(id)", scene.shop.invoice())
    scene.wait_heard("enter", "loaded")


@pytest.mark.parametrize(
    ("options", "path"),
    [
        (None, "/invoice?id={}&view=modal"),
        ({"animateEntrance": False}, "/invoice?id={}&view=modal&animateEntrance=false"),
        ("BTC-CHAIN", "/i/{}/BTC-CHAIN?view=modal"),
        ({"paymentMethodId": "BTC-CHAIN"}, "/i/{}/BTC-CHAIN?view=modal"),
    ],
)
def test_the_frame_goes_to_the_documented_address(scene: Scene, options: object, path: str) -> None:
    invoice = scene.shop.invoice()
    scene.show(invoice, options)
    scene.wait_heard("enter", "loaded")
    assert scene.page.locator("iframe").get_attribute("src") == scene.server + path.format(invoice)


def test_a_second_copy_of_the_script_does_nothing(scene: Scene) -> None:
    scene.show(scene.shop.invoice())
    scene.wait_heard("enter", "loaded")
    scene.page.add_script_tag(url=f"{scene.server}/modal/btcpay.js?ver=9")
    assert scene.page.evaluate("heard.length") == 2
    expect(scene.page.locator("iframe[name=btcpay]")).to_be_visible()
    assert len(scene.complaints) == 1
    scene.complaints.clear()
