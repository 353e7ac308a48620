"""What the checkout page shows, worked out from the facts. Strings are ready to be shown; money in them is exact."""

import re
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from app.currencies import digits
from app.db.facts import filled_address, invoice_facts, payment_facts
from app.db.models import Invoice
from app.domain.accounting import prompt_totals
from app.domain.chain import Tip
from app.domain.invoice import AdditionalStatus, Status
from app.domain.money import coins_text
from app.domain.payment import confirmations, required_confirmations
from app.domain.rates import FIXED, SOURCES
from app.domain.web_address import SCHEMES

TERMINAL = (Status.SETTLED, Status.EXPIRED, Status.INVALID)
BECH32 = ("bc1", "tb1", "bcrt1")


@dataclass(frozen=True)
class CheckoutView:
    """One invoice by one payment method, as a buyer sees it. Amounts in coins unless their name says otherwise."""

    invoice_id: str
    store_id: str
    store_name: str
    order_id: str | None
    item: str | None
    status: Status
    additional: AdditionalStatus
    payment_method: str
    methods: tuple[str, ...]
    network: str
    address: str
    total: str
    due: str
    paid: str
    overpaid: str | None
    network_fee: str | None
    transactions_required: int
    due_sats: int
    paid_sats: int
    total_sats: int
    currency: str
    price: str | None
    rate: str
    rate_sources: str
    rate_at: datetime
    seconds_left: int
    seconds_in_all: int
    received_confirmations: int | None
    required_confirmations: int | None
    return_url: str | None
    returns_by_itself: bool

    @property
    def state(self) -> str:
        """waiting, partial, closing, seen, paid, expired, late or invalid.

        `closing` is the moment between the end of the time and the word of the worker that nothing is on its way.
        """
        if self.status is Status.NEW:
            return "closing" if not self.seconds_left else "partial" if self.is_partly_paid else "waiting"
        if self.status is Status.EXPIRED and self.additional is AdditionalStatus.PAID_LATE:
            return "late"
        named = {Status.PROCESSING: "seen", Status.SETTLED: "paid", Status.EXPIRED: "expired"}
        return named.get(self.status, "invalid")

    @property
    def coin(self) -> str:
        """What the amounts are in."""
        return self.payment_method.partition("-")[0]

    @property
    def is_payable(self) -> bool:
        return self.state in ("waiting", "partial")

    @property
    def is_final(self) -> bool:
        return self.status in TERMINAL

    @property
    def is_partly_paid(self) -> bool:
        return self.paid_sats > 0 and self.due_sats > 0

    @property
    def is_open_amount(self) -> bool:
        """A top-up that nobody has paid yet: the buyer chooses the amount."""
        return self.price is None

    @property
    def is_marked(self) -> bool:
        return self.additional is AdditionalStatus.MARKED

    @property
    def time_left(self) -> str:
        """4:09, or 1:04:09 from an hour on."""
        minutes, seconds = divmod(self.seconds_left, 60)
        hours, minutes = divmod(minutes, 60)
        return f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"

    @property
    def address_groups(self) -> list[str]:
        """The address in fours, for eyes that compare it; the page sets them apart without writing spaces."""
        return [self.address[start : start + 4] for start in range(0, len(self.address), 4)]

    @property
    def bip21(self) -> str:
        """The payment link; without an amount when none is asked for."""
        return f"bitcoin:{self.address}" + (f"?amount={self.due}" if self.due_sats else "")

    @property
    def qr_text(self) -> str:
        """The payment link, its bech32 address in upper case: the code has fewer dots then."""
        if not self.address.startswith(BECH32):
            return self.bip21
        return self.bip21.replace(self.address, self.address.upper())


def checkout_view(row: Invoice, payment_method: str, height: int, now: datetime) -> CheckoutView:
    """The view of an invoice row that was loaded with its prompts and payments."""
    facts = invoice_facts(row)
    payments = [payment_facts(payment) for payment in row.payments]
    prompt = next(prompt for prompt in row.prompts if prompt.payment_method == payment_method)
    sums = prompt_totals(facts, payments, payment_method)
    counted = [payment for payment in payments if payment.accounted]
    tip = Tip(height, "", now)
    shallowest = min(counted, key=lambda payment: confirmations(payment, tip), default=None)
    return CheckoutView(
        invoice_id=row.id,
        store_id=row.store_id,
        store_name=row.store.name,
        order_id=row.order_id,
        item=row.details.get("itemDesc"),
        status=facts.status,
        additional=facts.additional_status,
        payment_method=payment_method,
        methods=tuple(p.payment_method for p in row.prompts),
        network=prompt.network,
        address=prompt.destination,
        total=coins_text(sums.total_due_sats),
        due=coins_text(sums.due_sats),
        paid=coins_text(sums.paid_sats),
        overpaid=coins_text(-sums.due_uncapped_sats) if sums.due_uncapped_sats < 0 and row.price is not None else None,
        network_fee=coins_text(sums.fee_sats) if sums.fee_sats else None,
        transactions_required=sums.transactions_required,
        due_sats=sums.due_sats,
        paid_sats=sums.paid_sats,
        total_sats=sums.total_due_sats,
        currency=row.currency,
        price=None if row.price is None else money(row.price, row.currency),
        rate=money(prompt.rate, row.currency),
        rate_sources=", ".join(rate_sources(prompt.rate_source)),
        rate_at=prompt.rate_at,
        seconds_left=max(int((row.expires_at - now).total_seconds()), 0),
        seconds_in_all=max(int((row.expires_at - row.created_at).total_seconds()), 1),
        received_confirmations=confirmations(shallowest, tip) if shallowest else None,
        required_confirmations=required_confirmations(shallowest, facts.speed_policy) if shallowest else None,
        return_url=web_address(filled_address(row, row.redirect_url or "")),
        returns_by_itself=row.redirect_automatically,
    )


def money(amount: Decimal, currency: str) -> str:
    """A figure with thousands set apart and at least the currency's decimals: 1,234.50 EUR."""
    exponent = amount.normalize().as_tuple().exponent
    places = max(digits(currency) or 0, -exponent if isinstance(exponent, int) else 0)
    return f"{amount:,.{places}f} {currency}"


def rate_sources(recorded: str) -> list[str]:
    """The exchanges that a rate came from. What a store adds to their rates is its own affair and is left out."""
    return [SOURCES[name] for name in re.findall(r"[a-z]+", recorded) if name in SOURCES and name != FIXED]


def web_address(url: str) -> str | None:
    """`url` if a browser may be sent there: http and https only, whatever was stored."""
    return url if url.lower().startswith(tuple(f"{scheme}://" for scheme in SCHEMES)) else None
