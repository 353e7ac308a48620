"""/admin/stores/{id}/shop: connect the store to its WooCommerce shop, see how it fares, let it go.

Nothing here speaks to the shop: the worker does, and the page says what it found.
"""

from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, request

from app.checks.woo import kept_findings
from app.db.models import Shop, Store
from app.db.queries import reading
from app.db.queries_shops import newest_connect, shop_of, store_terms
from app.domain.advice import puts_on_hold
from app.domain.permissions import Policy
from app.domain.shop_connect import ConnectState, grant_address, shop_home, why_no_grant
from app.errors import BadInput, NotAllowed, NotFound
from app.pages.admin.form import told
from app.pages.admin.frame import holder, store_or_404
from app.pages.admin.shop_view import attempt_view, facts_of, is_being_checked, lines
from app.pages.admin.store_frame import base_of, of_store
from app.pages.security import allow_forms_to
from app.pages.signed_in import for_forms, for_merchants, see_other
from app.services import checked_key, services
from app.usecases.check_shop import want_check
from app.usecases.connect_shop import (
    ask_for_key,
    begin_connect,
    disconnect_shop,
    give_key,
    note_denial,
    stop_connecting,
)
from app.usecases.set_shop_terms import set_shop_terms

blueprint = for_forms(Blueprint("admin_shop", __name__))
PLACE = "/admin/stores/<store_id>/shop"
GUARDED = Policy.MODIFY_STORE
LOOK_AGAIN_SECONDS = 3
ON_HOLD = {"auto": None, "yes": True, "no": False}


@blueprint.get(PLACE)
@for_merchants
def page(store_id: str) -> Response:
    """The shop as it is, or the next step towards one."""
    return _page(store_or_404(store_id, GUARDED))


@blueprint.post(f"{PLACE}/address")
@for_merchants
def look(store_id: str) -> Response:
    """Have the shop looked for."""
    store = store_or_404(store_id, GUARDED)
    server, typed = services(), request.form.get("address", "")
    if not server.sealer.is_ready:
        return _page(store, 409)
    try:
        home = shop_home(typed, allow_http=server.settings.allow_http_shops)
    except BadInput as trouble:
        return _page(store, 422, troubles={"address": told(trouble)}, address=typed)
    begin_connect(store.id, holder().user_id, home, server.clock.now())
    return see_other(base_of(store.id) + "/shop")


@blueprint.post(f"{PLACE}/key")
@for_merchants
def paste(store_id: str) -> Response:
    """A key that a person made in the shop: have it tried."""
    store, server = store_or_404(store_id, GUARDED), services()
    try:
        key = checked_key(request.form.get("consumer_key", ""), request.form.get("consumer_secret", ""))
        sealed = server.sealer.seal(f"{key.consumer_key}:{key.consumer_secret}", store.id)
        give_key(store.id, sealed, server.clock.now())
    except BadInput as trouble:
        return _page(store, 422, troubles={trouble.field: told(trouble)})
    except NotAllowed as trouble:
        if _is_trying(store_id):  # a second click
            return see_other(base_of(store_id) + "/shop")
        return _page(store_or_404(store_id, GUARDED), 409, trouble=str(trouble))
    return see_other(base_of(store_id) + "/shop")


@blueprint.post(f"{PLACE}/ask")
@for_merchants
def ask(store_id: str) -> Response:
    """Send the browser to the shop, where its owner approves."""
    store, server = store_or_404(store_id, GUARDED), services()
    public = server.settings.public_url
    if not server.sealer.is_ready:  # the shop would make a key that we could not take
        return _page(store, 409)
    row = newest_connect(reading(), store.id)
    if _no_grant() or row is None:
        return see_other(base_of(store.id) + "/shop")
    seen = attempt_view(row, server.clock.now())
    try:
        token = ask_for_key(store.id, server.clock.now())
    except NotAllowed as trouble:
        return _page(store_or_404(store_id, GUARDED), 409, trouble=str(trouble))
    back = f"{public}{base_of(store_id)}/shop/back"
    there = grant_address(seen.home_url, token, back, f"{public}/woo/key", plain=seen.plain)
    return see_other(there)


@blueprint.get(f"{PLACE}/back")
@for_merchants
def back(store_id: str) -> Response:
    """From the shop: the key came, or will in a moment, by another way; or its owner said no."""
    store = store_or_404(store_id, GUARDED)
    if request.args.get("success") == "0" and note_denial(store.id, request.args.get("user_id", "")):
        says = "Nobody approved in the shop. Nothing was changed; you can ask again."
        return _page(store_or_404(store_id, GUARDED), trouble=says)
    return see_other(base_of(store_id) + "/shop")


@blueprint.post(f"{PLACE}/check")
@for_merchants
def check(store_id: str) -> Response:
    """Have the shop examined now."""
    store = store_or_404(store_id, GUARDED)
    try:
        want_check(store.id, services().clock.now())
    except NotFound as trouble:
        return _page(store_or_404(store_id, GUARDED), 409, trouble=str(trouble))
    return see_other(base_of(store_id) + "/shop#found")


@blueprint.post(f"{PLACE}/terms")
@for_merchants
def terms(store_id: str) -> Response:
    """What the bridge may do."""
    store, form = store_or_404(store_id, GUARDED), request.form
    grace = form.get("grace_seconds", "").strip()
    try:
        if form.get("on_hold") not in ON_HOLD:
            raise BadInput("on_hold", form.get("on_hold", ""), "choose one of the three")
        if not (grace.isascii() and grace.isdigit() and len(grace) < 6):
            raise BadInput("grace_seconds", grace, "give a number of seconds")
        set_shop_terms(
            store.id,
            on_hold_at_sight=ON_HOLD[form["on_hold"]],
            cancel_expired=form.get("cancel_expired") == "1",
            grace_seconds=int(grace),
        )
    except BadInput as trouble:
        typed = {"grace": grace, "on_hold": form.get("on_hold", ""), "cancel": form.get("cancel_expired") == "1"}
        return _page(store_or_404(store_id, GUARDED), 422, troubles={trouble.field: told(trouble)}, typed=typed)
    except NotFound as trouble:
        return _page(store_or_404(store_id, GUARDED), 409, trouble=str(trouble))
    return see_other(base_of(store_id) + "/shop?saved=1")


@blueprint.post(f"{PLACE}/stop")
@for_merchants
def stop(store_id: str) -> Response:
    """Give up an attempt; a shop that is connected stays so."""
    stop_connecting(store_or_404(store_id, GUARDED).id)
    return see_other(base_of(store_id) + "/shop")


@blueprint.get(f"{PLACE}/disconnect")
@for_merchants
def question(store_id: str) -> Response:
    """Ask first."""
    store = store_or_404(store_id, GUARDED)
    shop = shop_of(reading(), store.id)
    return of_store("admin/store/shop_disconnect.html", store, shop=shop) if shop else _page(store, 404)


@blueprint.post(f"{PLACE}/disconnect")
@for_merchants
def disconnect(store_id: str) -> Response:
    """Do it; one that is gone already is as good."""
    store = store_or_404(store_id, GUARDED)
    try:
        disconnect_shop(store.id)
    except NotFound:
        return see_other(base_of(store_id) + "/shop")
    return see_other(base_of(store_id) + "/shop?gone=1")


def _page(store: Store, status: int = 200, **shown: Any) -> Response:
    session, server, now = reading(), services(), services().clock.now()
    shop, row = shop_of(session, store.id), newest_connect(session, store.id)
    attempt = attempt_view(row, now) if row and row.state != ConnectState.CONNECTED.value else None
    if attempt is not None:
        allow_forms_to(f"'self' {_origin(attempt.home_url)}")
    changing = request.args.get("change") == "1"
    values: dict[str, Any] = {
        "shop": shop,
        "attempt": attempt,
        "is_ready": server.sealer.is_ready,
        "no_grant": _no_grant(),
        "address": store.website or "",
        "troubles": {},
        "changing": changing,
        **(_of_shop(store, shop) if shop else {}),
        **shown,
    }
    answer = of_store("admin/store/shop.html", store, status, **values)
    if attempt is not None and attempt.is_working and status == 200 and not changing:
        answer.headers["Refresh"] = str(LOOK_AGAIN_SECONDS)
    return answer


def _is_trying(store_id: str) -> bool:
    row = newest_connect(reading(), store_id)
    return row is not None and row.state == ConnectState.TRYING.value


def _of_shop(store: Store, shop: Shop) -> dict[str, Any]:
    facts = facts_of(shop)
    chosen = next(name for name, value in ON_HOLD.items() if value is shop.on_hold_at_sight)
    return {
        "facts": facts,
        "findings": lines(kept_findings(shop.findings)),
        "is_checked_now": is_being_checked(shop, services().clock.now()),
        "puts_on_hold": puts_on_hold(facts, store_terms(store, shop).on_hold_at_sight),
        "typed": {"grace": str(shop.grace_seconds), "on_hold": chosen, "cancel": shop.cancel_expired},
    }


def _no_grant() -> str | None:
    """On regtest shops run on the same machine, and their filter lets their own host pass."""
    settings = services().settings
    return None if settings.network == "regtest" else why_no_grant(settings.public_url)


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
