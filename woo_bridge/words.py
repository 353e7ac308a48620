"""What the bridge writes on an order, for the people of the shop. Such a note is private: buyers never see it."""

from app.domain.bridge import InvoiceView
from app.domain.mismatch import MismatchKind
from app.domain.money import coins_text

PAID = "paid"
HELD = "held"
CANCELLED = "cancelled"
SEEN = "seen"


def paid(invoice: InvoiceView) -> str:
    return (
        f"Sattle: invoice {invoice.id} is settled{_received(invoice)}. The order did not show it,"
        " so Sattle set it to paid."
    )


def held(invoice: InvoiceView) -> str:
    return (
        f"Sattle: the payment of invoice {invoice.id} was seen{_received(invoice)} and waits for the blockchain."
        " The order is on hold meanwhile, so that it is not cancelled for want of payment."
    )


def cancelled(invoice: InvoiceView) -> str:
    return f"Sattle: invoice {invoice.id} ran out and nothing was paid to it, so the order is cancelled."


def seen(invoice: InvoiceView, standing: str) -> str:
    return (
        f"Sattle: the payment of invoice {invoice.id} was seen{_received(invoice)}, while the order is {standing}."
        " Nothing needs to be done before the blockchain has confirmed it."
    )


def raised(invoice: InvoiceView, kind: MismatchKind) -> str:
    return (
        f"Sattle asks somebody to look at this order. {kind.told.title}: {kind.told.cause}"
        f" It is about invoice {invoice.id}{_received(invoice)}."
    )


def _received(invoice: InvoiceView) -> str:
    sats = max(invoice.seen_sats, invoice.settled_sats)
    return f" ({coins_text(sats)} BTC received)" if sats else ""
