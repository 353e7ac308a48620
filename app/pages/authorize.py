"""/api-keys/authorize: a shop asks for a key, the merchant sees what for and decides (greenfield-api section 7).

The key is made when the merchant consents and stands in the answer to that consent alone: in a form that goes to the
shop when the merchant presses its button.
"""

import re
from dataclasses import dataclass

from flask import Blueprint, Response, abort, render_template, request

from app.db.models import ApiKey, Store
from app.db.queries import reading
from app.db.queries_access import holder_of_user
from app.db.queries_people import keys_of, stores_of
from app.domain.ids import ALPHABET, new_id
from app.domain.key_request import KeyRequest, granted, key_request, may_grant, same_grants, suits
from app.domain.permission_words import is_sweeping, words_for
from app.domain.permissions import Permission, Role
from app.domain.redirect import is_this_machine
from app.errors import BadInput, NotAllowed
from app.pages.security import allow_forms_to
from app.pages.signed_in import SignedIn, for_forms, for_merchants, is_encrypted, the_merchant
from app.proxies import scheme_and_host
from app.services import services
from app.usecases.create_api_key import MadeKey, NewKey, create_api_key

blueprint = for_forms(Blueprint("authorize", __name__))
NOT_PRIVATE = (
    "A key can be made over https only: others could read it on the way. Open this server by its https address, or "
    "have its operator allow plain http (SATTLE_ALLOW_HTTP_SHOPS=1)."
)


HOST_ALONE = re.compile(r"(\[[0-9a-f:.]+\]|[^:\[\]]+)(?::[0-9]*)?")


@dataclass(frozen=True)
class Wish:
    """A permission asked for, as the page shows it."""

    wanted: Permission

    @property
    def text(self) -> str:
        return str(self.wanted)

    @property
    def words(self) -> str:
        return words_for(self.wanted.policy)

    @property
    def is_sweeping(self) -> bool:
        return is_sweeping(self.wanted.policy)


@blueprint.get("/api-keys/authorize")
@for_merchants
def page() -> Response:
    """What is asked for. Nothing is made here."""
    return _consent(_asked(), the_merchant())


@blueprint.post("/api-keys/authorize")
@for_merchants
def consent() -> Response:
    """The merchant agrees: make the key, and show the form that hands it over."""
    asked, person = _asked(), the_merchant()
    try:
        made = _make(asked, person)
    except (BadInput, NotAllowed) as error:
        return _consent(asked, person, str(error), 422)
    if asked.redirect is None:
        return Response(render_template("merchant/new_key.html", made=made))
    allow_forms_to(asked.redirect.origin)
    return Response(
        render_template("merchant/hand_over.html", made=made, target=asked.redirect, user_id=person.user_id)
    )


def _asked() -> KeyRequest:
    """The question in the query. 400 says what is wrong with it, 403 that the way here is not private."""
    allow_http = services().settings.allow_http_shops
    if not (allow_http or _is_private()):
        abort(403, NOT_PRIVATE)
    try:
        return key_request(request.args.to_dict(flat=False), allow_http=allow_http)
    except BadInput as error:
        abort(400, str(error))


def _is_private() -> bool:
    """https, or no way at all that others could listen on: this machine, an onion address."""
    _, host = scheme_and_host(request.environ, services().settings.trusted_proxies)
    name = HOST_ALONE.fullmatch(host.lower())
    return is_encrypted() or (name is not None and (is_this_machine(name[1]) or name[1].endswith(".onion")))


def _make(asked: KeyRequest, person: SignedIn) -> MadeKey:
    form = request.form
    wanted = NewKey(
        user_id=person.user_id,
        label=asked.application,
        permissions=granted(asked, form.getlist("permission"), form.get("store")),
        application_identifier=asked.identifier,
        redirect_origin=asked.redirect.origin if asked.redirect else None,
        replaces=_replaced(asked, person),
        id=_consent_id(),
    )
    return create_api_key(wanted, services().clock.now())


def _replaced(asked: KeyRequest, person: SignedIn) -> str | None:
    chosen = request.form.get("replaces")
    return next((key.id for key in _earlier(asked, person) if key.id == chosen), None)


def _consent_id() -> str:
    """The page's own number of this consent: pressing its button twice makes one key."""
    text = request.form.get("consent", "")
    return text if len(text) == len(new_id()) and set(text) <= set(ALPHABET) else new_id()


def _earlier(asked: KeyRequest, person: SignedIn) -> list[ApiKey]:
    """Keys that the same application was given at the same place for the same: they may be renewed."""
    if asked.identifier is None or asked.redirect is None:
        return []
    place = (asked.identifier, asked.redirect.origin)
    keys = keys_of(reading(), person.user_id)
    return [
        key
        for key in keys
        if (key.application_identifier, key.redirect_origin) == place and same_grants(asked, key.permissions)
    ]


def _consent(asked: KeyRequest, person: SignedIn, trouble: str = "", status: int = 200) -> Response:
    suitable, why_not = _stores(asked, person)
    names = {store.id: store.name for store in suitable}
    text = render_template(
        "merchant/authorize.html",
        asked=asked,
        target=asked.redirect,
        wishes=[Wish(each) for each in asked.permissions],
        stores=suitable,
        chosen_store=request.form.get("store", ""),
        earlier=[
            {"id": key.id, "made": f"{key.created_at:%Y-%m-%d}", "store": _store_name(key, names)}
            for key in _earlier(asked, person)
        ],
        consent=_consent_id(),
        why_not=why_not,
        trouble=trouble,
    )
    return Response(text, status)


def _stores(asked: KeyRequest, person: SignedIn) -> tuple[list[Store], str]:
    """The stores that can be chosen, and why the merchant cannot grant what is asked (empty: they can)."""
    mine = stores_of(reading(), person.user_id)
    suitable = [store for store, role in mine if suits(asked, Role(role))]
    holder = holder_of_user(reading(), person.user_id)
    for each in asked.permissions:
        if holder is None or not may_grant(holder, each):
            if each.store_id is None:
                return suitable, "it asks for rights over this whole server, and you do not manage it."
            return suitable, "it asks for rights in a store where you do not have them."
    if asked.chooses_store and not suitable:
        return suitable, "you have no store in which you may do all of this yourself. An owner of the store can."
    return suitable, ""


def _store_name(key: ApiKey, names: dict[str, str]) -> str:
    stores = {text.partition(":")[2] for text in key.permissions} - {""}
    return ", ".join(sorted(names.get(store, store) for store in stores))
