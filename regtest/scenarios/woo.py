"""A shop's WooCommerce over REST, with a key of its own: how orders are read, and how a real shop is bought in.

On purpose not the client of the product: what one of the two believes, the other may contradict.
"""

import secrets
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import requests

from regtest.errors import RegtestError
from regtest.scenarios.shops import GATEWAYS, Bought, OrderSeen
from regtest.shop.rest.oauth import base_string, signature
from regtest.targets import status_url

TIMEOUT_SECONDS = 30
GONE = "woocommerce_rest_shop_order_invalid_id"
BUYER = {
    "first_name": "Quality",
    "last_name": "Assurance",
    "address_1": "1 Test Street",
    "city": "Berlin",
    "postcode": "10115",
    "country": "DE",
    "email": "qa@shop.example",
    "phone": "030 1234567",
}


@dataclass(frozen=True)
class WooKey:
    """The halves of a key with read and write permission."""

    consumer_key: str
    consumer_secret: str = field(repr=False)


class WooRest:
    """The orders of a shop. Over https the key goes along as it is, over http each request is signed instead."""

    def __init__(self, url: str, key: WooKey) -> None:
        self.url = url.rstrip("/")
        self._key = key
        self._session = requests.Session()
        self._session.trust_env = False

    def look(self, order_id: str) -> OrderSeen:
        """The order as it is now; `deleted` where there is none."""
        order = self.order(order_id)
        if order is None:
            return OrderSeen("deleted", ())
        notes = self._ask("GET", f"orders/{order_id}/notes")
        return OrderSeen(str(order["status"]), [str(note["note"]) for note in reversed(notes)])

    def order(self, order_id: str) -> dict[str, Any] | None:
        """All that REST shows of it; None where there is none."""
        found: dict[str, Any] | None = self._ask("GET", f"orders/{order_id}", missing=GONE)
        return found

    def new_order(self, price: str, currency: str, gateway: str) -> dict[str, Any]:
        """An order of one fee, which needs no product in the shop; it waits for its payment."""
        fee = {"name": "A scenario of Sattle", "total": price, "tax_status": "none"}
        asked = {"status": "pending", "currency": currency, "payment_method": gateway, "billing": BUYER}
        made: dict[str, Any] = self._ask("POST", "orders", {**asked, "fee_lines": [fee]})
        return made

    def _ask(self, method: str, path: str, body: object = None, *, missing: str = "") -> Any:
        url = f"{self.url}/wp-json/wc/v3/{path}"
        answer = _sent(self._session, method, url, self._credentials(method, url), body)
        if missing and answer.status_code == 404 and missing in answer.text:
            return None
        return _json(answer, method, url)

    def _credentials(self, method: str, url: str) -> dict[str, Any]:
        if url.startswith("https://"):
            return {"auth": (self._key.consumer_key, self._key.consumer_secret)}
        oauth = {
            "oauth_consumer_key": self._key.consumer_key,
            "oauth_timestamp": str(int(time.time())),
            "oauth_nonce": secrets.token_hex(16),
            "oauth_signature_method": "HMAC-SHA256",
        }
        base = base_string(method, url, "", oauth)
        oauth["oauth_signature"] = signature(base, self._key.consumer_secret, "HMAC-SHA256")
        named = ", ".join(f'{name}="{quote(value, safe="~")}"' for name, value in oauth.items())
        return {"headers": {"Authorization": f"OAuth {named}"}}


class WooShop:
    """A real WooCommerce shop. Orders are made over REST and paid for over the Store API, as block checkouts do."""

    def __init__(self, rest: WooRest, plugin: str) -> None:
        self.rest = rest
        self.plugin = plugin

    @property
    def url(self) -> str:
        """Its address, without a slash at the end."""
        return self.rest.url

    def buy(self, price: str, currency: str) -> Bought:
        """Order something and go to pay for it."""
        order = self.rest.new_order(price, currency, GATEWAYS[self.plugin])
        return Bought(str(order["id"]), invoice_in(self._checked_out(order)))

    def look(self, order_id: str) -> OrderSeen:
        """The order as it is now."""
        return self.rest.look(order_id)

    def _checked_out(self, order: dict[str, Any]) -> str:
        """Choose the payment method; the plugin makes an invoice and says where. A nonce is a visitor's own."""
        session = requests.Session()
        session.trust_env = False
        store = f"{self.url}/wp-json/wc/store/v1"
        cart = _sent(session, "GET", f"{store}/cart", {}, None)
        _json(cart, "GET", f"{store}/cart")
        headers = {name: cart.headers[name] for name in ("Nonce", "Cart-Token") if name in cart.headers}
        asked = {
            "key": order["order_key"],
            "billing_email": BUYER["email"],
            "billing_address": BUYER,
            "payment_method": GATEWAYS[self.plugin],
        }
        url = f"{store}/checkout/{order['id']}"
        result = _json(_sent(session, "POST", url, {"headers": headers}, asked), "POST", url).get("payment_result", {})
        if result.get("payment_status") != "success":
            raise RegtestError(f"the shop's plugin made no invoice for order {order['id']}: {result}")
        return str(result.get("redirect_url", ""))


def invoice_in(checkout_url: str) -> str:
    """The id of the invoice that a checkout page is about. RegtestError where it is no such page."""
    return status_url(checkout_url).removesuffix("/status").rpartition("/")[2]


def _sent(session: requests.Session, method: str, url: str, options: dict[str, Any], body: object) -> requests.Response:
    try:
        return session.request(method, url, json=body, timeout=TIMEOUT_SECONDS, allow_redirects=False, **options)
    except requests.RequestException as error:
        raise RegtestError(f"the shop does not answer {method} {url}: {error}") from error


def _json(answer: requests.Response, method: str, url: str) -> Any:
    if not answer.ok or answer.is_redirect:
        raise RegtestError(f"the shop answered {answer.status_code} to {method} {url}: {answer.text[:300]}")
    try:
        return answer.json()
    except requests.JSONDecodeError as error:
        raise RegtestError(f"the shop answered {method} {url} with no JSON: {answer.text[:200]!r}") from error
