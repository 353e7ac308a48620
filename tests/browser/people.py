"""Who sits before a running Sattle: a buyer with the checkout open, a merchant at the desk."""

import re
from typing import Any

import requests
from playwright.sync_api import Locator, Page, expect

from regtest.harness import Harness, NewStore
from regtest.waiting import wait_until

SECONDS = 30
DUE_SATS = 20_000  # 10 EUR
PASSWORD = "play-money-only"


class Buyer:
    """A buyer with an invoice of 10 EUR and its page open; without scripts the page is loaded anew to see what is new.

    Two confirmations are wanted where the store says so.
    """

    def __init__(self, sattle: Harness, store: NewStore, page: Page, *, scripts: bool = True) -> None:
        self.sattle = sattle
        self.page = page
        self._store = store
        self._scripts = scripts
        made = self._ask("", amount="10.00", currency="EUR")
        self.invoice_id = str(made["id"])
        page.goto(f"{sattle.server}/i/{self.invoice_id}")
        self.address = page.locator(".address").inner_text().replace(" ", "")

    def _ask(self, path: str, **body: object) -> dict[str, Any]:
        """The API's answer in the merchant's name; a POST when there is something to say."""
        url = f"{self.sattle.server}/api/v1/stores/{self._store.id}/invoices{path}"
        headers = {"Authorization": f"token {self._store.api_key}"}
        method = "POST" if body else "GET"
        answer = requests.request(method, url, json=body or None, headers=headers, timeout=SECONDS)
        answer.raise_for_status()
        return dict(answer.json())

    def mark(self, status: str) -> None:
        """What the merchant does by hand."""
        self._ask(f"/{self.invoice_id}/status", status=status)

    @property
    def is_late(self) -> bool:
        """Whether Sattle knows of money that came late."""
        return bool(self._ask(f"/{self.invoice_id}")["additionalStatus"] == "PaidLate")

    def pay(self, sats: int = DUE_SATS) -> str:
        return self.sattle.node.payer.pay(self.address, sats)

    @property
    def heading(self) -> Locator:
        return self.page.get_by_role("heading", level=1)

    def sees(self, heading: str) -> None:
        """The page comes to have this heading (a pattern)."""
        self._comes(self.heading, heading)

    def reads(self, text: str) -> None:
        """The page comes to say this of the payment."""
        self._comes(self.page.locator(".state"), re.escape(text))

    def comes_back(self) -> None:
        """From the wallet or another window: the page looks then, whatever it showed before."""
        if self._scripts:
            self.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")

    def _comes(self, place: Locator, pattern: str) -> None:
        if self._scripts:
            expect(place).to_contain_text(re.compile(pattern))
            return

        def is_there() -> bool:
            self.page.reload()
            return re.search(pattern, place.inner_text()) is not None

        wait_until(is_there, f"the page to say {pattern!r}")


def sign_in(page: Page, server: str, email: str, then: str) -> None:
    """The merchant signs in with PASSWORD and goes on to a page."""
    page.goto(f"{server}/login?next={then}")
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
