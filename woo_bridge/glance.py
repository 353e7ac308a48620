"""A first look at an order as a list told it: is there anything to do about it? Nothing is written here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from app.domain.bridge import Act, Decision, InvoiceView, Terms
from app.domain.bridge_times import WatchState
from app.domain.mismatch import MismatchKind
from app.domain.shop_order import OrderGone, ShopOrder
from app.domain.watch import InvoiceWatch, Known, Watch
from woo_bridge.ports import Decide

NOTHING_KNOWN = Known()
TOO_FRUITLESS = 2  # writes that changed nothing; then a person is told
TOO_OFTEN = 3  # writes that did what they should, and something in the shop takes it back each time


@dataclass(frozen=True)
class Judged:
    """An invoice with what was decided about it, and what was done before."""

    view: InvoiceView
    moved_at: datetime
    decision: Decision
    known: Known

    @property
    def is_fruitless(self) -> bool:
        """Is it a write that the shop did not take, often enough, or that never lasts there? Each has mails sent."""
        key, known = write_key(self.decision), self.known
        in_vain = known.fruitless.get(key, 0) >= TOO_FRUITLESS or known.repeats.get(key, 0) >= TOO_OFTEN
        return self.decision.act is Act.WRITE and in_vain

    @property
    def is_left(self) -> bool:
        """Has a person closed the matter of this money since the invoice moved last? Then they decided, not we."""
        concerned = self.decision.act is Act.WRITE or self.decision.mismatch is MismatchKind.GIVEN_BACK
        closed = self.known.closed_at
        return concerned and closed is not None and closed >= self.moved_at

    @property
    def matter(self) -> MismatchKind | None:
        """What a person is told instead of anything being done; of a fruitless write, what it was for."""
        if self.decision.act is Act.RAISE:
            return self.decision.mismatch
        if not self.is_fruitless:
            return None
        pays = self.decision.expects is not None and self.decision.expects.paid
        return MismatchKind.PAID_HERE_NOT_THERE if pays else MismatchKind.WROTE_IN_VAIN

    @property
    def is_quiet(self) -> bool:
        """Is there nothing to be done now, and nothing that was begun?"""
        return self.is_done and not self.known.unfinished

    @property
    def is_done(self) -> bool:
        """Was it done before, or need nobody do anything? A note may still be waiting to be written."""
        if self.decision.act is Act.WRITE:
            return self.is_left or self.matter in self.known.opened | self.known.closed
        if self.decision.note is not None and self.decision.note_key not in self.known.noted:
            return False
        if self.decision.act is Act.RAISE:
            return self.is_left or self.matter in self.known.opened | self.known.closed
        if self.decision.act is Act.AGREES:
            return not self.known.endable
        return self.decision.act is Act.NOTHING_YET

    @property
    def is_over(self) -> bool:
        """Is there nothing left to wait for? What a person closed is the last word on an invoice that is over."""
        if self.decision.act in (Act.RAISE, Act.WRITE):
            return self.view.is_over and (self.is_left or self.matter in self.known.closed)
        return self.decision.is_final


def write_key(decision: Decision) -> str:
    """What a write is for, in a word: a status, or the payment."""
    return str((decision.write or {}).get("status") or "set_paid")


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
