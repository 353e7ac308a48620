"""An order's invoice: the present one if it can still be used, otherwise a new one (plugin contract B2, 8 to 11)."""

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from regtest.shop import phpjson
from regtest.shop.errors import NotPaired, ServerRefused, ShopError
from regtest.shop.greenfield.client import GreenfieldClient
from regtest.shop.greenfield.connection import Connection
from regtest.shop.greenfield.methods import DEFAULT_GATEWAY, Methods, gateway_of
from regtest.shop.orders import Order, Orders

PLUGIN_VERSION = "2.8.0"
SPENT = ("Expired", "Invalid")
SAT_SYMBOL = "SAT"
SATS_PER_BITCOIN = 100_000_000
BUYER = {
    "buyerEmail": "ann@example.com",
    "buyerName": "Ann Buyer",
    "buyerAddress1": "Hauptstr. 5",
    "buyerAddress2": "2. OG",
    "buyerCity": "Berlin",
    "buyerState": "DE-BE",
    "buyerZip": "10115",
    "buyerCountry": "DE",
}


class Cashier:
    """What happens when a buyer places an order or pays for an old one."""

    def __init__(self, connection: Callable[[], Connection], methods: Methods, orders: Orders, shop_url: str) -> None:
        self._connection = connection
        self._methods = methods
        self._orders = orders
        self._shop_url = shop_url

    def pay(self, order: Order) -> Order:
        """The order with an invoice that can be paid. Raises ServerRefused, ServerUnreachable, NotPaired."""
        settings = self._connection()
        if not settings.is_complete:
            raise NotPaired("the shop is not connected with a server yet; connect it on its settings page")
        client = GreenfieldClient(settings.server, settings.api_key)
        methods = self._methods_of(order.gateway)
        if order.invoice_id and self._is_usable(order, methods, settings, client):
            self._orders.set_invoice(order.id, order.invoice_id, f"{settings.server}/i/{order.invoice_id}")
            return self._orders.get(order.id)
        made = client.create_invoice(settings.store_id, self._fields(order, methods, settings))
        invoice_id, link = made.get("id"), made.get("checkoutLink")
        if not isinstance(invoice_id, str) or not isinstance(link, str):
            raise ServerRefused(f"the new invoice has id {invoice_id!r} and checkoutLink {link!r}")
        self._orders.set_invoice(order.id, invoice_id, link)
        self._orders.set_meta(order.id, {"BTCPay_redirect": link, "BTCPay_id": invoice_id})
        return self._orders.get(order.id)

    def _methods_of(self, gateway: str) -> list[str]:
        """What the invoice may be paid by; an empty list asks for whatever the store has."""
        try:
            ids = self._methods.ids()
        except ShopError:
            return []
        return ids if gateway == DEFAULT_GATEWAY else [method for method in ids if gateway_of(method) == gateway]

    def _is_usable(self, order: Order, methods: list[str], settings: Connection, client: GreenfieldClient) -> bool:
        """Any error counts as no. One that was made for another gateway is marked Invalid."""
        try:
            invoice = client.invoice(settings.store_id, order.invoice_id)
            if invoice["status"] in SPENT:
                return False
            if not settings.separate_gateways:
                return True
            asked = sorted(method.replace("-", "_") for method in invoice["checkout"]["paymentMethods"])
        except (ShopError, LookupError, TypeError, AttributeError):
            return False
        if asked == sorted(methods):
            return True
        self._mark_invalid(order, settings, client)
        return False

    def _mark_invalid(self, order: Order, settings: Connection, client: GreenfieldClient) -> None:
        try:
            client.mark_invalid(settings.store_id, order.invoice_id)
        except ShopError as error:
            self._orders.set_meta(order.id, {"log": f"the old invoice could not be marked: {error}"})

    def _fields(self, order: Order, methods: list[str], settings: Connection) -> dict[str, object]:
        """The plugin's request, key by key in its order; overrides replace or join them, and what is inside them."""
        amount, currency = charged(order.total, order.currency)
        metadata = {**(BUYER if settings.customer_data else {}), "taxIncluded": "0", **self._about(order)}
        checkout: dict[str, object] = {
            "speedPolicy": None,
            "paymentMethods": methods or None,
            "expirationMinutes": None,
            "monitoringMinutes": None,
            "paymentTolerance": None,
            "redirectURL": f"{self._shop_url}/checkout/order-received/{order.id}/?key={order.key}",
            "redirectAutomatically": None,
            "defaultLanguage": None,
        }
        overrides: dict[str, Any] = json.loads(order.overrides)
        return {
            "amount": amount,
            "currency": currency,
            **overrides,
            "metadata": {**metadata, **overrides.get("metadata", {})},
            "checkout": {**checkout, **overrides.get("checkout", {})},
        }

    def _about(self, order: Order) -> dict[str, object]:
        url = f"{self._shop_url}/orders/{order.id}"
        told = {"Order ID": order.id, "Order Number": order.number, "Order URL": url, "Plugin Version": PLUGIN_VERSION}
        return {"posData": phpjson.encode({"WooCommerce": told}), "orderUrl": url, "orderId": order.number}


def charged(total: str | None, currency: str) -> tuple[str | None, str]:
    """Amount and currency as they are sent: a shop that counts in satoshis asks for bitcoin."""
    if currency != SAT_SYMBOL or total is None:
        return total, currency
    return format(Decimal(total) / SATS_PER_BITCOIN, ".8f"), "BTC"
