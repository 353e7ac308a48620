"""The shop hears nothing, or something happened to its order: the bridge repairs what it may, and nothing else.

Each needs a store that is connected to the shop over REST. Whether a mismatch was opened is seen on the server's pages
and by `flask woo mismatches`; here it is seen that nobody's order was touched.
"""

import contextlib
from collections.abc import Callable

from regtest.errors import NeverHappened
from regtest.scenarios.catalogue import Need, scenario
from regtest.scenarios.stage import PAID, Played, Stage
from regtest.waiting import wait_until

NEEDS = (Need.TIME, Need.STAND_IN, Need.BRIDGE)
GRACE_SECONDS = 3 * 60
HOUR = 3600
SET_TO_PAID = "set it to paid"
ASKS_SOMEBODY = "asks somebody to look"
"""What the bridge's notes say."""


@scenario(*NEEDS)
def firewall_for_good(stage: Stage) -> None:
    """A firewall refuses all news for good; the bridge sets the order paid, and nothing is replayed when it opens."""
    order = stage.order()
    with stage.news_answered(_refusing(stage)):
        _pay_and_settle(stage, order)
        order.wait_order(*PAID)
        once_noted(order, SET_TO_PAID)
    stage.later(3 * HOUR)
    order.stays(*PAID)
    once_noted(order, SET_TO_PAID)


@scenario(*NEEDS)
def error_after_the_change(stage: Stage) -> None:
    """The shop's REST API changes the order and answers 500; it is not written twice, and noted once."""
    order = stage.order()
    with stage.news_answered(_refusing(stage)), stage.rest_answers("after_change", only=("PUT",), times=1):
        _pay_and_settle(stage, order)
        order.wait_order(*PAID)
    stage.later(GRACE_SECONDS)
    once_noted(order, SET_TO_PAID)


@scenario(*NEEDS)
def shop_away_for_an_hour(stage: Stage) -> None:
    """The whole shop is away for an hour while the payment settles; when it is back, the order follows."""
    order = stage.order()
    with stage.shop_away():
        order.pay()
        order.wait("Processing", "Settled")
        order.bury()
        order.wait("Settled")
        stage.later(HOUR)
    stage.later(10 * 60)
    order.wait_order(*PAID)
    never_twice(order)


@scenario(*NEEDS)
def paid_by_card_first(stage: Stage) -> None:
    """The buyer pays by card instead; the invoice is closed, so that nobody pays a dead order."""
    order = stage.order()
    stage.deed(order, "pay_by_card")
    stage.later(GRACE_SECONDS)
    order.wait("Invalid (Marked)")
    order.stays(*PAID)


@scenario(*NEEDS)
def paid_by_card_and_by_bitcoin(stage: Stage) -> None:
    """The buyer pays by bitcoin and by card; the order stays as the card left it."""
    _settled_and_untouched(stage, lambda order: stage.deed(order, "pay_by_card"), PAID)


@scenario(*NEEDS)
def switched_gateway(stage: Stage) -> None:
    """The buyer pays by bitcoin after choosing a bank transfer; the order is a person's matter and stays as it is."""
    _settled_and_untouched(stage, lambda order: stage.deed(order, "switch_gateway"), ("on-hold",))


@scenario(*NEEDS)
def another_total(stage: Stage) -> None:
    """A person changes the order's total after the invoice; what was paid is another sum, so the order stays."""
    _settled_and_untouched(stage, lambda order: stage.deed(order, "set_total", total="99.00"), ("pending",))


@scenario(*NEEDS)
def cancelled_by_a_person(stage: Stage) -> None:
    """A person cancels the order and the buyer has paid; a person's decision is not undone, and noted once."""
    order = _settled_and_untouched(stage, lambda order: stage.deed(order, "cancel_by_person"), ("cancelled",))
    once_noted(order, ASKS_SOMEBODY)


@scenario(*NEEDS)
def put_in_the_trash(stage: Stage) -> None:
    """A person puts the order in the trash and the buyer has paid; it is not brought back."""
    _settled_and_untouched(stage, lambda order: stage.deed(order, "trash"), ("trash",))


@scenario(*NEEDS)
def deleted(stage: Stage) -> None:
    """The order is deleted and the buyer has paid; the money is on record, and nothing else happens."""
    _settled_and_untouched(stage, lambda order: stage.deed(order, "delete"), ("deleted",))


@scenario(*NEEDS)
def cancelled_by_hold_stock(stage: Stage) -> None:
    """The job for held stock cancels the order before the buyer pays; the order is paid after all."""
    order = stage.order()
    stage.hold_stock(order, minutes=60)
    order.wait_order("cancelled")
    with stage.news_answered(_refusing(stage)):
        _pay_and_settle(stage, order)
        order.wait_order(*PAID)
    once_noted(order, SET_TO_PAID)


@scenario(*NEEDS)
def id_given_out_again(stage: Stage) -> None:
    """A shop restored from an older backup gives the id to another order; that one is not paid by this money."""
    storefront = stage.stand_in.storefront
    storefront.back_up()
    first = stage.order()
    storefront.restore()
    second = stage.order()
    stage.expect(first.order_id == second.order_id, f"the shop has given out the id {second.order_id} again")
    first.pay()
    first.wait("Processing", "Settled")
    first.bury()
    first.wait("Settled")
    with stage.news_answered(_refusing(stage)):
        _bridge_at_work(stage)
    second.stays("pending")


@scenario(*NEEDS)
def five_orders_two_paid(stage: Stage) -> None:
    """One buyer has five orders and pays two; none of the other three moves."""
    orders = [stage.order() for _ in range(5)]
    paid, unpaid = orders[1:4:2], orders[::2]
    with stage.news_answered(_refusing(stage)):
        for order in paid:
            order.pay()
        for order in paid:
            order.wait("Processing", "Settled")
        paid[0].bury()
        for order in paid:
            order.wait("Settled")
        stage.later(GRACE_SECONDS)
        for order in paid:
            order.wait_order(*PAID)
    for order in unpaid:
        order.stays("pending")


@scenario(*NEEDS)
def two_invoices_both_paid(stage: Stage) -> None:
    """An order's first invoice is paid late and its second in time; the order is paid once and a person is told."""
    first = stage.order()
    stage.until_expired(first)
    first.wait("Expired")
    second = stage.pay_again(first)
    stage.expect(first.invoice_id != second.invoice_id, "the order has a second invoice")
    second.pay()
    second.wait_seen()
    second.settle()
    first.pay()
    first.wait("Expired (PaidLate)")
    first.bury()
    stage.later(GRACE_SECONDS)
    second.stays(*PAID)
    never_twice(second)


@scenario(*NEEDS)
def invalid_after_it_was_shipped(stage: Stage) -> None:
    """A person ships too early, the invoice is marked invalid and the coins go elsewhere; the order stays as it is."""
    order = stage.order()
    with stage.news_answered(_refusing(stage)):
        txid = order.pay()
        order.wait("Processing")
        stage.deed(order, "status_by_person", status="processing")
        stage.server.mark(order.invoice_id, "Invalid")
        order.wait("Invalid (Marked)")
        stage.payer.double_spend(txid)
        order.wait_payments("Invalid")
        _bridge_at_work(stage)
        order.stays("processing")
        once_noted(order, ASKS_SOMEBODY)


def _settled_and_untouched(stage: Stage, act: Callable[[Played], None], statuses: tuple[str, ...]) -> Played:
    """Somebody acts on an order whose payment settles and of which the shop's plugin does not hear: that order."""
    order = stage.order()
    with stage.news_answered(_refusing(stage)):
        order.pay()
        order.wait("Processing", "Settled")
        act(order)
        order.wait_order(*statuses)
        order.bury()
        order.wait("Settled")
        _bridge_at_work(stage)
        order.stays(*statuses)
        never_twice(order)
    return order


def _pay_and_settle(stage: Stage, order: Played) -> None:
    order.pay()
    order.wait("Processing", "Settled")
    order.bury()
    order.wait("Settled")
    stage.later(GRACE_SECONDS)


def _bridge_at_work(stage: Stage) -> None:
    """Return when another order, due later than all before it, was set paid: those were looked at by then."""
    beside = stage.order()
    _pay_and_settle(stage, beside)
    beside.wait_order(*PAID)


def _refusing(stage: Stage) -> str:
    """How the shop refuses news for good; the older plugin's firewall is a shop that is down."""
    return "forbidden" if stage.by_webhooks else "down"


def once_noted(order: Played, words: str) -> None:
    """Exactly one note by Sattle says so: the bridge writes it after it wrote to the order, and then never again."""
    stage = order.stage

    def saying() -> int:
        return sum(words in note for note in _our_notes(order))

    with contextlib.suppress(NeverHappened):  # what there is instead is told below
        wait_until(lambda: saying() > 0, f"a note by Sattle: {words}", stage.patience_seconds)
    count = saying()
    stage.expect(count == 1, f"{order}: one note by Sattle says that it {words} ({count} do)")
    never_twice(order)


def never_twice(order: Played) -> None:
    """No note of ours may stand on the order twice; there may be none."""
    ours = _our_notes(order)
    order.stage.expect(len(set(ours)) == len(ours), f"{order}: each of its {len(ours)} notes by Sattle stands once")


def _our_notes(order: Played) -> list[str]:
    return [note for note in order.seen().notes if "Sattle" in note]
