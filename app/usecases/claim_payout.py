"""Ask for a payout: of a pull payment, by whoever has its link, or by the merchant."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from app.db.audit import note
from app.db.models import Payout, PullPayment, Store
from app.db.queries_payouts import held_pull_payment
from app.db.session import change
from app.domain import pull_payment as rules
from app.domain.audit import Kind
from app.domain.bip21 import Link, read_link
from app.domain.events import EventType
from app.domain.ids import new_id
from app.domain.money import SATS_PER_COIN, ceil_sats
from app.domain.payout import DUST_SATS, PayoutState
from app.domain.pull_payment import Claimed, Refusal
from app.domain.refund import COIN, rounded
from app.errors import BadInput, NoQuote, NotFound, Refused
from app.usecases.approve_payout import approve_in
from app.usecases.destination import Destination
from app.usecases.payout_surroundings import PayoutSurroundings
from app.usecases.tell_payout import record_payout_event

TEXTS = {
    Refusal.DUPLICATE_DESTINATION: "this address was given already and waits to be paid; there is nothing more to do",
    Refusal.EXPIRED: "the time to claim this is over; please ask the shop",
    Refusal.NOT_STARTED: "this cannot be claimed yet",
    Refusal.ARCHIVED: "the shop has taken this back; please ask it",
    Refusal.OVERDRAFT: "that is more than is left to claim",
    Refusal.AMOUNT_TOO_LOW: "the amount is too small for the bitcoin network to carry",
}


@dataclass(frozen=True)
class NewPayout:
    """What is asked for. `destination` is an address or a payment link; without an amount, all that is left."""

    destination: str
    amount: Decimal | None = None
    details: dict[str, Any] = field(default_factory=dict)
    is_approved: bool = False


def claim_payout(pull_payment_id: str, asked: NewPayout, around: PayoutSurroundings, now: datetime) -> str:
    """Claim of a pull payment; returns the payout's id. NotFound, BadInput, Refused."""
    link = read_link(asked.destination)
    destination = around.destination_of(link.address)
    with change() as session:
        row = held_pull_payment(session, pull_payment_id)
        if row is None:
            raise NotFound(f"there is no pull payment {pull_payment_id}")
        around.require_foreign(session, row.store_id, destination.script_pubkey)
        amount = _amount(row, asked.amount, link, around)
        _require_claimable(session, row, destination, amount, around, now)
        payout = _payout(row.store_id, row.id, destination, amount, row.currency, asked, around, now)
        session.add(payout)
        session.flush()
        _note(session, payout)
        record_payout_event(session, payout, EventType.PAYOUT_CREATED, now)
        if asked.is_approved or row.auto_approve_claims:
            with suppress(NoQuote):  # then a person has a look at it
                approve_in(session, payout, None, around, now)
        return payout.id


def create_payout(store_id: str, asked: NewPayout, around: PayoutSurroundings, now: datetime) -> str:
    """A payout in coins that belongs to no pull payment; returns its id. NotFound, BadInput, Refused."""
    link = read_link(asked.destination)
    destination = around.destination_of(link.address)
    amount = asked.amount if asked.amount is not None else link.amount
    if amount is None:
        raise BadInput("Amount", None, "say how much is to be paid")
    if link.amount not in (None, amount):
        raise BadInput("Amount", f"{amount:f}", "it is another than the link's")
    with change() as session:
        if session.get(Store, store_id) is None:
            raise NotFound(f"there is no store {store_id}")
        around.require_foreign(session, store_id, destination.script_pubkey)
        amount = _whole(amount, COIN, around)
        if amount * SATS_PER_COIN < DUST_SATS:
            raise Refused(Refusal.AMOUNT_TOO_LOW, TEXTS[Refusal.AMOUNT_TOO_LOW])
        payout = _payout(store_id, None, destination, amount, COIN, asked, around, now)
        session.add(payout)
        session.flush()
        _note(session, payout)
        if asked.is_approved:
            approve_in(session, payout, None, around, now)
        return payout.id


def _note(session: Session, row: Payout) -> None:
    said = {"amount": row.original_amount, "currency": row.original_currency, "destination": row.destination}
    note(session, Kind.PAYOUT_CREATED, row.id, row.store_id, pull_payment=row.pull_payment_id, **said)


def terms_of(row: PullPayment) -> rules.PullPayment:
    """The facts of a pull payment row."""
    is_gone = row.archived or row.store.deleted_at is not None
    return rules.PullPayment(row.amount, row.currency, row.starts_at, row.expires_at, is_gone)


def claims_of(payouts: Sequence[Payout]) -> list[Claimed]:
    """What was claimed, of payout rows."""
    return [Claimed(row.script_pubkey, row.original_amount, PayoutState(row.state)) for row in payouts]


def _amount(row: PullPayment, asked: Decimal | None, link: Link, around: PayoutSurroundings) -> Decimal:
    """In the pull payment's currency. A link's amount is in coins."""
    named = asked
    if link.amount is not None:
        if row.currency not in ("BTC", "SATS"):
            raise BadInput("Destination", link.address, "give the address without an amount in coins")
        named = link.amount if row.currency == COIN else link.amount * SATS_PER_COIN
        if asked not in (None, named):
            raise BadInput("Amount", f"{asked:f}", "it is another than the link's")
    if named is None:
        return rules.remaining(terms_of(row), claims_of(row.payouts))
    return _whole(named, row.currency, around)


def _whole(amount: Decimal, currency: str, around: PayoutSurroundings) -> Decimal:
    """With the decimals of its currency. BadInput for more than it has."""
    digits = around.digits_of(currency)
    whole = rounded(amount, digits)
    if amount != whole:
        raise BadInput("Amount", f"{amount:f}", f"{currency} has {digits} decimals")
    return whole


def _require_claimable(
    session: Session,
    row: PullPayment,
    destination: Destination,
    amount: Decimal,
    around: PayoutSurroundings,
    now: datetime,
) -> None:
    refusal = rules.refusal(terms_of(row), claims_of(row.payouts), destination.script_pubkey, amount, now)
    if refusal is Refusal.AMOUNT_TOO_LOW and not rules.remaining(terms_of(row), claims_of(row.payouts)):
        refusal = Refusal.OVERDRAFT  # nothing is left, and nothing was named
    if refusal is None:
        with suppress(NoQuote):  # it is looked at again when it is approved
            rate, _ = around.rate_now(session, row.store_id, row.currency, now)
            refusal = Refusal.AMOUNT_TOO_LOW if ceil_sats(amount, rate) < DUST_SATS else None
    if refusal is not None:
        raise Refused(refusal, TEXTS[refusal])


def _payout(
    store_id: str,
    pull_payment_id: str | None,
    destination: Destination,
    amount: Decimal,
    currency: str,
    asked: NewPayout,
    around: PayoutSurroundings,
    now: datetime,
) -> Payout:
    return Payout(
        id=new_id(),
        store_id=store_id,
        pull_payment_id=pull_payment_id,
        network=around.network,
        destination=destination.address,
        script_pubkey=destination.script_pubkey,
        state=PayoutState.AWAITING_APPROVAL.value,
        revision=0,
        original_amount=amount,
        original_currency=currency,
        details=asked.details,
        created_at=now,
    )
