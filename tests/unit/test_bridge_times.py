"""When the bridge may act, what it sends again, and how long it leaves a shop in peace."""

from datetime import UTC, datetime, timedelta

import pytest

from app.domain.bridge_times import GRACE, TRY_TAKES, Owed, Tried, WatchState, back_off, may_act_at, next_look, to_nudge
from app.domain.order_ref import OrderRef, order_ref

AT = datetime(2026, 11, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
REFUSED = Tried(AT + SECOND, AT + 2 * SECOND, 403, connected=True)
ANSWERED = Tried(AT + SECOND, AT + 2 * SECOND, 200, connected=True)
FAILED = Tried(AT + SECOND, AT + 2 * SECOND, 500, connected=True)
UNREACHED = Tried(AT + SECOND, AT + 2 * SECOND, None, connected=False)
SILENT = Tried(AT + SECOND, AT + 31 * SECOND, None, connected=True)
UNDER_WAY = Tried(AT + SECOND, None, None, connected=True)


def owed(*tries: Tried, pending: bool = True, at: datetime = AT, number: int = 1) -> Owed:
    return Owed(number, at, pending, tries)


@pytest.mark.parametrize(
    ("tries", "moment"),
    [
        ((), AT + GRACE),
        ((REFUSED,), AT + 2 * SECOND),
        ((UNREACHED,), AT + 2 * SECOND),
        ((ANSWERED,), AT + 2 * SECOND + GRACE),
        ((FAILED,), AT + 2 * SECOND + GRACE),
        ((SILENT,), AT + 31 * SECOND + GRACE),
        ((UNDER_WAY,), AT + SECOND + TRY_TAKES + GRACE),
        ((ANSWERED, REFUSED), AT + 2 * SECOND + GRACE),
    ],
)
def test_the_grace_begins_when_the_first_try_ended_and_there_is_none_where_it_was_refused(
    tries: tuple[Tried, ...], moment: datetime
) -> None:
    assert may_act_at([owed(*tries)], AT, None, GRACE) == moment


def test_without_any_delivery_the_grace_begins_with_the_event() -> None:
    assert may_act_at([], AT, None, GRACE) == AT + GRACE


def test_what_waits_behind_a_delivery_that_is_refused_gets_no_grace() -> None:
    late = AT + timedelta(minutes=30)
    refused = Tried(late + SECOND, late + 2 * SECOND, 403, connected=True)
    waiting = [owed(REFUSED, refused, number=1), owed(at=late, number=2)]
    assert may_act_at(waiting, late, None, GRACE) == late + 2 * SECOND


def test_after_a_nudge_only_what_was_tried_since_then_counts() -> None:
    nudged = AT + timedelta(minutes=5)
    again = Tried(nudged + SECOND, nudged + 2 * SECOND, 403, connected=True)
    assert may_act_at([owed(ANSWERED)], AT, nudged, GRACE) == nudged + GRACE
    assert may_act_at([owed(ANSWERED, again)], AT, nudged, GRACE) == nudged + 2 * SECOND


def test_what_waits_is_nudged_and_the_newest_only_where_all_were_answered() -> None:
    done = owed(ANSWERED, pending=False, number=1)
    assert to_nudge([done, owed(FAILED, number=2), owed(number=3)]) == 2
    assert to_nudge([done, owed(ANSWERED, pending=False, number=2)]) == 2
    assert to_nudge([done, owed(FAILED, pending=False, number=2)]) is None
    assert to_nudge([]) is None


def test_a_shop_that_goes_on_failing_is_asked_less_often_and_may_ask_for_patience() -> None:
    waits = [(back_off(failures, AT) - AT).total_seconds() for failures in (1, 2, 3, 4, 50)]
    assert waits == [30, 60, 120, 300, 300]
    assert back_off(1, AT, timedelta(minutes=10)) == AT + timedelta(minutes=10)
    assert back_off(1, AT, timedelta(days=9)) == AT + timedelta(hours=1)


def test_the_next_look_is_at_what_is_waited_for_and_never_in_the_past() -> None:
    assert next_look(WatchState.WATCHING, AT, [AT + SECOND, AT + GRACE]) == AT + SECOND
    assert next_look(WatchState.WATCHING, AT, [AT - GRACE]) == AT
    assert next_look(WatchState.WATCHING, AT, []) == AT + timedelta(hours=1)


@pytest.mark.parametrize(
    ("pos_data", "expected"),
    [
        ('{"WooCommerce":{"Order ID":16,"Order Number":"RE-16","Plugin Version":"2.8.0"}}', (16, "RE-16", "2.8.0")),
        ({"WooCommerce": {"Order ID": "16"}}, (16, None, None)),
        ('{"WooCommerce":{"Order ID":true}}', None),
        ('{"WooCommerce":{"Order ID":"-1"}}', None),
        ('{"WooCommerce":{"Order ID":99999999999999999999}}', None),
        ('{"WooCommerce":[]}', None),
        ("[1]", None),
        ("not JSON", None),
        ("[" * 50_000, None),
        (None, None),
    ],
)
def test_the_order_is_the_one_that_the_plugin_names(pos_data: object, expected: tuple[object, ...] | None) -> None:
    found = order_ref(pos_data)
    assert (found and (found.order_id, found.number, found.plugin_version)) == expected
    assert found is None or isinstance(found, OrderRef)
