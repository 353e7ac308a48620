"""Connecting a store to its shop: the states on the way, and the address as people paste it."""

from datetime import timedelta
from enum import StrEnum
from urllib.parse import SplitResult, urlencode, urlsplit, urlunsplit

from app.domain.redirect import is_this_machine
from app.domain.web_address import ascii_netloc, why_no_web_address
from app.errors import BadInput

OPEN_FOR = timedelta(minutes=30)
CUT_OFF_AFTER = timedelta(minutes=3)  # of work that was begun: the worker was stopped
APP_NAME = "Sattle"
LONGEST_ADDRESS = 500
USUAL_PORTS = {"http": 80, "https": 443}
BELOW_HOME = ("/wp-admin", "/wp-json", "/wp-login.php", "/index.php", "/wc-auth")


class ConnectState(StrEnum):
    """Where an attempt to connect stands. The worker works on LOOKING and TRYING."""

    LOOKING = "looking"  # for the REST API behind the address
    FOUND = "found"  # a person brings a key, or lets the shop make one
    ASKED = "asked"  # the shop was asked for a key; its owner has to approve
    TRYING = "trying"  # the key
    CONNECTED = "connected"
    FAILED = "failed"


WORKED_ON = (ConnectState.LOOKING, ConnectState.TRYING)


def shop_home(text: str, *, allow_http: bool) -> str:
    """The address of a shop's home page, without a slash at its end. BadInput (address).

    People paste what their browser shows: what WordPress adds to its own address is cut off.
    """
    typed = text.strip()
    if not typed:
        raise BadInput("address", "", "give the address of the shop, such as https://shop.example")
    url = typed if "://" in typed else f"https://{typed}"
    if why := why_no_web_address(url):
        raise BadInput("address", typed, f"{why}; give it like https://shop.example")
    parts = urlsplit(url)
    if "@" in parts.netloc or len(url) > LONGEST_ADDRESS or " " in url:
        raise BadInput("address", typed, f"leave out user name and spaces; use {LONGEST_ADDRESS} characters at most")
    if parts.scheme == "http" and not (allow_http or is_this_machine(parts.hostname or "")):
        raise BadInput("address", typed, "use https: over http others could read the orders")
    try:
        netloc = ascii_netloc(parts)
    except ValueError:
        raise BadInput("address", typed, "the host is no name that can be looked up; try it as xn--…") from None
    path = parts.path
    for below in BELOW_HOME:
        path = path.partition(below)[0]
    return urlunsplit((parts.scheme, netloc, path.rstrip("/"), "", ""))


def is_same_server(confirmed_url: str, reached_url: str) -> bool:
    """Is it the server that a person confirmed? From http to https at their usual ports it may have moved since."""
    confirmed, reached = urlsplit(confirmed_url), urlsplit(reached_url)
    if confirmed.hostname != reached.hostname:
        return False
    ports = _port(confirmed), _port(reached)
    if confirmed.scheme == reached.scheme:
        return ports[0] == ports[1]
    return (confirmed.scheme, reached.scheme, ports) == ("http", "https", (80, 443))


def _port(parts: SplitResult) -> int | None:
    return USUAL_PORTS.get(parts.scheme) if parts.port is None else parts.port


def is_same_shop(home_url: str, other_url: str) -> bool:
    """Is it one shop at two spellings of its address?"""
    return _place(home_url) == _place(other_url)


def _place(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.netloc.lower().removeprefix("www."), parts.path.rstrip("/")


def grant_address(home_url: str, token: str, return_url: str, callback_url: str, *, plain: bool) -> str:
    """Where the shop asks its owner to let us have a key. `token` comes back with the key, unchanged."""
    asked = {
        "app_name": APP_NAME,
        "scope": "read_write",
        "user_id": token,
        "return_url": return_url,
        "callback_url": callback_url,
    }
    if plain:
        return f"{home_url}/?{urlencode({'wc-auth-version': '1', 'wc-auth-route': 'authorize', **asked})}"
    return f"{home_url}/wc-auth/v1/authorize?{urlencode(asked)}"


def why_no_grant(public_url: str) -> str | None:
    """Why a shop would not post its key to us: its safe-URL filter takes public https addresses only."""
    parts = urlsplit(public_url)
    if parts.scheme != "https":
        return "this server is not reached by https, and shops send their keys to https addresses only"
    if parts.port not in (None, 443, 8080):
        return f"this server is reached at port {parts.port}, and shops send their keys to ports 443 and 8080 only"
    host = parts.hostname or ""
    if is_this_machine(host) or "." not in host or host.endswith((".local", ".onion", ".lan", ".internal")):
        return f"{host} is no public name, and shops send their keys to public addresses only"
    return None
