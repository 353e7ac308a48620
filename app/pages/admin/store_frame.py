"""What the pages of one store share: its name above, and the parts that this person may open."""

from flask import Response

from app.db.models import Store
from app.domain.permissions import Policy
from app.pages.admin.frame import drawn, holder

PARTS = (
    ("", "Settings", Policy.VIEW_STORE),
    ("/wallet", "Wallet", Policy.VIEW_WALLET),
    ("/rates", "Rates", Policy.VIEW_STORE),
    ("/shop", "Shop", Policy.MODIFY_STORE),
    ("/webhooks", "Webhooks", Policy.MODIFY_WEBHOOKS),
    ("/keys", "Keys and pairing", Policy.MODIFY_STORE),
    ("/people", "People", Policy.VIEW_STORE),
)


def of_store(template: str, store: Store, status: int = 200, **shown: object) -> Response:
    """A page below the store's parts."""
    who, base = holder(), base_of(store.id)
    parts = [(base + path, name) for path, name, policy in PARTS if who.may(policy, store.id)]
    owns = who.may(Policy.MODIFY_STORE, store.id)
    return drawn(template, status, store=store, parts=parts, base=base, owns=owns, **shown)


def base_of(store_id: str) -> str:
    """The address of a store's pages."""
    return f"/admin/stores/{store_id}"
