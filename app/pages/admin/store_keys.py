"""/admin/stores/{id}/keys: how shops and programs reach a store, and ending that."""

from flask import Blueprint, Response, abort, request

from app.db.models import ApiKey, Store
from app.db.queries import reading
from app.db.queries_store_access import clients_of_store, keys_for_store, legacy_key_of
from app.domain.api_keys import store_named_in
from app.domain.permission_words import words_for
from app.domain.permissions import Permission, Policy, permission
from app.errors import NotAllowed, NotFound
from app.pages.admin.frame import holder, store_or_404
from app.pages.admin.store_frame import base_of, of_store
from app.pages.keys import OF_A_SHOP
from app.pages.signed_in import for_forms, for_merchants, see_other
from app.services import services
from app.usecases.create_api_key import LONGEST_LABEL, NewKey, create_api_key
from app.usecases.pair_client import make_code
from app.usecases.revoke_api_key import revoke_api_key
from app.usecases.set_legacy_key import set_legacy_key

blueprint = for_forms(Blueprint("admin_store_keys", __name__))
ALL = "/admin/stores/<store_id>/keys"
GUARDED = Policy.MODIFY_STORE
OFFERED = (
    *OF_A_SHOP,
    Policy.VIEW_REPORTS,
    Policy.VIEW_PULL_PAYMENTS,
    Policy.VIEW_PAYOUTS,
    Policy.MANAGE_PULL_PAYMENTS,
    Policy.MANAGE_PAYOUTS,
    Policy.MODIFY_STORE,
)
"""What a key can be given here; the first ones are what a shop needs."""


@blueprint.get(ALL)
@for_merchants
def page(store_id: str) -> Response:
    """Everything that reaches the store."""
    return _page(store_or_404(store_id, GUARDED))


@blueprint.post(ALL)
@for_merchants
def make(store_id: str) -> Response:
    """Make a key for this store alone, and show it once."""
    store = store_or_404(store_id, GUARDED)
    label = request.form.get("label", "").strip()
    chosen = [policy for policy in OFFERED if policy.value in request.form.getlist("permission")]
    if not label or len(label) > LONGEST_LABEL or not label.isprintable():
        return _page(store, f"Label: name what will use the key, with at most {LONGEST_LABEL} characters.", 422)
    if not chosen:
        return _page(store, "Permissions: tick at least one; a key that may do nothing is of no use.", 422)
    wanted = NewKey(holder().user_id, label, tuple(Permission(policy, store.id) for policy in chosen))
    try:
        made = create_api_key(wanted, services().clock.now())
    except NotAllowed as error:
        return _page(store, f"Permissions: {error}", 422)
    return _once(store, made.text, "Your new key", made.label)


@blueprint.get(f"{ALL}/<key_id>/revoke")
@for_merchants
def question(store_id: str, key_id: str) -> Response:
    """Ask first."""
    store, key, email = _key(store_id, key_id)
    return of_store("admin/store/key_revoke.html", store, key=key, email=email)


@blueprint.post(f"{ALL}/<key_id>/revoke")
@for_merchants
def revoke(store_id: str, key_id: str) -> Response:
    """Do it: a key that is for this store alone, whoever's it is."""
    _, key, _ = _key(store_id, key_id)
    try:
        revoke_api_key(key.id, services().clock.now())
    except NotFound:
        abort(404, "The store has no such key.")
    return see_other(base_of(store_id) + "/keys")


@blueprint.post(f"{ALL}/pair")
@for_merchants
def pair(store_id: str) -> Response:
    """A pairing code for the older plugin."""
    store = store_or_404(store_id, GUARDED)
    made = make_code(store.id, services().clock.now())
    return of_store("admin/store/pairing_code.html", store_or_404(store_id, GUARDED), made=made)


@blueprint.get(f"{ALL}/legacy")
@for_merchants
def legacy_question(store_id: str) -> Response:
    """Ask first: the one before stops working."""
    store = store_or_404(store_id, GUARDED)
    return of_store("admin/store/legacy_key.html", store, before=legacy_key_of(reading(), store.id))


@blueprint.post(f"{ALL}/legacy")
@for_merchants
def legacy(store_id: str) -> Response:
    """Make it, and show it once."""
    store = store_or_404(store_id, GUARDED)
    text = set_legacy_key(store.id, services().clock.now())
    return _once(store_or_404(store_id, GUARDED), text, "The store's legacy key", "for clients that know no pairing")


def _page(store: Store, trouble: str = "", status: int = 200) -> Response:
    session = reading()
    keys = [
        (key, email, _grants(key, store.id), _is_ours(key, store)) for key, email in keys_for_store(session, store.id)
    ]
    again = request.form if status != 200 else None
    ticked = again.getlist("permission") if again else [policy.value for policy in OF_A_SHOP]
    return of_store(
        "admin/store/keys.html",
        store,
        status,
        keys=keys,
        clients=clients_of_store(session, store.id),
        legacy=legacy_key_of(session, store.id),
        offered=[(policy.value, words_for(policy), policy.value in ticked) for policy in OFFERED],
        label=again.get("label", "") if again else "",
        trouble=trouble,
    )


def _once(store: Store, text: str, name: str, label: str) -> Response:
    return of_store("admin/store/key_made.html", store, text=text, name=name, label=label)


def _key(store_id: str, key_id: str) -> tuple[Store, ApiKey, str]:
    """A key that an owner of the store may end: one that is for this store alone, or their own."""
    store = store_or_404(store_id, GUARDED)
    found = next(((key, email) for key, email in keys_for_store(reading(), store.id) if key.id == key_id), None)
    if found is None:
        abort(404, "The store has no such key.")
    if not _is_ours(found[0], store):
        abort(403, "This key is for other stores as well; only the person whose it is can revoke it.")
    return store, *found


def _is_ours(key: ApiKey, store: Store) -> bool:
    return store_named_in(key.permissions) == store.id or key.user_id == holder().user_id


def _grants(key: ApiKey, store_id: str) -> list[str]:
    """What the key may do in the store, in words."""
    words = []
    for text in key.permissions:
        try:
            known = permission(text)
        except ValueError:
            words.append(f"Something that only a newer version knows ({text})")
            continue
        if known.store_id in (store_id, None):
            words.append(words_for(known.policy))
    return words
