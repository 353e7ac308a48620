"""Speaking to the stand-in shop over its JSON interface, as a buyer's browser and a test would."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

import requests

from regtest.errors import NoSuchOrder, RegtestError

IpnMode = Literal["ok", "down", "gone", "forbidden", "deaf", "slow", "after_change"]
"""How the shop answers notifications: as it should, or in a way of regtest.shop.endpoint."""

WebhookMode = IpnMode

TIMEOUT_SECONDS = 30
NOT_FOUND = 404


@dataclass(frozen=True)
class Order:
    """An order that waits for its money: the shop's id, Sattle's invoice id, and the checkout page."""

    order_id: str
    invoice_id: str
    url: str


@dataclass(frozen=True)
class ApiKey:
    """The two halves of a key of the shop's REST API."""

    consumer_key: str
    consumer_secret: str = field(repr=False)


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

    def pay_again(self, order: Order | str) -> Order:
        """What "pay" on an order does: its invoice again, or a new one if that is spent."""
        order_id = order if isinstance(order, str) else order.order_id
        made = self._ask("POST", f"/api/orders/{order_id}/pay", {})
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

    # WooCommerce

    def woo(self, **options: object) -> dict[str, Any]:
        """Set options of the shop (regtest.shop.options); returns `options`, `mode`, `stock` and `webhooks`."""
        return self._ask("POST", "/api/woo", dict(options))

    def new_key(self, permissions: str = "read_write", role: str = "administrator") -> ApiKey:
        """What a merchant makes in wp-admin and pastes into Sattle."""
        made = self._ask("POST", "/api/woo/keys", {"permissions": permissions, "role": role})
        return ApiKey(str(made["consumer_key"]), str(made["consumer_secret"]))

    def fail_rest(self, mode: str, *, times: int | None = None, only: tuple[str, ...] = (), path: str = "") -> None:
        """Let REST fail in a way of regtest.shop.rest.accidents, at most `times`; "ok" ends it."""
        self._ask("POST", "/api/woo/mode", {"mode": mode, "times": times, "only": list(only), "path": path})

    def go_down(self) -> None:
        """The whole shop is away: REST and home page do not answer, notifications are refused with 503."""
        self._everything("down")

    def come_up(self) -> None:
        """It is back."""
        self._everything("ok")

    def _everything(self, mode: IpnMode) -> None:
        self._ask("POST", "/api/woo/mode", {"mode": mode})
        self._ask("POST", "/api/ipn-mode", {"mode": mode})
        self._ask("POST", "/api/webhook-mode", {"mode": mode})

    def deed(self, order: Order | str, name: str, **asked: object) -> None:
        """Let a person, a customer or the cron do something to an order (regtest.shop.rest.deeds)."""
        order_id = order if isinstance(order, str) else order.order_id
        self._ask("POST", f"/api/orders/{order_id}/deed", {"deed": name, **asked})

    def seed(self, orders: list[dict[str, object]]) -> list[tuple[str, str]]:
        """Many orders at once, without invoices of the server: id and key of each. {price, status, invoice_id, …}"""
        made = self._ask("POST", "/api/woo/orders", {"orders": orders})
        return [(str(order_id), str(key)) for order_id, key in zip(made["order_ids"], made["keys"], strict=True)]

    def run_hold_stock(self) -> list[int]:
        """Let the job run that cancels what nobody paid; returns the ids."""
        return [int(order_id) for order_id in self._ask("POST", "/api/woo/hold-stock", {})["cancelled"]]

    def run_cron(self) -> int:
        """Send WooCommerce's own webhooks that wait; returns how many."""
        return int(self._ask("POST", "/api/woo/cron", {})["sent"])

    def set_stock(self, product: str, quantity: int) -> None:
        """Count again how many there are of a thing."""
        self._ask("POST", "/api/woo/stock", {product: quantity})

    def back_up(self) -> None:
        """Copy the shop's database."""
        self._ask("POST", "/api/woo/backup", {})

    def restore(self) -> None:
        """Bring the copy back: the ids of orders made since are given out again, to other orders."""
        self._ask("POST", "/api/woo/restore", {})

    def _ask(self, method: str, path: str, body: dict[str, object] | None = None) -> dict[str, Any]:
        try:
            answer = requests.request(method, f"{self.url}{path}", json=body, timeout=TIMEOUT_SECONDS)
        except requests.RequestException as error:
            raise RegtestError(f"the shop at {self.url} does not answer: {error}") from error
        if answer.status_code == NOT_FOUND and path.startswith("/api/orders/"):
            raise NoSuchOrder(f"the shop at {self.url} has no such order: {path}")
        if not answer.ok:
            raise RegtestError(f"the shop answered {answer.status_code} to {method} {path}: {answer.text[:500]}")
        try:
            said: dict[str, Any] = answer.json() if answer.content else {}
        except requests.JSONDecodeError as error:
            raise RegtestError(f"the shop answered {method} {path} with no JSON: {answer.text[:200]!r}") from error
        return said
