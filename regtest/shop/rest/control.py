"""How tests set, hurt and watch the WooCommerce behind the shop.

GET  /api/woo                 {options, mode, stock, webhooks}
POST /api/woo                 {option: value, …} -> the same; regtest.shop.options says what they are
POST /api/woo/keys            {permissions, role} -> {id, consumer_key, consumer_secret}
POST /api/woo/mode            {mode, times, only: [method], path}: the way in which REST fails
POST /api/woo/orders          {orders: [{price, status, payment_method, invoice_id, …}]} -> {order_ids}, without
                              asking the server for invoices
POST /api/woo/stock           {product: quantity}
POST /api/woo/cron            webhooks that wait are sent -> {sent}
POST /api/woo/hold-stock      the job that cancels -> {cancelled}
POST /api/woo/backup, /api/woo/restore   the shop's database, its ids included
POST /api/orders/ID/deed      {deed, …}: what somebody does to the order; regtest.shop.rest.deeds has them
"""

from dataclasses import asdict
from typing import Any

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import BadRequest

from regtest.shop.errors import NoSuchOrder
from regtest.shop.options import NoSuchOption
from regtest.shop.orders import NewOrder
from regtest.shop.rest import deeds, webhooks
from regtest.shop.rest.accidents import Accident, Accidents
from regtest.shop.rest.deeds import BadDeed
from regtest.shop.rest.site import Site


def control(site: Site, accidents: Accidents) -> Blueprint:
    """The routes."""
    routes = Blueprint("woo", __name__)
    _option_routes(routes, site, accidents)
    _hurting_routes(routes, site, accidents)
    _job_routes(routes, site)
    _deed_routes(routes, site)
    for kind, status in ((NoSuchOption, 400), (BadDeed, 400), (BadRequest, 400), (NoSuchOrder, 404)):
        routes.register_error_handler(kind, lambda error, status=status: (jsonify(error=str(error)), status))
    return routes


def _option_routes(routes: Blueprint, site: Site, accidents: Accidents) -> None:
    @routes.get("/api/woo")
    def look() -> ResponseReturnValue:
        return jsonify(_shown(site, accidents))

    @routes.post("/api/woo")
    def change() -> ResponseReturnValue:
        site.options_file.change(_json_object())
        return jsonify(_shown(site, accidents))

    @routes.post("/api/woo/keys")
    def add_key() -> ResponseReturnValue:
        asked = _json_object()
        try:
            key = site.keys.add(**{name: str(asked[name]) for name in ("permissions", "role") if name in asked})
        except ValueError as error:
            raise BadRequest(str(error)) from None
        return jsonify(id=key.id, consumer_key=key.consumer_key, consumer_secret=key.consumer_secret)


def _hurting_routes(routes: Blueprint, site: Site, accidents: Accidents) -> None:
    @routes.post("/api/woo/mode")
    def set_mode() -> ResponseReturnValue:
        asked = _json_object()
        only = tuple(str(method).upper() for method in asked.get("only", ()))
        try:
            accidents.set(Accident(str(asked.get("mode")), asked.get("times"), only, str(asked.get("path", ""))))
        except ValueError as error:
            raise BadRequest(str(error)) from None
        return jsonify(mode=accidents.mode)

    @routes.post("/api/woo/stock")
    def set_stock() -> ResponseReturnValue:
        for code, quantity in _json_object().items():
            site.orders.set_stock(code, int(quantity))
        return jsonify(site.orders.stock())


def _deed_routes(routes: Blueprint, site: Site) -> None:
    @routes.post("/api/woo/orders")
    def seed() -> ResponseReturnValue:
        placed = site.orders.place_all(_new_order(one) for one in _json_object().get("orders", []))
        return jsonify(order_ids=[order.id for order in placed], keys=[order.key for order in placed])

    @routes.post("/api/orders/<int:order_id>/deed")
    def deed(order_id: int) -> ResponseReturnValue:
        try:
            deeds.do(site, order_id, _json_object())
        except KeyError as error:
            raise BadDeed(f"the deed lacks {error}") from None
        return jsonify(ok=True)


def _job_routes(routes: Blueprint, site: Site) -> None:
    @routes.post("/api/woo/cron")
    def run_cron() -> ResponseReturnValue:
        return jsonify(sent=webhooks.send_queued(site))

    @routes.post("/api/woo/hold-stock")
    def hold_stock() -> ResponseReturnValue:
        return jsonify(cancelled=deeds.hold_stock(site))

    @routes.post("/api/woo/backup")
    def back_up() -> ResponseReturnValue:
        site.database.back_up()
        return jsonify(ok=True)

    @routes.post("/api/woo/restore")
    def restore() -> ResponseReturnValue:
        try:
            site.database.restore()
        except FileNotFoundError as error:
            raise BadRequest(str(error)) from None
        return jsonify(ok=True)


def _new_order(asked: dict[str, Any]) -> NewOrder:
    return NewOrder(
        item=str(asked.get("item", "Something")),
        total=str(asked.get("price", "12.34")),
        currency=str(asked.get("currency", "EUR")),
        overrides={},
        gateway=str(asked.get("payment_method", "btcpaygf_default")),
        product=str(asked.get("product", "mug")),
        created_via=str(asked.get("created_via", "checkout")),
        status=str(asked.get("status", "pending")),
        invoice_id=str(asked.get("invoice_id", "")),
    )


def _shown(site: Site, accidents: Accidents) -> dict[str, Any]:
    with site.database.open() as db:
        sql = "SELECT id, topic, url, status, failures FROM webhooks ORDER BY id"
        registered = [dict(row) for row in db.execute(sql)]
    options = asdict(site.options)
    return {"options": options, "mode": accidents.mode, "stock": site.orders.stock(), "webhooks": registered}


def _json_object() -> dict[str, Any]:
    body = request.get_json()
    if not isinstance(body, dict):
        raise BadRequest("send a JSON object")
    return body
