"""Finding a shop's REST API from the address that people know. No key is sent; redirects are followed, and told."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import unescape
from typing import Any
from urllib.parse import urljoin, urlsplit, urlunsplit

from app.domain.web_address import ascii_netloc, why_no_web_address
from app.errors import shown
from woo_bridge.errors import IS_ODD, ShopTrouble, TroubleKind
from woo_bridge.rest.line import Line, Reply
from woo_bridge.rest.replies import parsed, trouble_of

MOST_REDIRECTS = 5
LONGEST_NAME = 200
FIELDS = "name,url,home,namespaces,timezone_string,gmt_offset"
REL = "https://api.w.org/"
_LINK = re.compile(r'<([^<>]+)>\s*;[^,]*rel="?https://api\.w\.org/"?')
_TAG = re.compile(r"<link\b[^>]*>", re.IGNORECASE)
_HREF = re.compile(r"""\bhref=["']([^"']+)["']""", re.IGNORECASE)
_BELOW = re.compile(r"(/index\.php)?(/wp-json)?/?$")
WOO = "wc/v3"
NOTHING_THERE = IS_ODD | {TroubleKind.NO_REST_API, TroubleKind.HTML}
"""What any web site may answer where a REST API was guessed to be."""


@dataclass(frozen=True)
class ShopRoot:
    """What a shop says of itself to anybody. `has_woocommerce` is None where it tells that to nobody."""

    home_url: str
    root_url: str
    named_root_url: str
    plain_permalinks: bool
    name: str
    has_woocommerce: bool | None
    hops: tuple[str, ...] = ()  # where it sent us on the way, without queries

    def to_json(self) -> dict[str, Any]:
        return {**vars(self), "hops": list(self.hops)}


def discover(line: Line, home_url: str) -> ShopRoot:
    """The REST root of the shop at `home_url`. Raises ShopTrouble: not reached, no WordPress, no WooCommerce."""
    home, page, hops = _home_page(line, home_url)
    told = _named_root(page)
    named = _joined(home + "/", told) if told else None
    troubles: list[ShopTrouble] = []
    for candidate in [named] if named else _guesses(home):
        root = _as_we_reach_it(candidate, home)
        try:
            about = _index(line, root)
        except ShopTrouble as trouble:
            troubles.append(trouble)
            continue
        return _root_of(home, root, candidate, about, hops)
    raise _why_not_found(home, page, troubles, is_named=named is not None)


def _why_not_found(home: str, page: Reply, troubles: Sequence[ShopTrouble], *, is_named: bool) -> ShopTrouble:
    """A root that the shop names is there, so its own trouble counts; at a guess only one that tells of a shop does."""
    if is_named:
        return troubles[-1]
    if page.status >= 400:
        return trouble_of(page, parsed(page), "GET")
    telling = [trouble for trouble in troubles if trouble.kind not in NOTHING_THERE]
    if telling:
        return telling[0]
    says = f"no REST API was found at {home}: {troubles[-1].says}"
    remedy = "check that this is the shop's own address and that it runs WordPress with WooCommerce"
    return ShopTrouble(TroubleKind.NO_REST_API, says, remedy, http_status=troubles[-1].http_status)


def _home_page(line: Line, home_url: str) -> tuple[str, Reply, tuple[str, ...]]:
    """Where the shop lives in the end. It is not followed from https to http: what is typed there would be read."""
    url, hops = home_url, list[str]()
    for _ in range(MOST_REDIRECTS + 1):
        reply = line.ask("GET", url, {"Accept": "text/html"})
        target = reply.headers.get("location")
        if not (300 <= reply.status < 400 and target):
            return _without_query(url), reply, tuple(hops)
        there = _as_sent(_joined(url, target) or "")
        if not there:
            raise _led_astray(f"the shop sends its visitors from {_without_query(url)} to no address that can be used")
        if urlsplit(there).scheme not in ("http", "https") or (url.startswith("https:") and there.startswith("http:")):
            raise _led_astray(f"the shop sends its visitors from {_without_query(url)} to {_without_query(there)}")
        url = there
        hops.append(_without_query(there))
    raise _led_astray(f"the shop sends its visitors on more than {MOST_REDIRECTS} times")


def _joined(here: str, target: str) -> str | None:
    """The address that a header names; None where it is none."""
    try:
        return urlunsplit(urlsplit(urljoin(here, target)))
    except ValueError:  # brackets that hold no address
        return None


def _as_sent(url: str) -> str | None:
    """The same in ASCII and without a user, whose password would be sent in the place of a proof; None: no host."""
    try:
        parts = urlsplit(url)
        return urlunsplit(parts._replace(netloc=ascii_netloc(parts)))
    except ValueError:
        return None


def _led_astray(says: str) -> ShopTrouble:
    remedy = "give the address that the shop shows in a browser, and let it begin with https"
    return ShopTrouble(TroubleKind.REDIRECTED, says, remedy)


def _named_root(page: Reply) -> str | None:
    """In a header of every page, a 404 included, and once more in its HTML."""
    link = _LINK.search(page.headers.get("link", ""))
    if link:
        return link[1]
    for tag in _TAG.findall(page.text[:500_000]):
        href = _HREF.search(tag)
        if REL in tag and href:
            return unescape(href[1])
    return None


def _guesses(home: str) -> Iterator[str]:
    yield f"{home}/wp-json/"
    yield f"{home}/index.php?rest_route=/"


def _as_we_reach_it(named: str, home: str) -> str:
    """The shop's own path, by the scheme and host that we reach the shop at: it may know itself by an inner name."""
    ours, theirs = urlsplit(home), urlsplit(urljoin(home + "/", named))
    return urlunsplit((ours.scheme, ours.netloc, theirs.path or "/", theirs.query, ""))


def _index(line: Line, root: str) -> dict[str, Any] | None:
    """What the root says of itself; None where it says that it talks to known people only."""
    joint = "&" if "?" in root else "?"
    reply = line.ask("GET", f"{root}{joint}_fields={FIELDS}", {})
    body = parsed(reply)
    if isinstance(body, dict) and reply.status == 200 and isinstance(body.get("namespaces"), list):
        return body
    if isinstance(body, dict) and reply.status in (401, 403) and isinstance(body.get("code"), str):
        return None  # a security plugin; WooCommerce's keys are let in all the same
    if reply.status == 200:
        says = f"{shown(_without_query(root))} answers with something else than the index of a REST API"
        remedy = "set the shop's permalinks to anything but Plain"
        raise ShopTrouble(TroubleKind.NO_REST_API, says, remedy, http_status=200)
    raise trouble_of(reply, body, "GET")


def _root_of(home: str, root: str, named: str, about: dict[str, Any] | None, hops: tuple[str, ...]) -> ShopRoot:
    told = unescape(str((about or {}).get("name") or ""))[:LONGEST_NAME]
    name = "".join(char for char in told if char.isprintable()) or urlsplit(home).netloc
    namespaces = (about or {}).get("namespaces")
    has = WOO in namespaces if isinstance(namespaces, list) else None
    if has is False:
        says = f"{home} is a WordPress site without WooCommerce's REST API ({WOO})"
        raise ShopTrouble(TroubleKind.NO_REST_API, says, "activate WooCommerce there, or give the shop's own address")
    own = _home_of(root, (about or {}).get("home"))
    return ShopRoot(own, root, urljoin(home + "/", named), "rest_route=" in root, name, has, hops)


def _home_of(root: str, told: Any) -> str:
    """The shop's own home page, at the scheme and host of its root: people paste the address of any page below it."""
    ours = urlsplit(root)
    path = _path_of(told) if isinstance(told, str) else None
    if path is None:
        path = _BELOW.sub("", ours.path)
    return urlunsplit((ours.scheme, ours.netloc, path.rstrip("/"), "", ""))


def _path_of(url: str) -> str | None:
    """The path of an address that a shop tells of itself; None where it is none that can be used."""
    if why_no_web_address(url) is not None or " " in url:
        return None
    return urlsplit(url).path


def _without_query(url: str) -> str:
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc, parts.path.rstrip("/"), "", ""))
