"""/admin/stores/{id}/wallet: the key that a store is paid to, compared before it is taken, and its addresses."""

from dataclasses import dataclass

from flask import Blueprint, Response, abort, request

from app.db.models import Store, StorePaymentMethod
from app.db.queries import reading
from app.db.queries_stores import all_payment_methods
from app.db.queries_wallet import ListedWallet, listed_wallets
from app.domain.gap import USUAL_GAP_LIMIT
from app.domain.payment_methods import ONCHAIN
from app.domain.permissions import Policy
from app.errors import BadInput
from app.pages.admin.form import told
from app.pages.admin.frame import store_or_404
from app.pages.admin.store_frame import base_of, of_store
from app.pages.signed_in import for_forms, for_merchants, see_other
from app.services import services
from app.usecases.add_wallet import add_wallet
from app.usecases.request_scan import ScanReason, request_scan
from app.usecases.set_payment_method import remove_payment_method, set_payment_method
from app.usecases.take_address import MarkState, mark_state

blueprint = for_forms(Blueprint("admin_wallet", __name__))
SHOWN = 5  # addresses, for comparing with one's own wallet
LONGEST_KEY = 6_000
LONGEST_LABEL = 200
SCRIPT_TYPES = (
    ("", "As the key says; a bare xpub or tpub means native SegWit"),
    ("p2wpkh", "Native SegWit: bc1q…"),
    ("p2tr", "Taproot: bc1p…"),
    ("p2sh-p2wpkh", "SegWit in P2SH: 3…"),
    ("p2pkh", "Legacy: 1…"),
)
STATES = {
    MarkState.MISSING: "the mark of its address index is not in the data directory",
    MarkState.FOREIGN: "the mark in the data directory belongs to another database or another machine",
    MarkState.DAMAGED: "the mark of its address index cannot be read",
}


@dataclass(frozen=True)
class Proposed:
    """A key as it was pasted, and where it leads."""

    key: str
    script_type: str
    label: str
    descriptor: str
    checked_descriptor: str
    addresses: list[str]


@blueprint.get("/admin/stores/<store_id>/wallet")
@for_merchants
def page(store_id: str) -> Response:
    """The wallet as it is, and the form for another one."""
    return _page(store_or_404(store_id, Policy.VIEW_WALLET))


@blueprint.post("/admin/stores/<store_id>/wallet/compare")
@for_merchants
def compare(store_id: str) -> Response:
    """Where the pasted key leads. Nothing is kept."""
    store = store_or_404(store_id, Policy.MANAGE_WALLET_SETTINGS)
    try:
        proposed = _proposed()
    except BadInput as trouble:
        return _page(store, _said(trouble), 422)
    return _compare(store, proposed)


@blueprint.post("/admin/stores/<store_id>/wallet")
@for_merchants
def accept(store_id: str) -> Response:
    """Take the key, once the person says that the addresses are those of their own wallet."""
    store = store_or_404(store_id, Policy.MANAGE_WALLET_SETTINGS)
    try:
        proposed = _proposed()
    except BadInput as trouble:
        return _page(store, _said(trouble), 422)
    if request.form.get("compared") != "1":
        said = "Compare the addresses with your own wallet first, then tick the box: money sent to a wrong key is lost."
        return _compare(store, proposed, said, 422)
    running = services()
    given = {"derivationScheme": proposed.key} | ({"label": proposed.label} if proposed.label else {})
    add_wallet(store.id, proposed.descriptor, running.settings.network, running.clock.now(), given=given)
    return see_other(base_of(store.id) + "/wallet")


@blueprint.post("/admin/stores/<store_id>/wallet/scan")
@for_merchants
def scan(store_id: str) -> Response:
    """Ask for a look through the node's coins; the worker does it."""
    method = wallet_of_store(store_or_404(store_id, Policy.MANAGE_WALLET_SETTINGS))
    request_scan(method.wallet_id, ScanReason.COMMAND, services().clock.now())
    return see_other(base_of(store_id) + "/wallet")


@blueprint.post("/admin/stores/<store_id>/wallet/offer")
@for_merchants
def offer(store_id: str) -> Response:
    """Be paid to it again."""
    method = wallet_of_store(store_or_404(store_id, Policy.MANAGE_WALLET_SETTINGS))
    set_payment_method(store_id, method.payment_method, enabled=True)
    return see_other(base_of(store_id) + "/wallet")


@blueprint.get("/admin/stores/<store_id>/wallet/stop")
@for_merchants
def question(store_id: str) -> Response:
    """Ask before a shop can sell no more."""
    store = store_or_404(store_id, Policy.MANAGE_WALLET_SETTINGS)
    return of_store("admin/store/wallet_stop.html", store, method=wallet_of_store(store))


@blueprint.post("/admin/stores/<store_id>/wallet/stop")
@for_merchants
def stop(store_id: str) -> Response:
    """Switch it off, or take it away from the store altogether. What was given out stays watched."""
    method = wallet_of_store(store_or_404(store_id, Policy.MANAGE_WALLET_SETTINGS))
    if request.form.get("how") == "remove":
        remove_payment_method(store_id, method.payment_method)
    else:
        set_payment_method(store_id, method.payment_method, enabled=False)
    return see_other(base_of(store_id) + "/wallet")


def wallet_of_store(store: Store) -> StorePaymentMethod:
    """404 when it has none."""
    found = _method(store.id)
    if found is None:
        abort(404, "This store has no wallet yet.")
    return found


def why_stopped(listed: ListedWallet) -> str:
    """Why no address of the wallet can be given out; empty when all is well."""
    wallet = listed.wallet
    return STATES.get(mark_state(wallet, services().marks.of(wallet.network, wallet.descriptor)), "")


def _method(store_id: str) -> StorePaymentMethod | None:
    return next((row for row in all_payment_methods(reading(), store_id) if row.payment_method == ONCHAIN), None)


def _page(store: Store, trouble: str = "", status: int = 200) -> Response:
    method = _method(store.id)
    listed = listed_wallets(reading(), services().settings.network, method.wallet_id) if method else []
    shown = listed[0] if listed else None
    return of_store(
        "admin/store/wallet.html",
        store,
        status,
        method=method,
        listed=shown,
        stopped=why_stopped(shown) if shown else "",
        addresses=_addresses(shown.wallet.descriptor) if shown else [],
        usual_limit=USUAL_GAP_LIMIT,
        script_types=SCRIPT_TYPES,
        given=request.form if status != 200 and "private key" not in trouble else {},
        trouble=trouble,
    )


def _compare(store: Store, proposed: Proposed, trouble: str = "", status: int = 200) -> Response:
    before = _method(store.id)
    return of_store("admin/store/wallet_compare.html", store, status, proposed=proposed, before=before, trouble=trouble)


def _proposed() -> Proposed:
    """The key of the form. BadInput, which repeats nothing private."""
    key, script_type = request.form.get("key", "").strip(), request.form.get("script_type", "")
    label = request.form.get("label", "").strip()
    if not key:
        raise BadInput("key", "", "paste the extended public key of your wallet, or its descriptor")
    if len(key) > LONGEST_KEY:
        raise BadInput("key", key[:8] + "…", f"it has more than {LONGEST_KEY} characters; give the key alone")
    if script_type not in dict(SCRIPT_TYPES):
        raise BadInput("address type", script_type, "choose one of the list")
    if len(label) > LONGEST_LABEL or not label.isprintable():
        raise BadInput("label", label[:40], f"use at most {LONGEST_LABEL} characters, on one line")
    scheme = services().account_key(key, script_type or None)
    addresses = [scheme.at(index).address for index in range(SHOWN)]
    return Proposed(key, script_type, label, scheme.descriptor, scheme.checked_descriptor, addresses)


def _addresses(descriptor: str) -> list[str]:
    return [services().derive(descriptor, index).address for index in range(SHOWN)]


def _said(trouble: BadInput) -> str:
    return f"{trouble.field.capitalize()}: {told(trouble)}"
