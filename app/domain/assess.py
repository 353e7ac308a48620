"""assess(): the one pure function that says what state an invoice is in (invoice-states section 5).

Facts in, status out. Settled, Invalid, Expired and Marked are latches: nothing here opens them. The result of assessing
a result is the same result, with no events.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from app.domain.accounting import totals
from app.domain.chain import Outpoint, Tip
from app.domain.events import Event, EventType
from app.domain.invoice import IN_TIME_GRACE, AdditionalStatus, Invoice, Status, markable
from app.domain.money import exact_worth
from app.domain.payment import Payment, PaymentStatus, payment_status
from app.errors import NotAllowed


@dataclass(frozen=True)
class Assessment:
    """The invoice and its payments as they now stand, and what happened on the way, in order."""

    invoice: Invoice
    payments: tuple[Payment, ...]
    events: tuple[Event, ...]


def assess(invoice: Invoice, payments: Iterable[Payment], tip: Tip, now: datetime) -> Assessment:
    """Apply the transition rules until nothing changes. The order in which payments are listed does not matter."""
    ordered = sorted(payments, key=Payment.sort_key)
    fresh = [replace(p, status=payment_status(p, invoice.speed_policy, tip)) for p in ordered]
    story = _Story(invoice, fresh, tip, now)
    before = {payment.outpoint: payment for payment in ordered}
    story.announce([p for p in fresh if invoice.in_time(p.paid_at)])
    story.expire()
    story.announce(fresh)
    story.follow_accounted_money()
    story.tell_settled(before)
    story.follow_settled_money()
    return Assessment(story.invoice, tuple(story.payments), tuple(story.events))


def mark(invoice: Invoice, to: Status) -> tuple[Invoice, Event]:
    """A person sets Settled or Invalid. NotAllowed when section 7 does not permit it from here."""
    if to not in markable(invoice.status, invoice.additional_status):
        raise NotAllowed(f"an invoice that is {invoice.status} cannot be marked {to}")
    kind = EventType.MARKED_COMPLETE if to is Status.SETTLED else EventType.MARKED_INVALID
    over_paid = to is Status.SETTLED and invoice.additional_status is AdditionalStatus.PAID_OVER
    return invoice.moved(to, AdditionalStatus.MARKED), Event(kind, manually_marked=True, over_paid=over_paid)


class _Story:
    """The invoice on its way through the rules."""

    def __init__(self, invoice: Invoice, payments: Sequence[Payment], tip: Tip, now: datetime) -> None:
        self.invoice = invoice
        self.payments = list(payments)
        self.tip = tip
        self.now = now
        self.events: list[Event] = []

    def announce(self, which: Sequence[Payment]) -> None:
        """ReceivedPayment, once per outpoint, when it first counts."""
        wanted = {payment.outpoint for payment in which}
        for index, payment in enumerate(self.payments):
            if payment.outpoint in wanted and payment.accounted and not payment.announced:
                self.payments[index] = replace(payment, announced=True)
                self._tell_of(payment, EventType.RECEIVED_PAYMENT)

    def tell_settled(self, before: dict[Outpoint, Payment]) -> None:
        """PaymentSettled, each time a payment becomes settled."""
        for payment in self.payments:
            if payment.status is PaymentStatus.SETTLED and before[payment.outpoint].status is not PaymentStatus.SETTLED:
                self._tell_of(payment, EventType.PAYMENT_SETTLED)

    def expire(self) -> None:
        """R1, and R3c before it: only money paid in time keeps a window open, and only once the chain was looked at."""
        self._fall_back()
        if self.invoice.status is not Status.NEW or not self._window_closed():
            return
        if self._is_paid(self._in_time()):
            return
        additional = _partly(self._in_time())
        partial = additional is AdditionalStatus.PAID_PARTIAL
        self.invoice = self.invoice.moved(Status.EXPIRED, additional)
        self.events.append(Event(EventType.EXPIRED, partially_paid=partial))
        if partial:
            self.events.append(Event(EventType.EXPIRED_PAID_PARTIAL))

    def follow_accounted_money(self) -> None:
        """R2 and R3: what has been seen, confirmed or not."""
        if self.invoice.status is Status.NEW:
            self._set_top_up_price(self._in_time())
            if self._is_paid(self._in_time()):
                over = self._is_over()
                self._move(Status.PROCESSING, AdditionalStatus.PAID_OVER if over else AdditionalStatus.NONE)
                self.events.append(Event(EventType.PAID_IN_FULL, over_paid=over))
            else:
                self._move(Status.NEW, _partly(self._in_time()))
        elif self.invoice.status is Status.EXPIRED:
            self._follow_late_money()
        elif self.invoice.status is Status.PROCESSING:
            over = self._is_over()
            self._move(Status.PROCESSING, AdditionalStatus.PAID_OVER if over else AdditionalStatus.NONE)

    def follow_settled_money(self) -> None:
        """R4: what is buried deep enough, or never will be."""
        if self.invoice.status is not Status.PROCESSING:
            return
        if self._is_settled():
            over = self.invoice.additional_status is AdditionalStatus.PAID_OVER
            self._move(Status.SETTLED, self.invoice.additional_status)
            self.events.append(Event(EventType.CONFIRMED, over_paid=over))
            self.events.append(Event(EventType.COMPLETED, over_paid=over))
        elif min(self.now, self.tip.observed_at) > self.invoice.monitoring_ends_at:
            self._move(Status.INVALID, self.invoice.additional_status)
            self.events.append(Event(EventType.FAILED_TO_CONFIRM))

    def _fall_back(self) -> None:
        """R3c: the money a Processing invoice counted on was taken back."""
        if self.invoice.status is not Status.PROCESSING or self._is_paid(self.payments):
            return
        self._forget_top_up_price()
        self._move(Status.NEW, _partly(self._in_time()))

    def _follow_late_money(self) -> None:
        """R2c and R2d after expiry: late money is told, and never opens the invoice."""
        if not self._is_paid(self.payments):
            self._forget_top_up_price()
        self._set_top_up_price(self.payments)
        if not self._is_paid(self.payments):
            self._move(Status.EXPIRED, _partly(self.payments))
        elif self.invoice.additional_status is not AdditionalStatus.PAID_LATE:
            self._move(Status.EXPIRED, AdditionalStatus.PAID_LATE)
            self.events.append(Event(EventType.PAID_AFTER_EXPIRATION))

    def _forget_top_up_price(self) -> None:
        if self.invoice.is_top_up:
            self.invoice = replace(self.invoice, price=None)

    def _set_top_up_price(self, payments: Sequence[Payment]) -> None:
        """R2b: the first accounted payment of a top-up that is worth more than its fee is its price."""
        first = next((p for p in payments if p.accounted and p.net_sats > 0), None)
        if not self.invoice.is_top_up or self.invoice.price is not None or first is None:
            return
        rate = self.invoice.prompt(first.payment_method).rate
        self.invoice = replace(self.invoice, price=exact_worth(first.net_sats, rate))

    def _move(self, status: Status, additional: AdditionalStatus) -> None:
        self.invoice = self.invoice.moved(status, additional)

    def _tell_of(self, payment: Payment, kind: EventType) -> None:
        """Late is what comes to a closed invoice, or after the window of one that nobody could close yet."""
        closed = self.invoice.status in (Status.EXPIRED, Status.INVALID)
        late = closed or (self.invoice.status is Status.NEW and not self.invoice.in_time(payment.paid_at))
        self.events.append(Event(kind, after_expiration=late, outpoint=payment.outpoint))

    def _in_time(self) -> list[Payment]:
        """The accounted payments that can pay a New invoice; later ones wait until the chain was seen past its end."""
        return [p for p in self.payments if p.accounted and self.invoice.in_time(p.paid_at)]

    def _window_closed(self) -> bool:
        return min(self.now, self.tip.observed_at) >= self.invoice.expires_at + IN_TIME_GRACE

    def _is_paid(self, payments: Sequence[Payment]) -> bool:
        """Enough has been seen. Nothing at all pays nothing, even at a tolerance of 100 %, unless the price is 0."""
        accounted = [payment for payment in payments if payment.accounted]
        if self.invoice.is_top_up and self.invoice.price is None:
            return any(payment.net_sats > 0 for payment in accounted)
        if not self.invoice.price:
            return True
        sums = totals(self.invoice, accounted)
        return not sums.is_underpaid and sums.paid_gross > 0

    def _is_over(self) -> bool:
        return totals(self.invoice, self.payments).is_overpaid

    def _is_settled(self) -> bool:
        """Settled money alone reaches the minimum."""
        settled = [p for p in self.payments if p.status is PaymentStatus.SETTLED]
        sums = totals(self.invoice, settled)
        return not sums.is_underpaid and (sums.paid_gross > 0 or not self.invoice.price)


def _partly(payments: Iterable[Payment]) -> AdditionalStatus:
    some = any(payment.accounted and payment.value_sats > 0 for payment in payments)
    return AdditionalStatus.PAID_PARTIAL if some else AdditionalStatus.NONE
