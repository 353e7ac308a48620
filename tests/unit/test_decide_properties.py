"""What holds whatever happens to an order and its invoices: no write that could do harm, and none that is repeated."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.bridge import Act, Decision, InvoiceView, Need, Plugin, Terms
from app.domain.shop_order import OrderGone, ShopOrder
from tests.unit.bridge_facts import (
    BOOKED,
    EARLIER,
    KEY,
    ME,
    NOW,
    ORDERS,
    OTHER,
    PAYMENTS,
    START,
    a_real_order,
    an_invoice,
)
from woo_bridge.decide import decide

FAST = settings(max_examples=250, deadline=None)
LOOKS = 4  # more than any chain of reading, writing and looking again needs

FAULTS: list[dict[str, Any]] = [  # what may be odd about an order, beside its status
    {"order_key": "wc_order_another"},
    {"payment_method": "btcpay"},
    {"payment_method": "bacs"},
    {"total": Decimal("12.340")},
    {"total": Decimal("37.02")},
    {"currency": "USD"},
    {"date_paid": BOOKED},
    {"date_paid": EARLIER},
    {"transaction_id": ME},
    {"transaction_id": OTHER},
    {"transaction_id": "ch_1"},
    {"has_refunds": True},
    {"plugin_invoice_id": OTHER},
    {"plugin_invoice_id": None},
    {"needs_processing": False},
    {"decided_by_person": None},
    {"decided_by_person": True},
    {"stock_suffices": None},
    {"stock_suffices": False},
]
TURNS: list[dict[str, Any]] = [  # and about an invoice
    {},
    {},
    {"plugin": Plugin.V1},
    {"plugin": Plugin.UNKNOWN},
    {"plugin": Plugin.V1, "order_key": None},
    {"order_key": None},
    {"is_lost": True},
    {"created_at": START + timedelta(minutes=20)},
]
WRITABLE = ["pending", "checkout-draft", "on-hold", "failed", "cancelled"]
some = st.one_of(st.just([]), st.lists(st.sampled_from(FAULTS), max_size=2))
odd = some.map(lambda faults: {name: value for fault in faults for name, value in fault.items()})
states = st.sampled_from([*sorted(ORDERS), *WRITABLE, *WRITABLE])
orders = st.tuples(states, odd).map(lambda drawn: a_real_order(drawn[0], **drawn[1]))
anything = st.one_of(orders, orders, orders, st.just(OrderGone(369)))


def invoices(ident: str) -> st.SearchStrategy[InvoiceView]:
    """Settled ones come often: they are what writes are about."""
    states = st.sampled_from([*sorted(PAYMENTS), *["Settled"] * 6, "Processing"])
    return st.tuples(states, st.sampled_from(TURNS)).map(
        lambda drawn: an_invoice(drawn[0], **({"id": ident} | drawn[1]))
    )


siblings = st.lists(invoices(OTHER), max_size=1)
terms = st.builds(Terms, on_hold_at_sight=st.booleans(), cancel_expired=st.booleans(), track_stock=st.booleans())


def told_more(order: ShopOrder, decision: Decision, person: bool, stock: bool) -> ShopOrder:
    """The order with what the decision asked for."""
    assert decision.needs
    return order.knowing(
        person=person if Need.NOTES in decision.needs else None, stock=stock if Need.STOCK in decision.needs else None
    )


def put(order: ShopOrder, body: Mapping[str, Any]) -> ShopOrder:
    """What WooCommerce makes of a PUT: it obeys, but `set_paid` works only where a payment is awaited."""
    order = replace(order, transaction_id=body.get("transaction_id", order.transaction_id))
    done = "processing" if order.needs_processing else "completed"
    status = body.get("status") or (done if body.get("set_paid") and order.needs_payment else order.status)
    paid_now = status == "completed" or (status == "processing" and order.needs_processing)
    return replace(
        order,
        status=status,
        needs_payment=status in ("pending", "failed", "checkout-draft"),
        date_paid=order.date_paid or (NOW if paid_now else None),
        date_modified=NOW,
    )


def run(
    invoice: InvoiceView, order: ShopOrder, others: list[InvoiceView], bound: Terms, person: bool, stock: bool
) -> tuple[list[tuple[ShopOrder, Decision]], ShopOrder]:
    """Look and do what is decided, until nothing is asked for any more."""
    done: list[tuple[ShopOrder, Decision]] = []
    for _ in range(LOOKS):
        decision = decide(invoice, order, others, bound, NOW)
        done.append((order, decision))
        if decision.act is Act.READ_MORE:
            order = told_more(order, decision, person, stock)
        elif decision.act is Act.WRITE:
            assert decision.write is not None
            order = put(order, decision.write)
        else:
            return done, order
    raise AssertionError(f"it never comes to an end: {done}")


@FAST
@given(invoices(ME), anything, siblings, terms)
def test_a_write_never_touches_what_is_paid_refunded_trashed_foreign_or_decided(
    invoice: InvoiceView, order: ShopOrder | OrderGone, others: list[InvoiceView], bound: Terms
) -> None:
    decision = decide(invoice, order, others, bound, NOW)
    if decision.act is not Act.WRITE:
        assert decision.write is None
        return
    assert isinstance(order, ShopOrder)
    assert order.status in ("pending", "checkout-draft", "on-hold", "failed", "cancelled")
    assert order.date_paid is None
    assert not order.has_refunds
    assert order.decided_by_person is False
    assert order.payment_method == "btcpay" or order.payment_method.startswith("btcpaygf_")
    assert order.order_key == invoice.order_key or order.plugin_invoice_id == invoice.id
    assert order.order_key == KEY or invoice.order_key is None
    assert (order.total, order.currency.upper()) == (invoice.price, invoice.currency)
    assert order.plugin_invoice_id in (invoice.id, None)


@FAST
@given(invoices(ME), anything, siblings, terms)
def test_an_order_is_paid_only_by_an_invoice_that_is_settled_and_not_lost(
    invoice: InvoiceView, order: ShopOrder | OrderGone, others: list[InvoiceView], bound: Terms
) -> None:
    decision = decide(invoice, order, others, bound, NOW)
    write = decision.write or {}
    if "set_paid" in write or write.get("status") in ("processing", "completed"):
        assert invoice.status == "Settled"
        assert not invoice.is_lost
        assert decision.expects is not None
        assert decision.expects.paid
    assert set(write) <= {"status", "set_paid", "transaction_id"}
    assert write.get("status") not in ("refunded", "trash", "pending", "failed")


@FAST
@given(invoices(ME), orders, siblings, terms, st.booleans(), st.booleans())
def test_what_was_done_is_not_done_again(
    invoice: InvoiceView, order: ShopOrder, others: list[InvoiceView], bound: Terms, person: bool, stock: bool
) -> None:
    unread = replace(order, decided_by_person=None, stock_suffices=None)
    done, after = run(invoice, unread, others, bound, person, stock)
    writes = [decision for _, decision in done if decision.act is Act.WRITE]
    assert len(writes) <= 1
    for decision in writes:
        assert decision.expects is not None
        assert decision.expects.is_met_by(after)
    assert decide(invoice, after, others, bound, NOW) == done[-1][1]
    if writes:
        assert done[-1][1].act is Act.AGREES


@FAST
@given(invoices(ME), anything, siblings, terms)
def test_settled_money_is_never_passed_over(
    invoice: InvoiceView, order: ShopOrder | OrderGone, others: list[InvoiceView], bound: Terms
) -> None:
    """Settled: the order shows it, or a write or a person does; nothing is left silent and unpaid."""
    decision = decide(invoice, order, others, bound, NOW)
    if invoice.status != "Settled":
        return
    assert decision.act is not Act.NOTHING_YET
    if decision.act is not Act.AGREES:
        return
    assert isinstance(order, ShopOrder)
    assert order.status not in ("pending", "on-hold", "failed", "cancelled", "checkout-draft", "trash")


@FAST
@given(st.data(), terms)
def test_a_random_history_never_undoes_a_person_and_writes_each_thing_once(data: st.DataObject, bound: Terms) -> None:
    """The shop, its people and the chain take turns with the bridge."""
    order, invoice, persons, written = a_real_order(), an_invoice(), False, set[str]()
    for _ in range(data.draw(st.integers(1, 6))):
        deed = data.draw(st.sampled_from(sorted(DEEDS)))
        order, persons = DEEDS[deed](order), persons or deed.startswith("a person")
        invoice = data.draw(st.sampled_from(moved(invoice)))
        fresh = replace(order, decided_by_person=persons)
        done, order = run(invoice, fresh, [], bound, persons, stock=True)
        for before, decision in done:
            if decision.act is Act.WRITE:
                assert not persons
                assert before.date_paid is None
                said = f"{decision.note_key} {before.status}"
                assert said not in written or deed != "nothing"
                written.add(said)


def becomes(status: str, **more: Any) -> Callable[[ShopOrder], ShopOrder]:
    return lambda order: put(order, {"status": status}) if not more else replace(put(order, {"status": status}), **more)


DEEDS: dict[str, Callable[[ShopOrder], ShopOrder]] = {
    "nothing": lambda order: order,
    "a person cancels": becomes("cancelled"),
    "a person trashes": becomes("trash"),
    "a person completes": becomes("completed"),
    "a person puts it back": becomes("pending", transaction_id=""),
    "a refund": lambda order: replace(order, has_refunds=True),
    "hold stock cancels": lambda order: put(order, {"status": "cancelled"}) if order.status == "pending" else order,
    "the customer pays by card": becomes("processing", payment_method="stripe", transaction_id="ch_1"),
    "the customer chooses bank transfer": becomes("on-hold", payment_method="bacs"),
    "the total changes": lambda order: replace(order, total=Decimal("37.02")),
    "the plugin holds it": lambda order: put(order, {"status": "on-hold"}) if order.status == "pending" else order,
    "the plugin fails it": lambda order: put(order, {"status": "failed"}) if order.status == "pending" else order,
}
NEXT = {
    "New": ["New", "Processing", "Expired", "Short"],
    "Processing": ["Processing", "Settled", "Invalid"],
    "Expired": ["Expired", "Late"],
    "Settled": ["Settled", "Settled, lost"],
}


def moved(invoice: InvoiceView) -> list[InvoiceView]:
    """What the chain may make of the invoice next."""
    name = next((name for name in NEXT if an_invoice(name) == invoice), None)
    return [an_invoice(state) for state in NEXT[name]] if name else [invoice]
