"""The merchant's own keys: what each may do, when it was used, and the button that ends it."""

from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlencode

from flask import Blueprint, Response, abort, render_template

from app.db.models import ApiKey
from app.db.queries import reading
from app.db.queries_people import keys_of, stores_of, working_key
from app.domain.permission_words import words_for
from app.domain.permissions import Policy, permission
from app.errors import NotFound
from app.pages.signed_in import for_forms, for_merchants, see_other, the_merchant
from app.services import services
from app.usecases.revoke_api_key import revoke_api_key

blueprint = for_forms(Blueprint("keys", __name__))
OF_A_SHOP = (
    Policy.VIEW_INVOICES,
    Policy.CREATE_INVOICE,
    Policy.VIEW_STORE,
    Policy.MODIFY_INVOICES,
    Policy.CREATE_NON_APPROVED_PULL_PAYMENTS,
    Policy.MODIFY_WEBHOOKS,
)
"""What the WooCommerce plugin accepts, all of it and nothing else: for a key that is pasted by hand."""


@dataclass(frozen=True)
class Grant:
    """One permission of a key, as the page shows it."""

    text: str
    words: str
    store: str


@blueprint.get("/api-keys")
@for_merchants
def page() -> Response:
    """All keys that work."""
    person = the_merchant()
    session = reading()
    names = {store.id: store.name for store, _ in stores_of(session, person.user_id)}
    keys = [(key, _grants(key, names)) for key in keys_of(session, person.user_id)]
    by_hand = [("permissions", policy.value) for policy in OF_A_SHOP]
    by_hand += [("selectiveStores", "true"), ("applicationName", "A shop, by hand")]
    return Response(
        render_template("merchant/keys.html", keys=keys, by_hand="/api-keys/authorize?" + urlencode(by_hand))
    )


@blueprint.get("/api-keys/<key_id>/revoke")
@for_merchants
def question(key_id: str) -> Response:
    """Ask before it is done."""
    return Response(render_template("merchant/revoke.html", key=_mine(key_id)))


@blueprint.post("/api-keys/<key_id>/revoke")
@for_merchants
def revoke(key_id: str) -> Response:
    """Do it."""
    with suppress(NotFound):  # it was done a moment ago
        revoke_api_key(_mine(key_id).id, services().clock.now(), the_merchant().user_id)
    return see_other("/api-keys")


def _mine(key_id: str) -> ApiKey:
    key = working_key(reading(), key_id)
    if key is None or key.user_id != the_merchant().user_id:
        abort(404)
    return key


def _grants(key: ApiKey, names: dict[str, str]) -> list[Grant]:
    return [_grant(text, names) for text in key.permissions]


def _grant(text: str, names: dict[str, str]) -> Grant:
    try:
        known = permission(text)
    except ValueError:
        return Grant(text, "Something that only a newer version knows", "")
    store = names.get(known.store_id, "a store that is no longer yours") if known.store_id else ""
    return Grant(text, words_for(known.policy), store)
