"""The shop's JSON interface, for tests and scripts.

    POST /api/orders           {price, currency, …} -> {order_id, invoice_id, url}; further keys go into the invoice
    POST /api/orders/ID/pay    the same answer: the order's invoice again, or a new one if that has ended
    GET  /api/orders/ID        {order_id, status, notes, invoice_id, url, ipns}
    GET  /api/ipns             every notification, those that belong to no order included
    POST /api/ipn-mode         {mode}: ok, down (503), gone (410), slow (hangs)
    POST /pair                 {code} -> {sin}
    GET  /health               {ok, paired, ipn_mode}

Errors are {error}: 400 what was asked is wrong, 404 no such order, 502 the server refused or did not answer
(`server_status` says with what), 503 not paired.
"""

import json
from decimal import Decimal, InvalidOperation
from typing import Any

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import BadRequest

from regtest.shop.endpoint import Endpoint
from regtest.shop.errors import NoSuchOrder, NotPaired, ServerRefused, ShopError
from regtest.shop.orders import Order
from regtest.shop.till import Till

MOST_DIGITS = 30  # of a price; 1e999999999 written out would fill the memory
DEFAULT_PRICE = "12.34"


def api(till: Till, endpoint: Endpoint) -> Blueprint:
    """The routes."""
    routes = Blueprint("api", __name__)
    _order_routes(routes, till)
    _control_routes(routes, till, endpoint)
    routes.register_error_handler(ShopError, _refuse)
    routes.register_error_handler(BadRequest, _bad_request)
    return routes


def _order_routes(routes: Blueprint, till: Till) -> None:
    @routes.post("/api/orders")
    def sell() -> ResponseReturnValue:
        asked = dict(_json_object())
        total = _price(asked.pop("price", DEFAULT_PRICE))
        currency = str(asked.pop("currency", "EUR"))
        return jsonify(_receipt(till.sell("Something", total, currency, asked)))

    @routes.post("/api/orders/<int:order_id>/pay")
    def pay_again(order_id: int) -> ResponseReturnValue:
        return jsonify(_receipt(till.pay_again(order_id)))

    @routes.get("/api/orders/<int:order_id>")
    def look(order_id: int) -> ResponseReturnValue:
        return jsonify(_described(till, till.orders.get(order_id)))

    @routes.get("/api/ipns")
    def ipns() -> ResponseReturnValue:
        return jsonify([_ipn(row) for row in till.orders.ipns()])


def _control_routes(routes: Blueprint, till: Till, endpoint: Endpoint) -> None:
    @routes.post("/api/ipn-mode")
    def ipn_mode() -> ResponseReturnValue:
        try:
            endpoint.set(str(_json_object().get("mode")))
        except ValueError as error:
            return jsonify(error=str(error)), 400
        return jsonify(mode=endpoint.mode)

    @routes.post("/pair")
    def pair() -> ResponseReturnValue:
        return jsonify(sin=till.pair(str(_json_object().get("code"))))

    @routes.get("/health")
    def health() -> ResponseReturnValue:
        return jsonify(ok=True, paired=till.paired, ipn_mode=endpoint.mode)


def _receipt(order: Order) -> dict[str, object]:
    return {"order_id": order.id, "invoice_id": order.invoice_id, "url": order.pay_url}


def _described(till: Till, order: Order) -> dict[str, object]:
    return {
        **_receipt(order),
        "status": order.status,
        "notes": [note["text"] for note in till.orders.notes(order.id)],
        "ipns": [_ipn(row) for row in till.orders.ipns(order.id)],
    }


def _ipn(row: dict[str, Any]) -> dict[str, object]:
    """A notification; `body` is the JSON it held, or its text if it held none."""
    try:
        body = json.loads(row["body"])
    except (ValueError, RecursionError):
        body = row["body"]
    names = ("at", "answered", "order_id", "invoice_id", "kind", "code", "status_fetched", "error")
    return {**{name: row[name] for name in names}, "body": body}


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


def _refuse(error: ShopError) -> ResponseReturnValue:
    if isinstance(error, NoSuchOrder):
        return jsonify(error=str(error)), 404
    if isinstance(error, NotPaired):
        return jsonify(error=str(error)), 503
    server_status = error.status if isinstance(error, ServerRefused) else None
    return jsonify(error=str(error), server_status=server_status), 502


def _bad_request(error: BadRequest) -> ResponseReturnValue:
    return jsonify(error=error.description), error.code or 400
