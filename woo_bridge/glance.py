"""A first look at an order as a list told it: is there anything to do about it? Nothing is written here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from app.domain.bridge import Act, Decision, InvoiceView, Terms
from app.domain.bridge_times import WatchState
from app.domain.shop_order import OrderGone, ShopOrder
from app.domain.watch import InvoiceWatch, Known, Watch
from woo_bridge.ports import Decide

NOTHING_KNOWN = Known()


@dataclass(frozen=True)
class Judged:
    """An invoice with what was decided about it, and what was done before."""

    view: InvoiceView
    moved_at: datetime
    decision: Decision
    known: Known

    @property
    def is_quiet(self) -> bool:
        """Is there nothing to be done now, since it was done before or nobody need do anything?"""
        if self.known.unfinished:
            return False
        if self.decision.note is not None and self.decision.note_key not in self.known.noted:
            return False
        if self.decision.act is Act.RAISE:
            return self.decision.mismatch in self.known.opened | self.known.closed
        if self.decision.act is Act.AGREES:
            return not self.known.endable
        return self.decision.act is Act.NOTHING_YET

    @property
    def is_over(self) -> bool:
        """Is there nothing left to wait for? What a person closed is the last word on an invoice that is over."""
        if self.decision.act is Act.RAISE:
            return self.decision.mismatch in self.known.closed and self.view.is_over
        return self.decision.is_final


def judge(
    decide: Decide,
    order: ShopOrder | OrderGone,
    invoices: Sequence[InvoiceWatch],
    known: Mapping[str, Known],
    terms: Terms,
    now: datetime,
) -> list[Judged]:
    """Decide about each invoice of an order, the others in sight."""
    views = [each.view for each in invoices]
    found = []
    for each in invoices:
        others = [view for view in views if view.id != each.view.id]
        decision = decide(each.view, order, others, terms, now)
        found.append(Judged(each.view, each.moved_at, decision, known.get(each.view.id, NOTHING_KNOWN)))
    return found


def remembering(order: ShopOrder, watch: Watch) -> ShopOrder:
    """The order with what calls of their own have told of it before, if it has not changed since."""
    last = watch.last_seen
    if not isinstance(last, ShopOrder) or (last.date_modified, last.status) != (order.date_modified, order.status):
        return order
    return order.knowing(person=last.decided_by_person, stock=last.stock_suffices)


def state_of(judged: Sequence[Judged]) -> WatchState:
    """Where the watch of an order stands, once everything that could be done was done."""
    if any(each.known.opened for each in judged):
        return WatchState.MISMATCH
    return WatchState.DONE if all(each.is_over for each in judged) else WatchState.WATCHING
