"""A person sets an invoice to Settled or Invalid, against or ahead of the chain (invoice-states 7)."""

from dataclasses import replace
from datetime import datetime, timedelta

from app.db.audit import note
from app.db.facts import invoice_facts
from app.db.models import Invoice
from app.db.session import Session, assessing_change
from app.domain.assess import mark
from app.domain.audit import Kind
from app.domain.invoice import Status
from app.domain.webhooks import INVALID_WAITS
from app.errors import BadInput, NotFound
from app.usecases.refresh_invoice import record_event

LONGEST_REASON = 500  # characters


def mark_invoice(
    invoice_id: str, to: Status, now: datetime, *, by_api: bool = False, by: str | None = None, reason: str = ""
) -> None:
    """Mark the invoice; the event and its deliveries commit with it. NotFound, NotAllowed, BadInput (reason).

    `by` names the person whose `reason` is kept with the event.

    Of an invoice that a shop itself makes invalid, webhooks are told a moment later: the plugin notes which invoice
    takes its place only after that, and would fail the order until then (plugin-contract B2, 11).
    """
    waits = INVALID_WAITS if by_api and to is Status.INVALID else timedelta(0)
    if len(reason) > LONGEST_REASON or "\x00" in reason:
        raise BadInput("reason", reason, f"use at most {LONGEST_REASON} characters of text")
    with assessing_change() as session:
        add_mark(session, invoice_id, to, now, by=by, reason=reason, webhooks_wait=waits)


def add_mark(
    session: Session,
    invoice_id: str,
    to: Status,
    now: datetime,
    *,
    by: str | None,
    reason: str,
    webhooks_wait: timedelta = timedelta(0),
) -> None:
    """The same in the caller's change, which is one that assesses."""
    row = session.get(Invoice, invoice_id)
    if row is None:
        raise NotFound(f"there is no invoice {invoice_id}")
    marked, event = mark(invoice_facts(row), to)
    states = [row.status, marked.status.value]
    note(session, Kind.INVOICE_MARKED, row.id, row.store_id, status=states, reason=reason or None)
    row.status, row.additional_status = marked.status.value, marked.additional_status.value
    record_event(session, row, replace(event, by=by, reason=reason or None), now, webhooks_wait=webhooks_wait)
