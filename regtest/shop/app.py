"""The shop as a Flask application: pages for a buyer, JSON for tests (`api`), and where each plugin is notified."""

from datetime import UTC, datetime
from functools import partial

from flask import Flask, Response, request

from regtest.shop import ipn
from regtest.shop.api import api
from regtest.shop.endpoint import Endpoint
from regtest.shop.errors import BadIpn
from regtest.shop.greenfield.connecting import WEBHOOK_PATH
from regtest.shop.greenfield.pages import greenfield_pages
from regtest.shop.greenfield.plugin import GreenfieldPlugin
from regtest.shop.pages import pages
from regtest.shop.rest.accidents import Accidents
from regtest.shop.rest.authorize import authorize_views
from regtest.shop.rest.below import Below
from regtest.shop.rest.control import control
from regtest.shop.rest.keys import Keys
from regtest.shop.rest.site import Site
from regtest.shop.rest.views import rest_views
from regtest.shop.rest.webhooks import queue
from regtest.shop.till import NOTIFICATION_PATH, Till

LARGEST_REQUEST_BYTES = 1_000_000


def create_shop(till: Till, plugin: GreenfieldPlugin) -> Flask:
    """The application; `till` and `plugin` hold all state except how the notification endpoints behave."""
    shop = Flask("regtest.shop")
    shop.config["MAX_CONTENT_LENGTH"] = LARGEST_REQUEST_BYTES
    ipns, webhooks = Endpoint(), Endpoint()
    site, accidents = woocommerce(till), Accidents()
    shop.extensions["woocommerce"] = site
    shop.wsgi_app = Below(shop.wsgi_app, site)  # type: ignore[method-assign]  # Flask's way to wrap it
    shop.register_blueprint(pages(till, plugin))
    shop.register_blueprint(greenfield_pages(plugin))
    shop.register_blueprint(api(till, plugin, ipns, webhooks))
    shop.register_blueprint(rest_views(site, accidents))
    shop.register_blueprint(control(site, accidents))
    shop.register_blueprint(authorize_views(site))

    @shop.post(NOTIFICATION_PATH)
    def notification() -> Response:
        text = request.get_data().decode("utf-8", "replace")
        return receive_ipn(till, ipns, text)

    @shop.route(WEBHOOK_PATH, methods=["GET", "POST"])
    def webhook() -> Response:
        return receive_delivery(till, plugin, webhooks, request.get_data(), request.headers.get("BTCPay-Sig", ""))

    @shop.after_request
    def protect(response: Response) -> Response:
        # The wizard may begin at any server: its address is typed on the settings page.
        targets = "http: https:" if request.endpoint == "greenfield.settings" else ""
        servers = " ".join(sorted({till.settings.server, plugin.settings.server} - {""}))
        response.headers["Content-Security-Policy"] = (
            "default-src 'none'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; "
            # The modal checkout: the server's script, and its page in a frame.
            f"script-src 'self' {servers}; frame-src {servers}; frame-ancestors 'none'; "
            # Browsers apply form-action to where a form's answer redirects to: the server's pages.
            f"form-action 'self' {servers} {targets}"
        )
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "no-referrer"  # the thank-you page's address holds the order's key
        return response

    return shop


def woocommerce(till: Till) -> Site:
    """The WooCommerce that the till's orders are in; from now on their changes are queued for its webhooks."""
    keys = Keys(till.database, till.settings.url, lambda: datetime.now(UTC))  # signatures live in the machine's time
    site = Site(till.database, till.orders, till.options, keys, till.clock.now, till.settings.url)
    till.orders.listeners.append(partial(queue, site))
    return site


def receive_ipn(till: Till, endpoint: Endpoint, text: str) -> Response:
    """Record the notification at once, then answer it as the endpoint's mode wants."""
    number = till.inbox.ipn_came(text)
    refusal = endpoint.refusal()
    if refusal is None:
        status, body = ipn.receive(till, number, text)
        if endpoint.after(status) != status:
            status = endpoint.after(status)
            till.inbox.ipn_answered(number, status)
        return Response(body, status, mimetype="text/html" if body == ipn.HANDLED else "application/json")
    try:
        ipn.note(till.inbox, number, text)
    except BadIpn as error:
        till.inbox.ipn_answered(number, refusal, error=str(error))
    else:
        till.inbox.ipn_answered(number, refusal)
    return Response("not now\n", refusal, mimetype="text/plain")


def receive_delivery(till: Till, plugin: GreenfieldPlugin, endpoint: Endpoint, body: bytes, signature: str) -> Response:
    """The same for a delivery of the Greenfield dialect."""
    number = till.inbox.delivery_came(body.decode("utf-8", "replace"), signature)
    status = endpoint.refusal()
    if status is None:
        status, said = plugin.webhooks.receive(plugin.settings, number, body, signature)
        status = endpoint.after(status)
    else:
        plugin.webhooks.note(number, body)
        said = "not now\n"
    till.inbox.delivery_answered(number, status, said)
    return Response(said, status, mimetype="application/json" if said.startswith("{") else "text/html")
