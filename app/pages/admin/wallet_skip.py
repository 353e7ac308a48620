"""Giving out no address of a wallet below an index: the way on after a restore without the mark. It asks first."""

from flask import Blueprint, Response, abort, request

from app.db.models import Store
from app.db.queries import reading
from app.db.queries_wallet import ListedWallet, listed_wallets
from app.domain.permissions import Policy
from app.errors import BadInput
from app.pages.admin.form import told
from app.pages.admin.frame import holder, store_or_404
from app.pages.admin.store_frame import base_of, of_store
from app.pages.admin.wallet import wallet_of_store, why_stopped
from app.pages.signed_in import for_forms, for_merchants, see_other
from app.services import services
from app.usecases.skip_addresses import skip_addresses

blueprint = for_forms(Blueprint("admin_wallet_skip", __name__))


@blueprint.get("/admin/stores/<store_id>/wallet/skip")
@for_merchants
def question(store_id: str) -> Response:
    """From where on? And is that meant?"""
    store = store_or_404(store_id, Policy.MANAGE_WALLET_SETTINGS)
    return _question(store)


@blueprint.post("/admin/stores/<store_id>/wallet/skip")
@for_merchants
def skip(store_id: str) -> Response:
    """Do it."""
    store = store_or_404(store_id, Policy.MANAGE_WALLET_SETTINGS)
    wallet = _wallet(store).wallet
    text = request.form.get("index", "").strip()
    try:
        if not (text.isascii() and text.isdigit() and len(text) < 10):
            raise BadInput("index", text, "write a whole number")
        if request.form.get("meant") != "1":
            raise BadInput("index", text, "tick the box: what is skipped is skipped for good")
        skip_addresses(wallet.id, int(text), services().marks)
    except BadInput as trouble:
        return _question(store, f"Index: {told(trouble)}", 422)
    return see_other(base_of(store_id) + "/wallet")


def _question(store: Store, trouble: str = "", status: int = 200) -> Response:
    listed = _wallet(store)
    index = request.form.get("index", "")
    stopped = why_stopped(listed)
    shown = {"listed": listed, "index": index, "stopped": stopped, "trouble": trouble}
    return of_store("admin/store/wallet_skip.html", store, status, **shown)


def _wallet(store: Store) -> ListedWallet:
    """The store's wallet. 403 when other stores are paid to it as well in which this person may not do that."""
    method = wallet_of_store(store)
    (listed,) = listed_wallets(reading(), services().settings.network, method.wallet_id)
    foreign = [each for each in listed.stores if not holder().may(Policy.MANAGE_WALLET_SETTINGS, each.id)]
    if foreign:
        abort(403, "Another store, which is not yours, is paid to this wallet as well; ask the operator of the server.")
    return listed
