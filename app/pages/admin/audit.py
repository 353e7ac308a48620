"""/admin/audit: what people and keys have changed. Administrators see all of it, owners what concerns their stores."""

from collections.abc import Sequence
from urllib.parse import urlencode

from flask import Blueprint, Response, request

from app.db.models import Store, User
from app.db.queries import reading
from app.db.queries_audit import AuditFilter, audit_entries
from app.db.queries_bitpay import all_stores
from app.db.queries_people import all_users, users_of
from app.domain.audit import GROUPS
from app.domain.permissions import Policy
from app.pages.admin.audit_words import GROUP_WORDS, entry_view
from app.pages.admin.frame import drawn, holder, stores_for
from app.pages.signed_in import for_forms, for_merchants

blueprint = for_forms(Blueprint("admin_audit", __name__))
SHOWN = 50


@blueprint.get("/admin/audit")
@for_merchants
def page() -> Response:
    """Newest first; what the query does not name is not limited by it."""
    who = holder()
    stores = all_stores(reading()) if who.is_administrator else stores_for(Policy.MODIFY_STORE)
    people = _people(stores)
    wanted = AuditFilter(
        stores=None if who.is_administrator else [store.id for store in stores],
        reader=who.user_id,
        store_id=_chosen("store", [store.id for store in stores]),
        user_id=_chosen("person", [person.id for person in people]),
        group=_chosen("what", GROUPS),
        before=_before(),
    )
    found = audit_entries(reading(), wanted, SHOWN + 1)
    return drawn(
        "admin/audit.html",
        entries=[entry_view(each) for each in found[:SHOWN]],
        older=_older(found[SHOWN - 1].entry.id) if len(found) > SHOWN else None,
        stores=stores,
        people=people,
        groups=GROUP_WORDS,
        chosen=wanted,
        everything=who.is_administrator,
    )


def _people(stores: Sequence[Store]) -> Sequence[User]:
    """Whom the reader may ask about: everybody, or the people of their stores and themselves."""
    if holder().is_administrator:
        return all_users(reading())
    found = {user.id: user for store in stores for user, _ in users_of(reading(), store.id)}
    return sorted(found.values(), key=lambda user: user.email)


def _chosen(name: str, offered: Sequence[str]) -> str | None:
    """What the query names, if it is one of those offered."""
    value = request.args.get(name, "")
    return value if value in offered else None


def _before() -> int | None:
    text = request.args.get("before", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _older(last_id: int) -> str:
    kept = {name: value for name, value in request.args.items() if name in ("store", "person", "what") and value}
    return "/admin/audit?" + urlencode(kept | {"before": last_id})
