"""The checkout of a running Sattle in a real browser, on a real node: what a buyer sees from first to last."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from playwright.sync_api import Browser, Locator, Page, expect

from regtest.harness import Harness, NewStore
from regtest.node import Node

SECONDS = 20
PATIENCE = 30_000  # milliseconds: a block and its news, on a busy machine
WINDOW = 15 * 60 + 10
DUE_SATS = 20_000  # 10 EUR


class Buyer:
    """A buyer with an invoice of 10 EUR, two confirmations wanted, and its page open."""

    def __init__(self, sattle: Harness, store: NewStore, page: Page) -> None:
        self.sattle = sattle
        self._store = store
        self.page = page
        self.invoice_id = str(self._ask(f"/stores/{store.id}/invoices", amount="10.00", currency="EUR")["id"])
        page.goto(f"{sattle.server}/i/{self.invoice_id}")
        self.address = page.locator(".address").inner_text().replace(" ", "")

    def _ask(self, path: str, **body: object) -> dict[str, Any]:
        headers = {"Authorization": f"token {self._store.api_key}"}
        answer = requests.post(f"{self.sattle.server}/api/v1{path}", json=body, headers=headers, timeout=SECONDS)
        answer.raise_for_status()
        return dict(answer.json())

    def mark(self, status: str) -> None:
        """What the merchant does by hand."""
        self._ask(f"/stores/{self._store.id}/invoices/{self.invoice_id}/status", status=status)

    def pay(self, sats: int = DUE_SATS) -> None:
        self.sattle.node.payer.pay(self.address, sats)

    @property
    def heading(self) -> Locator:
        return self.page.get_by_role("heading", level=1)

    def sees(self, heading: str) -> None:
        expect(self.heading).to_contain_text(re.compile(heading), timeout=PATIENCE)

    def reads(self, text: str) -> None:
        expect(self.page.locator(".state")).to_contain_text(text, timeout=PATIENCE)


@pytest.fixture(scope="module")
def sattle(node: Node, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harness]:
    with Harness(node, tmp_path_factory.mktemp("sattle")) as running:
        yield running


@pytest.fixture(scope="module")
def store(sattle: Harness) -> NewStore:
    return sattle.new_store("Corner Books", speed_policy="LowMediumSpeed")


@pytest.fixture
def buyer(sattle: Harness, store: NewStore, browser: Browser) -> Iterator[Buyer]:
    context = browser.new_context()
    yield Buyer(sattle, store, context.new_page())
    context.close()


def test_waiting_seen_confirmed_paid_and_the_receipt(buyer: Buyer) -> None:
    buyer.sees("0.00020000")
    buyer.pay()
    buyer.sees("Payment received")
    buyer.reads("0 of 2 confirmations")
    buyer.sattle.node.mine()
    buyer.reads("1 of 2 confirmations")
    buyer.sattle.node.mine()
    buyer.sees("Paid, thank you")
    expect(buyer.heading).to_be_focused()
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
    buyer.reads("The shop has turned this payment down.")


def test_expired_then_paid_late(buyer: Buyer) -> None:
    buyer.sattle.advance(WINDOW)
    buyer.sees("This payment request has expired")
    expect(buyer.page.locator(".qr")).to_have_count(0)
    buyer.pay()
    buyer.sattle.node.mine()
    buyer.page.evaluate(
        """async () => {
          const url = document.getElementById("checkout").dataset.status;
          const state = async () => (await (await fetch(url)).json()).state;
          while (await state() !== "late") await new Promise((done) => setTimeout(done, 100));
          document.dispatchEvent(new Event("visibilitychange"));
        }"""
    )
    buyer.sees("Your payment came late")
