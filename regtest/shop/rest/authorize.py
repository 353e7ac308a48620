"""One click for a key: /wc-auth/v1/authorize asks the merchant, and the shop itself sends the key to the asking server.

Whoever comes is taken for a signed-in administrator. A refusal is a page of the shop, with status 401: the browser is
not sent back, so the merchant is stranded there.
"""

import json
import secrets
import threading
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

import requests
from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue

from regtest.shop.rest.keys import PERMISSIONS, Key
from regtest.shop.rest.order_json import WORDPRESS
from regtest.shop.rest.site import Site
from regtest.shop.rest.webhooks import may_be_reached

NEEDED = ("app_name", "user_id", "return_url", "callback_url", "scope")
TIMEOUT_SECONDS = 60
MOST_REDIRECTIONS = 5
NOT_SENT = "An error occurred in the request and at the time were unable to send the consumer data"
READS = {"read": "Read", "write": "Write", "read_write": "Read/Write"}


class Denied(Exception):
    """The text is what the merchant reads."""


@dataclass(frozen=True)
class Wish:
    """What an application asks for."""

    app_name: str
    user_id: str
    return_url: str
    callback_url: str
    scope: str

    @property
    def server(self) -> str:
        """Whom the key is sent to."""
        return urlsplit(self.callback_url).hostname or ""

    @property
    def words(self) -> str:
        """How the page names the scope."""
        return READS[self.scope]

    def back(self, success: int) -> str:
        """Where the browser goes in the end."""
        joiner = "&" if "?" in self.return_url else "?"
        return f"{self.return_url}{joiner}{urlencode({'success': success, 'user_id': self.user_id}, safe=':')}"


class Nonces:
    """The page's own one-time values; like WordPress' they work more than once, but not for another shop's page."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._given: set[str] = set()

    def give(self) -> str:
        """A fresh one."""
        with self._lock:
            nonce = secrets.token_hex(5)
            self._given.add(nonce)
            return nonce

    def knows(self, nonce: str) -> bool:
        """Whether it was given."""
        with self._lock:
            return nonce in self._given


def authorize_views(site: Site) -> Blueprint:
    """The routes."""
    routes, nonces = Blueprint("authorize", __name__), Nonces()

    @routes.get("/wc-auth/v1/authorize")
    def ask() -> ResponseReturnValue:
        wish = _wish(site, request.args)
        granted = {**request.args, "wc_auth_nonce": nonces.give()}
        return render_template("authorize.html", wish=wish, granted=urlencode(granted), denied=wish.back(0))

    @routes.get("/wc-auth/v1/access_granted")
    def grant() -> ResponseReturnValue:
        wish = _wish(site, request.args)
        if not nonces.knows(request.args.get("wc_auth_nonce", "")):
            raise Denied("Invalid nonce verification")
        now = site.now()
        key = site.keys.add(wish.scope, description=f"{wish.app_name} - API ({now:%Y-%m-%d %H:%M})")
        try:
            _send(site, wish, key)
        except Denied:
            site.keys.remove(key.id)
            raise
        return redirect(wish.back(1))

    @routes.errorhandler(Denied)
    def denied(error: Denied) -> ResponseReturnValue:
        return render_template("authorize_denied.html", words=str(error)), 401

    return routes


def _wish(site: Site, given: dict[str, str]) -> Wish:
    """Raises Denied."""
    for name in NEEDED:
        if not given.get(name) or given[name] == "0":
            raise Denied(f"Missing parameter {name}.")
    if given["scope"] not in PERMISSIONS:
        raise Denied(f"Invalid scope {given['scope']}.")
    addresses = {name: _address(given[name]) for name in ("return_url", "callback_url")}
    if not addresses["callback_url"].startswith("https://") and not site.options.callback_over_http:
        raise Denied("The callback_url needs to be over SSL.")
    return Wish(given["app_name"], given["user_id"], scope=given["scope"], **addresses)


def _address(text: str) -> str:
    address = text if text.startswith(("http://", "https://")) else f"https://{text}"
    if not urlsplit(address).hostname or " " in address:
        raise Denied(f"The {address} is not a valid URL.")
    return address


def _send(site: Site, wish: Wish, key: Key) -> None:
    """Exactly 200 counts. A redirection is followed by a GET, so the key is lost although all seems well."""
    if not may_be_reached(site, wish.callback_url):
        raise Denied("A valid URL was not provided..")
    told = {
        "key_id": key.id,
        "user_id": wish.user_id,
        "consumer_key": key.consumer_key,
        "consumer_secret": key.consumer_secret,
        "key_permissions": key.permissions,
    }
    headers = {
        "User-Agent": f"WordPress/{WORDPRESS}; {site.home()}",
        "Content-Type": "application/json;charset=UTF-8",
    }
    try:
        with requests.Session() as session:
            session.trust_env = False
            session.max_redirects = MOST_REDIRECTIONS
            answer = session.post(wish.callback_url, json.dumps(told), headers=headers, timeout=TIMEOUT_SECONDS)
    except requests.RequestException as error:
        raise Denied(f"cURL error: {type(error).__name__}.") from error
    if answer.status_code != 200:
        raise Denied(f"{NOT_SENT}.")
