"""Which IPN each event owes."""

import pytest

from app.domain.chain import Outpoint
from app.domain.events import Event, EventType, Shape, ipn_shapes

TABLE = [  # code, name, plain by default, plain with full notifications, extended
    (1001, "created", False, False, True),
    (1002, "receivedPayment", False, False, True),
    (1003, "paidInFull", False, True, True),
    (1004, "expired", False, True, True),
    (1005, "confirmed", True, True, True),
    (1006, "completed", False, True, True),
    (1008, "markedInvalid", False, True, True),
    (1009, "paidAfterExpiration", False, False, True),
    (1013, "failedToConfirm", False, True, True),
    (1014, "paymentSettled", False, False, False),
    (2000, "expiredPaidPartial", False, True, True),
    (2008, "markedComplete", False, True, True),
    (2009, "refund", False, False, True),
]


def test_the_table_is_complete() -> None:
    assert {row[0] for row in TABLE} == {kind.code for kind in EventType if kind.code is not None}


@pytest.mark.parametrize("kind", [kind for kind in EventType if kind.code is None])
def test_events_of_our_own_are_told_to_nobody(kind: EventType) -> None:
    assert ipn_shapes(kind, full=True, extended=True) == ()


@pytest.mark.parametrize(("code", "name", "default", "full", "extended"), TABLE, ids=[row[1] for row in TABLE])
def test_the_shapes_an_event_owes(code: int, name: str, default: bool, full: bool, extended: bool) -> None:
    kind = EventType.named(f"invoice_{name}")
    assert kind.code == code
    plain, wrapped = (Shape.IPN,), (Shape.IPN_EXTENDED,)
    assert ipn_shapes(kind, full=False, extended=False) == plain * default
    assert ipn_shapes(kind, full=True, extended=False) == plain * full
    both = plain * full + wrapped * extended
    assert ipn_shapes(kind, full=True, extended=True) == ipn_shapes(kind, full=False, extended=True) == both


def test_the_payload_names_the_payment_if_there_is_one() -> None:
    assert "payment" not in Event(EventType.CREATED).payload()
    payload = Event(EventType.RECEIVED_PAYMENT, after_expiration=True, outpoint=Outpoint("ab" * 32, 1)).payload()
    assert payload["payment"] == "ab" * 32 + "-1"
    assert payload["afterExpiration"] is True
