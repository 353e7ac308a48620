"""Where an invoice and an order stand: the column and the row of the action table, and whose money paid the order."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from app.domain.bridge import InvoiceView, Plugin
from app.domain.invoice import AdditionalStatus, Status
from app.domain.shop_order import OrderGone, ShopOrder
from woo_bridge.table import Column, Row

PAID_STATUSES = ("processing", "completed")
BY_STATUS = {
    "pending": Row.PENDING,
    "checkout-draft": Row.DRAFT,
    "on-hold": Row.ON_HOLD,
    "failed": Row.FAILED,
    "cancelled": Row.CANCELLED,
    "processing": Row.PAID,
    "completed": Row.PAID,
    "refunded": Row.REFUNDED,
    "trash": Row.TRASH,
}
CLOCKS_DIFFER = timedelta(minutes=10)  # the shop's and ours, at most
ONLY_WITH_MONEY = (Column.PROCESSING, Column.SETTLED, Column.SHORT, Column.LATE)


def column_of(invoice: InvoiceView) -> Column:
    """The state of the invoice. One that is Invalid and still got money is judged by that money."""
    if invoice.status is Status.SETTLED:
        return Column.LOST if invoice.is_lost else Column.SETTLED
    if invoice.status is Status.NEW:
        return Column.NEW
    if invoice.status is Status.PROCESSING:
        return Column.PROCESSING
    if invoice.is_full_settled or invoice.additional_status is AdditionalStatus.PAID_LATE:
        return Column.LATE
    if invoice.status is Status.EXPIRED:
        return Column.SHORT if invoice.has_money else Column.EXPIRED
    return _invalid(invoice)


def _invalid(invoice: InvoiceView) -> Column:
    if invoice.settled_sats:
        return Column.SHORT
    return Column.INVALID if invoice.has_money or invoice.was_full else Column.CLOSED


def is_given_up(invoice: InvoiceView) -> bool:
    """Was it marked invalid before it was ever paid in full? What comes then is judged when it has settled."""
    return invoice.additional_status is AdditionalStatus.MARKED and not invoice.was_full


def row_of(invoice: InvoiceView, order: ShopOrder | OrderGone, column: Column) -> Row:
    """Where the order stands, seen from this invoice. `cancelled` is by a person only where that has been read."""
    if isinstance(order, OrderGone):
        return Row.GONE
    if invoice.order_key is not None and invoice.order_key != order.order_key:
        return Row.REUSED
    row = BY_STATUS.get(order.status, Row.PAID if order.date_paid else Row.UNKNOWN)
    if row is Row.CANCELLED and order.decided_by_person:
        row = Row.CANCELLED_BY_PERSON
    if row in (Row.TRASH, Row.REFUNDED, Row.UNKNOWN) or _outweighs(row, column):
        return row
    return _overlaid(invoice, order, row, column)


def _outweighs(row: Row, column: Column) -> bool:
    """Nobody may pay an invoice whose order is paid or given up, in whatever way that came about."""
    return column is Column.NEW and row in (Row.PAID, Row.CANCELLED_BY_PERSON)


def _overlaid(invoice: InvoiceView, order: ShopOrder, row: Row, column: Column) -> Row:
    if not is_our_gateway(order):
        return Row.OTHER_GATEWAY
    no_money = column not in ONLY_WITH_MONEY and row is Row.PAID
    if not all(order.sells_for(invoice.price, invoice.currency)) and not no_money:
        return Row.DIFFERS
    if order.date_paid is not None and row in (Row.PENDING, Row.ON_HOLD):
        return Row.BOOKED
    return row


def is_our_gateway(order: ShopOrder) -> bool:
    """The plugins' payment methods; V2 has one of its own for each way to pay where the shop wants that."""
    return order.payment_method == "btcpay" or order.payment_method.startswith("btcpaygf_")


def is_current(invoice: InvoiceView, order: ShopOrder, others: Sequence[InvoiceView]) -> bool:
    """Is it the invoice that the order is to be paid by? V1 leaves no trace over REST: there the newest one is."""
    if order.plugin_invoice_id is not None or invoice.plugin is Plugin.V2:
        return order.plugin_invoice_id == invoice.id
    return not any((other.created_at, other.id) > (invoice.created_at, invoice.id) for other in others)


def is_proved(invoice: InvoiceView, order: ShopOrder) -> bool:
    """Does the order belong to the invoice? By its key; without one, by the id that the plugin left on it."""
    if invoice.order_key is None:
        return order.plugin_invoice_id == invoice.id
    return invoice.order_key == order.order_key


def payer_of(order: ShopOrder, invoices: Sequence[InvoiceView]) -> InvoiceView | None:
    """The invoice whose money the order was paid with; None where it was other money."""
    for invoice in invoices:
        if order.transaction_id == invoice.id and invoice.is_paid:
            return invoice
    fitting = [invoice for invoice in invoices if invoice.is_paid and _fits(order, invoice)]
    asked_for = [invoice for invoice in fitting if invoice.id == order.plugin_invoice_id]
    return min(asked_for or fitting, key=_settled_first, default=None)


def _fits(order: ShopOrder, invoice: InvoiceView) -> bool:
    """An order that was paid long before our money was seen was paid by other money.

    The shop's clock may be slow. So this is not asked where the plugin had an invoice of its own, paid in time, to set
    the order to paid by, and nobody else left a mark on it.
    """
    plugins = is_our_gateway(order) and order.plugin_invoice_id == invoice.id
    if plugins and invoice.status is Status.SETTLED and order.transaction_id in ("", invoice.id):
        return True
    if order.date_paid is None or invoice.first_seen_at is None:
        return True
    return order.date_paid >= invoice.first_seen_at - CLOCKS_DIFFER


def _settled_first(invoice: InvoiceView) -> tuple[datetime, str]:
    return (invoice.settled_at or invoice.created_at, invoice.id)
