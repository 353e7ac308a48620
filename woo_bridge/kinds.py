"""What a disagreement is called: where the order stands names it, else what became of the money."""

from app.domain.bridge import InvoiceView
from app.domain.mismatch import MismatchKind
from app.domain.shop_order import ShopOrder
from woo_bridge.table import Column, Row

BY_ROW = {
    Row.GONE: MismatchKind.DELETED,
    Row.REUSED: MismatchKind.REUSED_ID,
    Row.TRASH: MismatchKind.TRASHED,
    Row.REFUNDED: MismatchKind.REFUNDED,
    Row.UNKNOWN: MismatchKind.UNKNOWN_STATUS,
}
BY_COLUMN = {
    Column.EXPIRED: MismatchKind.WAITS_IN_VAIN,
    Column.SHORT: MismatchKind.SHORT,
    Column.LATE: MismatchKind.LATE,
    Column.INVALID: MismatchKind.NEVER_CONFIRMED,
}
SETTLED_ON = {
    Row.CANCELLED_BY_PERSON: MismatchKind.CANCELLED_BY_PERSON,
    Row.BOOKED: MismatchKind.PUT_BACK,
}


def kind_of(row: Row, column: Column, invoice: InvoiceView, order: ShopOrder) -> MismatchKind:
    """The kind for a cell that raises."""
    if row in BY_ROW:
        return BY_ROW[row]
    if row is Row.OTHER_GATEWAY:
        paid = order.date_paid is not None or order.status in ("processing", "completed")
        return MismatchKind.DOUBLE_PAYMENT if paid else MismatchKind.GATEWAY
    if row is Row.DIFFERS:
        same_currency, _ = order.sells_for(invoice.price, invoice.currency)
        return MismatchKind.AMOUNT if same_currency else MismatchKind.CURRENCY
    if column is Column.INVALID and row is Row.BOOKED:
        return MismatchKind.PAID_THERE_NOT_HERE
    return BY_COLUMN.get(column) or SETTLED_ON.get(row, MismatchKind.PAID_HERE_NOT_THERE)
