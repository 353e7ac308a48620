"""A pass over the orders of one shop: a list call for a hundred of them, and a call each for those that disagree."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.domain.bridge_times import OVERLAP, next_look
from app.domain.shop_order import ShopOrder
from app.domain.watch import Look, Watch
from woo_bridge.errors import ShopTrouble
from woo_bridge.glance import Judged, judge, remembering, state_of
from woo_bridge.ports import PAGE, Desk, OrderPage
from woo_bridge.reconcile import attend
from woo_bridge.whose_trouble import is_of_one_order

log = logging.getLogger(__name__)

MOST_PAGES = 50  # of one poll; the next one goes on from there
MOST_FAILING = 3  # orders of a page that the shop cannot tell; beyond, it is no matter of single ones
FIRST_LOOK_BACK = timedelta(hours=1)
SECOND = timedelta(seconds=1)


@dataclass(frozen=True)
class Passed:
    """What a pass came to: orders looked at, and those that needed a call of their own."""

    looked: int = 0
    attended: int = 0

    def plus(self, other: "Passed") -> "Passed":
        return Passed(self.looked + other.looked, self.attended + other.attended)


def look_at_due(desk: Desk) -> Passed:
    """The orders whose time has come, up to a hundred. ShopTrouble when the shop is down."""
    return _look_over(desk, desk.ledger.due(PAGE))


def look_at_all(desk: Desk) -> Iterator[Passed]:
    """Every watched order, due or not, a page at a time."""
    after = 0
    while page := desk.ledger.open_page(after, PAGE):
        after = page[-1].id
        yield _look_over(desk, page)


def look_at(desk: Desk, watches: Sequence[Watch]) -> Passed:
    """These orders, each by a call of its own."""
    return Passed(len(watches), sum(attend(desk, watch) for watch in watches))


def poll(desk: Desk) -> Passed:
    """Ask the shop which orders changed and look at those that are watched; the place is kept in the shop's own time.

    Each page begins where the last one ended, by time: an order that changes meanwhile moves to the end of the list,
    and counted from its beginning others would be missed for it. Where one second has more orders than a page they are
    counted, and pages overlap for that reason.
    """
    since, beyond, passed = _poll_from(desk), 0, Passed()
    for _ in range(MOST_PAGES):
        found = _changes(desk, since, beyond)
        if found is None:  # its orders are looked at by the clock
            if not desk.dry:
                desk.ledger.answered()
            break
        passed = passed.plus(_look_over_these(desk, {order.id: order for order in found.orders}))
        newest = max((order.date_modified for order in found.orders), default=None)
        if not desk.dry:
            desk.ledger.answered(_seen_until(desk, found, newest))
        if not found.has_more:
            break
        if newest is not None and newest - SECOND > since:
            since, beyond = newest - SECOND, 0
        else:
            beyond += PAGE // 2
    return passed


@dataclass(frozen=True)
class _Changes:
    """A page that was put together."""

    orders: Sequence[ShopOrder]
    has_more: bool
    told_at: datetime | None


def _changes(desk: Desk, since: datetime, beyond: int) -> OrderPage | None:
    """A page of what changed; None when the shop cannot tell it, and answers otherwise. ShopTrouble: it is down."""
    try:
        return desk.shop.orders_modified_after(since, beyond)
    except ShopTrouble as trouble:
        if not is_of_one_order(desk, trouble):
            raise
        log.warning("a shop does not list what changed: %s", trouble.says)
        return None if trouble.is_odd else _one_by_one(desk, since, beyond)


def _one_by_one(desk: Desk, since: datetime, beyond: int) -> OrderPage | None:
    """Those orders of a page that the shop can tell. None where it is no matter of single ones."""
    orders: list[ShopOrder] = []
    one: OrderPage | None = None
    failed = 0
    for place in range(beyond, beyond + PAGE):
        try:
            one = desk.shop.orders_modified_after(since, place, 1)
        except ShopTrouble:
            failed += 1
            if failed > MOST_FAILING:
                return None
            continue
        orders += one.orders
        if not one.has_more:
            break
    return None if one is None else _Changes(orders, one.has_more, one.told_at)


def _seen_until(desk: Desk, found: OrderPage, newest: datetime | None) -> datetime:
    """Up to when the shop's changes were seen, in its time.

    Never later than it is there: an order with a date to come, or a clock that was ahead for a while, would hide all
    changes until then. A shop that lists nothing at its first poll may be behind the time, and is asked by its own.
    """
    at, before = found.told_at or desk.now(), desk.terms.polled_until
    if newest is None and before is None:
        return at - OVERLAP
    return min(at, max(moment for moment in (newest, before) if moment is not None))


def _poll_from(desk: Desk) -> datetime:
    """A shop's first poll looks back a little; orders from before that are due by themselves."""
    until = desk.terms.polled_until
    return desk.now() - FIRST_LOOK_BACK if until is None else until - OVERLAP - SECOND  # listed is what is later


def _look_over(desk: Desk, watches: Sequence[Watch]) -> Passed:
    if not watches:
        return Passed()
    try:
        orders = {order.id: order for order in desk.shop.orders([watch.order_id for watch in watches])}
    except ShopTrouble as trouble:
        if not is_of_one_order(desk, trouble):
            raise
        orders = {}  # it is one of them: find out which, one by one
    return _glance_at(desk, watches, orders)


def _look_over_these(desk: Desk, orders: Mapping[int, ShopOrder]) -> Passed:
    """Orders that the shop says have changed: those of them that are watched, but for what was seen already."""
    watches = desk.ledger.named(list(orders))
    news = [watch for watch in watches if not _was_seen(watch, orders[watch.order_id])]
    return _glance_at(desk, news, orders)


def _was_seen(watch: Watch, order: ShopOrder) -> bool:
    last = watch.last_seen
    return isinstance(last, ShopOrder) and last.date_modified == order.date_modified and last.status == order.status


def _glance_at(desk: Desk, watches: Sequence[Watch], orders: Mapping[int, ShopOrder]) -> Passed:
    """Write down the quiet ones together, and see to the others. A list may leave out what is not deleted."""
    invoices = desk.ledger.invoices([watch.id for watch in watches])
    ids = [each.view.id for found in invoices.values() for each in found]
    known = desk.ledger.known(ids)
    looks, loud = [], []
    for watch in watches:
        order = orders.get(watch.order_id)
        if order is None:
            loud.append((watch, 0))
            continue
        remembered = remembering(order, watch)
        judged = judge(desk.decide, remembered, invoices.get(watch.id, ()), known, desk.terms.terms, desk.now())
        if all(each.is_quiet for each in judged):
            looks.append(_quiet(desk, watch, remembered, judged))
        else:
            loud.append((watch, 1))
    if looks and not desk.dry:
        desk.ledger.record(looks)
    return Passed(len(watches), sum(attend(desk, watch, reads) for watch, reads in loud))


def _quiet(desk: Desk, watch: Watch, order: ShopOrder, judged: Sequence[Judged]) -> Look:
    state = state_of(judged)
    return Look(watch, state, next_look(state, desk.now(), ()), order.to_json(), disagrees=False)
