"""What people, customers and cron do to orders behind the bridge's back."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from regtest.shop.gateways import title_of
from regtest.shop.orders import Order
from regtest.shop.rest import refunds, writing
from regtest.shop.rest.site import Site

PERSON = "admin"
HELD_VIA = ("checkout", "store-api")
OUT_OF_TIME = "Unpaid order cancelled - time limit reached."


class BadDeed(ValueError):
    """What was asked is none of the deeds, or lacks what it takes; the text says which."""


def do(site: Site, order_id: int, asked: dict[str, Any]) -> None:
    """One deed to one order. Raises BadDeed, NoSuchOrder."""
    deed = DEEDS.get(str(asked.get("deed")))
    if deed is None:
        raise BadDeed(f"{asked.get('deed')!r} is no deed; they are {', '.join(DEEDS)}")
    deed(site, site.orders.get(order_id), asked)


def hold_stock(site: Site) -> list[int]:
    """The job that cancels what nobody paid: pending, bought by a customer, and untouched for too long."""
    minutes, options = site.options.hold_stock_minutes, site.options
    if not minutes or not options.manage_stock or float(minutes) <= 0:
        return []
    limit = (site.now() - timedelta(minutes=float(minutes))).strftime("%Y-%m-%dT%H:%M:%S")
    with site.database.open() as db:
        sql = "SELECT id FROM orders WHERE status = 'pending' AND created_via IN (?,?) AND modified_at < ? ORDER BY id"
        overdue = [int(row["id"]) for row in db.execute(sql, (*HELD_VIA, limit))]
    for order_id in overdue:
        site.orders.move(order_id, "cancelled", OUT_OF_TIME)
    return overdue


def _by_person(site: Site, order: Order, asked: dict[str, Any]) -> None:
    """The status box of wp-admin."""
    status = asked.get("status", "cancelled")
    if not isinstance(status, str) or not status:
        raise BadDeed(f"status is {status!r}")
    site.orders.move(order.id, status, author=PERSON)


def _by_customer(site: Site, order: Order, asked: dict[str, Any]) -> None:
    site.orders.move(order.id, "cancelled", "Order cancelled by customer.")


def _trash(site: Site, order: Order, asked: dict[str, Any]) -> None:
    writing.trash(site, order)


def _untrash(site: Site, order: Order, asked: dict[str, Any]) -> None:
    writing.untrash(site, order)


def _delete(site: Site, order: Order, asked: dict[str, Any]) -> None:
    site.orders.remove(order.id)


def _switch_gateway(site: Site, order: Order, asked: dict[str, Any]) -> None:
    """On the pay page. By bank transfer the order waits from then on; what the Bitcoin plugin wrote down stays."""
    gateway = str(asked.get("gateway", "bacs"))
    site.orders.set_gateway(order.id, gateway)
    if gateway == "bacs":
        site.orders.move(order.id, "on-hold", "Awaiting the bank transfer.")


def _pay_by_card(site: Site, order: Order, asked: dict[str, Any]) -> None:
    site.orders.set_gateway(order.id, "card")
    site.orders.complete_payment(order.id, transaction_id=str(asked.get("transaction_id", f"ch_{order.id}")))


def _set_total(site: Site, order: Order, asked: dict[str, Any]) -> None:
    """A person added something, or took something away."""
    site.orders.write(order.id, total=format(Decimal(str(asked["total"])), "f"))


def _set_currency(site: Site, order: Order, asked: dict[str, Any]) -> None:
    site.orders.write(order.id, currency=str(asked["currency"]))


def _refund(site: Site, order: Order, asked: dict[str, Any]) -> None:
    """In wp-admin, by hand; all that is left unless told otherwise."""
    amount = str(asked.get("amount", site.orders.refundable(order)))
    refunds.refund(site, order, amount, str(asked.get("reason", "")))


def _stale_form(site: Site, order: Order, asked: dict[str, Any]) -> None:
    """Somebody saves a form that was opened before the payment: date_paid stays, the rest goes back."""
    site.orders.move(order.id, "pending", author=PERSON)
    site.orders.write(order.id, transaction_id="")


def _age(site: Site, order: Order, asked: dict[str, Any]) -> None:
    """Let it have been untouched for longer."""
    earlier = datetime.fromisoformat(order.modified_at).replace(tzinfo=UTC) - timedelta(minutes=float(asked["minutes"]))
    with site.database.open() as db:
        sql = "UPDATE orders SET modified_at = ? WHERE id = ?"
        db.execute(sql, (earlier.strftime("%Y-%m-%dT%H:%M:%S"), order.id))


def _note(site: Site, order: Order, asked: dict[str, Any]) -> None:
    site.orders.note(order.id, str(asked["text"]), author=str(asked.get("author", PERSON)))


def _gateway_title(site: Site, order: Order, asked: dict[str, Any]) -> None:
    site.orders.write(order.id, gateway_title=str(asked.get("title", title_of(order.gateway))))


DEEDS: dict[str, Callable[[Site, Order, dict[str, Any]], None]] = {
    "status_by_person": _by_person,
    "cancel_by_person": lambda site, order, asked: _by_person(site, order, {**asked, "status": "cancelled"}),
    "cancel_by_customer": _by_customer,
    "trash": _trash,
    "untrash": _untrash,
    "delete": _delete,
    "switch_gateway": _switch_gateway,
    "pay_by_card": _pay_by_card,
    "set_total": _set_total,
    "set_currency": _set_currency,
    "refund": _refund,
    "stale_form": _stale_form,
    "age": _age,
    "note": _note,
    "retitle": _gateway_title,
}
