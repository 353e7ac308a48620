"""What the pages below /admin share: who asks, which stores are theirs, the bar of places above each page."""

from collections.abc import Sequence

from flask import Flask, Response, abort, current_app, g, render_template
from werkzeug.exceptions import MethodNotAllowed, NotFound
from werkzeug.routing import RequestRedirect

from app.db.models import Store
from app.db.queries import reading
from app.db.queries_access import holder_of_user
from app.db.queries_people import stores_of
from app.domain.permissions import Holder, Policy
from app.pages.signed_in import merchant, the_merchant

PLACES = (
    ("/admin", "Home"),
    ("/admin/invoices", "Invoices"),
    ("/admin/mismatches", "Mismatches"),
    ("/admin/reports", "Reports"),
    ("/admin/stores", "Stores"),
    ("/payouts", "Payouts"),
    ("/api-keys", "API keys"),
    ("/api-tokens", "Pairing"),
    ("/admin/audit", "Audit log"),
    ("/admin/doctor", "Doctor"),
)
"""The bar: address and name of each place."""
OF_ADMINISTRATORS = (("/admin/users", "Users"),)


def holder() -> Holder:
    """The person in front of this browser, with what they may do; looked up once in a request."""
    if "holder" not in g:
        g.holder = holder_of_user(reading(), the_merchant().user_id)
    found: Holder | None = g.holder
    if found is None:
        abort(403, "Your account was shut")
    return found


def stores_for(policy: Policy) -> Sequence[Store]:
    """The person's stores in which they may do that, by name."""
    who = holder()
    mine = [store for store, _ in stores_of(reading(), who.user_id) if who.may(policy, store.id)]
    return sorted(mine, key=lambda store: (store.name.lower(), store.id))


def store_or_404(store_id: str, policy: Policy) -> Store:
    """One of those stores. 404 when it is none of theirs: nobody learns that it exists; 403 when they may not."""
    mine = next((store for store, _ in stores_of(reading(), holder().user_id) if store.id == store_id), None)
    if mine is None:
        abort(404, "There is no such store among yours.")
    if not holder().may(policy, store_id):
        abort(403, "Your role in this store does not allow that. Its owner can change your role.")
    return mine


def has_page(path: str) -> bool:
    """Does this Sattle have a page at such a path?"""
    try:
        current_app.url_map.bind("").match(path, "GET")
    except (NotFound, MethodNotAllowed, RequestRedirect):
        return False
    return True


def drawn(template: str, status: int = 200, **shown: object) -> Response:
    """A page below the bar."""
    return Response(render_template(template, **shown), status)


def register(app: Flask) -> None:
    """Give the templates the bar."""
    app.context_processor(lambda: {"places": _places})


def _places() -> Sequence[tuple[str, str]]:
    person = merchant()
    return (*PLACES, *OF_ADMINISTRATORS) if person is not None and person.is_administrator else PLACES
