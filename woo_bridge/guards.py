"""The guards before any write to an order, each by its letter in the table, and what its failure is called."""

from collections.abc import Sequence

from app.domain.bridge import InvoiceView
from app.domain.mismatch import MismatchKind
from app.domain.shop_order import ShopOrder
from woo_bridge.standing import is_current, is_our_gateway, is_proved

GATEWAY, CURRENT, PROVED, AMOUNT, NO_REFUND, NOT_BOOKED, NO_PERSON = "abcdefg"


def failed_guards(invoice: InvoiceView, order: ShopOrder, others: Sequence[InvoiceView]) -> tuple[str, ...]:
    """The letters of the guards that do not hold. That no person decided (g) must have been read to hold."""
    holds = {
        GATEWAY: is_our_gateway(order),
        CURRENT: is_current(invoice, order, others),
        PROVED: is_proved(invoice, order),
        AMOUNT: all(order.sells_for(invoice.price, invoice.currency)),
        NO_REFUND: not order.has_refunds,
        NOT_BOOKED: order.date_paid is None,
        NO_PERSON: order.decided_by_person is False,
    }
    return tuple(letter for letter, good in holds.items() if not good)


def named(failed: Sequence[str], invoice: InvoiceView, order: ShopOrder) -> MismatchKind:
    """What the first of the failures is for a person."""
    same_currency, _ = order.sells_for(invoice.price, invoice.currency)
    persons = MismatchKind.CANCELLED_BY_PERSON if order.status == "cancelled" else MismatchKind.DECIDED_BY_PERSON
    unasked = MismatchKind.UNPROVEN if order.plugin_invoice_id is None else MismatchKind.SUPERSEDED
    return {
        GATEWAY: MismatchKind.GATEWAY,
        CURRENT: unasked,
        PROVED: MismatchKind.UNPROVEN,
        AMOUNT: MismatchKind.AMOUNT if same_currency else MismatchKind.CURRENCY,
        NO_REFUND: MismatchKind.REFUNDED,
        NOT_BOOKED: MismatchKind.PUT_BACK,
        NO_PERSON: persons,
    }[failed[0]]
