"""The doctor of one shop: name, TLS, redirects, REST root, proof, reading, writing, settings. Line by line."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from app.domain.advice import StoreTerms, advice_on
from app.domain.findings import Finding, failed, ok, warning
from app.domain.shop_connect import is_same_server
from app.domain.shop_facts import ShopFacts
from woo_bridge.errors import ShopTrouble, TroubleKind
from woo_bridge.rest.address import Auth, ShopAddress, ShopKey
from woo_bridge.rest.discover import ShopRoot, discover
from woo_bridge.rest.find_auth import FoundAuth, find_auth, require_write
from woo_bridge.rest.line import Line
from woo_bridge.rest.read_facts import read_facts
from woo_bridge.rest.shop import Shop

PROOFS = {
    Auth.BASIC: "the key is sent by https (Basic)",
    Auth.OAUTH_HTTPS: "requests are signed (OAuth over https); the shop does not read the Authorization: Basic header",
    Auth.OAUTH_HTTP: "requests are signed (OAuth)",
}


@dataclass(frozen=True)
class Examination:
    """What was found. `root`, `auth` and `facts` are None from where it could not go on."""

    findings: tuple[Finding, ...]
    root: ShopRoot | None = None
    auth: Auth | None = None
    facts: ShopFacts | None = None
    trouble: ShopTrouble | None = None

    @property
    def is_usable(self) -> bool:
        """Can the bridge work with it?"""
        return self.trouble is None


def examine(line: Line, home_url: str, key: ShopKey, terms: StoreTerms, now: Callable[[], datetime]) -> Examination:
    """Go through all of it; the first thing that fails ends it, since the rest would say the same.

    The key is shown to the server of `home_url` alone, which a person confirmed; not to where that sends its visitors.
    """
    found: list[Finding] = []
    root, auth, facts = None, None, None
    check = "reached"
    try:
        root = discover(line, home_url)
        _require_confirmed(home_url, root)
        found += _of_root(home_url, root)
        check = "key"
        proof = find_auth(line, root, key, now)
        auth = proof.auth
        found += _of_proof(proof)
        shop = Shop(ShopAddress(root.root_url, auth, root.plain_permalinks, root.named_root_url), key, line, now)
        check = "write"
        require_write(shop)
        found.append(ok(check, "the key may change orders"))
        check = "settings"
        facts = read_facts(shop)
        found += advice_on(facts, terms)
    except ShopTrouble as trouble:
        return Examination((*found, _line(check, trouble)), root, auth, facts, trouble)
    return Examination(tuple(found), root, auth, facts)


def _require_confirmed(home_url: str, root: ShopRoot) -> None:
    if is_same_server(home_url, root.home_url) and is_same_server(home_url, root.root_url):
        return
    says = f"{home_url} sends its visitors on to {root.home_url}; the key was not shown to that server"
    remedy = f"if that is the shop's own address, connect with it: {root.home_url}"
    raise ShopTrouble(TroubleKind.REDIRECTED, says, remedy)


def _of_root(home_url: str, root: ShopRoot) -> list[Finding]:
    parts = urlsplit(root.home_url)
    found = [ok("reached", f"{parts.netloc} answers" + (" with a good certificate" if parts.scheme == "https" else ""))]
    if parts.scheme != "https":
        remedy = "get a certificate for the shop; most hosts give one for nothing"
        found.append(warning("TLS", f"{parts.netloc} is reached by http: others can read the orders", remedy))
    if urlsplit(home_url).scheme != parts.scheme:  # another page of the same server is where every shop may send them
        says = f"the shop sends its visitors on to {root.home_url}"
        found.append(warning("redirect", says, "connect again with that address; one step less each time"))
    named = " by a page of its own, not by name" if root.has_woocommerce is None else ""
    found.append(ok("REST root", f"{root.root_url.partition('?')[0]} answers{named}"))
    return found


def _of_proof(proof: FoundAuth) -> list[Finding]:
    found = [ok("key", PROOFS[proof.auth]), ok("read", "the key may read orders")]
    if proof.odd_proxy:
        says = "the shop is called by https and believes that it is called by http; requests are signed instead"
        remedy = "let wp-config.php set $_SERVER['HTTPS']='on' when the proxy says X-Forwarded-Proto: https"
        found.append(warning("proxy", says, remedy))
    return found


def _line(check: str, trouble: ShopTrouble) -> Finding:
    if trouble.kind is TroubleKind.UNREACHABLE and "certificate" in trouble.says:
        check = "TLS"
    elif trouble.kind is TroubleKind.UNREACHABLE and "resolve" in trouble.says:
        check = "DNS"
    elif trouble.kind is TroubleKind.REDIRECTED:
        check = "redirect"
    elif trouble.kind is TroubleKind.NO_REST_API:
        check = "REST root"
    return failed(check, trouble.says, trouble.remedy)
