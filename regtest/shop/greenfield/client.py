"""The plugin's calls. A status other than exactly 200 is a failure; its body is shown as it came, never understood."""

import json
from typing import Any
from urllib.parse import quote_plus

import requests
from urllib3.util import SKIP_HEADER

from regtest.shop import phpjson
from regtest.shop.errors import ServerRefused, ServerUnreachable

TIMEOUT_SECONDS = 60
"""The plugin's own client waits for ever; a test should not."""

OK = 200
MOST_SHOWN = 500


class GreenfieldClient:
    """The calls on behalf of one key. Raises ServerRefused for anything but 200 with JSON, ServerUnreachable."""

    def __init__(self, server: str, api_key: str) -> None:
        self._api = f"{server.rstrip('/')}/api/v1"
        self._api_key = api_key

    def stores(self) -> Any:
        """GET stores."""
        return self._call("GET", "/stores")

    def current_key(self) -> Any:
        """GET api-keys/current: `permissions` is read."""
        return self._call("GET", "/api-keys/current")

    def server_info(self) -> Any:
        """GET server/info: `version` and `fullySynched` are read."""
        return self._call("GET", "/server/info")

    def webhook(self, store_id: str, webhook_id: str) -> Any:
        """GET one webhook: `id` and `url` are read."""
        return self._call("GET", f"{_store(store_id)}/webhooks/{quote_plus(webhook_id)}")

    def create_webhook(self, store_id: str, fields: dict[str, object]) -> Any:
        """POST a webhook: `id`, `secret` and `url` are read."""
        return self._call("POST", f"{_store(store_id)}/webhooks", fields)

    def payment_methods(self, store_id: str) -> Any:
        """GET the store's payment methods: a list of `paymentMethodId` and `enabled`."""
        return self._call("GET", f"{_store(store_id)}/payment-methods")

    def create_invoice(self, store_id: str, fields: dict[str, object]) -> Any:
        """POST an invoice: `id` and `checkoutLink` are read."""
        return self._call("POST", f"{_store(store_id)}/invoices", fields)

    def invoice(self, store_id: str, invoice_id: str) -> Any:
        """GET an invoice: `status`, `additionalStatus` and `checkout.paymentMethods` are read."""
        return self._call("GET", f"{_store(store_id)}/invoices/{quote_plus(invoice_id)}")

    def invoice_payment_methods(self, store_id: str, invoice_id: str) -> Any:
        """GET what was paid by each method."""
        return self._call("GET", f"{_store(store_id)}/invoices/{quote_plus(invoice_id)}/payment-methods")

    def mark_invalid(self, store_id: str, invoice_id: str) -> Any:
        """POST the status Invalid."""
        return self._call("POST", f"{_store(store_id)}/invoices/{quote_plus(invoice_id)}/status", {"status": "Invalid"})

    def create_pull_payment(self, store_id: str, fields: dict[str, object]) -> Any:
        """POST a pull payment: `id` and `viewLink` are read."""
        return self._call("POST", f"{_store(store_id)}/pull-payments", fields)

    def _call(self, method: str, path: str, fields: dict[str, object] | None = None) -> Any:
        url = f"{self._api}{path}"
        headers = {
            "Accept": "application/json",
            "Content-Type": "application/json",  # on a GET as well
            "Authorization": f"token {self._api_key}",
            "User-Agent": SKIP_HEADER,
            "Accept-Encoding": SKIP_HEADER,
        }
        body = None if fields is None else phpjson.encode(fields).encode()
        try:
            with requests.Session() as session:
                session.trust_env = False  # neither a proxy nor a .netrc has a part in this
                session.headers.clear()
                answer = session.request(
                    method, url, data=body, headers=headers, timeout=TIMEOUT_SECONDS, allow_redirects=False
                )
        except requests.RequestException as error:
            raise ServerUnreachable(f"{method} {url}: {error}") from error
        text = answer.content.decode("utf-8", "replace")
        if answer.status_code != OK:
            raise ServerRefused(
                f"{method} {url} was answered {answer.status_code}: {text[:MOST_SHOWN]}", answer.status_code
            )
        try:
            return json.loads(text)
        except ValueError as error:
            raise ServerRefused(f"{method} {url} was answered without JSON", answer.status_code) from error


def _store(store_id: str) -> str:
    return f"/stores/{quote_plus(store_id)}"
