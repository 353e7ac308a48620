"""/admin: is everything well, what came in, and what needs a person."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flask import Blueprint, Response

from app.checks import installation_findings, store_findings
from app.checks.shop import FAILED_SINCE
from app.currencies import digits
from app.db.models import Store
from app.db.queries import reading
from app.db.queries_bridge import connected_stores
from app.db.queries_mismatches import count_open
from app.db.queries_money import settled_since
from app.db.queries_needs import alerts_in, failed_since, payouts_by_state, unfinished_money
from app.db.queries_payouts import OPEN
from app.domain.findings import Finding, Level, ok
from app.domain.permissions import Policy
from app.domain.version import VERSION
from app.pages.admin.frame import drawn, has_page, stores_for
from app.pages.admin.invoice_view import listed_invoice
from app.pages.admin.sums import Came, came_by_currency
from app.pages.admin.words import event_words
from app.pages.signed_in import for_forms, for_merchants, the_merchant
from app.services import services

blueprint = for_forms(Blueprint("admin_home", __name__))
SHOWN = 8


@blueprint.get("/admin")
@for_merchants
def page() -> Response:
    """What is about the machine is for administrators; what is about a store for those who may see it."""
    server, now = services(), services().clock.now()
    mine, visible = stores_for(Policy.VIEW_STORE), stores_for(Policy.VIEW_INVOICES)
    machine = _machine() if the_merchant().is_administrator else []
    by_store = [(store, store_findings(server, store)) for store in mine]
    needs = _needs(visible, now)
    shown: dict[str, Any] = {**_sums(visible, now), **needs}
    mismatches = count_open(reading(), [store.id for store in visible])
    findings = machine + [finding for _, found in by_store for finding in found]
    return drawn(
        "admin/home.html",
        machine=machine,
        by_store=by_store,
        mismatches=mismatches,
        agrees=not mismatches and bool(set(connected_stores(reading())) & {store.id for store in visible}),
        is_well=not mismatches and not any(needs.values()) and all(finding.level is Level.OK for finding in findings),
        has_store=bool(visible),
        is_administrator=the_merchant().is_administrator,
        new_store="/admin/stores/new" if has_page("/admin/stores/new") else None,
        store_pages=has_page("/admin/stores/one"),
        public_url=server.settings.public_url,
        **shown,
    )


def _machine() -> list[Finding]:
    return [*installation_findings(services()), ok("version", f"Sattle {VERSION}")]


def _sums(stores: Sequence[Store], now: datetime) -> dict[str, list[Came]]:
    """What settled today and this month, by the calendar in UTC."""
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    month = settled_since(reading(), [store.id for store in stores], today.replace(day=1), today)
    of_today = [each for each in month if each.period]
    return {"today": came_by_currency(of_today, digits), "month": came_by_currency(month, digits)}


def _needs(stores: Sequence[Store], now: datetime) -> dict[str, list[dict[str, object]]]:
    """What waits for a person, each with the page where it is dealt with; one more than is shown, to say so."""
    session, ids = reading(), [store.id for store in stores]
    claims = payouts_by_state(session, [store.id for store in stores_for(Policy.VIEW_PAYOUTS)], OPEN)
    return {
        "alerts": [
            {"invoice_id": alert.invoice_id, "message": alert.message} for alert in alerts_in(session, ids, SHOWN + 1)
        ],
        "failed": [
            {
                "invoice_id": row.invoice_id,
                "order": row.invoice.order_id or row.invoice_id,
                "host": row.endpoint.host,
                "what": event_words(row.event.type),
            }
            for row in failed_since(session, ids, now - FAILED_SINCE, SHOWN + 1)
        ],
        "unfinished": [vars(listed_invoice(row)) for row in unfinished_money(session, ids, SHOWN + 1)],
        "claims": [{"state": state, "count": claims[state]} for state in OPEN if claims.get(state)],
    }
