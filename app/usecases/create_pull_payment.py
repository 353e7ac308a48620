"""Offer an amount to be claimed by whoever has the link; and take the offer back."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy.orm import Session

from app.db.audit import note
from app.db.models import PullPayment, Store
from app.db.queries_payouts import held_pull_payment, payouts_held_of
from app.db.session import change
from app.domain.audit import Kind
from app.domain.ids import new_id
from app.domain.payout import OPEN, PayoutState
from app.domain.refund import rounded
from app.errors import BadInput, NotFound
from app.usecases.payout_surroundings import PayoutSurroundings
from app.usecases.tell_payout import tell_payout

LONGEST_NAME = 50  # characters
MOST = Decimal(2**64 - 1)


@dataclass(frozen=True)
class NewPullPayment:
    """What is offered. Without `starts_at` it begins now, without `expires_at` it stays. A refund names its invoice."""

    store_id: str
    name: str
    amount: Decimal
    currency: str
    description: str = ""
    bolt11_expiration_days: int = 30
    auto_approve_claims: bool = False
    starts_at: datetime | None = None
    expires_at: datetime | None = None
    invoice_id: str | None = None


def create_pull_payment(asked: NewPullPayment, around: PayoutSurroundings, now: datetime) -> str:
    """Make it and return its id. NotFound (store), BadInput."""
    with change() as session:
        made = add_pull_payment(session, asked, around, now)
        said = {"name": asked.name, "amount": asked.amount, "currency": asked.currency}
        note(session, Kind.PULL_PAYMENT_CREATED, made, asked.store_id, **said)
        return made


def add_pull_payment(session: Session, asked: NewPullPayment, around: PayoutSurroundings, now: datetime) -> str:
    """The same in the caller's change."""
    if session.get(Store, asked.store_id) is None:
        raise NotFound(f"there is no store {asked.store_id}")
    _require_sound(asked, around, now)
    row = PullPayment(
        id=new_id(),
        store_id=asked.store_id,
        invoice_id=asked.invoice_id,
        name=asked.name,
        description=asked.description,
        amount=asked.amount,
        currency=asked.currency.upper(),
        bolt11_expiration_days=asked.bolt11_expiration_days,
        auto_approve_claims=asked.auto_approve_claims,
        starts_at=asked.starts_at or now,
        expires_at=asked.expires_at,
        created_at=now,
    )
    session.add(row)
    session.flush()
    return row.id


def _require_sound(asked: NewPullPayment, around: PayoutSurroundings, now: datetime) -> None:
    if not asked.name.strip() or len(asked.name) > LONGEST_NAME:
        raise BadInput("Name", asked.name, f"give it a name of up to {LONGEST_NAME} characters")
    digits = around.digits_of(asked.currency.upper())
    if not 0 < asked.amount <= MOST:
        raise BadInput("Amount", f"{asked.amount:f}", "it must be more than 0")
    if asked.amount != rounded(asked.amount, digits):
        raise BadInput("Amount", f"{asked.amount:f}", f"{asked.currency.upper()} has {digits} decimals")
    if asked.expires_at is not None and asked.expires_at <= (asked.starts_at or now):
        raise BadInput("ExpiresAt", asked.expires_at.isoformat(), "it must be later than startsAt, and than now")


def archive_pull_payment(pull_payment_id: str, now: datetime) -> None:
    """Nothing more can be claimed of it; what was claimed and not paid is cancelled. NotFound."""
    with change() as session:
        row = held_pull_payment(session, pull_payment_id)
        if row is None:
            raise NotFound(f"there is no pull payment {pull_payment_id}")
        row.archived = True
        note(session, Kind.PULL_PAYMENT_ARCHIVED, row.id, row.store_id, name=row.name)
        for payout in payouts_held_of(session, row.id):
            if payout.state in OPEN:
                tell_payout(session, payout, PayoutState.CANCELLED, None, now)
