"""OAuth 1.0a with one leg, as WooCommerce checks it: over the query, never over the body."""

import base64
import hashlib
import hmac
import re
from urllib.parse import quote, unquote

METHODS = {"HMAC-SHA1": hashlib.sha1, "HMAC-SHA256": hashlib.sha256}
NEEDED = ("oauth_consumer_key", "oauth_timestamp", "oauth_nonce", "oauth_signature", "oauth_signature_method")
WINDOW_SECONDS = 15 * 60


def parameters(query_text: str, authorization: str) -> dict[str, str]:
    """The OAuth parameters from the query, or from the header if the query has none."""
    pairs = (part.partition("=") for part in query_text.split("&") if part)
    found = {unquote(name): unquote(value.replace("+", " ")) for name, _, value in pairs}
    oauth = {name: value for name, value in found.items() if name in NEEDED}
    if oauth or not authorization.lower().startswith("oauth "):
        return oauth
    return {name: unquote(value) for name, value in re.findall(r'(oauth_\w+)="([^"]*)"', authorization)}


def base_string(method: str, url: str, query_text: str, oauth: dict[str, str]) -> str:
    """What is signed: method, address without its query, every parameter but the signature, each encoded twice."""
    pairs = (part.partition("=") for part in query_text.split("&") if part)
    given = {unquote(name): unquote(value.replace("+", " ")) for name, _, value in pairs}
    given = {**given, **oauth}
    given.pop("oauth_signature", None)
    # PHP turns include[]=1&include[]=2 into a list, of which it makes include[0]=1&include[1]=2: what nobody signed.
    named = {name.replace("[]", "[0]"): value for name, value in given.items()}
    encoded = sorted((_encoded(name), _encoded(value)) for name, value in named.items())
    return "&".join((method.upper(), _encoded(url), _encoded("&".join(f"{name}={value}" for name, value in encoded))))


def signature(base: str, secret: str, method: str) -> str:
    """Base64 of the HMAC. Raises KeyError for a method that is not taken."""
    digest = hmac.new(f"{secret}&".encode(), base.encode(), METHODS[method]).digest()
    return base64.b64encode(digest).decode()


def _encoded(text: str) -> str:
    return quote(text, safe="~")
