"""Facts of invoices for the tests of their stories: one that was paid and shipped, and any one at all."""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from hypothesis import strategies as st

from app.domain.bridge_times import ActKind, Outcome
from app.domain.chain import Tip
from app.domain.events import EventType
from app.domain.invoice import AdditionalStatus, SpeedPolicy, Status
from app.domain.mismatch import MismatchKind
from app.domain.payment import Payment, PaymentStatus
from app.domain.retry import DeliveryState
from app.domain.story.facts import (
    Asked,
    Bridged,
    Disagreed,
    Happened,
    Owed,
    PaidOut,
    Raised,
    Refund,
    Seen,
    StoryFacts,
    Tried,
)
from tests.unit.facts import BTC, EXPIRES, START, an_invoice, pay

ADDRESS = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080"
SECRET = "SECRET"
"""What no buyer may read has this in it."""


def minutes(number: float) -> datetime:
    """So long after the invoice was made."""
    return START + timedelta(minutes=number)


def some_facts(**more: Any) -> StoryFacts:
    """An invoice of 83.50 EUR at 50,000 that nobody has paid."""
    asked = Asked(
        BTC, ADDRESS, "kraken", START - timedelta(seconds=40), "regtest", f"0/7-{SECRET}", 7, f"wpkh-{SECRET}"
    )
    plain = StoryFacts(
        id="Invoice1",
        store="Corner Books",
        order_id="1042",
        currency="EUR",
        digits=2,
        created_at=START,
        now=minutes(1),
        invoice=an_invoice("83.50", rate="50000", speed=SpeedPolicy.LOW_MEDIUM),
        asked=(asked,),
        events=(happened(EventType.CREATED, 0),),
        tip=Tip(100, "aa" * 32, minutes(1)),
    )
    return replace(plain, **more)


def happened(kind: EventType, after: float, **more: Any) -> Happened:
    return Happened(kind.ipn_name, minutes(after), **more)


def seen(sats: int = 167_000, n: int = 1, at: float = 3, **more: Any) -> Seen:
    """A payment that was made so many minutes after the invoice, and written down a second later."""
    beside = {name: more.pop(name) for name in ("block_hash", "settled_at", "left_block") if name in more}
    payment = pay(sats, n, minutes(at), status=PaymentStatus.PROCESSING, announced=True, **more)
    return Seen(payment, minutes(at) + timedelta(seconds=1), **beside)


def owed(kind: EventType, after: float, *tries: Tried, state: str = "delivered", **more: Any) -> Owed:
    return Owed(
        kind.ipn_name,
        "webhook",
        f"{SECRET}.example",
        state,
        minutes(after),
        minutes(after) + timedelta(hours=1),
        tries=tries,
        **more,
    )


def tried(after: float, status: int | None = 200, error: str | None = None) -> Tried:
    return Tried(minutes(after), 31, status, error, f"{SECRET} answer")


def paid_facts(**more: Any) -> StoryFacts:
    """The same invoice when it was paid, buried two blocks deep, settled and told."""
    invoice = replace(some_facts().invoice, status=Status.SETTLED)
    shipped = some_facts(
        invoice=invoice,
        now=minutes(30),
        tip=Tip(111, "bb" * 32, minutes(29)),
        payments=(seen(height=110, block_hash="cc" * 32, settled_at=minutes(25)),),
        events=(
            happened(EventType.CREATED, 0),
            happened(EventType.RECEIVED_PAYMENT, 3.02),
            happened(EventType.PAID_IN_FULL, 3.02),
            happened(EventType.PAYMENT_SETTLED, 25),
            happened(EventType.CONFIRMED, 25),
            happened(EventType.COMPLETED, 25),
        ),
        deliveries=(
            owed(EventType.PAID_IN_FULL, 3.02, tried(3.03)),
            owed(EventType.CONFIRMED, 25, tried(25.1)),
        ),
    )
    return replace(shipped, **more)


MOMENTS = st.sampled_from([minutes(n) for n in (-1, 0, 0.5, 3, 14, 15, 16, 25, 90, 1500, 3000)])
MAYBE = st.one_of(st.none(), MOMENTS)
TEXTS = st.one_of(st.none(), st.just(f"{SECRET} text"), st.just(f"{SECRET} 100 % (x)s"))
_numbers = count(1)


def _payments() -> st.SearchStrategy[Payment]:
    return st.builds(
        lambda sats, at, **standing: pay(sats, next(_numbers), at, **standing),
        sats=st.sampled_from([0, 1, 900, 83_500, 166_999, 167_000, 200_000]),
        at=MOMENTS,
        height=st.sampled_from([None, 1, 95, 100]),
        conflicted_by=st.sampled_from([None, None, "", "f" * 64, f"{1:064x}", f"{2:064x}"]),
        at_risk=st.booleans(),
        signals_rbf=st.booleans(),
        is_coinbase=st.sampled_from([False, False, True]),
        status=st.sampled_from([None, *PaymentStatus]),
    )


def _renumbered(found: list[Seen]) -> tuple[Seen, ...]:
    """Outpoints are unique, and small numbers let them name each other as rivals."""
    return tuple(
        replace(one, payment=replace(one.payment, outpoint=replace(one.payment.outpoint, txid=f"{number:064x}")))
        for number, one in enumerate(found, start=1)
    )


TRIES = st.builds(
    Tried,
    MOMENTS,
    st.sampled_from([None, 0, 31, 70_000]),
    st.sampled_from([None, 200, 403, 410, 503]),
    st.sampled_from([None, f"{SECRET} refused"]),
    TEXTS,
)
INVOICES = st.builds(
    lambda price, rate, speed, tolerance, status, additional: an_invoice(
        price, rate, tolerance, speed, status=status, additional_status=additional
    ),
    st.sampled_from([None, "0", "0.01", "83.50", "1234567.891"]),
    st.sampled_from(["1", "50000", "0.37"]),
    st.sampled_from(list(SpeedPolicy)),
    st.sampled_from(["0", "2", "100"]),
    st.sampled_from(list(Status)),
    st.sampled_from(list(AdditionalStatus)),
)


def any_facts() -> st.SearchStrategy[StoryFacts]:
    """Whatever the database could hold, and much that it never will."""
    a_seen = st.builds(Seen, _payments(), MOMENTS, st.sampled_from([None, "c" * 64]), MAYBE, MAYBE, st.booleans())
    events = st.builds(Happened, st.sampled_from([kind.ipn_name for kind in EventType]), MOMENTS, TEXTS, TEXTS, TEXTS)
    deliveries = st.builds(
        Owed,
        st.sampled_from([kind.ipn_name for kind in EventType]),
        st.sampled_from(["ipn", "ipn_extended", "webhook"]),
        st.sampled_from([f"{SECRET}.example", f"other-{SECRET}.example"]),
        st.sampled_from([state.value for state in DeliveryState]),
        MOMENTS,
        MOMENTS,
        TEXTS,
        st.lists(TRIES, max_size=3).map(tuple),
    )
    claims = st.builds(PaidOut, st.just(f"{SECRET} state"), MOMENTS, MAYBE, st.sampled_from([None, 5]), TEXTS)
    refunds = st.builds(
        Refund, MOMENTS, st.just(Decimal("12.50")), st.just("EUR"), st.lists(claims, max_size=2).map(tuple)
    )
    alerts = st.builds(Raised, st.just(f"{SECRET} kind"), st.just(f"{SECRET} message"), MOMENTS, MAYBE, MAYBE)
    bridged = st.builds(
        Bridged,
        st.sampled_from([kind.value for kind in ActKind]),
        st.sampled_from(["set_paid", "on-hold", "cancelled", "processing", f"{SECRET} key"]),
        MOMENTS,
        st.sampled_from([outcome.value for outcome in Outcome]),
    )
    kinds = st.sampled_from([*(kind.value for kind in MismatchKind), f"{SECRET} kind"])
    mismatches = st.builds(Disagreed, kinds, MOMENTS, MAYBE, TEXTS, TEXTS, TEXTS)
    return st.builds(
        StoryFacts,
        id=st.just(f"{SECRET}-id"),
        store=st.just("Corner Books 100 %"),
        order_id=st.sampled_from([None, f"{SECRET}-order"]),
        currency=st.sampled_from(["EUR", "BTC", "JPY"]),
        digits=st.sampled_from([0, 2, 8]),
        created_at=st.just(START),
        now=MOMENTS,
        invoice=INVOICES,
        asked=st.sampled_from(
            [(), some_facts().asked, (replace(some_facts().asked[0], address_index=None, key_path=None),)]
        ),
        payments=st.lists(a_seen, max_size=4).map(_renumbered),
        events=st.lists(events, max_size=8).map(tuple),
        deliveries=st.lists(deliveries, max_size=4).map(tuple),
        alerts=st.lists(alerts, max_size=2).map(tuple),
        refunds=st.lists(refunds, max_size=2).map(tuple),
        tip=st.sampled_from([None, Tip(100, "a" * 64, EXPIRES)]),
        bridged=st.lists(bridged, max_size=3).map(tuple),
        mismatches=st.lists(mismatches, max_size=2).map(tuple),
        agreed_at=MAYBE,
    )
