"""decide(): the one pure function that says what to do about an invoice and its order as just read.

The table says what is wanted, the guards what is allowed. It is asked for each invoice of an order by itself, with the
order's other invoices beside it. Asked again after what it wanted was done, it wants nothing more.
"""

from collections.abc import Sequence
from datetime import datetime

from app.domain.bridge import Act, Decision, InvoiceView, Need, Terms
from app.domain.mismatch import MismatchKind
from app.domain.shop_order import OrderGone, ShopOrder
from woo_bridge.scene import Scene
from woo_bridge.standing import column_of, is_current, is_given_up, row_of
from woo_bridge.table import TABLE, Column, Row

ASKS_WHO_CANCELLED = (Column.NEW, Column.SETTLED)


def decide(
    invoice: InvoiceView,
    order: ShopOrder | OrderGone,
    others: Sequence[InvoiceView],
    terms: Terms,
    now: datetime,
) -> Decision:
    """What to do. `others` are the further invoices of the same order; `order` is from one fresh GET."""
    column = column_of(invoice)
    scene = Scene(invoice, order, tuple(others), terms, now, column, row_of(invoice, order, column))
    if column is Column.LOST:
        return scene.raises(MismatchKind.LOST_PAYMENT, noted=True)
    if column is Column.CLOSED:
        return scene.agrees("the invoice was given up and nothing was paid to it", is_final=True)
    if scene.is_of_shop_before:
        return Decision(Act.NOTHING_YET, "it is for an order of the shop that was connected before", is_final=True)
    if column is Column.INVALID and is_given_up(invoice):
        return Decision(Act.NOTHING_YET, "money that came after the invoice was given up waits for the blockchain")
    if isinstance(order, OrderGone):
        return scene.without_order()
    if scene.row is Row.CANCELLED and order.decided_by_person is None and column in ASKS_WHO_CANCELLED:
        return scene.reads(Need.NOTES, "who cancelled the order decides what may be done")
    if not is_current(invoice, order, others) and (superseded := scene.judge_superseded(order)):
        return superseded
    return scene.judge(order, TABLE[scene.row, column])
