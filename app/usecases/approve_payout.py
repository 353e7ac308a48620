"""Approve a payout: address and amount are fixed, and the chain is watched for it. Or cancel it, or mark it."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from app.db.audit import note
from app.db.models import Payout
from app.db.queries import stored_tip
from app.db.queries_payouts import held_payout, output_of
from app.db.session import change
from app.domain import payout as rules
from app.domain.audit import Kind
from app.domain.chain import Outpoint
from app.domain.events import EventType
from app.domain.money import ceil_sats
from app.domain.payout import DUST_SATS, PayoutState, standing
from app.domain.pull_payment import Refusal
from app.errors import BadInput, NoQuote, NotAllowed, NotFound, Refused
from app.usecases.payout_surroundings import PayoutSurroundings
from app.usecases.record_payouts import output_facts
from app.usecases.tell_payout import payout_facts, record_payout_event, tell_payout

FOLLOWED = timedelta(minutes=1)  # the chain was looked at so lately: our tip is the node's


def approve_payout(
    payout_id: str, revision: int | None, rate: Decimal | None, around: PayoutSurroundings, now: datetime
) -> None:
    """Approve what was claimed, at the rate of now or at a given one (its currency per coin).

    NotFound, Refused (invalid-state, old-revision, rate-unavailable, amount-too-low), BadInput (the rate, or an address
    that is ours meanwhile).
    """
    with change() as session:
        row = _held(session, payout_id)
        if revision is not None and revision != row.revision:
            raise Refused(Refusal.OLD_REVISION, f"the payout is at revision {row.revision}; look at it again")
        try:
            approve_in(session, row, rate, around, now)
        except NoQuote as missing:
            raise Refused(Refusal.RATE_UNAVAILABLE, str(missing)) from None


def approve_in(session: Session, row: Payout, rate: Decimal | None, around: PayoutSurroundings, now: datetime) -> None:
    """The same in the caller's change. NoQuote when there is no rate."""
    if rate is not None and rate <= 0:
        raise BadInput("RateRule", f"{rate:f}", "a rate is more than 0")
    used, source = (
        (rate, "given") if rate is not None else around.rate_now(session, row.store_id, row.original_currency, now)
    )
    sats = ceil_sats(row.original_amount, used)
    tip = stored_tip(session, row.network)
    height = tip.height if tip is not None and now - tip.observed_at <= FOLLOWED else None
    try:
        approved = rules.approved(payout_facts(row), sats, now, height)
    except NotAllowed as wrong:
        raise Refused(Refusal.INVALID_STATE, str(wrong)) from None
    if sats < DUST_SATS:
        raise Refused(Refusal.AMOUNT_TOO_LOW, f"{sats} sats are too few for the bitcoin network to carry")
    around.require_foreign(session, row.store_id, row.script_pubkey)
    row.state, row.value_sats = approved.state.value, approved.value_sats
    row.approved_at, row.approved_height = approved.approved_at, approved.approved_height
    row.rate, row.rate_source = used, source
    row.psbt_state, row.psbt_due_at = "waiting", now
    note(session, Kind.PAYOUT_APPROVED, row.id, row.store_id, value_sats=sats, rate=used, destination=row.destination)
    record_payout_event(session, row, EventType.PAYOUT_APPROVED, now)


def cancel_payout(payout_id: str, now: datetime) -> None:
    """It is not to be paid any more. NotFound, Refused (invalid-state)."""
    with change() as session:
        row = _held(session, payout_id)
        try:
            cancelled = rules.cancelled(payout_facts(row))
        except NotAllowed as wrong:
            raise Refused(Refusal.INVALID_STATE, str(wrong)) from None
        note(session, Kind.PAYOUT_CANCELLED, row.id, row.store_id, state=[row.state, cancelled.state.value])
        tell_payout(session, row, cancelled.state, None, now)


def mark_payout(payout_id: str, state: PayoutState, proof: dict[str, Any] | None, now: datetime) -> None:
    """A person says how it stands, with a proof or without; what the chain says counts as well. NotFound, Refused."""
    if state is PayoutState.CANCELLED:
        cancel_payout(payout_id, now)
        return
    with change() as session:
        row = _held(session, payout_id)
        try:
            marked = rules.marked(payout_facts(row), state)
        except NotAllowed as wrong:
            raise Refused(Refusal.INVALID_STATE, str(wrong)) from None
        row.marked = marked.marked.value if marked.marked else None
        note(session, Kind.PAYOUT_MARKED, row.id, row.store_id, state=state.value)
        row.payment_proof = proof if proof is not None else row.payment_proof
        output = output_of(session, row.id)
        paid_by = output_facts(output) if output is not None else None
        outpoint = Outpoint(output.txid, output.vout) if output is not None else None
        tell_payout(session, row, standing(marked, paid_by), outpoint, now)


def _held(session: Session, payout_id: str) -> Payout:
    row = held_payout(session, payout_id)
    if row is None:
        raise NotFound(f"there is no payout {payout_id}")
    return row
