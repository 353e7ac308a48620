"""The facts that an invoice's story is told from, read in a fixed number of statements."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from app.db import models
from app.db.facts import invoice_facts, payment_facts
from app.db.queries import stored_tip, whole_invoice
from app.db.queries_acts import acts_of_invoice
from app.db.queries_chain import alerts_of
from app.db.queries_mismatches import mismatches_of_invoice
from app.domain.bridge_times import WatchState
from app.domain.payment import PaymentStatus
from app.domain.story.facts import (
    Asked,
    Bridged,
    Disagreed,
    Happened,
    Owed,
    PaidOut,
    Raised,
    Refund,
    Seen,
    StoryFacts,
    Tried,
)

IN_MEMPOOL = "mempool"


def story_facts(session: Session, invoice_id: str, network: str, digits: int, now: datetime) -> StoryFacts | None:
    """What is known of an invoice whose currency has so many digits. None where there is no such invoice."""
    row = whole_invoice(session, invoice_id)
    return None if row is None else facts_of(session, row, network, digits, now)


def facts_of(session: Session, row: models.Invoice, network: str, digits: int, now: datetime) -> StoryFacts:
    """The same of a row that was loaded whole."""
    return StoryFacts(
        id=row.id,
        store=row.store.name,
        order_id=row.order_id,
        currency=row.currency,
        digits=digits,
        created_at=row.created_at,
        now=now,
        invoice=invoice_facts(row),
        asked=_all_asked(session, row),
        payments=_seen(session, row, network),
        events=tuple(_happened(event) for event in row.events),
        deliveries=tuple(_owed(delivery) for delivery in _deliveries(session, row.id)),
        alerts=tuple(
            Raised(alert.kind, alert.message, alert.raised_at, alert.ended_at, alert.acknowledged_at)
            for alert in alerts_of(session, row.id)
        ),
        refunds=tuple(_refund(refund) for refund in _refunds(session, row.id)),
        tip=stored_tip(session, network),
        bridged=tuple(Bridged(act.act, act.key, act.began_at, act.outcome) for act in acts_of_invoice(session, row.id)),
        mismatches=tuple(_disagreed(each) for each in mismatches_of_invoice(session, row.id)),
        agreed_at=_agreed_at(session, row),
    )


def _disagreed(row: models.Mismatch) -> Disagreed:
    return Disagreed(row.kind, row.opened_at, row.resolved_at, row.resolved_by, row.remedy, row.note)


def _agreed_at(session: Session, row: models.Invoice) -> datetime | None:
    """When the order was read last, if there is nothing left to watch."""
    order = session.get(models.WatchedOrder, row.watched_order_id) if row.watched_order_id is not None else None
    return order.last_looked_at if order is not None and order.state == WatchState.DONE.value else None


def _all_asked(session: Session, row: models.Invoice) -> tuple[Asked, ...]:
    scripts = _scripts(session, row)
    return tuple(_asked(prompt, scripts) for prompt in row.prompts)


def _scripts(session: Session, row: models.Invoice) -> dict[int, str]:
    """By wallet id the beginning of its descriptor. Nothing else of it: there the key begins."""
    wanted = {prompt.wallet_id for prompt in row.prompts if prompt.wallet_id is not None}
    found = session.execute(select(models.Wallet.id, models.Wallet.descriptor).where(models.Wallet.id.in_(wanted)))
    return {wallet_id: descriptor.partition("(")[0] for wallet_id, descriptor in found}


def _asked(prompt: models.Prompt, scripts: dict[int, str]) -> Asked:
    index = prompt.address_index
    return Asked(
        payment_method=prompt.payment_method,
        destination=prompt.destination,
        rate_source=prompt.rate_source,
        rate_at=prompt.rate_at,
        network=prompt.network,
        key_path=None if index is None else f"0/{index}",  # each key's receiving branch; see chain/derivation
        address_index=index,
        script=scripts.get(prompt.wallet_id) if prompt.wallet_id is not None else None,
    )


def _seen(session: Session, row: models.Invoice, network: str) -> tuple[Seen, ...]:
    heights = {payment.height for payment in row.payments if payment.height is not None}
    held = select(models.ChainBlock).where(models.ChainBlock.network == network, models.ChainBlock.height.in_(heights))
    times = {block.hash: block.time for block in (session.scalars(held) if heights else ())}
    return tuple(_one_seen(payment, times) for payment in row.payments)


def _one_seen(payment: models.Payment, times: dict[str, datetime]) -> Seen:
    settled = payment.status == PaymentStatus.SETTLED.value
    return Seen(
        payment=payment_facts(payment),
        recorded_at=payment.recorded_at,
        block_hash=payment.block_hash,
        block_time=times.get(payment.block_hash or ""),
        settled_at=payment.settled_at if settled else None,
        left_block=payment.height is None and payment.verified_in not in (None, IN_MEMPOOL),
    )


def _happened(event: models.Event) -> Happened:
    told: dict[str, Any] = event.payload
    return Happened(event.type, event.at, told.get("payment"), told.get("by"), told.get("reason"))


def _deliveries(session: Session, invoice_id: str) -> Sequence[models.Delivery]:
    wanted = select(models.Delivery).where(models.Delivery.invoice_id == invoice_id).order_by(models.Delivery.id)
    beside = (joinedload(models.Delivery.event), joinedload(models.Delivery.endpoint))
    return session.scalars(wanted.options(*beside, selectinload(models.Delivery.attempts))).all()


def _owed(delivery: models.Delivery) -> Owed:
    return Owed(
        event=delivery.event.type,
        shape=delivery.shape,
        host=delivery.endpoint.host,
        state=delivery.state,
        created_at=delivery.created_at,
        next_at=delivery.next_at,
        reason=delivery.reason,
        tries=tuple(
            Tried(attempt.started_at, attempt.duration_ms, attempt.http_status, attempt.error, attempt.answer)
            for attempt in delivery.attempts
        ),
    )


def _refunds(session: Session, invoice_id: str) -> Sequence[models.PullPayment]:
    wanted = select(models.PullPayment).where(models.PullPayment.invoice_id == invoice_id)
    claims = selectinload(models.PullPayment.payouts).joinedload(models.Payout.output)
    return session.scalars(wanted.order_by(models.PullPayment.created_at).options(claims)).all()


def _refund(row: models.PullPayment) -> Refund:
    claims = tuple(
        PaidOut(
            state=claim.state,
            created_at=claim.created_at,
            ended_at=claim.ended_at,
            value_sats=claim.value_sats,
            txid=claim.output.txid if claim.output else None,
        )
        for claim in row.payouts
    )
    return Refund(row.created_at, row.amount, row.currency, claims)
