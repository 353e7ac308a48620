"""Pairing a shop of the older plugin: a code made here, or a code that the shop asked for (bitpay-api section 3)."""

from collections.abc import Sequence

from flask import Blueprint, Response, abort, render_template, request

from app.db.models import PairingCode, Store
from app.db.queries import reading
from app.db.queries_people import stores_of
from app.domain.permissions import OF_ROLE, Policy, Role
from app.errors import NotAllowed, NotFound
from app.pages.signed_in import for_forms, for_merchants, the_merchant
from app.services import services
from app.usecases.pair_client import approve_code, make_code

blueprint = for_forms(Blueprint("pairing", __name__))
GONE = "There is no such request: it was accepted already, is older than 15 minutes, or the link is wrong."


@blueprint.get("/api-tokens")
@for_merchants
def page() -> Response:
    """Where the shop's settings page sends a merchant for a pairing code."""
    return Response(render_template("merchant/pair.html", stores=_stores()))


@blueprint.post("/api-tokens")
@for_merchants
def make() -> Response:
    """Make a code for the chosen store and show it."""
    store = _chosen_store()
    made = make_code(store.id, services().clock.now())
    return Response(render_template("merchant/pairing_code.html", made=made, store=store))


@blueprint.get("/api-access-request")
@for_merchants
def question() -> Response:
    """Where a client that asked for a pairing sends its merchant: who asks, and for which store?"""
    return _question(_asked())


@blueprint.post("/api-access-request")
@for_merchants
def accept() -> Response:
    """The merchant accepts the client for the chosen store."""
    asked, store = _asked(), _chosen_store()
    if asked is None:
        return _question(None)
    try:
        made = approve_code(asked.code, store.id, services().clock.now())
    except (NotAllowed, NotFound) as error:
        return Response(render_template("merchant/pair_request.html", asked=None, trouble=str(error)), 422)
    return Response(render_template("merchant/paired.html", made=made, store=store))


def _question(asked: PairingCode | None) -> Response:
    if asked is None:
        return Response(render_template("merchant/pair_request.html", asked=None, trouble=GONE), 404)
    return Response(render_template("merchant/pair_request.html", asked=asked, stores=_stores()))


def _asked() -> PairingCode | None:
    """The request of a client that still waits."""
    row = reading().get(PairingCode, request.args.get("pairingCode", ""))
    waits = row is not None and row.sin and row.used_at is None and row.expires_at > services().clock.now()
    return row if waits else None


def _stores() -> Sequence[Store]:
    """The stores in which this merchant may let shops in."""
    mine = stores_of(reading(), the_merchant().user_id)
    return [store for store, role in mine if Policy.MODIFY_STORE in OF_ROLE[Role(role)]]


def _chosen_store() -> Store:
    found = next((store for store in _stores() if store.id == request.form.get("store")), None)
    if found is None:
        abort(403, "Choose one of your own stores.")
    return found
