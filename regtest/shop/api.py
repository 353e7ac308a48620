"""The shop's JSON interface, for tests and scripts.

    POST /api/orders              {price, currency, payment_method, …} -> {order_id, invoice_id, url}; further keys go
                                  into the invoice. payment_method: btcpay (the older plugin) or one of the gateways
    POST /api/orders/ID/pay       {payment_method} -> the same: the order's invoice again, or a new one
    POST /api/orders/ID/refund    {amount, reason} -> {pull_payment_id, link}
    GET  /api/orders/ID           {order_id, status, notes, invoice_id, url, payment_method, ipns, deliveries, …}
    GET  /api/ipns                every IPN, those that belong to no order included
    GET  /api/deliveries          every delivery, likewise
    POST /api/ipn-mode            {mode}: ok, down (503), gone (410), forbidden (403), deaf (200, nothing done),
                                  slow (hangs), after_change (done, then 500)
    POST /api/webhook-mode        {mode}: the same for the Greenfield plugin's endpoint
    POST /pair                    {code} -> {sin}
    POST /api/greenfield          {server, api_key, store_id, …}: the settings form -> what GET answers
    GET  /api/greenfield          {connected, server, store_id, webhook_id, gateways, notices}
    GET  /health                  {ok, paired, connected, ipn_mode, webhook_mode}

Errors are {error}: 400 what was asked is wrong, 404 no such order, 409 the plugin refuses a refund, 502 the server
refused or did not answer (`server_status` says with what), 503 not connected.
"""

import json
from decimal import Decimal, InvalidOperation
from typing import Any

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import BadRequest

from regtest.shop.endpoint import Endpoint
from regtest.shop.errors import NoSuchOrder, NotPaired, ServerRefused, ShopError
from regtest.shop.goods import product
from regtest.shop.greenfield.connection import OPTIONS
from regtest.shop.greenfield.plugin import GreenfieldPlugin
from regtest.shop.greenfield.refunds import NoRefund
from regtest.shop.orders import BITPAY, NewOrder, Order
from regtest.shop.selling import pay_again, sell
from regtest.shop.till import Till

MOST_DIGITS = 30  # of a price; 1e999999999 written out would fill the memory
DEFAULT_PRICE = "12.34"
OF_AN_IPN = ("at", "answered", "order_id", "invoice_id", "kind", "code", "status_fetched", "error")
OF_THE_INVOICE = ("BTCPay_id", "BTCPay_redirect")
OF_A_DELIVERY = ("at", "answered", "order_id", "invoice_id", "type", "signature", "said")
"""A delivery also has its bytes as they came (`raw`), which are what is signed."""


def api(till: Till, plugin: GreenfieldPlugin, ipns: Endpoint, webhooks: Endpoint) -> Blueprint:
    """The routes."""
    routes = Blueprint("api", __name__)
    _order_routes(routes, till, plugin)
    _inbox_routes(routes, till, ipns, webhooks)
    _connection_routes(routes, till, plugin, ipns, webhooks)
    routes.register_error_handler(ShopError, _refuse)
    routes.register_error_handler(BadRequest, _bad_request)
    return routes


def _order_routes(routes: Blueprint, till: Till, plugin: GreenfieldPlugin) -> None:
    @routes.post("/api/orders")
    def order() -> ResponseReturnValue:
        asked = dict(_json_object())
        price = _price(asked.pop("price", DEFAULT_PRICE))
        wanted = NewOrder(
            "Something",
            None if price is None else format(price, "f"),
            str(asked.pop("currency", "EUR")),
            gateway=str(asked.pop("payment_method", BITPAY)),
            product=_product(asked.pop("product", "mug")),
            created_via=str(asked.pop("created_via", "checkout")),
            overrides=asked,
        )
        return jsonify(_receipt(sell(till, plugin, wanted)))

    @routes.post("/api/orders/<int:order_id>/pay")
    def pay(order_id: int) -> ResponseReturnValue:
        asked = request.get_json(silent=True)
        gateway = asked.get("payment_method") if isinstance(asked, dict) else None
        return jsonify(_receipt(pay_again(till, plugin, order_id, gateway)))

    @routes.post("/api/orders/<int:order_id>/refund")
    def refund(order_id: int) -> ResponseReturnValue:
        asked = _json_object()
        order = till.orders.get(order_id)
        return jsonify(plugin.refund(order, str(asked.get("amount", order.total)), str(asked.get("reason", ""))))

    @routes.get("/api/orders/<int:order_id>")
    def look(order_id: int) -> ResponseReturnValue:
        return jsonify(_described(till, till.orders.get(order_id)))


def _inbox_routes(routes: Blueprint, till: Till, ipns: Endpoint, webhooks: Endpoint) -> None:
    @routes.get("/api/ipns")
    def all_ipns() -> ResponseReturnValue:
        return jsonify([_notification(row, OF_AN_IPN) for row in till.inbox.ipns()])

    @routes.get("/api/deliveries")
    def all_deliveries() -> ResponseReturnValue:
        return jsonify([_notification(row, OF_A_DELIVERY) for row in till.inbox.deliveries()])

    @routes.post("/api/ipn-mode")
    def ipn_mode() -> ResponseReturnValue:
        return _set_mode(ipns)

    @routes.post("/api/webhook-mode")
    def webhook_mode() -> ResponseReturnValue:
        return _set_mode(webhooks)


def _connection_routes(
    routes: Blueprint, till: Till, plugin: GreenfieldPlugin, ipns: Endpoint, webhooks: Endpoint
) -> None:
    @routes.post("/pair")
    def pair() -> ResponseReturnValue:
        return jsonify(sin=till.pair(str(_json_object().get("code"))))

    @routes.post("/api/greenfield")
    def save() -> ResponseReturnValue:
        """What is left out stays as it is."""
        asked, kept = _json_object(), plugin.settings
        server, key, store = (str(asked.get(name, getattr(kept, name))) for name in ("server", "api_key", "store_id"))
        options = {name: bool(asked[name]) for name in OPTIONS if name in asked}
        plugin.save(server, key, store, str(asked.get("webhook_secret") or ""), options)
        plugin.believe_in([str(method) for method in asked.get("extra_methods", kept.extra_methods)])
        return jsonify(_connection(plugin))

    @routes.get("/api/greenfield")
    def connection() -> ResponseReturnValue:
        return jsonify(_connection(plugin))

    @routes.get("/health")
    def health() -> ResponseReturnValue:
        modes = {"ipn_mode": ipns.mode, "webhook_mode": webhooks.mode}
        return jsonify(ok=True, paired=till.paired, connected=plugin.connected, **modes)


def _set_mode(endpoint: Endpoint) -> ResponseReturnValue:
    try:
        endpoint.set(str(_json_object().get("mode")))
    except ValueError as error:
        return jsonify(error=str(error)), 400
    return jsonify(mode=endpoint.mode)


def _connection(plugin: GreenfieldPlugin) -> dict[str, object]:
    """Without the secrets."""
    kept = plugin.settings
    names = ("server", "store_id", "webhook_id", "webhook_url", *OPTIONS)
    return {
        "connected": plugin.connected,
        **{name: getattr(kept, name) for name in names},
        "gateways": plugin.gateways(),
        "notices": plugin.notices,
    }


def _receipt(order: Order) -> dict[str, object]:
    return {"order_id": order.id, "invoice_id": order.invoice_id, "url": order.pay_url}


def _described(till: Till, order: Order) -> dict[str, object]:
    return {
        **_receipt(order),
        "status": order.status,
        "payment_method": order.gateway,
        "notes": [note["text"] for note in till.orders.notes(order.id)],
        "meta": {name: value for name, value in till.orders.meta(order.id).items() if name not in OF_THE_INVOICE},
        "key": order.key,
        "number": order.number,
        "total": order.total,
        "date_paid": order.paid_at,
        "transaction_id": order.transaction_id,
        "all_notes": till.orders.all_notes(order.id),
        "mails": till.orders.mails(order.id),
        "refunds": till.orders.refunds(order.id),
        "ipns": [_notification(row, OF_AN_IPN) for row in till.inbox.ipns(order.id)],
        "deliveries": [_notification(row, OF_A_DELIVERY) for row in till.inbox.deliveries(order.id)],
    }


def _notification(row: dict[str, Any], names: tuple[str, ...]) -> dict[str, object]:
    """One of them; `body` is the JSON it held, or its text if it held none."""
    try:
        body = json.loads(row["body"])
    except (ValueError, RecursionError):
        body = row["body"]
    raw = {"raw": row["body"]} if "signature" in names else {}
    return {**{name: row[name] for name in names}, **raw, "body": body}


def _json_object() -> dict[str, Any]:
    """The request's body. Its content type must be JSON, which no page of another site can send unasked."""
    body = request.get_json()
    if not isinstance(body, dict):
        raise BadRequest("send a JSON object")
    return body


def _price(asked: object) -> Decimal | None:
    """A price from a JSON string or number; null asks for an invoice without an amount."""
    if asked is None:
        return None
    try:
        price = Decimal(str(asked))
    except InvalidOperation:
        raise BadRequest(f"{asked!r} is no price") from None
    if not price.is_finite() or abs(price.adjusted()) > MOST_DIGITS:
        raise BadRequest(f"{asked!r} is no price")
    return price


def _product(code: object) -> str:
    if product(str(code)) is None:
        raise BadRequest(f"the shop sells no {code!r}")
    return str(code)


def _refuse(error: ShopError) -> ResponseReturnValue:
    statuses: dict[type[ShopError], int] = {NoSuchOrder: 404, NotPaired: 503, NoRefund: 409}
    if type(error) in statuses:
        return jsonify(error=str(error)), statuses[type(error)]
    server_status = error.status if isinstance(error, ServerRefused) else None
    return jsonify(error=str(error), server_status=server_status), 502


def _bad_request(error: BadRequest) -> ResponseReturnValue:
    return jsonify(error=error.description), error.code or 400
