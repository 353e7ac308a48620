"""Speaking to the stand-in shop over its JSON interface, as a buyer's browser and a test would."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

import requests

from regtest.errors import RegtestError

IpnMode = Literal["ok", "down", "gone", "slow"]
"""How the shop answers notifications: as it should, with 503, with 410, or only after a long while."""

WebhookMode = Literal["ok", "down", "gone", "forbidden", "slow"]

TIMEOUT_SECONDS = 30


@dataclass(frozen=True)
class Order:
    """An order that waits for its money: the shop's id, Sattle's invoice id, and the checkout page."""

    order_id: str
    invoice_id: str
    url: str


class Storefront:
    """One running shop. Raises RegtestError with the shop's words for whatever it refuses."""

    def __init__(self, url: str) -> None:
        self.url = url

    def __str__(self) -> str:
        """The shop's address, without a slash at the end."""
        return self.url

    def order(self, price: Decimal | str = "10.00", currency: str = "EUR", **overrides: object) -> Order:
        """Buy something: the shop makes an order and asks Sattle for its invoice. `overrides` go along as they are."""
        made = self._ask("POST", "/api/orders", {"price": str(price), "currency": currency, **overrides})
        return Order(str(made["order_id"]), str(made["invoice_id"]), str(made["url"]))

    def look(self, order: Order | str) -> dict[str, Any]:
        """What the shop knows about an order: `status`, `notes`, `invoice_id`, `ipns` in the order of their arrival."""
        order_id = order if isinstance(order, str) else order.order_id
        return self._ask("GET", f"/api/orders/{order_id}")

    def answer_ipns(self, mode: IpnMode) -> None:
        """Choose how notifications are answered from now on."""
        self._ask("POST", "/api/ipn-mode", {"mode": mode})

    def answer_webhooks(self, mode: WebhookMode) -> None:
        """The same for webhooks."""
        self._ask("POST", "/api/webhook-mode", {"mode": mode})

    def _ask(self, method: str, path: str, body: dict[str, object] | None = None) -> dict[str, Any]:
        try:
            answer = requests.request(method, f"{self.url}{path}", json=body, timeout=TIMEOUT_SECONDS)
        except requests.RequestException as error:
            raise RegtestError(f"the shop at {self.url} does not answer: {error}") from error
        if not answer.ok:
            raise RegtestError(f"the shop answered {answer.status_code} to {method} {path}: {answer.text[:500]}")
        try:
            said: dict[str, Any] = answer.json() if answer.content else {}
        except requests.JSONDecodeError as error:
            raise RegtestError(f"the shop answered {method} {path} with no JSON: {answer.text[:200]!r}") from error
        return said
