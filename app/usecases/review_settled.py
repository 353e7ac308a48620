"""Settled is watched: a payment that the chain takes back raises an alert, and never un-settles the invoice.

This runs when the chain was followed to its tip, so a payment that a reorg moved to another block raises nothing.
"""

import logging
from datetime import datetime

from sqlalchemy.orm import Session

from app.db import queries_chain as queries
from app.db.models import Alert, Payment
from app.domain.chain import WATCHED_DEPTH, Outpoint
from app.domain.events import Event, EventType
from app.domain.invoice import Status
from app.domain.payment import PaymentStatus
from app.usecases.record_payments import IN_MEMPOOL
from app.usecases.refresh_invoice import record_event

log = logging.getLogger(__name__)

LOST_KIND = "settled_payment_lost"


def review_settled(session: Session, network: str, now: datetime) -> set[str]:
    """Raise and end alerts about payments that had settled, in the caller's change.

    A payment whose block is not the one that we hold at its height is unconfirmed, whatever its row says. Returns the
    ids of invoices that must be assessed because of it.
    """
    tip = queries.newest_block(session, network)
    if tip is None:
        return set()
    misplaced = queries.misplaced_payments(session, network, tip.height - WATCHED_DEPTH)
    for payment in misplaced:
        payment.height, payment.block_hash = None, None
    lost = [payment for payment in queries.lost_payments(session, network) if _is_lost(payment)]
    for payment in lost:
        _raise(session, payment, now)
    _end(session, network, now)
    return {payment.invoice_id for payment in misplaced}


def _is_lost(payment: Payment) -> bool:
    """A payment that settled in the mempool, and is still there, is not."""
    return payment.status != PaymentStatus.SETTLED.value and payment.invoice.status == Status.SETTLED.value


def _raise(session: Session, payment: Payment, now: datetime) -> None:
    alert = queries.alert_about(session, payment.invoice_id, LOST_KIND, _name(payment))
    if alert is not None and alert.ended_at is None:
        return
    if alert is None:
        alert = Alert(invoice_id=payment.invoice_id, kind=LOST_KIND, outpoint=_name(payment))
        session.add(alert)
    alert.message = _story(payment)
    alert.raised_at, alert.ended_at, alert.acknowledged_at = now, None, None
    log.error("invoice %s: %s", payment.invoice_id, alert.message)
    event = Event(EventType.SETTLED_PAYMENT_LOST, outpoint=Outpoint(payment.txid, payment.vout))
    record_event(session, payment.invoice, event, now)


def _end(session: Session, network: str, now: datetime) -> None:
    """The matter mended itself where the payment is settled again; that does not make it unseen."""
    running = queries.running_alerts(session, LOST_KIND)
    txids = {alert.outpoint.rpartition("-")[0] for alert in running}
    settled = {
        _name(payment): payment
        for payment in queries.payments_of(session, network, txids)
        if payment.status == PaymentStatus.SETTLED.value
    }
    for alert in running:
        payment = settled.get(alert.outpoint)
        if payment is not None:
            alert.ended_at = now
            event = Event(EventType.SETTLED_PAYMENT_RETURNED, outpoint=Outpoint(payment.txid, payment.vout))
            record_event(session, payment.invoice, event, now)


def _story(payment: Payment) -> str:
    return f"{payment.value_sats} sats that had settled {_fate(payment)}. The order was reported as paid."


def _fate(payment: Payment) -> str:
    if payment.conflicted_by:
        return f"are no longer in the chain: transaction {payment.conflicted_by} spends the same coins"
    if payment.conflicted_by is not None:
        return "are no longer in the chain: their coins were spent otherwise"
    if payment.verified_in == IN_MEMPOOL:
        return "at 0 confirmations left the node's mempool and wait for a block"
    return "are no longer in the chain: their block was replaced and they wait for another"


def _name(payment: Payment) -> str:
    return str(Outpoint(payment.txid, payment.vout))
