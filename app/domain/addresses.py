"""Addresses that clients name: where they lead, and their placeholders (bitpay-api section 4).

The placeholders are {OrderId}, {InvoiceId} and {Status}, in any case.
"""

import re
from collections.abc import Mapping
from urllib.parse import quote, urlsplit

PLACEHOLDERS = ("{OrderId}", "{InvoiceId}", "{Status}")

_PLACEHOLDER = re.compile("|".join(re.escape(name) for name in PLACEHOLDERS), re.IGNORECASE)
_ORIGIN = re.compile(r"[^/?#]*//[^/?#]*")  # scheme, user, host and port


def filled(address: str, values: Mapping[str, str]) -> str:
    """`address` with the placeholders of `values` filled in, percent-encoded; the key of {OrderId} is `orderid`.

    Scheme and host stay as they are, so no value decides where a request or a buyer goes.
    """
    origin = _origin(address)
    rest = address[len(origin) :]
    return origin + _PLACEHOLDER.sub(lambda found: quote(values[found[0][1:-1].lower()], safe=""), rest)


def has_placeholder_in_host(address: str) -> bool:
    """Would the address depend on an order before its path begins?"""
    return _PLACEHOLDER.search(_origin(address)) is not None


def host_of(address: str) -> str:
    """The host, with the port if one is named; in lower case, without a user or password. Empty when there is none."""
    try:
        return urlsplit(address).netloc.rpartition("@")[2].lower()
    except ValueError:
        return ""


def _origin(address: str) -> str:
    found = _ORIGIN.match(address)
    return found[0] if found else ""
