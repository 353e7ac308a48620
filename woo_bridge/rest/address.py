"""Where a shop's REST API is, and what proves that we may use it."""

import re
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import quote, urlsplit, urlunsplit

from app.errors import BadInput

NAMESPACE = "/wc/v3"
MARKER = "wp-json/wc/"  # WooCommerce reads its keys only where this stands in the address
KEY = re.compile(r"ck_[0-9a-zA-Z]{16,100}", re.ASCII)
SECRET = re.compile(r"cs_[0-9a-zA-Z]{16,100}", re.ASCII)


class Auth(StrEnum):
    """How a request proves itself. Over https PHP may still see http behind a proxy; then OAuth must sign that."""

    BASIC = "basic"
    OAUTH_HTTPS = "oauth_https"
    OAUTH_HTTP = "oauth_http"

    @property
    def signed_scheme(self) -> str:
        return "https" if self is Auth.OAUTH_HTTPS else "http"


@dataclass(frozen=True)
class ShopKey:
    """The two halves of a WooCommerce key."""

    consumer_key: str = field(repr=False)
    consumer_secret: str = field(repr=False)

    @property
    def ending(self) -> str:
        """By what the shop lists it."""
        return self.consumer_key[-7:]


def checked_key(consumer_key: str, consumer_secret: str) -> ShopKey:
    """The key as a person pasted it. BadInput names the half; what was pasted is not repeated."""
    key, secret = consumer_key.strip(), consumer_secret.strip()
    if SECRET.fullmatch(key) and KEY.fullmatch(secret):
        key, secret = secret, key
    if not KEY.fullmatch(key):
        raise BadInput("consumer_key", "", "paste the consumer key, which begins with ck_")
    if not SECRET.fullmatch(secret):
        raise BadInput("consumer_secret", "", "paste the consumer secret, which begins with cs_")
    return ShopKey(key, secret)


@dataclass(frozen=True)
class ShopAddress:
    """`root_url` is where we connect, `named_root_url` the same root as the shop names it, which OAuth signs.

    With plain permalinks both end with `rest_route=/`, else with a slash.
    """

    root_url: str
    auth: Auth
    plain_permalinks: bool = False
    named_root_url: str = ""

    def url(self, path: str, query: dict[str, str]) -> str:
        """The address of a call; `path` begins with /wc/v3 or another namespace."""
        return f"{_target(self.root_url, path, self.plain_permalinks)}{_query(self._all(path, query))}"

    def signed_url(self, path: str) -> str:
        """The address without its query, as the shop signs it."""
        url = _target(self.named_root_url or self.root_url, path, self.plain_permalinks)
        return urlunsplit((self.auth.signed_scheme, *urlsplit(url)[1:])).rstrip("/")

    def signed_query(self, path: str, query: dict[str, str]) -> dict[str, str]:
        """What stands in the query in the end."""
        return self._all(path, query)

    def _all(self, path: str, query: dict[str, str]) -> dict[str, str]:
        if not self.plain_permalinks:
            return query
        return {"rest_route": path, **query, "via": MARKER}


def _target(root: str, path: str, plain: bool) -> str:
    """Plain permalinks: the home page, since the route is in the query."""
    if plain:
        return root.partition("?")[0].removesuffix("index.php")
    return root.rstrip("/") + quote(path, safe="/")


def _query(query: dict[str, str]) -> str:
    """Commas and slashes stay: WooCommerce looks for a slash in the address, and commas are easier to read."""
    pairs = "&".join(f"{quote(name, safe='')}={quote(value, safe='/,:')}" for name, value in query.items())
    return f"?{pairs}" if pairs else ""
