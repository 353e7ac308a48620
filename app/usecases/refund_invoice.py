"""Offer a refund of an invoice: a pull payment, and what it would be worth before anybody decides."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy.orm import Session

from app.db.audit import note
from app.db.facts import invoice_facts, payment_facts
from app.db.models import Invoice, Payment, Prompt
from app.db.queries import whole_invoice
from app.db.queries_payouts import refunds_of
from app.db.session import assessing_change
from app.domain.accounting import prompt_totals
from app.domain.audit import Kind
from app.domain.events import Event, EventType
from app.domain.invoice import AdditionalStatus, Status
from app.domain.refund import Asked, Paid, gives_all_back, is_refundable, refund
from app.errors import NoQuote, NotFound, Refused
from app.usecases.create_pull_payment import LONGEST_NAME, NewPullPayment, add_pull_payment
from app.usecases.payout_surroundings import PayoutSurroundings
from app.usecases.refresh_invoice import record_event
from app.usecases.remedy_mismatch import close_by_refund

NON_REFUNDABLE = "non-refundable"
OFFERED_MEANWHILE = "refund-offered-meanwhile"


@dataclass(frozen=True)
class NewRefund:
    """What the merchant asks for. `may_approve`: claims of an amount in coins need no other look.

    `known`: how many refunds of the invoice they have seen, so that a button pressed twice offers one. None: any.
    """

    asked: Asked
    payment_method: str
    name: str | None = None
    description: str = ""
    may_approve: bool = False
    known: int | None = None


def refund_invoice(invoice_id: str, new: NewRefund, around: PayoutSurroundings, now: datetime) -> str:
    """Make the pull payment of a refund and return its id. NotFound, Refused, BadInput, NoQuote."""
    with assessing_change() as session:  # the bridge decides by what was given back
        row = whole_invoice(session, invoice_id)
        if row is None:
            raise NotFound(f"there is no invoice {invoice_id}")
        _require_known(session, row.id, new.known)
        if not is_refundable(Status(row.status), AdditionalStatus(row.additional_status)):
            raise Refused(NON_REFUNDABLE, f"an invoice that is {row.status} cannot be refunded")
        paid = paid_by(row, new.payment_method, around) or _nothing(row)
        offered = refund(
            new.asked,
            paid,
            lambda: around.rate_now(session, row.store_id, row.currency, now)[0],
            around.currency_digits,
        )
        pull_payment_id = add_pull_payment(
            session,
            NewPullPayment(
                store_id=row.store_id,
                name=new.name or f"Refund {row.id}"[:LONGEST_NAME],
                description=new.description,
                amount=offered.amount,
                currency=offered.currency,
                auto_approve_claims=offered.is_fixed and new.may_approve,
                invoice_id=row.id,
            ),
            around,
            now,
        )
        said = {"pull_payment": pull_payment_id, "amount": offered.amount, "currency": offered.currency}
        note(session, Kind.REFUND_OFFERED, row.id, row.store_id, **said)
        record_event(session, row, Event(EventType.REFUND, pull_payment_id=pull_payment_id), now)
        if gives_all_back(new.asked, paid):
            close_by_refund(session, row.id, now)
        return pull_payment_id


def _require_known(session: Session, invoice_id: str, known: int | None) -> None:
    """Of two who offer a refund at the same moment, the second one sees the first one's before they decide."""
    if known is not None and len(refunds_of(session, invoice_id)) != known:
        raise Refused(OFFERED_MEANWHILE, "a refund was offered a moment ago; look at it before you offer another one")


def paid_by(row: Invoice, payment_method: str, around: PayoutSurroundings) -> Paid | None:
    """What came in by a payment method; None where the invoice does not offer it. The row was loaded whole."""
    prompt = next((prompt for prompt in row.prompts if prompt.payment_method == payment_method), None)
    if prompt is None:
        return None
    return Paid(
        sats=sum(payment.value_sats for payment in row.payments if _counts(payment, prompt)),
        overpaid_sats=_overpaid(row, payment_method),
        currency=row.currency,
        digits=around.currency_digits(row.currency) or 0,
        rate_then=Decimal(prompt.rate),
    )


def rate_or_none(session: Session, row: Invoice, around: PayoutSurroundings, now: datetime) -> Decimal | None:
    """Today's rate of the invoice's currency; None where nobody knows it."""
    try:
        return around.rate_now(session, row.store_id, row.currency, now)[0]
    except NoQuote:
        return None


def _nothing(row: Invoice) -> Paid:
    """Of an invoice over nothing, or one that a person called paid: a custom amount can be given back all the same."""
    return Paid(sats=0, overpaid_sats=0, currency=row.currency, digits=0, rate_then=Decimal(1))


def _counts(payment: Payment, prompt: Prompt) -> bool:
    return payment.prompt_id == prompt.id and payment_facts(payment).accounted


def _overpaid(row: Invoice, payment_method: str) -> int:
    if row.additional_status != AdditionalStatus.PAID_OVER.value:
        return 0
    sums = prompt_totals(invoice_facts(row), [payment_facts(payment) for payment in row.payments], payment_method)
    return max(-sums.due_uncapped_sats, 0)
