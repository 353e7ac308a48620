"""The state of a payout, written with the event that it is in the story of the invoice that it refunds."""

from datetime import datetime

from sqlalchemy.orm import Session

from app.db.models import Invoice, Payout, PullPayment
from app.domain import payout as rules
from app.domain.chain import Outpoint
from app.domain.events import Event, EventType
from app.domain.payout import PayoutState
from app.usecases.refresh_invoice import record_event

ENDS = (PayoutState.COMPLETED, PayoutState.CANCELLED)


def payout_facts(row: Payout) -> rules.Payout:
    """The facts of a payout row."""
    return rules.Payout(
        id=row.id,
        state=PayoutState(row.state),
        revision=row.revision,
        value_sats=row.value_sats,
        approved_at=row.approved_at,
        approved_height=row.approved_height,
        marked=PayoutState(row.marked) if row.marked else None,
    )


def tell_payout(session: Session, row: Payout, state: PayoutState, by: Outpoint | None, now: datetime) -> None:
    """Store the state that follows from the facts, in the caller's change; nothing happens where it is that already.

    `by` is the output that pays it, if one does.
    """
    if row.state == state.value:
        return
    row.state = state.value
    row.ended_at = now if state in ENDS else None
    if state is PayoutState.CANCELLED:
        row.watched = False
    if state is not PayoutState.AWAITING_PAYMENT:
        row.psbt_due_at = None
    record_payout_event(session, row, EventType.PAYOUT_UPDATED, now, by)


def record_payout_event(
    session: Session, row: Payout, kind: EventType, now: datetime, by: Outpoint | None = None
) -> None:
    """Into the story of the invoice; a payout that refunds none has no story yet."""
    pull_payment = session.get(PullPayment, row.pull_payment_id) if row.pull_payment_id else None
    invoice = session.get(Invoice, pull_payment.invoice_id) if pull_payment and pull_payment.invoice_id else None
    if invoice is not None:
        event = Event(kind, outpoint=by, pull_payment_id=row.pull_payment_id, payout=(row.id, row.state))
        record_event(session, invoice, event, now)
