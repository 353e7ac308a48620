"""A stand-in for Sattle's Greenfield side over real HTTP, and a running shop that may be connected with it.

It answers in the shapes that were recorded, and signs its webhooks as Sattle does.
"""

import hashlib
import hmac
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests
from stub_sattle import SECONDS, Seen, served_stub
from werkzeug.serving import make_server

from regtest.ports import free_port
from regtest.shop.app import create_shop
from regtest.shop.greenfield.permissions import ASKED
from regtest.shop.greenfield.plugin import GreenfieldPlugin
from regtest.shop.settings import ShopSettings
from regtest.shop.till import Till
from tests.serving import serving

STORE = "AStore"
KEY = "0123456789abcdef0123456789abcdef01234567"
PERMISSIONS = [f"{name}:{STORE}" for name in ASKED]
API = "/api/v1"


def payment(**changes: Any) -> dict[str, Any]:
    """One payment of an invoice's payment methods."""
    usual = {"id": "ab" * 32 + "-1", "receivedDate": 1795398561, "value": "0.0002468", "fee": "0"}
    return {**usual, "status": "Settled", "destination": "bcrt1qstub", **changes}


def method(**changes: Any) -> dict[str, Any]:
    """An invoice's payment method with one payment."""
    texts = {"rate": "50000.00", "paymentMethodPaid": "0.0002468", "totalPaid": "0.0002468", "due": "0.00000000"}
    more = {"amount": "0.00024680", "paymentMethodFee": "0", "activated": True, "payments": [payment()]}
    return {"paymentMethodId": "BTC-CHAIN", "currency": "BTC", **texts, **more, **changes}


@dataclass
class StubGreenfield:
    """What it answers can be changed at any time; `refuses` gives a status to paths that end so."""

    url: str = ""
    seen: list[Seen] = field(default_factory=list)
    permissions: list[str] = field(default_factory=lambda: list(PERMISSIONS))
    stores: list[dict[str, Any]] = field(default_factory=lambda: [{"id": STORE, "name": "a store"}])
    info: dict[str, Any] = field(default_factory=lambda: {"version": "2.3.1", "fullySynched": True})
    methods: Any = field(default_factory=lambda: [{"paymentMethodId": "BTC-CHAIN", "enabled": True}])
    paid: list[dict[str, Any]] = field(default_factory=lambda: [method()])
    invoices: dict[str, dict[str, Any]] = field(default_factory=dict)
    webhooks: dict[str, dict[str, Any]] = field(default_factory=dict)
    refuses: dict[str, int] = field(default_factory=dict)
    made: dict[str, Any] = field(default_factory=dict)

    def answer(self, request: Seen) -> tuple[int, bytes]:
        self.seen.append(request)
        status, said = self._said(request)
        return status, json.dumps(said).encode()

    def _said(self, request: Seen) -> tuple[int, Any]:
        path = request.path.removeprefix(API)
        if request.headers.get("Authorization") != f"token {KEY}":
            return 401, {"code": "unauthenticated", "message": "no such key"}
        refused = next(
            (status for end, status in self.refuses.items() if f"{request.method} {path}".endswith(end)), None
        )
        if refused is not None:
            return refused, {"code": "generic-error", "message": "refused by the test"}
        fixed = {"/stores": self.stores, "/api-keys/current": self._key(), "/server/info": self.info}
        if path in fixed:
            return 200, fixed[path]
        parts = path.removeprefix(f"/stores/{STORE}/").split("/")
        return self._in_store(request, parts)

    def _key(self) -> dict[str, Any]:
        return {"apiKey": KEY, "label": "WooCommerce", "permissions": self.permissions}

    def _in_store(self, request: Seen, parts: list[str]) -> tuple[int, Any]:
        match request.method, parts:
            case "GET", ["payment-methods"]:
                return 200, self.methods
            case "POST", ["webhooks"]:
                return 200, self._new_webhook(request.fields)
            case "GET", ["webhooks", webhook_id]:
                found = self.webhooks.get(webhook_id)
                without_secret = {name: value for name, value in (found or {}).items() if name != "secret"}
                return (200, without_secret) if found else (404, {"code": "webhook-not-found", "message": "none"})
            case "POST", ["invoices"]:
                return 200, self._new_invoice(request.fields)
            case "POST", ["pull-payments"]:
                return 200, {"id": "Pull1", "viewLink": f"{self.url}/pull-payments/Pull1", **self.made}
            case _, ["invoices", invoice_id, *rest] if invoice_id in self.invoices:
                return self._of_invoice(request, self.invoices[invoice_id], rest)
        return 404, {"code": "invoice-not-found", "message": "none"}

    def _of_invoice(self, request: Seen, invoice: dict[str, Any], rest: list[str]) -> tuple[int, Any]:
        if rest == ["payment-methods"]:
            return 200, self.paid
        if rest == ["status"]:
            invoice |= {"status": request.fields["status"], "additionalStatus": "Marked"}
        return 200, invoice

    def _new_webhook(self, fields: dict[str, Any]) -> dict[str, Any]:
        webhook_id = f"Webhook{len(self.webhooks) + 1}"
        self.webhooks[webhook_id] = {"id": webhook_id, "secret": f"secret{len(self.webhooks) + 1}", **fields}
        return {**self.webhooks[webhook_id], **self.made}

    def _new_invoice(self, fields: dict[str, Any]) -> dict[str, Any]:
        invoice_id = f"Invoice{len(self.invoices) + 1}"
        methods = [name.replace("_", "-") for name in fields["checkout"]["paymentMethods"] or ["BTC-CHAIN"]]
        self.invoices[invoice_id] = {
            **fields,
            "id": invoice_id,
            "checkoutLink": f"{self.url}/i/{invoice_id}",
            "status": "New",
            "additionalStatus": "None",
            "checkout": {**fields["checkout"], "paymentMethods": methods},
        }
        return {**self.invoices[invoice_id], **self.made}

    def calls(self, since: int = 0) -> list[str]:
        """What was asked, in order: method and path below the store."""
        return [
            f"{seen.method} {seen.path.removeprefix(API).replace(f'/stores/{STORE}/', '')}"
            for seen in self.seen[since:]
        ]


class GreenfieldShop:
    """A running shop, and the stub that it may be connected with."""

    def __init__(self, till: Till, plugin: GreenfieldPlugin, stub: StubGreenfield) -> None:
        self.till = till
        self.plugin = plugin
        self.stub = stub
        self.url = till.settings.url

    def post(self, path: str, body: object = None, **options: Any) -> requests.Response:
        given = options or {"json": body if body is not None else {}}
        return requests.post(f"{self.url}{path}", timeout=SECONDS, allow_redirects=False, **given)

    def get(self, path: str) -> requests.Response:
        return requests.get(f"{self.url}{path}", timeout=SECONDS, allow_redirects=False)

    def connect(self, **changes: Any) -> dict[str, Any]:
        """Save the settings form."""
        fields = {"server": self.stub.url, "api_key": KEY, "store_id": STORE, **changes}
        return dict(self.post("/api/greenfield", fields).json())

    def connection(self) -> dict[str, Any]:
        return dict(self.get("/api/greenfield").json())

    def order(self, **fields: Any) -> dict[str, Any]:
        answer = self.post("/api/orders", {"price": "12.34", "payment_method": "btcpaygf_default", **fields})
        assert answer.ok, answer.text
        return dict(answer.json())

    def look(self, order: dict[str, Any]) -> dict[str, Any]:
        return dict(self.get(f"/api/orders/{order['order_id']}").json())

    def notes(self, order: dict[str, Any]) -> list[str]:
        """Without the changes of the status."""
        return [note for note in self.look(order)["notes"] if not note.startswith("Status:")]

    def deliver(self, order: dict[str, Any], kind: str, secret: str | None = None, **fields: Any) -> requests.Response:
        """A webhook for the order's invoice, signed with the secret of the registered one unless told otherwise."""
        body = json.dumps({"type": kind, "invoiceId": order["invoice_id"], **fields}, indent=2).encode()
        return self.send(body, self.plugin.settings.webhook_secret if secret is None else secret)

    def send(self, body: bytes, secret: str | None, **headers: str) -> requests.Response:
        signature = "sha256=" + hmac.new((secret or "").encode(), body, hashlib.sha256).hexdigest()
        sent = {"BTCPay-Sig": signature, "Content-Type": "application/json", **headers}
        return self.post("/wc-api/btcpaygf_default/", data=body, headers=sent)


@contextmanager
def greenfield_shop(directory: Path) -> Iterator[GreenfieldShop]:
    """Not connected yet."""
    stub = StubGreenfield()
    with served_stub(stub):
        till = Till(ShopSettings(port=free_port(), server=stub.url, state_dir=directory))
        plugin = GreenfieldPlugin(till.settings, till.orders, till.inbox, till.clock.now)
        with serving(make_server("127.0.0.1", till.settings.port, create_shop(till, plugin), threaded=True)):
            yield GreenfieldShop(till, plugin, stub)
