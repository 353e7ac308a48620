"""One invoice before one order, and what each cell of the table comes to there."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from app.domain.bridge import Act, Decision, Expected, InvoiceView, Need, Terms
from app.domain.mismatch import MismatchKind
from app.domain.shop_order import OrderGone, ShopOrder
from woo_bridge import guards, words
from woo_bridge.kinds import kind_of
from woo_bridge.standing import ONLY_WITH_MONEY, is_proved, payer_of
from woo_bridge.table import TABLE, Cell, Column, Row
from woo_bridge.writes import payment_write

RAISING = (Cell.RAISE, Cell.NOTE_AND_RAISE)
ENDS = (Row.PAID, Row.CANCELLED, Row.CANCELLED_BY_PERSON, Row.REFUNDED, Row.TRASH, Row.GONE, Row.REUSED)


@dataclass(frozen=True)
class Scene:
    """One invoice before one order."""

    invoice: InvoiceView
    order: ShopOrder | OrderGone
    others: tuple[InvoiceView, ...]
    terms: Terms
    now: datetime
    column: Column
    row: Row

    @property
    def is_of_shop_before(self) -> bool:
        """Another shop's orders have the same ids; where the key fits, the shop only moved to another address."""
        since = self.terms.orders_since
        if since is None or self.invoice.created_at >= since:
            return False
        return isinstance(self.order, OrderGone) or not is_proved(self.invoice, self.order)

    def judge(self, order: ShopOrder, cell: Cell) -> Decision:
        """Do what the cell says."""
        if cell in RAISING:
            return self._judge_raising(order, noted=cell is Cell.NOTE_AND_RAISE)
        if cell in (Cell.PAY, Cell.PAY_AND_RAISE, Cell.PAY_FROM_STOCK):
            return self._judge_paying(order, cell)
        if cell in (Cell.RAISE_UNLESS_OURS, Cell.ALARM):
            return self._judge_paid(order, cell)
        if cell is Cell.HOLD and self.terms.on_hold_at_sight:
            return self._guarded(
                order, {"status": "on-hold"}, Expected("on-hold"), words.HELD, words.held(self.invoice)
            )
        if cell is Cell.CANCEL and self.terms.cancel_expired and not self._sibling_counts():
            note = words.cancelled(self.invoice)
            return self._guarded(order, {"status": "cancelled"}, Expected("cancelled"), words.CANCELLED, note)
        if cell is Cell.CLOSE and is_proved(self.invoice, order):
            return self._judge_closing()
        if cell is Cell.NOTE:
            note = words.seen(self.invoice, self.row)
            return Decision(Act.NOTHING_YET, self._why(), note=self._proved(note), note_key=words.SEEN)
        return self.agrees(self._outlook(order), is_final=self.invoice.is_over and self.row in ENDS)

    def judge_superseded(self, order: ShopOrder) -> Decision | None:
        """The order is to be paid by another invoice: nothing is written for this one. None: as if it were not so."""
        if self.row is Row.REUSED or self.column is Column.NEW:
            return None
        if self.column not in ONLY_WITH_MONEY:
            return None if self.row is Row.PAID else self.agrees("another invoice took its place", is_final=True)
        if self.row is Row.PAID:
            return None if self.column in (Column.SETTLED, Column.LATE) else self._raises_superseded(order)
        own = self.row in (Row.TRASH, Row.REFUNDED, Row.UNKNOWN, Row.OTHER_GATEWAY)
        return None if own and TABLE[self.row, self.column] in RAISING else self._raises_superseded(order)

    def without_order(self) -> Decision:
        """The shop has no such order."""
        if TABLE[Row.GONE, self.column] in RAISING:
            return self.raises(MismatchKind.DELETED)
        return self.agrees("the order is gone and no money is concerned", is_final=self.invoice.is_over)

    def agrees(self, why: str, *, is_final: bool = False) -> Decision:
        return Decision(Act.AGREES, why, is_final=is_final)

    def reads(self, need: Need, why: str) -> Decision:
        return Decision(Act.READ_MORE, why, needs=frozenset({need}))

    def raises(self, kind: MismatchKind, *, noted: bool = False, failed: tuple[str, ...] = ()) -> Decision:
        """Show it to a person; with a note only on an order that is surely this invoice's."""
        note = self._proved(words.raised(self.invoice, kind)) if noted else None
        return Decision(Act.RAISE, self._why(), note=note, note_key=kind.value, mismatch=kind, failed_guards=failed)

    def _judge_raising(self, order: ShopOrder, *, noted: bool) -> Decision:
        if self.row is Row.REFUNDED and self.invoice.has_refund:
            return self.agrees("the order was refunded, and so was the invoice", is_final=self.invoice.is_over)
        if self.row is Row.ON_HOLD and self.column is Column.EXPIRED and self._sibling_counts():
            return self.agrees("the order waits for another of its invoices")
        return self.raises(kind_of(self.row, self.column, self.invoice, order), noted=noted)

    def _judge_paying(self, order: ShopOrder, cell: Cell) -> Decision:
        write, expects = payment_write(order, self.invoice)
        decision = self._guarded(order, write, expects, words.PAID, words.paid(self.invoice))
        if decision.act is not Act.WRITE:
            return decision
        if self.invoice.has_refund:
            return self.raises(MismatchKind.GIVEN_BACK)
        if cell is Cell.PAY_AND_RAISE:
            return replace(decision, mismatch=MismatchKind.PAID_DRAFT)
        if cell is Cell.PAY_FROM_STOCK and self.terms.track_stock and order.wanted and not order.stock_suffices:
            if order.stock_suffices is None:
                return self.reads(Need.STOCK, "the shop took the order's goods back: are they still there?")
            return self.raises(MismatchKind.OUT_OF_STOCK, noted=True)
        return decision

    def _judge_paid(self, order: ShopOrder, cell: Cell) -> Decision:
        """The order counts as paid: by whose money?"""
        payer = payer_of(order, (self.invoice, *self.others))
        if cell is Cell.RAISE_UNLESS_OURS:
            if payer is not None and payer.id == self.invoice.id:
                return self.agrees("the order was paid by this invoice", is_final=True)
            if not self.invoice.is_paid:
                return Decision(Act.NOTHING_YET, "late money for a paid order waits for the blockchain")
            return self.raises(MismatchKind.DOUBLE_PAYMENT)
        if payer is not None:
            return self.agrees("the order was paid by another of its invoices", is_final=True)
        if self.column is Column.EXPIRED and not self.invoice.was_full:
            ours = {"", self.invoice.id, *(other.id for other in self.others)}
            if order.transaction_id not in ours or order.decided_by_person:
                return self.agrees("somebody else has booked a payment for the order", is_final=True)
            if order.decided_by_person is None:
                return self.reads(Need.NOTES, "who set the order to paid, without a payment here?")
        return self.raises(MismatchKind.PAID_THERE_NOT_HERE, noted=True)

    def _judge_closing(self) -> Decision:
        """Nobody may pay for a dead order; but money that was here in full and went is a matter for a person."""
        if self.row is Row.PAID and self.invoice.was_full:
            return self.raises(MismatchKind.PAID_THERE_NOT_HERE, noted=True)
        kind = None
        if self.invoice.has_money:
            kind = MismatchKind.DOUBLE_PAYMENT if self.row is Row.PAID else MismatchKind.CANCELLED_BY_PERSON
        return Decision(Act.CLOSE_INVOICE, f"the order is {self.row}, so nobody should pay the invoice", mismatch=kind)

    def _guarded(
        self, order: ShopOrder, write: Mapping[str, Any], expects: Expected, note_key: str, note: str
    ) -> Decision:
        """The write, if every guard holds; else a person is told, if money has arrived."""
        failed = guards.failed_guards(self.invoice, order, self.others)
        if failed == (guards.NO_PERSON,) and order.decided_by_person is None:
            return self.reads(Need.NOTES, "no write before it is known that no person decided")
        failed = tuple(letter for letter in failed if letter != guards.NO_PERSON or order.decided_by_person is not None)
        if not failed:
            return Decision(Act.WRITE, self._why(), write=write, expects=expects, note=note, note_key=note_key)
        if not self.invoice.has_money and not self.invoice.is_paid:
            return Decision(Act.NOTHING_YET, self._why(), failed_guards=failed)
        return self.raises(guards.named(failed, self.invoice, order), noted=True, failed=failed)

    def _raises_superseded(self, order: ShopOrder) -> Decision:
        if order.plugin_invoice_id is None and not self.others:
            return self.raises(MismatchKind.UNPROVEN, failed=(guards.CURRENT,))
        twice = self.row is Row.PAID or any(other.is_paid for other in self.others)
        kind = MismatchKind.DOUBLE_PAYMENT if twice else MismatchKind.SUPERSEDED
        return self.raises(kind, noted=True, failed=(guards.CURRENT,))

    def _sibling_counts(self) -> bool:
        """Is another invoice of the order still open, or has it money?"""
        return any(other.has_money or not other.is_over for other in self.others)

    def _proved(self, note: str) -> str | None:
        """Nothing is written on an order that may be somebody else's."""
        proved = isinstance(self.order, ShopOrder) and is_proved(self.invoice, self.order)
        return note if proved and self.row is not Row.REUSED else None

    def _why(self) -> str:
        return f"the invoice is {self.invoice.status}, the order is {self.row}"

    def _outlook(self, order: ShopOrder) -> str:
        """Why nothing is done; and whether the shop will give the order up before its time to pay ends."""
        minutes = self.terms.hold_stock_minutes
        if self.column is not Column.NEW or self.row is not Row.PENDING or not minutes:
            return self._why()
        given_up = order.date_modified + timedelta(minutes=minutes)
        if given_up >= self.invoice.expires_at:
            return self._why()
        left = max(int((given_up - self.now).total_seconds() // 60), 0)
        return f"{self._why()}; the shop cancels it in {left} min or later, before the time to pay ends"
