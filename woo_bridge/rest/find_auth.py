"""Which proof a shop accepts: Basic where PHP sees https, else OAuth over the address as PHP sees it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from woo_bridge.errors import ShopTrouble, TroubleKind
from woo_bridge.rest.address import Auth, ShopAddress, ShopKey
from woo_bridge.rest.discover import ShopRoot
from woo_bridge.rest.line import Line
from woo_bridge.rest.replies import GONE
from woo_bridge.rest.shop import Shop, listed

NO_SUCH_ORDER = 2**31 - 3
"""An id that no order has: writing to it shows the permission and changes nothing."""
REFUSED = (TroubleKind.KEY_REFUSED, TroubleKind.WRITE_REFUSED)
NOBODYS = "woocommerce_rest_cannot_view"
"""What WooCommerce answers to whom shows no key. One that it does not know it names in answer to OAuth."""


@dataclass(frozen=True)
class FoundAuth:
    """How the shop lets us in. `odd_proxy`: it is called by https and believes that it is called by http."""

    auth: Auth
    odd_proxy: bool


def find_auth(line: Line, root: ShopRoot, key: ShopKey, now: Callable[[], datetime]) -> FoundAuth:
    """Try the proofs in turn by reading one order. ShopTrouble: the last refusal, or what else went wrong.

    Basic shows the secret to whoever listens, so it is sent over https only.
    """
    encrypted = urlsplit(root.root_url).scheme == "https"
    kinds = (Auth.BASIC, Auth.OAUTH_HTTPS, Auth.OAUTH_HTTP) if encrypted else (Auth.OAUTH_HTTP, Auth.OAUTH_HTTPS)
    refusals: list[ShopTrouble] = []
    for kind in kinds:
        shop = Shop(_address(root, kind), key, line, now)
        try:
            listed(shop.ask("GET", "/orders", {"per_page": "1", "_fields": "id"}))
        except ShopTrouble as trouble:
            if trouble.kind not in REFUSED:
                raise
            refusals.append(trouble)
            continue
        return FoundAuth(kind, encrypted and kind is Auth.OAUTH_HTTP)
    raise _plainest(refusals)


def require_write(shop: Shop) -> None:
    """Raise ShopTrouble unless the key may change orders; nothing is changed."""
    try:
        shop.ask("PUT", f"/orders/{NO_SUCH_ORDER}", {"_fields": "id"}, {"status": "pending"})
    except ShopTrouble as trouble:
        if trouble.code not in GONE:
            raise


def _address(root: ShopRoot, auth: Auth) -> ShopAddress:
    return ShopAddress(root.root_url, auth, root.plain_permalinks, root.named_root_url)


def _plainest(refusals: Sequence[ShopTrouble]) -> ShopTrouble:
    """The refusal that names a reason is worth more than those that say only no; all of these have one of their own."""
    if not all(trouble.code == NOBODYS and trouble.http_status == 401 for trouble in refusals):
        return next((each for each in reversed(refusals) if each.code != NOBODYS), refusals[0])
    says = "WooCommerce sees no key in our requests, however it is shown: something takes it out on the way"
    remedy = (
        "save Settings, Permalinks in the shop once, which writes .htaccess anew; if that does not help, let its host "
        "pass the Authorization header on to PHP (in Apache: CGIPassAuth On), and connect again"
    )
    return ShopTrouble(TroubleKind.BLOCKED, says, remedy, http_status=401, code=NOBODYS)
