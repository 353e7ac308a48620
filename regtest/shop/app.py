"""The shop as a Flask application: pages for a buyer (`pages`), JSON for tests (`api`), the notification endpoint."""

from flask import Flask, Response, request

from regtest.shop import ipn
from regtest.shop.api import api
from regtest.shop.endpoint import Endpoint
from regtest.shop.errors import BadIpn
from regtest.shop.pages import pages
from regtest.shop.till import NOTIFICATION_PATH, Till

LARGEST_REQUEST_BYTES = 1_000_000


def create_shop(till: Till) -> Flask:
    """The application; `till` holds all state except how the notification endpoint behaves."""
    shop = Flask("regtest.shop")
    shop.config["MAX_CONTENT_LENGTH"] = LARGEST_REQUEST_BYTES
    endpoint = Endpoint()
    shop.register_blueprint(pages(till))
    shop.register_blueprint(api(till, endpoint))

    @shop.post(NOTIFICATION_PATH)
    def notification() -> Response:
        text = request.get_data().decode("utf-8", "replace")
        return receive_ipn(till, endpoint, text)

    @shop.after_request
    def protect(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = (
            "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'; "
            # Browsers apply form-action to where a form's answer redirects to: the server's checkout page.
            f"form-action 'self' {till.settings.server}"
        )
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "no-referrer"  # the thank-you page's address holds the order's key
        return response

    return shop


def receive_ipn(till: Till, endpoint: Endpoint, text: str) -> Response:
    """Record the notification at once, then answer it as the endpoint's mode wants."""
    number = till.orders.ipn_came(text)
    refusal = endpoint.refusal()
    if refusal is None:
        status, body = ipn.receive(till, number, text)
        return Response(body, status, mimetype="text/html" if body == ipn.HANDLED else "application/json")
    try:
        ipn.note(till.orders, number, text)
    except BadIpn as error:
        till.orders.ipn_answered(number, refusal, error=str(error))
    else:
        till.orders.ipn_answered(number, refusal)
    return Response("not now\n", refusal, mimetype="text/plain")
