"""The shop's pages. They need no JavaScript: a page that waits for something asks for itself again after a while."""

import secrets
from datetime import datetime
from functools import partial

from flask import Blueprint, abort, redirect, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import BadRequest

from regtest.shop.errors import NoSuchOrder, ShopError
from regtest.shop.goods import MOST_OF_ONE, PRODUCTS, product
from regtest.shop.greenfield.plugin import GreenfieldPlugin
from regtest.shop.order import order_for
from regtest.shop.orders import BITPAY, Order
from regtest.shop.selling import choices, sell
from regtest.shop.selling import pay_again as pay_order_again
from regtest.shop.till import Till

LOOKS = {
    "pending": ("waiting", "Waiting for payment"),
    "on-hold": ("waiting", "Payment seen, waiting for confirmations"),
    "processing": ("good", "Paid. We are packing it"),
    "completed": ("good", "Sent"),
    "failed": ("bad", "Something is wrong with the payment"),
    "cancelled": ("bad", "Cancelled"),
    "refunded": ("waiting", "Refunded"),
    "checkout-draft": ("waiting", "Not ordered yet"),
    "trash": ("bad", "In the trash"),
}
"""Order status -> how it is coloured, and what a buyer reads."""

OTHER_LOOK = ("waiting", "On its way")
"""For a status that a plugin added."""

REFUNDABLE = ("processing", "completed")
REFRESH_SECONDS = {"pending": 4, "on-hold": 4}
REFRESH_LATER_SECONDS = 20


def pages(till: Till, plugin: GreenfieldPlugin) -> Blueprint:
    """The routes."""
    routes = Blueprint("pages", __name__)
    routes.add_app_template_filter(_clock_time, "clock_time")
    _shopping_routes(routes, till, plugin)
    _order_routes(routes, till, plugin)
    for kind, status in ((NoSuchOrder, 404), (ShopError, 502), (BadRequest, 400)):
        routes.register_error_handler(kind, partial(_sorry, status=status))
    return routes


def _shopping_routes(routes: Blueprint, till: Till, plugin: GreenfieldPlugin) -> None:
    @routes.get("/")
    def storefront() -> ResponseReturnValue:
        return render_template(
            "storefront.html",
            products=PRODUCTS,
            orders=till.orders.latest(),
            looks=LOOKS,
            most=MOST_OF_ONE,
            server=till.settings.server,
            choices=choices(till, plugin),
            modal_server=plugin.settings.server if plugin.connected and plugin.settings.modal else None,
        )

    @routes.post("/buy")
    def buy() -> ResponseReturnValue:
        chosen = product(request.form.get("product", ""))
        quantity = request.form.get("quantity", 1, type=int)
        if chosen is None or not 1 <= quantity <= MOST_OF_ONE:
            abort(400, f"Choose one of our products, 1 to {MOST_OF_ONE} of it.")
        gateway = request.form.get("payment_method") or next(iter(choices(till, plugin)), BITPAY)
        order = sell(till, plugin, order_for(chosen, quantity, gateway))
        return redirect(order.pay_url, 303)


def _order_routes(routes: Blueprint, till: Till, plugin: GreenfieldPlugin) -> None:
    @routes.get("/orders/<int:order_id>")
    def order_page(order_id: int) -> ResponseReturnValue:
        order = till.orders.get(order_id)
        return _order_page("order.html", till, plugin, order)

    @routes.post("/orders/<int:order_id>/pay")
    def pay_again(order_id: int) -> ResponseReturnValue:
        return redirect(pay_order_again(till, plugin, order_id, request.form.get("payment_method")).pay_url, 303)

    @routes.get("/checkout/order-received/<int:order_id>/")
    def thank_you(order_id: int) -> ResponseReturnValue:
        order = till.orders.get(order_id)
        if not secrets.compare_digest(request.args.get("key", "").encode(), order.key.encode()):
            raise NoSuchOrder("this link does not fit any of our orders")
        return _order_page("thank_you.html", till, plugin, order)


def _sorry(error: ShopError | BadRequest, status: int) -> ResponseReturnValue:
    words = error.description if isinstance(error, BadRequest) else str(error)
    return render_template("sorry.html", words=words), status


def _order_page(template: str, till: Till, plugin: GreenfieldPlugin, order: Order) -> str:
    colour, words = LOOKS.get(order.status, OTHER_LOOK)
    return render_template(
        template,
        order=order,
        notes=till.orders.notes(order.id),
        ipns=till.inbox.ipns(order.id),
        deliveries=till.inbox.deliveries(order.id),
        choices=choices(till, plugin),
        refunds=till.orders.refunds(order.id),
        refundable=till.orders.refundable(order) if order.gateway != BITPAY and order.status in REFUNDABLE else None,
        colour=colour,
        words=words,
        may_pay=order.status in ("pending", "failed", "cancelled"),
        refresh_seconds=REFRESH_SECONDS.get(order.status, REFRESH_LATER_SECONDS),
    )


def _clock_time(moment: str) -> str:
    """An ISO time as hours, minutes and seconds; orders of a demo are of today."""
    return datetime.fromisoformat(moment).strftime("%H:%M:%S UTC")
