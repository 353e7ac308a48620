"""/admin/mismatches: where shop and chain disagree, with the evidence of both sides and what can be done about it."""

from collections.abc import Sequence
from datetime import datetime

from flask import Blueprint, Response, abort

from app.db.bridge_views import invoices_of
from app.db.models import Mismatch, Store
from app.db.queries import reading, whole_invoice
from app.db.queries_acts import acts_of_invoice
from app.db.queries_bitpay import deliveries_of_invoice
from app.db.queries_bridge import connected_stores
from app.db.queries_mismatches import open_mismatches, resolved_mismatches, whole_mismatch
from app.domain.bridge import InvoiceView
from app.domain.invoice import Status, markable
from app.domain.mismatch import MismatchKind, Remedy
from app.domain.permissions import Policy
from app.domain.refund import is_refundable
from app.domain.shop_order import OrderGone, ShopOrder, from_json
from app.pages.admin.delivery_view import delivery_view
from app.pages.admin.frame import drawn, holder, store_or_404, stores_for
from app.pages.admin.mismatch_view import REMEDIES, act_views, listed, sides
from app.pages.admin.words import moment, moment_exactly
from app.pages.signed_in import for_forms, for_merchants
from app.services import services

blueprint = for_forms(Blueprint("admin_mismatches", __name__))
PATH = "/admin/mismatches"
SHOWN, PAST = 200, 50


@blueprint.get(PATH)
@for_merchants
def board() -> Response:
    """The open ones, alarms first, then the oldest; and those that were seen to last."""
    stores = stores_for(Policy.VIEW_INVOICES)
    names, session = {store.id: store.name for store in stores}, reading()
    found = sorted(open_mismatches(session, list(names), SHOWN), key=_urgency)
    return drawn(
        "admin/mismatches.html",
        found=[listed(row, names[row.store_id]) for row in found],
        past=[listed(row, names[row.store_id]) for row in resolved_mismatches(session, list(names), PAST)],
        is_connected=bool(set(connected_stores(session)) & set(names)),
        has_more=len(found) == SHOWN,
        many_stores=len(names) > 1,
        moment=moment,
    )


@blueprint.get(PATH + "/<int:mismatch_id>")
@for_merchants
def page(mismatch_id: int) -> Response:
    """One of them."""
    row, store = mismatch_or_404(mismatch_id, Policy.VIEW_INVOICES)
    return shown(row, store)


def mismatch_or_404(mismatch_id: int, policy: Policy) -> tuple[Mismatch, Store]:
    """A mismatch of the person's stores, and the store. 404 and 403 as for that store."""
    row = whole_mismatch(reading(), mismatch_id)
    if row is None or row.store_id not in holder().stores:
        abort(404, "There is no such mismatch among those of your stores.")
    return row, store_or_404(row.store_id, policy)


def shown(row: Mismatch, store: Store, trouble: str = "", status: int = 200) -> Response:
    """Both sides as they were when it was found, the order as it was read last, and what was said in between."""
    session, now = reading(), services().clock.now()
    invoice = whole_invoice(session, row.invoice_id)
    views = [each.view for each in invoices_of(session, [row.watched_order_id])[row.watched_order_id]]
    view = next((each for each in views if each.id == row.invoice_id), None)
    if invoice is None or view is None:
        abort(404, "The invoice of this mismatch belongs to another order now.")
    then, last = _order(row.evidence.get("order")), _order(row.watched_order.last_seen)
    order = last or then
    return drawn(
        "admin/mismatch.html",
        status,
        trouble=trouble,
        matter=listed(row, store.name),
        why=row.evidence.get("why"),
        failed=row.evidence.get("remedyFailed"),
        sides=sides(invoice, view, order) if order else [],
        read_at=row.watched_order.last_looked_at if last else row.opened_at,
        then=_then(then, last),
        siblings=[each for each in views if each.id != view.id],
        deliveries=[delivery_view(each, now) for each in deliveries_of_invoice(session, row.invoice_id)],
        acts=act_views(acts_of_invoice(session, row.invoice_id)),
        remedies=_remedies(row, view),
        moment=moment,
        moment_exactly=moment_exactly,
    )


def _urgency(row: Mismatch) -> tuple[bool, datetime, int]:
    return (not MismatchKind(row.kind).is_loud, row.opened_at, row.id)


def _order(kept: dict[str, object] | None) -> ShopOrder | OrderGone | None:
    return None if kept is None else from_json(kept)


def _then(then: ShopOrder | OrderGone | None, last: ShopOrder | OrderGone | None) -> str:
    """How the order stood when this was found, if it stands otherwise now."""
    stood = then.status if isinstance(then, ShopOrder) else "gone" if then else ""
    stands = last.status if isinstance(last, ShopOrder) else "gone" if last else ""
    return stood if stands and stood != stands else ""


def _remedies(row: Mismatch, view: InvoiceView) -> Sequence[tuple[str, str]]:
    """(address, words) of what this person may do now."""
    if row.resolved_at is not None:
        return []
    offered = [remedy for remedy in MismatchKind(row.kind).told.remedies if _may(remedy, row, view)]
    return [(_address(remedy, row), REMEDIES[remedy]) for remedy in offered]


def _may(remedy: Remedy, row: Mismatch, view: InvoiceView) -> bool:
    if remedy is Remedy.REFUND:
        allowed = holder().may(Policy.CREATE_NON_APPROVED_PULL_PAYMENTS, row.store_id)
        return allowed and is_refundable(view.status, view.additional_status)
    if remedy is Remedy.MARK_SETTLED and Status.SETTLED not in markable(view.status, view.additional_status):
        return False
    return holder().may(Policy.MODIFY_INVOICES, row.store_id)


def _address(remedy: Remedy, row: Mismatch) -> str:
    """The refund's own page asks before it does anything, and its refund ends the mismatch."""
    return f"/admin/invoices/{row.invoice_id}/refund" if remedy is Remedy.REFUND else f"{PATH}/{row.id}/{remedy.value}"
