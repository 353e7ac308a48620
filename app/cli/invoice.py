"""`flask invoice …`: look at invoices, and mark them by hand."""

from typing import Any

import click

from app.cli.terms import Verbs, as_json, print_json, row_number, the_store
from app.currencies import digits
from app.db.facts import payment_facts
from app.db.models import Alert, Delivery, Invoice, Payment
from app.db.queries import reading, stored_tip, whole_invoice
from app.db.queries_bitpay import InvoiceFilter, deliveries_of_invoice, invoices_of_store
from app.db.queries_chain import alerts_of, open_alerts
from app.db.story import facts_of
from app.domain.chain import Tip
from app.domain.invoice import Status
from app.domain.payment import confirmations
from app.domain.story.recording import as_json as as_recording
from app.errors import NotFound
from app.services import services
from app.usecases.acknowledge_alert import acknowledge_alert
from app.usecases.mark_invoice import mark_invoice

MARKS = {"settled": Status.SETTLED, "invalid": Status.INVALID}


@click.group(cls=Verbs)
def invoice() -> None:
    """What buyers must pay, and what became of it."""


@invoice.command()
@click.argument("invoice_id", metavar="ID")
@as_json
def show(invoice_id: str, as_json: bool) -> None:
    """Everything known about one invoice."""
    row = whole_invoice(reading(), invoice_id)
    if row is None:
        raise NotFound(f"there is no invoice {invoice_id}")
    told = told_invoice(row)
    if as_json:
        print_json(told)
        return
    for name, value in told["invoice"].items():
        click.echo(printable(f"{name}: {value}"))
    for part in ("payments", "events", "deliveries", "alerts"):
        click.echo(f"{part}:")
        for entry in told[part]:
            click.echo(printable("  " + ", ".join(f"{name} {value}" for name, value in entry.items())))


@invoice.command()
@click.argument("invoice_id", metavar="ID")
def facts(invoice_id: str) -> None:
    """What the story of an invoice is told from, as JSON: for recordings that are played without a database."""
    row = whole_invoice(reading(), invoice_id)
    if row is None:
        raise NotFound(f"there is no invoice {invoice_id}")
    running = services()
    known = facts_of(reading(), row, running.settings.network, digits(row.currency) or 0, running.clock.now())
    print_json(as_recording(known))


@invoice.command("list")
@click.argument("store_name", metavar="STORE")
@click.option("--limit", type=click.IntRange(1, 1000), default=50)
@as_json
def list_invoices(store_name: str, limit: int, as_json: bool) -> None:
    """The newest invoices of STORE (id or name)."""
    rows = invoices_of_store(reading(), the_store(store_name).id, InvoiceFilter(limit=limit))
    if as_json:
        print_json([_invoice(row) for row in rows])
        return
    for row in rows:
        line = f"{row.id}  {row.status}/{row.additional_status}  {row.price} {row.currency}  {row.order_id or ''}"
        click.echo(printable(line))


@invoice.command()
@click.argument("invoice_id", metavar="ID")
@click.argument("mark", type=click.Choice(list(MARKS)))
def mark(invoice_id: str, mark: str) -> None:
    """Set an invoice to settled or invalid by hand; the shop is told."""
    mark_invoice(invoice_id, MARKS[mark], services().clock.now())
    click.echo(f"{invoice_id} is marked {mark}.")


@invoice.command()
@as_json
def alerts(as_json: bool) -> None:
    """What happened to invoices and nobody has acknowledged yet."""
    rows = open_alerts(reading())
    if as_json:
        print_json([{"invoice": row.invoice_id, **_alert(row)} for row in rows])
        return
    for row in rows:
        click.echo(f"{row.id}  invoice {row.invoice_id}: {row.message}")


@invoice.command()
@click.argument("alert_id", metavar="ALERT", type=row_number)
def acknowledge(alert_id: int) -> None:
    """Say that the alert with this number was seen and dealt with."""
    acknowledge_alert(alert_id, services().clock.now())
    click.echo(f"Alert {alert_id} is acknowledged.")


def printable(line: str) -> str:
    """`line` without what a terminal would obey: clients and shops wrote parts of it."""
    return "".join(character if character.isprintable() else "\ufffd" for character in line)


def told_invoice(row: Invoice) -> dict[str, Any]:
    """The invoice with its payments, events and deliveries, as scripts read it."""
    session = reading()
    tip = stored_tip(session, services().settings.network)
    return {
        "invoice": _invoice(row),
        "payments": [_payment(payment, tip) for payment in row.payments],
        "events": [{"id": event.id, "type": event.type, "at": event.at.isoformat()} for event in row.events],
        "deliveries": [_delivery(delivery) for delivery in deliveries_of_invoice(session, row.id)],
        "alerts": [_alert(alert) for alert in alerts_of(session, row.id)],
    }


def _invoice(row: Invoice) -> dict[str, Any]:
    return {
        "id": row.id,
        "store_id": row.store_id,
        "order_id": row.order_id,
        "price": None if row.price is None else f"{row.price:f}",
        "currency": row.currency,
        "status": row.status,
        "additional_status": row.additional_status,
        "created_at": row.created_at.isoformat(),
        "expires_at": row.expires_at.isoformat(),
        "monitoring_ends_at": row.monitoring_ends_at.isoformat(),
        "prompts": [
            {"payment_method": p.payment_method, "destination": p.destination, "rate": f"{p.rate:f}"}
            for p in row.prompts
        ],
    }


def _payment(payment: Payment, tip: Tip | None) -> dict[str, Any]:
    return {
        "outpoint": f"{payment.txid}-{payment.vout}",
        "value_sats": payment.value_sats,
        "confirmations": confirmations(payment_facts(payment), tip) if tip else 0,
        "status": payment.status,
        "paid_at": payment.paid_at.isoformat(),
        "at_risk": payment.at_risk,
        "conflicted_by": payment.conflicted_by,
    }


def _alert(alert: Alert) -> dict[str, Any]:
    return {
        "id": alert.id,
        "kind": alert.kind,
        "outpoint": alert.outpoint,
        "message": alert.message,
        "raised_at": alert.raised_at.isoformat(),
        "ended_at": alert.ended_at.isoformat() if alert.ended_at else None,
        "acknowledged_at": alert.acknowledged_at.isoformat() if alert.acknowledged_at else None,
    }


def _delivery(delivery: Delivery) -> dict[str, Any]:
    attempts = [
        {
            "id": attempt.id,
            "started_at": attempt.started_at.isoformat(),
            "duration_ms": attempt.duration_ms,
            "http_status": attempt.http_status,
            "error": attempt.error,
        }
        for attempt in delivery.attempts
    ]
    return {
        "event": delivery.event.type,
        "shape": delivery.shape,
        "url_host": delivery.endpoint.host,
        "state": delivery.state,
        "reason": delivery.reason,
        "attempts": attempts,
    }
