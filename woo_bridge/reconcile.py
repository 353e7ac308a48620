"""One order: read it, decide about each of its invoices, act, and read it again. Only who claims the order is here.

What disagrees gets its grace, one nudge of the shop's own plugin, then a write where the table allows it, else a
person is told.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from app.domain.bridge import Act, Need
from app.domain.bridge_times import OPEN_STATES, SAFETY_RAISED, TRY_TAKES, WatchState, may_act_at, next_look
from app.domain.mismatch import MismatchKind
from app.domain.shop_notes import is_persons_decision
from app.domain.shop_order import OrderGone, ShopOrder
from app.domain.shop_stock import suffices
from app.domain.watch import FAILING_SINCE, Look, Watch
from woo_bridge.acting import count_in_vain, put, raise_mismatch, shut
from woo_bridge.errors import ShopTrouble
from woo_bridge.glance import Judged, judge, state_of
from woo_bridge.noting import note_once
from woo_bridge.ports import Desk, Report
from woo_bridge.resuming import resume
from woo_bridge.whose_trouble import is_of_one_order

ROUNDS = 5  # each begins with reading the order; a write makes another one needed
READS = 2  # of the same disagreement before anything is done
AGAIN = timedelta(seconds=90)  # after something that did not work out: two tries and a person told within 10 minutes
ODD_WAITS = timedelta(hours=1)
FAILING_FOR = timedelta(minutes=4)  # so long the shop may fail over an order before a person is told: it comes and goes
FAILING_WAITS = timedelta(minutes=10)


@dataclass
class _Course:
    """How one attendance goes: what it waits for, and how often the order was read."""

    reads: int
    waits: list[datetime] = field(default_factory=list)
    stale: bool = False  # something was changed: the order and its invoices must be read again


def attend(desk: Desk, watch: Watch, reads: int = 0) -> bool:
    """See to one order that was read `reads` times before. False when somebody else has it. ShopTrouble of the shop.

    A shop that tells this one order in a way nobody understands, or fails over it alone, is no reason to leave the
    others alone.
    """
    if not desk.dry and not desk.ledger.claim(watch.id):
        return False
    try:
        look = _see_to(desk, watch, _Course(reads))
    except ShopTrouble as trouble:
        if not is_of_one_order(desk, trouble):
            _let_go(desk, watch)
            raise
        look = _look_at_odd(desk, watch, trouble)
    except BaseException:
        _let_go(desk, watch)
        raise
    if not desk.dry:
        desk.ledger.end(look)
    return True


def _look_at_odd(desk: Desk, watch: Watch, trouble: ShopTrouble) -> Look:
    """It is read again, or for some minutes; when that is no better, a person is told if money is concerned."""
    since = watch.failing_since or desk.now()
    seen = _unread(watch, since)
    if desk.now() < since + (AGAIN if trouble.is_odd else FAILING_FOR):
        return Look(watch, _open(watch), desk.now() + AGAIN, seen, disagrees=True)
    evidence = {"act": Act.RAISE.value, "why": trouble.says, "guards": []}
    views = [each.view for each in desk.ledger.invoices([watch.id]).get(watch.id, ())]
    for view in views:
        if view.has_money and not desk.dry:
            desk.ledger.open_mismatch(watch.id, view.id, MismatchKind.NO_ANSWER, evidence)
    known = desk.ledger.known([view.id for view in views])
    state = WatchState.MISMATCH if any(each.opened for each in known.values()) else _open(watch)
    wait = ODD_WAITS if trouble.is_odd else FAILING_WAITS
    if any(MismatchKind.NO_ANSWER in each.closed for each in known.values()):  # whoever closed it knows of it
        wait = SAFETY_RAISED
    return Look(watch, state, desk.now() + wait, seen, disagrees=True)


def _unread(watch: Watch, since: datetime) -> Mapping[str, Any] | None:
    """What was seen last stays so, and since when no reading of it has ended well."""
    return None if watch.last_seen is None else {**watch.last_seen.to_json(), FAILING_SINCE: since.isoformat()}


def _open(watch: Watch) -> WatchState:
    """As it was, but nothing is over before it was looked at."""
    return watch.state if watch.state in OPEN_STATES else WatchState.WATCHING


def _let_go(desk: Desk, watch: Watch) -> None:
    if not desk.dry:
        desk.ledger.let_go(watch.id)


def _see_to(desk: Desk, watch: Watch, course: _Course) -> Look:
    order = read(desk, watch, course)
    if not desk.dry and (until := resume(desk, watch, order)) is not None:
        return Look(watch, _open(watch), until, order.to_json(), disagrees=True)
    for _ in range(ROUNDS):
        order, judged = _judged(desk, watch, order)
        if not all(each.is_quiet for each in judged) and course.reads < READS:
            order, judged = _judged(desk, watch, read(desk, watch, course))
        course.stale = False
        for each in judged:
            _handle(desk, watch, order, each, course)
            if course.stale:
                break
        if not course.stale or desk.dry:
            break
        order = read(desk, watch, course)
    order, judged = _judged(desk, watch, order)
    if course.stale and not desk.dry:
        count_in_vain(desk, watch, judged)
    return _look(desk, watch, order, judged, course)


def read(desk: Desk, watch: Watch, course: _Course) -> ShopOrder | OrderGone:
    """The order as it is now."""
    course.reads += 1
    return desk.shop.order(watch.order_id)


def _judged(desk: Desk, watch: Watch, order: ShopOrder | OrderGone) -> tuple[ShopOrder | OrderGone, list[Judged]]:
    """Decisions about all invoices; what they need to know beside the order is read first."""
    invoices = desk.ledger.invoices([watch.id]).get(watch.id, ())
    known = desk.ledger.known([each.view.id for each in invoices])
    judged = judge(desk.decide, order, invoices, known, desk.terms.terms, desk.now())
    for _ in Need:
        needs = frozenset().union(*(each.decision.needs for each in judged if each.decision.act is Act.READ_MORE))
        if isinstance(order, OrderGone) or not needs:
            break
        order = knowing(desk, order, needs)
        judged = judge(desk.decide, order, invoices, known, desk.terms.terms, desk.now())
    return order, judged


def knowing(desk: Desk, order: ShopOrder, needs: frozenset[Need]) -> ShopOrder:
    """The order with what calls of their own tell of it."""
    if Need.NOTES in needs and order.decided_by_person is None:
        order = order.knowing(person=is_persons_decision(order, desk.shop.notes(order.id)))
    if Need.STOCK in needs and order.stock_suffices is None:
        shelves = desk.shop.stocks(item.product_id for item in order.wanted)
        order = order.knowing(stock=suffices(order, shelves))
    return order


def _handle(desk: Desk, watch: Watch, order: ShopOrder | OrderGone, each: Judged, course: _Course) -> None:
    if each.is_done:
        return
    if each.decision.act is Act.AGREES and each.decision.note is None:
        _end_quietly(desk, watch, each)
        return
    when = _acts_from(desk, each)
    if desk.now() < when:
        course.waits.append(when)
        _tell(desk, watch, each, "waits for the shop's plugin")
        return
    if desk.dry:
        _tell(desk, watch, each, f"would {each.decision.act.value}")
        return
    if each.decision.act is Act.WRITE and isinstance(order, ShopOrder):
        _write(desk, watch, order, each, course)
    elif each.decision.act is Act.CLOSE_INVOICE:
        course.stale = shut(desk, watch, order, each)
    elif each.decision.act in (Act.AGREES, Act.NOTHING_YET):
        _end_quietly(desk, watch, each)
    else:
        raise_mismatch(desk, watch, order, each)


def _acts_from(desk: Desk, each: Judged) -> datetime:
    nudged = each.known.nudged_at
    since = nudged if nudged is not None and nudged >= each.moved_at else None
    return may_act_at(desk.ledger.told(each.view.id), each.moved_at, since, desk.terms.grace)


def _write(desk: Desk, watch: Watch, order: ShopOrder, each: Judged, course: _Course) -> None:
    if each.is_fruitless:
        raise_mismatch(desk, watch, order, each)
        return
    nudged = each.known.nudged_at
    if (nudged is None or nudged < each.moved_at) and desk.ledger.nudge(watch.id, each.view.id):
        _tell(desk, watch, each, "nudged the shop's plugin")
        course.waits.append(desk.now() + TRY_TAKES + desk.terms.grace)
        return
    if _may_downgrade(each) and not order.is_still(read(desk, watch, course)):
        course.stale = True
        return
    if put(desk, watch, order, each) is False:
        course.waits.append(desk.now() + AGAIN)
    else:
        course.stale = True


def _may_downgrade(each: Judged) -> bool:
    """A shop sets any status it is told, `set_paid` does nothing to a paid order: then what the notes took counts."""
    return "status" in (each.decision.write or {})


def _end_quietly(desk: Desk, watch: Watch, each: Judged) -> None:
    if desk.dry:
        _tell(desk, watch, each, "would close what was raised")
        return
    note_once(desk, watch, each.view.id, each.decision, each.known)
    if each.decision.act is Act.AGREES and each.known.endable:
        desk.ledger.resolve_agreed(watch.id, each.view.id, each.known.endable)
        _tell(desk, watch, each, "order and invoice agree again")


def _look(desk: Desk, watch: Watch, order: ShopOrder | OrderGone, judged: Sequence[Judged], course: _Course) -> Look:
    known = desk.ledger.known([each.view.id for each in judged])
    judged = [replace(each, known=known[each.view.id]) for each in judged]
    state, disagrees = state_of(judged), not all(each.is_quiet for each in judged)
    if disagrees and not course.waits:
        course.waits.append(desk.now() + AGAIN)
    if disagrees and state is WatchState.DONE:
        state = WatchState.WATCHING
    return Look(watch, state, next_look(state, desk.now(), course.waits), order.to_json(), disagrees)


def _tell(desk: Desk, watch: Watch, each: Judged, did: str) -> None:
    desk.report(Report(watch.order_id, each.view.id, each.decision, did))
