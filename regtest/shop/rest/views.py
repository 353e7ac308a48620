"""The REST API under its addresses: /wp-json/…, /index.php/wp-json/…, and ?rest_route=… whatever the permalinks are."""

import contextlib
import socket
import threading
from typing import Any

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from regtest.shop import phpjson
from regtest.shop.rest import deeds, webhooks
from regtest.shop.rest.accidents import SITE_WIDE, Accidents, Dropped, afterwards, instead
from regtest.shop.rest.below import base_of
from regtest.shop.rest.exchange import HTML_TYPE, RestAnswer, RestRequest
from regtest.shop.rest.routing import answer
from regtest.shop.rest.site import Site

MARK = "wp-json/wc/"
"""WooCommerce looks for its keys only where this is somewhere in the address."""

METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]
CRON_SECONDS = 60


class Cron:
    """WordPress' clockwork: it runs when somebody asks the site for anything, at most once a minute."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._lock = threading.Lock()
        self._last = site.now().timestamp()
        self._last_hold = self._last

    def tick(self) -> None:
        """Somebody asked for something."""
        now, options = self._site.now().timestamp(), self._site.options
        if not options.wp_cron:
            return
        with self._lock:
            is_due = now - self._last >= CRON_SECONDS
            self._last = now if is_due else self._last
        if is_due:
            threading.Thread(target=self.run, daemon=True).start()

    def run(self) -> None:
        """Whatever is due now."""
        webhooks.send_queued(self._site)
        minutes = self._site.options.hold_stock_minutes
        now = self._site.now().timestamp()
        if minutes and now - self._last_hold >= float(minutes) * 60:
            self._last_hold = now
            deeds.hold_stock(self._site)


def rest_views(site: Site, accidents: Accidents) -> Blueprint:
    """The routes."""
    routes, cron = Blueprint("rest", __name__), Cron(site)

    @routes.route("/wp-json/", methods=METHODS)
    @routes.route("/wp-json/<path:route>", methods=METHODS)
    @routes.route("/index.php/wp-json/", methods=METHODS)
    @routes.route("/index.php/wp-json/<path:route>", methods=METHODS)
    def rest(route: str = "") -> ResponseReturnValue:
        if site.options.plain_permalinks:
            return _not_routed(site, route)
        return _served(site, accidents, cron, route)

    @routes.before_app_request
    def by_parameter() -> ResponseReturnValue | None:
        if request.path in ("/", "/index.php") and "rest_route" in request.args:
            return _served(site, accidents, cron, request.args["rest_route"].strip("/"))
        if request.path == "/":
            cron.tick()
            mode = accidents.befalling(request.method, "/") if accidents.mode in SITE_WIDE else "ok"
            return None if mode == "ok" else _accident(site, accidents, mode)
        return None

    @routes.after_app_request
    def announce(response: Response) -> Response:
        """Where the REST API is: on every page, even one that does not exist."""
        if (
            response.mimetype == "text/html"
            and not 300 <= response.status_code < 400
            and "Link" not in response.headers
        ):
            response.headers["Link"] = f'<{site.root(site.options.https)}>; rel="https://api.w.org/"'
        return response

    return routes


def _served(site: Site, accidents: Accidents, cron: Cron, route: str) -> ResponseReturnValue:
    cron.tick()
    mode = accidents.befalling(request.method, request.path)
    asked = _as_php_sees_it(site, route, hides_key=mode == "no_https")
    try:
        given = instead(accidents, mode, asked, site.home(asked.is_https))
        return _response(given or afterwards(accidents, mode, answer(site, asked)))
    except Dropped:
        return _hang_up()


def _accident(site: Site, accidents: Accidents, mode: str) -> ResponseReturnValue:
    try:
        given = instead(accidents, mode, _as_php_sees_it(site, "", hides_key=False), site.home())
    except Dropped:
        return _hang_up()
    return _response(given or RestAnswer(200, "", {}, HTML_TYPE))


def _as_php_sees_it(site: Site, route: str, *, hides_key: bool) -> RestRequest:
    query_text = request.query_string.decode("latin-1")
    address = str(request.environ.get("RAW_URI", request.path)).partition("?")[0].removeprefix(base_of(site))
    return RestRequest(
        method=request.method,
        route=route,
        address=address,
        query_text=query_text,
        headers=dict(request.headers.items()),
        body=request.get_data(),
        is_https=site.options.https,
        key_is_read=not hides_key and MARK in f"{address}?{query_text}",
    )


def _not_routed(site: Site, route: str) -> ResponseReturnValue:
    """With plain permalinks: the index is the home page, and everything below is nothing at all."""
    page = "<!DOCTYPE html>\n<html><head><title>Our shop</title></head><body></body></html>\n"
    if not route:
        return Response(page, 200, mimetype="text/html")
    if not route.endswith("/"):
        query = f"?{request.query_string.decode('latin-1')}" if request.query_string else ""
        place = f"{site.home(site.options.https)}/wp-json/{route}/{query}"
        return Response("", 301, {"Location": place}, mimetype="text/html")
    return Response(page, 404, mimetype="text/html")


def _response(given: RestAnswer) -> Response:
    text: Any = given.body if isinstance(given.body, str) and not given.kind.startswith("application/json") else None
    if text is None:
        text = given.body if isinstance(given.body, str) else phpjson.dumps(given.body)
    return Response(text, given.status, {**given.headers, "Content-Type": given.kind})


def _hang_up() -> Response:
    """End the connection under the server's hands: the other side sees it close without a word."""
    connection = request.environ.get("werkzeug.socket")
    if isinstance(connection, socket.socket):
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)
    return Response("", 502)
