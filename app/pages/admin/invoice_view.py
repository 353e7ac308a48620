"""An invoice as the merchant's pages show it. Strings are ready to be shown; money in them is exact."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from app.currencies import digits
from app.db.facts import invoice_facts, payment_facts
from app.db.models import Invoice, Payment
from app.domain.accounting import prompt_totals
from app.domain.chain import NEVER, Tip
from app.domain.money import coins_text, exact_worth
from app.domain.payment import confirmations, required_confirmations
from app.domain.refund import rounded
from app.pages.admin.words import ADDITIONAL, STATUS_TAGS
from app.pages.checkout_view import money


@dataclass(frozen=True)
class StateView:
    """A state with the colour of its tag; `beside` is the additional status in words."""

    status: str
    tag: str
    beside: str


@dataclass(frozen=True)
class ListedInvoice:
    """A row of the list."""

    id: str
    created_at: datetime
    order_id: str | None
    item: str | None
    store_name: str
    price: str
    coins: str | None
    state: StateView
    archived: bool


@dataclass(frozen=True)
class PromptView:
    """What is asked for by one payment method, and what came of it; amounts are coins as text."""

    payment_method: str
    address: str
    key_path: str | None
    rate: str
    rate_source: str
    rate_at: datetime
    total: str
    paid: str
    due: str
    overpaid: str | None
    network_fee: str | None
    paid_worth: str


@dataclass(frozen=True)
class PaymentView:
    """One payment. `counts` is false when the chain or a conflict took it out."""

    txid: str
    output: int
    coins: str
    worth: str
    status: str
    tag: str
    confirmations: int
    required: int
    height: int | None
    paid_at: datetime
    settled_at: datetime | None
    remarks: tuple[str, ...]
    link: str | None


def state_view(status: str, additional: str) -> StateView:
    """The state in words."""
    return StateView(status, STATUS_TAGS[status], ADDITIONAL.get(additional, ""))


def price_text(row: Invoice) -> str:
    """The price, or that the buyer decides."""
    return money(row.price, row.currency) if row.price is not None else f"open, in {row.currency}"


def listed_invoice(row: Invoice) -> ListedInvoice:
    """A row of the list, loaded with store, prompts and payments."""
    paid = sum(payment.value_sats for payment in row.payments if payment_facts(payment).accounted)
    return ListedInvoice(
        id=row.id,
        created_at=row.created_at,
        order_id=row.order_id,
        item=row.details.get("itemDesc"),
        store_name=row.store.name,
        price=price_text(row),
        coins=coins_text(paid) if paid else None,
        state=state_view(row.status, row.additional_status),
        archived=row.archived,
    )


def prompt_views(row: Invoice) -> list[PromptView]:
    """Each payment method with its sums."""
    facts, payments = invoice_facts(row), [payment_facts(payment) for payment in row.payments]
    views = []
    for prompt in row.prompts:
        sums = prompt_totals(facts, payments, prompt.payment_method)
        over = -sums.due_uncapped_sats
        views.append(
            PromptView(
                payment_method=prompt.payment_method,
                address=prompt.destination,
                key_path=None if prompt.address_index is None else f"0/{prompt.address_index}",
                rate=money(prompt.rate, row.currency),
                rate_source=prompt.rate_source,
                rate_at=prompt.rate_at,
                total=coins_text(sums.total_due_sats),
                paid=coins_text(sums.paid_sats),
                due=coins_text(sums.due_sats),
                overpaid=coins_text(over) if over > 0 and row.price is not None else None,
                network_fee=coins_text(sums.fee_sats) if sums.fee_sats else None,
                paid_worth=_worth(sums.paid_sats, row, prompt.payment_method),
            )
        )
    return views


def payment_views(row: Invoice, tip: Tip | None, transaction_link: str | None) -> list[PaymentView]:
    """Each payment with its depth; links only where the operator has named an explorer."""
    return [_payment(row, payment, tip, transaction_link) for payment in row.payments]


def _payment(row: Invoice, payment: Payment, tip: Tip | None, link: str | None) -> PaymentView:
    facts, policy = payment_facts(payment), invoice_facts(row).speed_policy
    counted = facts.accounted
    tags = {"Settled": "tag-good", "Processing": "tag-warn"}
    return PaymentView(
        txid=payment.txid,
        output=payment.vout,
        coins=coins_text(payment.value_sats),
        worth=_worth(payment.value_sats, row, payment.prompt.payment_method),
        status=payment.status or "Seen" if counted else "Does not count",
        tag=tags.get(payment.status or "", "") if counted else "tag-bad",
        confirmations=confirmations(facts, tip or Tip(0, "", NEVER)),
        required=required_confirmations(facts, policy),
        height=payment.height,
        paid_at=payment.paid_at,
        settled_at=payment.settled_at,
        remarks=tuple(_remarks(row, payment)),
        link=link.replace("{txid}", payment.txid) if link else None,
    )


def _remarks(row: Invoice, payment: Payment) -> Sequence[str]:
    """What a person should know before the goods leave."""
    said = []
    if payment.conflicted_by:
        said.append(f"another transaction spends the same coins: {payment.conflicted_by}")
    elif payment.conflicted_by is not None and payment.height is None:
        said.append("the node does not take it any more")
    if payment.height is None and payment.signals_rbf:
        said.append("its sender may still replace it")
    if payment.at_risk and payment.height is None:
        said.append("it is in no block and has left the node's memory")
    if payment.is_coinbase:
        said.append("fresh from a miner: it needs 100 confirmations")
    if not invoice_facts(row).in_time(payment.paid_at):
        said.append("it came after the time to pay")
    return said


def _worth(sats: int, row: Invoice, payment_method: str) -> str:
    """At the invoice's own rate, in the digits of its currency."""
    rate = invoice_facts(row).prompt(payment_method).rate
    return money(rounded(exact_worth(sats, rate), digits(row.currency) or 0), row.currency)
