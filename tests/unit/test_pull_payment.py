"""What may be claimed of a pull payment, and links that name an amount."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.bip21 import Link, payment_link, read_link
from app.domain.payout import PayoutState
from app.domain.pull_payment import Claimed, PullPayment, Refusal, refusal, remaining
from app.errors import BadInput

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
OFFER = PullPayment(Decimal("10.00"), "EUR", NOON)
FAST = settings(max_examples=200, deadline=None)


def claim(amount: str, script: bytes = b"a", state: PayoutState = PayoutState.AWAITING_APPROVAL) -> Claimed:
    return Claimed(script, Decimal(amount), state)


def asked(amount: str, *claims: Claimed, script: bytes = b"z", offer: PullPayment = OFFER) -> Refusal | None:
    return refusal(offer, claims, script, Decimal(amount), NOON)


def test_all_that_is_left_may_be_claimed_and_not_a_cent_more() -> None:
    assert asked("10.00") is None
    assert asked("10.01") is Refusal.OVERDRAFT
    assert asked("6.00", claim("4.00")) is None
    assert asked("6.01", claim("4.00")) is Refusal.OVERDRAFT


def test_what_was_cancelled_may_be_claimed_again_and_what_was_paid_may_not() -> None:
    assert asked("10.00", claim("10.00", state=PayoutState.CANCELLED)) is None
    assert asked("0.01", claim("10.00", state=PayoutState.COMPLETED)) is Refusal.OVERDRAFT


def test_an_address_that_waits_to_be_paid_is_not_taken_twice() -> None:
    assert asked("1.00", claim("1.00", b"z")) is Refusal.DUPLICATE_DESTINATION
    assert asked("1.00", claim("1.00", b"z", PayoutState.COMPLETED)) is None


@pytest.mark.parametrize(
    ("offer", "why"),
    [
        (replace(OFFER, is_archived=True), Refusal.ARCHIVED),
        (replace(OFFER, starts_at=NOON + timedelta(seconds=1)), Refusal.NOT_STARTED),
        (replace(OFFER, expires_at=NOON), Refusal.EXPIRED),
        (replace(OFFER, expires_at=NOON + timedelta(seconds=1)), None),
    ],
)
def test_there_is_a_time_to_claim(offer: PullPayment, why: Refusal | None) -> None:
    assert asked("1.00", offer=offer) is why


@pytest.mark.parametrize("amount", ["0", "-1"])
def test_nothing_is_claimed_with_nothing(amount: str) -> None:
    assert asked(amount) is Refusal.AMOUNT_TOO_LOW


@FAST
@given(st.lists(st.tuples(st.integers(-5, 1200), st.booleans()), max_size=12))
def test_claims_never_come_to_more_than_was_offered(drawn: list[tuple[int, bool]]) -> None:
    claims: list[Claimed] = []
    for number, (cents, is_cancelled) in enumerate(drawn):
        amount = Decimal(cents) / 100
        script = bytes([number])
        if refusal(OFFER, claims, script, amount, NOON) is None:
            state = PayoutState.CANCELLED if is_cancelled else PayoutState.AWAITING_APPROVAL
            claims.append(Claimed(script, amount, state))
        assert remaining(OFFER, claims) >= 0
        assert sum(c.amount for c in claims if c.state is not PayoutState.CANCELLED) <= OFFER.amount


@pytest.mark.parametrize(
    ("text", "link"),
    [
        ("  bc1qxyz ", Link("bc1qxyz")),
        ("bitcoin:bc1qxyz", Link("bc1qxyz")),
        ("BITCOIN:BC1QXYZ?amount=0.00040000&label=me%20too", Link("BC1QXYZ", Decimal("0.0004"))),
        ("bitcoin:bc1qxyz?AMOUNT=1", Link("bc1qxyz", Decimal(1))),
        ("bitcoin:bc1qxyz?amount=", Link("bc1qxyz")),
    ],
)
def test_links_are_read(text: str, link: Link) -> None:
    assert read_link(text) == link


@pytest.mark.parametrize("query", ["amount=lots", "amount=-1", "amount=0", "amount=NaN", "amount=21000000", "req-x=1"])
def test_links_that_ask_for_the_impossible_are_refused(query: str) -> None:
    with pytest.raises(BadInput):
        read_link(f"bitcoin:bc1qxyz?{query}")


def test_a_link_says_exactly_what_it_was_made_of() -> None:
    assert payment_link("bc1qxyz", 40_001) == "bitcoin:bc1qxyz?amount=0.00040001"
    assert read_link(payment_link("bc1qxyz", 40_001)).amount == Decimal("0.00040001")
