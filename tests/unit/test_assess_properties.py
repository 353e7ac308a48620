"""What holds for every invoice, whatever happens to it."""

from collections.abc import Sequence
from dataclasses import fields, is_dataclass, replace
from datetime import timedelta
from itertools import product
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.accounting import prompt_totals, totals
from app.domain.assess import Assessment, assess, mark
from app.domain.events import EventType
from app.domain.invoice import AdditionalStatus, Invoice, NetworkFeeMode, SpeedPolicy, Status, markable
from app.domain.payment import Payment, PaymentStatus
from tests.unit.facts import BTC, EXPIRES, START, an_invoice, pay, tip

FAST = settings(max_examples=60, deadline=None)
LATCHES = {Status.SETTLED, Status.INVALID, Status.EXPIRED}


def one_of_each(**values: Sequence[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Any combination, the first ones being the simplest. One draw for it is several times faster than one a value."""
    return st.sampled_from([dict(zip(values, chosen, strict=True)) for chosen in product(*values.values())])


MOMENTS = [START + timedelta(minutes=n) for n in (0, 3, 14, 15, 16, 30, 1454, 1456, 2000)]

minutes = st.sampled_from(MOMENTS)
invoices = one_of_each(
    price=[None, "0", "0.00000001", "0.001", "0.0013"],
    rate=["1", "60000", "0.37"],
    tolerance=["0", "2", "99.9", "100"],
    speed=list(SpeedPolicy),
    fee_mode=list(NetworkFeeMode),
    fee=[0, 1000],
).map(lambda terms: an_invoice(**terms))
amounts = one_of_each(sats=[0, 1, 900, 50_000, 99_999, 100_000, 200_000, 10**9], at=MOMENTS, fee=[0, 1000])
standings = one_of_each(
    height=[None, 95, 99, 100],
    conflicted_by=[None, None, "", "f" * 64],
    at_risk=[False, True],
    signals_rbf=[False, True],
    is_coinbase=[False, False, False, True],
)
listings = st.lists(st.tuples(amounts, standings), max_size=4).map(
    lambda listed: [pay(n=n, **amount, **standing) for n, (amount, standing) in enumerate(listed)]
)
times = st.sampled_from(list(product(MOMENTS, MOMENTS)))  # observed until, now
looks = st.lists(st.tuples(listings, times).map(lambda look: (look[0], *look[1])), min_size=1, max_size=4)


def told_so_far(payment: Payment, known: dict[Any, Payment]) -> Payment:
    """New facts about a payment, with what was stored when it was last assessed."""
    old = known.get(payment.outpoint)
    return payment if old is None else replace(payment, status=old.status, announced=old.announced)


def history(invoice: Invoice, story: list[Any]) -> list[tuple[Invoice, Assessment]]:
    """Assess again and again while the facts change; each step with the invoice it started from."""
    steps, known = [], {}
    for payments, observed, now in story:
        listed = [told_so_far(payment, known) for payment in payments]
        result = assess(invoice, listed, tip(at=observed), now)
        steps.append((invoice, result))
        known |= {payment.outpoint: payment for payment in result.payments}
        invoice = result.invoice
    return steps


@FAST
@given(invoices, looks)
def test_assessing_the_result_gives_the_result_and_no_events(invoice: Invoice, story: list[Any]) -> None:
    for (_, result), (_, observed, now) in zip(history(invoice, story), story, strict=True):
        assert assess(result.invoice, result.payments, tip(at=observed), now) == replace(result, events=())


@FAST
@given(invoices, listings, st.randoms(use_true_random=False), minutes, minutes)
def test_the_order_of_the_listing_does_not_matter(
    invoice: Invoice, payments: list[Payment], dice: Any, observed: Any, now: Any
) -> None:
    shuffled = dice.sample(payments, len(payments))
    assert assess(invoice, shuffled, tip(at=observed), now) == assess(invoice, payments, tip(at=observed), now)


@FAST
@given(invoices, looks)
def test_a_replayed_observation_changes_nothing(invoice: Invoice, story: list[Any]) -> None:
    twice = [look for look in story for _ in range(2)]
    once_told = [result for _, result in history(invoice, story)]
    replayed = [result for _, result in history(invoice, twice)]
    assert [result.events for result in replayed[0::2]] == [result.events for result in once_told]
    assert all(result.events == () for result in replayed[1::2])
    assert replayed[-1].invoice == once_told[-1].invoice


@FAST
@given(invoices, looks)
def test_nothing_moves_to_settled_while_settled_money_is_under_the_minimum(invoice: Invoice, story: list[Any]) -> None:
    for before, result in history(invoice, story):
        moved = before.status is not Status.SETTLED and result.invoice.status is Status.SETTLED
        if moved and result.invoice.price != 0:
            settled = [payment for payment in result.payments if payment.status is PaymentStatus.SETTLED]
            assert settled
            assert sum(payment.value_sats for payment in settled) > 0
            assert not totals(result.invoice, settled).is_underpaid


@FAST
@given(invoices, looks)
def test_a_latch_never_opens_by_itself(invoice: Invoice, story: list[Any]) -> None:
    for before, result in history(invoice, story):
        if before.status in LATCHES:
            assert result.invoice.status is before.status
        if before.status in {Status.SETTLED, Status.INVALID}:
            assert result.invoice == before


@FAST
@given(invoices, looks, looks, st.sampled_from([Status.SETTLED, Status.INVALID]))
def test_a_mark_never_goes_away_by_itself(invoice: Invoice, first: list[Any], then: list[Any], to: Status) -> None:
    reached = history(invoice, first)[-1][1].invoice
    if to in markable(reached.status, reached.additional_status):
        marked, _ = mark(reached, to)
        assert all(result.invoice == marked for _, result in history(marked, then))


@FAST
@given(invoices, looks)
def test_an_expired_invoice_had_its_window_seen_closed(invoice: Invoice, story: list[Any]) -> None:
    for (before, result), (_, observed, now) in zip(history(invoice, story), story, strict=True):
        if before.status is not Status.EXPIRED and result.invoice.status is Status.EXPIRED:
            assert min(observed, now) > EXPIRES


class Client:
    """Follows the events alone, the way a shop does that hears of everything and fetches nothing.

    What it may not know: money taken back (R3c has no event by contract), so Processing it holds for true until told
    otherwise, and a New invoice that it thinks Processing is the one disagreement allowed.
    """

    MEANING = {  # noqa: RUF012
        EventType.PAID_IN_FULL: Status.PROCESSING,
        EventType.EXPIRED: Status.EXPIRED,
        EventType.COMPLETED: Status.SETTLED,
        EventType.FAILED_TO_CONFIRM: Status.INVALID,
    }
    FROM = {  # noqa: RUF012
        EventType.PAID_IN_FULL: {Status.NEW, Status.PROCESSING},
        EventType.EXPIRED: {Status.NEW, Status.PROCESSING},
        EventType.EXPIRED_PAID_PARTIAL: {Status.EXPIRED},
        EventType.PAID_AFTER_EXPIRATION: {Status.EXPIRED},
        EventType.CONFIRMED: {Status.PROCESSING},
        EventType.COMPLETED: {Status.PROCESSING},
        EventType.FAILED_TO_CONFIRM: {Status.PROCESSING},
    }

    def __init__(self) -> None:
        self.status = Status.NEW
        self.heard: set[Any] = set()

    def hear(self, result: Assessment) -> None:
        for event in result.events:
            assert self.status in self.FROM.get(event.type, set(Status)), (self.status, event)
            if event.type is EventType.RECEIVED_PAYMENT:
                assert event.outpoint not in self.heard
                self.heard.add(event.outpoint)
            if event.type is EventType.PAYMENT_SETTLED:
                assert event.outpoint in self.heard
            self.status = self.MEANING.get(event.type, self.status)


@FAST
@given(invoices, looks)
def test_a_client_can_follow_the_events(invoice: Invoice, story: list[Any]) -> None:
    client = Client()
    for _, result in history(invoice, story):
        client.hear(result)
        taken_back = (client.status, result.invoice.status) == (Status.PROCESSING, Status.NEW)
        assert client.status is result.invoice.status or taken_back


def no_float(value: Any) -> None:
    """Walk everything that a value holds."""
    assert not isinstance(value, float), value
    if is_dataclass(value):
        for field in fields(value):
            no_float(getattr(value, field.name))
    elif isinstance(value, tuple | list):
        for item in value:
            no_float(item)


@FAST
@given(invoices, looks)
def test_no_float_anywhere(invoice: Invoice, story: list[Any]) -> None:
    for _, result in history(invoice, story):
        no_float(result)
        no_float(totals(result.invoice, result.payments))
        no_float(prompt_totals(result.invoice, result.payments, BTC))
        for event in result.events:
            no_float(list(event.payload().values()))


def test_the_walk_finds_a_float() -> None:
    try:
        no_float(replace(an_invoice(), price=1.5, additional_status=AdditionalStatus.NONE))  # type: ignore[arg-type]
    except AssertionError:
        return
    raise AssertionError
