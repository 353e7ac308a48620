"""How often one address may ask: a burst at once, then as much as comes back with time."""

import ipaddress
import math
import threading
from collections import OrderedDict

from app.errors import TooMany

INVOICES_A_MINUTE = 10  # that anybody may make
CODES_A_MINUTE = 10  # pairing codes that anybody may ask for
PASSWORDS_A_MINUTE = 20  # of requests that bring one: the sign-in page, the API with Basic authentication
PASSWORDS_A_MINUTE_OF_ACCOUNT = 30  # from whatever addresses: guessing is slow, and its owner can still sign in
CLAIMS_A_MINUTE = 20  # of pull payments, by anybody who has the link
LOOKS_A_MINUTE = 1_800  # thirty pages that look each second, or sixty as ours does: an office shares one address
PAGES_A_MINUTE = 600  # drawn for buyers, with their codes: a page is drawn anew when its invoice moves
REMEMBERED = 10_000  # keys; the longest silent one is forgotten first
IPV6_SUBNET_BITS = 64  # one customer of a provider has at least that many addresses


class Throttle:
    """`allowed` requests at once and in the long run in each `window_seconds`, by key. Each process counts for itself.

    One number is kept for a key: when its whole allowance will be back.
    """

    def __init__(self, allowed: int, window_seconds: float) -> None:
        self._window = window_seconds
        self._interval = window_seconds / allowed
        self._whole_at: OrderedDict[str, float] = OrderedDict()
        self._lock = threading.Lock()

    def count(self, key: str, now: float) -> None:
        """One more from `key` at monotonic time `now`. TooMany says when to come again; then nothing was counted."""
        with self._lock:
            whole_at = max(self._whole_at.pop(key, now), now)
            wait_seconds = whole_at + self._interval - self._window - now
            fits = wait_seconds <= self._interval / 1000  # the sum of many floats is not exact
            self._whole_at[key] = whole_at + self._interval if fits else whole_at
            if len(self._whole_at) > REMEMBERED:
                self._whole_at.popitem(last=False)
        if not fits:
            raise TooMany(math.ceil(wait_seconds))


def address_group(address: str) -> str:
    """The key of an address: an IPv6 subnet counts as one, since its owner may use any address of it."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.IPv6Network((parsed, IPV6_SUBNET_BITS), strict=False))
    return str(parsed)
