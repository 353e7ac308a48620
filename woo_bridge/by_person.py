"""What a person wants done in the shop after all: the order is set to paid, whatever the table says."""

from app.domain.bridge import Act, Decision
from app.domain.shop_order import ShopOrder
from app.domain.watch import AskedRemedy, Watch
from woo_bridge.acting import put
from woo_bridge.errors import ShopTrouble
from woo_bridge.glance import NOTHING_KNOWN, Judged
from woo_bridge.ports import Desk
from woo_bridge.resuming import resume
from woo_bridge.whose_trouble import is_of_one_order
from woo_bridge.writes import never_paid, payment_write

GONE = "the shop has no such order any more"
NO_INVOICE = "the invoice is for another order now"
UNDER_WAY = "something else is being written to the order: ask again in a minute"
NOT_AS_WANTED = "the shop took it, and the order is still not paid: look at it there"


def carry_out(desk: Desk, asked: AskedRemedy) -> None:
    """Set the order to paid and close the mismatch; where that fails, the person is told why. ShopTrouble."""
    if not desk.ledger.claim(asked.watch.id):
        return  # somebody is at it; the next look at what was asked finds it again
    try:
        why_not = _pay_or_say(desk, asked)
        desk.ledger.answer_person(asked, why_not)
    finally:
        desk.ledger.let_go(asked.watch.id)


def _pay_or_say(desk: Desk, asked: AskedRemedy) -> str | None:
    """An order over which the shop fails alone is this person's matter, and holds up nobody else."""
    try:
        return _pay(desk, asked.watch, asked)
    except ShopTrouble as trouble:
        if not is_of_one_order(desk, trouble):
            raise
        return trouble.says


def _pay(desk: Desk, watch: Watch, asked: AskedRemedy) -> str | None:
    """Why it could not be done; None when the order is paid."""
    order = desk.shop.order(watch.order_id)
    if resume(desk, watch, order) is not None:
        return UNDER_WAY
    if not isinstance(order, ShopOrder):
        return GONE
    invoices = desk.ledger.invoices([watch.id]).get(watch.id, ())
    mine = next((each for each in invoices if each.view.id == asked.invoice_id), None)
    if mine is None:
        return NO_INVOICE
    body, expects = payment_write(order, mine.view)
    if expects.is_met_by(order):
        return None
    if (why_not := never_paid(order, mine.view)) is not None:
        return why_not
    note = f"{asked.by} set this order to paid in Sattle; invoice {mine.view.id}."
    decision = Decision(
        Act.WRITE, "a person says so", write=body, expects=expects, note=note, note_key=f"person-{asked.mismatch_id}"
    )
    known = desk.ledger.known([mine.view.id]).get(mine.view.id, NOTHING_KNOWN)
    try:
        return None if put(desk, watch, order, Judged(mine.view, mine.moved_at, decision, known)) else NOT_AS_WANTED
    except ShopTrouble as trouble:
        if trouble.shop_is_down:
            raise
        return trouble.says
