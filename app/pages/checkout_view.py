"""What the checkout page shows, worked out from the facts. Strings are ready to be shown; money in them is exact."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from app.db.facts import invoice_facts, payment_facts
from app.db.models import Invoice
from app.domain.accounting import prompt_totals
from app.domain.chain import Tip
from app.domain.invoice import AdditionalStatus, Status
from app.domain.money import coins_text
from app.domain.payment import confirmations, required_confirmations

TERMINAL = (Status.SETTLED, Status.EXPIRED, Status.INVALID)
BECH32 = ("bc1", "tb1", "bcrt1")


@dataclass(frozen=True)
class CheckoutView:
    """One invoice by one payment method, as a buyer sees it."""

    invoice_id: str
    store_name: str
    status: Status
    additional: AdditionalStatus
    payment_method: str
    address: str
    total: str
    due: str
    paid: str
    is_partly_paid: bool
    fiat: str
    rate: str
    seconds_left: int
    received_confirmations: int | None
    required_confirmations: int | None
    order_id: str | None
    return_url: str | None
    bip21: str
    network: str

    @property
    def state(self) -> str:
        """waiting, partial, seen, paid, expired, late or invalid."""
        if self.status is Status.NEW:
            return "partial" if self.is_partly_paid else "waiting"
        if self.status is Status.EXPIRED and self.additional is AdditionalStatus.PAID_LATE:
            return "late"
        return {
            Status.PROCESSING: "seen",
            Status.SETTLED: "paid",
            Status.EXPIRED: "expired",
            Status.INVALID: "invalid",
        }[self.status]

    @property
    def qr_text(self) -> str:
        """The payment link, its bech32 address in upper case: the code has fewer dots then."""
        if not self.address.startswith(BECH32):
            return self.bip21
        return self.bip21.replace(self.address, self.address.upper())

    def as_json(self) -> dict[str, Any]:
        """The answer of /status."""
        return {
            "invoiceId": self.invoice_id,
            "status": self.status.value,
            "additionalStatus": self.additional.value,
            "state": self.state,
            "paymentMethodId": self.payment_method,
            "address": self.address,
            "orderAmount": self.total,
            "due": self.due,
            "paid": self.paid,
            "rate": self.rate,
            "orderAmountFiat": self.fiat,
            "expirationSeconds": self.seconds_left,
            "requiredConfirmations": self.required_confirmations,
            "receivedConfirmations": self.received_confirmations,
            "invoiceBitcoinUrl": self.bip21,
            "merchantRefLink": self.return_url,
            "orderId": self.order_id,
            "isTerminal": self.status in TERMINAL,
        }


def checkout_view(row: Invoice, payment_method: str, height: int, now: datetime) -> CheckoutView:
    """The view of an invoice row that was loaded with its prompts and payments."""
    facts = invoice_facts(row)
    payments = [payment_facts(payment) for payment in row.payments]
    prompt = next(prompt for prompt in row.prompts if prompt.payment_method == payment_method)
    sums = prompt_totals(facts, payments, payment_method)
    counted = [payment for payment in payments if payment.accounted]
    tip = Tip(height, "", now)
    shallowest = min(counted, key=lambda payment: confirmations(payment, tip), default=None)
    due = coins_text(sums.due_sats)
    return CheckoutView(
        invoice_id=row.id,
        store_name=row.store.name,
        status=facts.status,
        additional=facts.additional_status,
        payment_method=payment_method,
        address=prompt.destination,
        total=coins_text(sums.total_due_sats),
        due=due,
        paid=coins_text(sums.paid_sats),
        is_partly_paid=bool(counted) and sums.due_sats > 0,
        fiat=f"{money(row.price)} {row.currency}" if row.price is not None else row.currency,
        rate=f"{money(prompt.rate)} {row.currency}",
        seconds_left=max(int((row.expires_at - now).total_seconds()), 0),
        received_confirmations=confirmations(shallowest, tip) if shallowest else None,
        required_confirmations=required_confirmations(shallowest, facts.speed_policy) if shallowest else None,
        order_id=row.order_id,
        return_url=row.redirect_url,
        bip21=f"bitcoin:{prompt.destination}" + (f"?amount={due}" if sums.due_sats else ""),
        network=prompt.network,
    )


def money(amount: Decimal) -> str:
    """A fiat figure with thousands set apart."""
    return f"{amount:,f}"
