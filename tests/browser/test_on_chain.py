"""A running Sattle on a real node in a real browser: what buyer, shop and merchant see from first to last."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from werkzeug.wrappers import Response

from regtest.harness import Harness, NewStore
from regtest.merchant import Merchant
from regtest.node import Node
from regtest.waiting import wait_until
from tests.browser.conftest import served
from tests.browser.people import PASSWORD, Buyer, sign_in
from tests.browser.soundness import require_sound

WINDOW = 15 * 60 + 10
SHOP = """<!doctype html><html lang="en"><title>A shop</title><script src="{server}/modal/btcpay.js?ver=2.8.0"></script>
<body><h1>Checkout</h1></body></html>"""
ORDER = """([server, id]) => {
  window.heard = [];
  btcpay.setApiUrlPrefix(server);
  btcpay.onModalWillEnter(() => heard.push("enter"));
  btcpay.showInvoice(id);
  btcpay.onModalReceiveMessage((event) => heard.push(event.data));
}"""


@pytest.fixture(scope="module")
def sattle(node: Node, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harness]:
    with Harness(node, tmp_path_factory.mktemp("sattle")) as running:
        yield running


@pytest.fixture(scope="module")
def store(sattle: Harness) -> NewStore:
    return sattle.new_store("Corner Books", speed_policy="LowMediumSpeed")


@pytest.fixture(params=[True, False], ids=["scripts", "no scripts"])
def buyer(request: pytest.FixtureRequest, sattle: Harness, store: NewStore, browser: Browser) -> Iterator[Buyer]:
    context = browser.new_context(java_script_enabled=request.param)
    yield Buyer(sattle, store, context.new_page(), scripts=request.param)
    context.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context()
    yield context.new_page()
    context.close()


def test_a_merchant_gets_from_an_empty_database_to_a_settled_invoice(sattle: Harness, page: Page) -> None:
    email = "ann@shop.example"
    sattle.installation.flask("user", "create", email, "--administrator", "--password-stdin", given=PASSWORD + "\n")
    sign_in(page, sattle.server, email, "/admin")
    page.get_by_role("link", name="Make one here").click()
    page.get_by_label("Name").fill("Tea and Cake")
    page.get_by_role("button", name="Make the store").click()
    wallet = Merchant(sattle.node, "ann")
    page.get_by_label("Extended public key or descriptor").fill(wallet.account_key())
    page.get_by_role("button", name="Show its addresses").click()
    shown = page.locator(".addresses code").all_inner_texts()
    assert [wallet.owns(address) for address in shown] == [True] * 5
    page.get_by_label("I compared them").check()
    page.get_by_role("button", name="Use this wallet").click()

    page.get_by_role("navigation", name="Places").get_by_role("link", name="Invoices").click()
    page.get_by_role("link", name="New invoice").click()
    page.get_by_label("Amount").fill("10")
    page.get_by_label("Currency").fill("EUR")
    page.get_by_label("Order number").fill("table 7")
    page.get_by_role("button", name="Make the invoice").click()
    invoice = page.url
    page.get_by_role("link", name="Buyer's page").click()
    sattle.node.payer.pay(page.locator(".address").inner_text(), 20_000)
    expect(page.get_by_role("heading", level=1)).to_have_text("Payment received")
    sattle.node.mine()
    expect(page.get_by_role("heading", level=1)).to_have_text("Paid, thank you")

    page.goto(f"{sattle.server}/admin/invoices")
    row = page.get_by_role("row").filter(has=page.get_by_role("link", name="table 7"))
    expect(row).to_contain_text("Settled")
    expect(row).to_contain_text("0.00020000")
    row.get_by_role("link").click()
    assert page.url == invoice
    page.goto(f"{sattle.server}/admin")
    expect(page.get_by_role("region", name="Settled today")).to_contain_text("10.00 EUR")


def test_the_story_lights_up_live_while_a_payment_arrives(sattle: Harness, store: NewStore, page: Page) -> None:
    email = "merchant@shop.example"
    sattle.installation.flask("user", "create", email, "--store", store.id, "--password-stdin", given=PASSWORD + "\n")
    order = sattle.new_shop(store)[1].order("10.00")
    sign_in(page, sattle.server, email, f"/admin/invoices/{order.invoice_id}/story")
    expect(page.get_by_role("heading", level=1)).to_contain_text("The story of order ")
    expect(page.locator("#step-network")).to_have_class(re.compile("step-now"))
    page.evaluate("window.sameDocument = true")

    txid = sattle.pay(order)
    expect(page.locator("#step-invoice")).to_have_class(re.compile("step-done"))
    expect(page.locator("#step-network")).to_contain_text(txid)
    expect(page.locator('.wire[data-wire="node-sattle"]')).to_have_class(re.compile("wire-done"))
    expect(page.locator("#step-confirmations")).to_have_class(re.compile("step-now"))

    sattle.node.mine(2)
    expect(page.locator("#step-settled")).to_have_class(re.compile("step-done"))
    expect(page.locator("#step-ship")).to_have_class(re.compile("step-done"))
    expect(page.locator(".wire-done")).to_have_count(8)
    assert page.evaluate("window.sameDocument") is True

    page.get_by_role("button", name="Play").click()
    expect(page.locator("#caption")).to_contain_text("The buyer places an order")
    require_sound(page)


def test_waiting_seen_confirmed_paid_and_the_receipt(buyer: Buyer) -> None:
    buyer.sees("0.00020000")
    buyer.pay()
    buyer.sees("Payment received")
    buyer.reads("0 of 2 confirmations")
    buyer.sattle.node.mine()
    buyer.reads("1 of 2 confirmations")
    buyer.sattle.node.mine()
    buyer.sees("Paid, thank you")
    buyer.page.get_by_role("link", name="View receipt").click()
    buyer.sees("Receipt")
    expect(buyer.page.get_by_text(re.compile(r"^[0-9a-f]{64}$"))).to_be_visible()


def test_a_part_then_the_rest(buyer: Buyer) -> None:
    buyer.pay(15_000)
    buyer.sees("0.00005000 BTC still to pay")
    expect(buyer.page.get_by_role("link", name="Open in wallet")).to_have_attribute(
        "href", f"bitcoin:{buyer.address}?amount=0.00005000"
    )
    buyer.pay(5_000)
    buyer.sees("Payment received")


def test_turned_down_by_the_merchant(buyer: Buyer) -> None:
    buyer.mark("Invalid")
    buyer.sees("This payment is not accepted")
    buyer.reads("The shop closed it, or a newer payment page for the same order has taken its place.")


def test_the_shop_of_another_site_hears_what_happens_to_the_payment(
    sattle: Harness, store: NewStore, page: Page
) -> None:
    """`localhost` is another site than 127.0.0.1: the frame is a third party there, and gets no cookies."""
    buyer = Buyer(sattle, store, page)
    with served(Response(SHOP.format(server=sattle.server), content_type="text/html")) as shop:
        page.goto(shop.replace("127.0.0.1", "localhost"))
        page.evaluate(ORDER, [sattle.server, buyer.invoice_id])
        inside = page.frame_locator("iframe[name=btcpay]").get_by_role("heading", level=1)
        expect(inside).to_contain_text("0.00020000")
        buyer.pay()
        expect(inside).to_have_text("Payment received")
        sattle.node.mine(2)
        expect(inside).to_have_text("Paid, thank you")
        told = [{"invoiceId": buyer.invoice_id, "status": status} for status in ("Processing", "Settled")]
        wait_until(lambda: page.evaluate("heard") == ["enter", "loaded", *told], "the shop to hear of it")
        assert page.url.startswith("http://localhost:"), "the shop goes on by itself"
        assert page.context.cookies() == []


# From here on time moves on: invoices made before are over.


def test_expired_then_paid_late(buyer: Buyer) -> None:
    buyer.sattle.advance(WINDOW)
    buyer.sees("This payment request has expired")
    expect(buyer.page.locator(".qr")).to_have_count(0)
    expect(buyer.page.locator(".address")).to_have_text(buyer.address)
    buyer.pay()
    buyer.sattle.node.mine()
    wait_until(lambda: buyer.is_late, "the late payment to be known")
    buyer.comes_back()
    buyer.sees("Your payment came late")


def test_a_part_that_is_not_enough_in_time(buyer: Buyer) -> None:
    buyer.pay(15_000)
    buyer.sees("still to pay")
    buyer.sattle.advance(WINDOW)
    buyer.sees("This payment request has expired")
    buyer.reads("which was not enough in time")
