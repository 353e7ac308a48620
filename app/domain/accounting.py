"""What is due and what is paid (invoice-states section 4), exact in fractions, rounded only where it is shown."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from app.domain.invoice import Invoice, Prompt
from app.domain.money import ceil_sats, worth
from app.domain.payment import Payment, prompt_fee


@dataclass(frozen=True)
class Totals:
    """Sums over accounted payments, in the invoice's currency."""

    price: Fraction
    paid_gross: Fraction
    paid_net: Fraction
    net_due: Fraction
    minimum_due: Fraction
    payment_count: int

    @property
    def paid_fee(self) -> Fraction:
        return self.paid_gross - self.paid_net

    @property
    def is_underpaid(self) -> bool:
        return self.minimum_due > 0

    @property
    def is_overpaid(self) -> bool:
        return self.net_due < 0


@dataclass(frozen=True)
class PromptTotals:
    """What the payer is asked for by one payment method, in satoshis."""

    total_due_sats: int
    paid_sats: int
    due_uncapped_sats: int
    fee_sats: int
    minimum_total_due_sats: int
    transactions_required: int

    @property
    def due_sats(self) -> int:
        return max(self.due_uncapped_sats, 0)


def totals(invoice: Invoice, payments: Iterable[Payment]) -> Totals:
    """Totals over the accounted ones of `payments`, the dust rule (4.4) applied."""
    accounted = [payment for payment in payments if payment.accounted]
    price = Fraction(invoice.price or 0)
    rates = {prompt.payment_method: prompt.rate for prompt in invoice.prompts}
    gross = sum((worth(p.value_sats, rates[p.payment_method]) for p in accounted), Fraction(0))
    net = sum((worth(p.net_sats, rates[p.payment_method]) for p in accounted), Fraction(0))
    minimum = minimum_price(invoice)
    raw = Totals(price, gross, net, price - net, minimum - net, len(accounted))
    if raw.net_due < 0 and any(_due_uncapped(raw, prompt, 0) == 0 for prompt in invoice.prompts):
        return Totals(price, gross, net, Fraction(0), raw.minimum_due, raw.payment_count)
    return raw


def minimum_price(invoice: Invoice) -> Fraction:
    """The least that pays the invoice: the tolerance applies to the price, not to what remains."""
    return Fraction(invoice.price or 0) * (100 - Fraction(invoice.tolerance_percent)) / 100


def prompt_totals(invoice: Invoice, payments: Iterable[Payment], payment_method: str) -> PromptTotals:
    """What is asked by one payment method now, the fee of the next payment included while money is missing."""
    listed = list(payments)
    prompt = invoice.prompt(payment_method)
    recorded = sum(1 for payment in listed if payment.payment_method == payment_method)
    next_fee = prompt_fee(invoice.network_fee_mode, prompt.fee_sats, recorded)
    return prompt_totals_at_fee(invoice, totals(invoice, listed), prompt, next_fee)


def prompt_totals_at_fee(invoice: Invoice, sums: Totals, prompt: Prompt, next_fee_sats: int) -> PromptTotals:
    """The formulas of section 4.3, with the fee of the next payment given."""
    fee_due = next_fee_sats if sums.is_underpaid else 0
    gross_due = sums.price + sums.paid_fee + worth(fee_due, prompt.rate)
    tolerated = gross_due * (100 - Fraction(invoice.tolerance_percent)) / 100
    return PromptTotals(
        total_due_sats=ceil_sats(gross_due, prompt.rate),
        paid_sats=ceil_sats(sums.paid_gross, prompt.rate),
        due_uncapped_sats=_due_uncapped(sums, prompt, fee_due),
        fee_sats=ceil_sats(gross_due - sums.price, prompt.rate),
        minimum_total_due_sats=max(1, ceil_sats(tolerated, prompt.rate)),
        transactions_required=sums.payment_count + int(sums.is_underpaid),
    )


def _due_uncapped(sums: Totals, prompt: Prompt, fee_due_sats: int) -> int:
    """May be negative: an overpayment. An exactly paid invoice asks for nothing, whatever the fee."""
    if sums.net_due == 0:
        return 0
    gross_due = sums.price + sums.paid_fee + worth(fee_due_sats, prompt.rate)
    return ceil_sats(gross_due - sums.paid_gross, prompt.rate)


def is_dust(price: Decimal, rate: Decimal, dust_limit_sats: int = 294) -> bool:
    """Is `price` too small for an output that nodes relay? 294 is Core's limit for P2WPKH."""
    return 0 < ceil_sats(price, rate) < dust_limit_sats
