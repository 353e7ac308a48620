"""OAuth 1.0a without a token, as WooCommerce reads it where it sees no https. The body is not signed."""

import hmac
import secrets
from base64 import b64encode
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import quote

from woo_bridge.rest.address import ShopKey

METHOD = "HMAC-SHA256"


def authorization(method: str, url: str, query: Mapping[str, str], key: ShopKey, now: datetime) -> str:
    """The value of the Authorization header. `url` is the signed one, without a query; a nonce is good for one try."""
    ours = {
        "oauth_consumer_key": key.consumer_key,
        "oauth_timestamp": str(int(now.timestamp())),
        "oauth_nonce": secrets.token_hex(16),
        "oauth_signature_method": METHOD,
    }
    ours["oauth_signature"] = signature(base_string(method, url, {**query, **ours}), key.consumer_secret)
    return "OAuth " + ", ".join(f'{name}="{encoded(value)}"' for name, value in ours.items())


def base_string(method: str, url: str, parameters: Mapping[str, str]) -> str:
    """What is signed: the parameters are sorted as they are encoded."""
    pairs = sorted((encoded(name), encoded(value)) for name, value in parameters.items())
    joined = "&".join(f"{name}={value}" for name, value in pairs)
    return "&".join((method.upper(), encoded(url), encoded(joined)))


def signature(base: str, consumer_secret: str) -> str:
    """Base64, keyed with the secret and the empty token secret."""
    return b64encode(hmac.digest(f"{consumer_secret}&".encode(), base.encode(), "sha256")).decode()


def encoded(text: str) -> str:
    """RFC 3986: everything but letters, digits and -._~ is escaped."""
    return quote(text, safe="~")
