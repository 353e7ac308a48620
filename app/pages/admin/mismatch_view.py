"""A mismatch as the board shows it: both sides next to each other, and what was said between them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from app.db.models import BridgeAct, Invoice, Mismatch
from app.domain.bridge import InvoiceView
from app.domain.bridge_times import Outcome
from app.domain.mismatch import MismatchKind, Remedy
from app.domain.money import coins_text
from app.domain.shop_order import OrderGone, ShopOrder, from_json
from app.pages.admin.invoice_view import price_text, state_view
from app.pages.admin.words import moment, moment_exactly

NONE = "—"
REMEDIES = {
    Remedy.REFUND: "Refund it",
    Remedy.MARK_SETTLED: "Accept the money",
    Remedy.PAY_ORDER: "Set the order to paid",
    Remedy.LOOK_AGAIN: "Read the order again",
    Remedy.LEAVE: "Leave it as it is",
}
DONE = {
    "refund": "a refund was offered",
    "mark_settled": "the money was accepted",
    "pay_order": "the order was set to paid",
    "leave": "both were left as they are",
    "agreed": "order and invoice came to agree",
}
OUTCOMES = {
    Outcome.INTENDED.value: ("begun", "tag-warn"),
    Outcome.DONE.value: ("done", "tag-good"),
    Outcome.NOTHING.value: ("changed nothing", "tag-warn"),
    Outcome.REFUSED.value: ("refused by the shop", "tag-bad"),
}


@dataclass(frozen=True)
class Listed:
    """A row of the board. `ended` says how a matter of the past came to its end."""

    id: int
    title: str
    cause: str
    tag: str
    order: str
    invoice_id: str
    store: str
    opened_at: datetime
    asked: str
    ended: str
    ended_at: datetime | None


@dataclass(frozen=True)
class Side:
    """One thing that both sides say something about."""

    label: str
    ours: str
    theirs: str
    differs: bool = False


@dataclass(frozen=True)
class ActView:
    """Something that the bridge did."""

    at: datetime
    says: str
    words: str
    tag: str


def listed(row: Mismatch, store: str) -> Listed:
    """A row that was loaded with its order."""
    kind = MismatchKind(row.kind)
    order = row.watched_order
    seen = from_json(row.evidence["order"]) if "order" in row.evidence else None
    return Listed(
        id=row.id,
        title=kind.told.title,
        cause=kind.told.cause,
        tag="tag-bad" if kind.is_loud else "tag-warn",
        order=seen.number if isinstance(seen, ShopOrder) else str(order.order_id),
        invoice_id=row.invoice_id,
        store=store,
        opened_at=row.opened_at,
        asked=_asked(row),
        ended=_ended(row),
        ended_at=row.resolved_at,
    )


def _asked(row: Mismatch) -> str:
    if row.asked_remedy is None or row.asked_at is None or row.resolved_at is not None:
        return ""
    return f"{row.asked_by} chose “{REMEDIES[Remedy(row.asked_remedy)]}” {moment(row.asked_at)}; it is being done."


def _ended(row: Mismatch) -> str:
    if row.resolved_at is None:
        return ""
    by = f" by {row.resolved_by}" if row.resolved_by else ""
    said = f": “{row.note}”" if row.note else ""
    return f"{DONE.get(row.remedy or '', row.remedy)}{by}{said}"


def sides(row: Invoice, view: InvoiceView, order: ShopOrder | OrderGone) -> list[Side]:
    """What the invoice says, and what the order says. Keys are compared and never shown."""
    return list(_sides(row, view, order))


def _sides(row: Invoice, view: InvoiceView, order: ShopOrder | OrderGone) -> Iterator[Side]:
    state = state_view(row.status, row.additional_status)
    ours = f"{state.status}, {state.beside}" if state.beside else state.status
    if isinstance(order, OrderGone):
        yield Side("State", ours, "there is no such order")
        yield Side("Amount", price_text(row), NONE)
        yield Side("Received", _received(view), NONE)
        return
    amounts = order.sells_for(view.price, view.currency)
    yield Side("State", ours, order.status)
    yield Side("Amount", price_text(row), f"{order.total:f} {order.currency}", not all(amounts))
    yield Side("Paid", _received(view), _booked(order))
    yield Side("Way to pay", "bitcoin", order.payment_method or NONE, not _is_ours(order))
    yield Side("Key", "the order's, as it was made", *_keys(view, order))
    yield Side("Invoice of the order", "this one", *_named(view, order))
    yield Side("Refund", "yes" if view.has_refund else "no", "yes" if order.has_refunds else "no")
    yield Side("Last change", moment_exactly(_changed(view)), moment_exactly(order.date_modified))


def _received(view: InvoiceView) -> str:
    sats = max(view.seen_sats, view.settled_sats)
    if not sats:
        return "nothing" if not view.was_full else "nothing any more"
    settled = f", settled {moment(view.settled_at)}" if view.settled_at else ""
    return f"{coins_text(sats)} BTC{settled}"


def _booked(order: ShopOrder) -> str:
    by = f", as {order.transaction_id}" if order.transaction_id else ""
    return f"booked {moment(order.date_paid)}{by}" if order.date_paid else f"nothing is booked{by}"


def _is_ours(order: ShopOrder) -> bool:
    return order.payment_method.startswith("btcpay")


def _keys(view: InvoiceView, order: ShopOrder) -> tuple[str, bool]:
    if view.order_key is None:
        return "the invoice names no key", False
    same = view.order_key == order.order_key
    return ("the key is the same", False) if same else ("the key is another one", True)


def _named(view: InvoiceView, order: ShopOrder) -> tuple[str, bool]:
    if order.plugin_invoice_id is None:
        return "none is named on it", False
    same = order.plugin_invoice_id == view.id
    return ("this one", False) if same else (order.plugin_invoice_id, True)


def _changed(view: InvoiceView) -> datetime:
    return view.settled_at or view.first_seen_at or view.created_at


def act_views(acts: Sequence[BridgeAct]) -> list[ActView]:
    """What was done, oldest first."""
    return [ActView(act.began_at, act.says, *OUTCOMES.get(act.outcome, (act.outcome, ""))) for act in acts]
