"""/admin/invoices/{id}: all there is to know of one invoice, and what a person may do about it."""

from typing import Any

from flask import Blueprint, Response, abort

from app.db.models import Event, Invoice
from app.db.queries import reading, stored_tip, whole_invoice
from app.db.queries_bitpay import deliveries_of_invoice
from app.db.queries_chain import alerts_of
from app.db.queries_mismatches import open_of_invoice
from app.db.queries_payouts import refunds_of
from app.domain.invoice import AdditionalStatus, Status, markable
from app.domain.mismatch import MismatchKind
from app.domain.permissions import Policy
from app.domain.refund import is_refundable
from app.pages.admin.delivery_view import delivery_view
from app.pages.admin.frame import drawn, has_page, holder, store_or_404
from app.pages.admin.invoice_view import payment_views, price_text, prompt_views, state_view
from app.pages.admin.words import POLICIES, event_words, moment, moment_exactly
from app.pages.payout_view import payout_view
from app.pages.signed_in import for_forms, for_merchants
from app.services import services

blueprint = for_forms(Blueprint("admin_invoice", __name__))


@blueprint.get("/admin/invoices/<invoice_id>")
@for_merchants
def page(invoice_id: str) -> Response:
    """The whole of it."""
    return shown_invoice(invoice_or_404(invoice_id, Policy.VIEW_INVOICES))


def invoice_or_404(invoice_id: str, policy: Policy) -> Invoice:
    """An invoice of the person's stores, whole. 404 and 403 as for its store."""
    row = whole_invoice(reading(), invoice_id)
    if row is None or row.store_id not in holder().stores:
        abort(404, "There is no such invoice among those of your stores.")
    store_or_404(row.store_id, policy)
    return row


def shown_invoice(row: Invoice, trouble: str = "", status: int = 200) -> Response:
    """The page of an invoice that was loaded whole."""
    server, now, session = services(), services().clock.now(), reading()
    tip = stored_tip(session, server.settings.network)
    return drawn(
        "admin/invoice.html",
        status,
        invoice=row,
        trouble=trouble,
        price=price_text(row),
        state=state_view(row.status, row.additional_status),
        policy=POLICIES[row.speed_policy],
        prompts=prompt_views(row),
        payments=payment_views(row, tip, server.settings.transaction_link),
        events=[_event(event) for event in row.events],
        deliveries=[delivery_view(each, now) for each in deliveries_of_invoice(session, row.id)],
        alerts=alerts_of(session, row.id),
        mismatches=[(each.id, MismatchKind(each.kind).told.title) for each in open_of_invoice(session, row.id)],
        refunds=_refunds(row),
        bodies=server.api_bodies(row, now),
        buyer=row.details.get("buyer") or {},
        story=f"/admin/invoices/{row.id}/story" if has_page(f"/admin/invoices/{row.id}/story") else None,
        moment=moment,
        moment_exactly=moment_exactly,
        **_may(row),
    )


def _may(row: Invoice) -> dict[str, Any]:
    """What may be done about it, by whom and in its state."""
    who, status, additional = holder(), Status(row.status), AdditionalStatus(row.additional_status)
    modifies = who.may(Policy.MODIFY_INVOICES, row.store_id)
    refunds = who.may(Policy.CREATE_NON_APPROVED_PULL_PAYMENTS, row.store_id)
    return {
        "may_modify": modifies,
        "may_mark": [each.value for each in markable(status, additional)] if modifies else [],
        "may_refund": refunds and is_refundable(status, additional),
    }


def _refunds(row: Invoice) -> list[Any]:
    """Whoever has the link of one can claim it: only for those who may see pull payments."""
    if not holder().may(Policy.VIEW_PULL_PAYMENTS, row.store_id):
        return []
    return [(refund, [payout_view(payout) for payout in refund.payouts]) for refund in refunds_of(reading(), row.id)]


def _event(event: Event) -> dict[str, Any]:
    payload = event.payload
    return {
        "at": event.at,
        "words": event_words(event.type),
        "type": event.type,
        "late": bool(payload.get("afterExpiration")),
        "over": bool(payload.get("overPaid")),
        "payment": payload.get("payment"),
        "by": payload.get("by"),
        "reason": payload.get("reason"),
    }
