"""What the plugin adds to the shop's pages: its settings, where the wizard comes back, the modal checkout, refunds."""

from functools import partial

from flask import Blueprint, abort, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import BadRequest

from regtest.shop.errors import NoSuchOrder, ShopError
from regtest.shop.goods import MOST_OF_ONE, product
from regtest.shop.greenfield.connecting import CALLBACK
from regtest.shop.greenfield.connection import OPTIONS
from regtest.shop.greenfield.plugin import GreenfieldPlugin
from regtest.shop.order import order_for

WEB = ("http://", "https://")


def greenfield_pages(plugin: GreenfieldPlugin) -> Blueprint:
    """The routes."""
    routes = Blueprint("greenfield", __name__)
    _settings_routes(routes, plugin)
    _order_routes(routes, plugin)
    for kind, status in ((NoSuchOrder, 404), (ShopError, 502), (BadRequest, 400)):
        routes.register_error_handler(kind, partial(_sorry, status=status))
    return routes


def _settings_routes(routes: Blueprint, plugin: GreenfieldPlugin) -> None:
    @routes.get("/settings")
    def settings() -> ResponseReturnValue:
        return render_template("settings.html", settings=plugin.settings, plugin=plugin, notices=plugin.notices)

    @routes.post("/settings/wizard")
    def wizard() -> ResponseReturnValue:
        server = request.form.get("server", "")
        if not server.startswith(WEB):
            abort(400, "Write the server's address with http:// or https://.")
        return redirect(plugin.begin_wizard(server), 303)

    @routes.post("/")
    def callback() -> ResponseReturnValue:
        """The server's form posts here. Like the plugin's, this checks nothing of who sends it."""
        if CALLBACK not in request.args:
            abort(400, "Nothing is sent to this address but a new API key.")
        # PHP reads permissions[]=… as one list; what has another name is not seen.
        plugin.finish_wizard(request.form.get("apiKey", ""), request.form.getlist("permissions[]"))
        return redirect(url_for("greenfield.settings"), 303)

    @routes.post("/settings")
    def save() -> ResponseReturnValue:
        form, kept = request.form, plugin.settings
        key = form.get("api_key") or kept.api_key  # the key is not shown again, so an empty field keeps it
        plugin.save(
            form.get("server", ""),
            key,
            form.get("store_id", ""),
            options={name: name in form for name in OPTIONS},
        )
        return redirect(url_for("greenfield.settings"), 303)


def _order_routes(routes: Blueprint, plugin: GreenfieldPlugin) -> None:
    @routes.post("/checkout/modal")
    def modal() -> ResponseReturnValue:
        """What the plugin's script asks for instead of submitting the form: it shows the invoice above the page."""
        chosen = product(request.form.get("product", ""))
        quantity = request.form.get("quantity", 1, type=int)
        if chosen is None or not 1 <= quantity <= MOST_OF_ONE:
            return jsonify(result="failure", messages="no such product"), 400
        gateway = request.form.get("payment_method", "")
        try:
            order = plugin.sell(order_for(chosen, quantity, gateway))
        except ShopError as error:
            return jsonify(result="failure", messages=str(error))
        done = url_for("pages.thank_you", order_id=order.id, key=order.key)
        return jsonify(result="success", invoiceId=order.invoice_id, orderCompleteLink=done)

    @routes.post("/orders/<int:order_id>/refund")
    def refund(order_id: int) -> ResponseReturnValue:
        order = plugin.orders.get(order_id)
        plugin.refund(order, request.form.get("amount", ""), request.form.get("reason", ""))
        return redirect(url_for("pages.order_page", order_id=order_id), 303)


def _sorry(error: ShopError | BadRequest, status: int) -> ResponseReturnValue:
    words = error.description if isinstance(error, BadRequest) else str(error)
    return render_template("sorry.html", words=words), status
