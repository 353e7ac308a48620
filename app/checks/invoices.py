"""Has anything happened to invoices that a person must see?"""

from app.db.queries import reading
from app.db.queries_chain import open_alerts
from app.domain.findings import Finding, failed, ok, warning
from app.services import Services

SHOWN = 3


def alerts(services: Services) -> Finding:  # noqa: ARG001 - the database alone tells
    """Money that the chain took back after the shop was told that it had come, until a person has acknowledged it."""
    check = "alerts"
    remedy = "see `flask invoice alerts`; when an order is dealt with, `flask invoice acknowledge ALERT`"
    unseen = open_alerts(reading())
    running = sorted({alert.invoice_id for alert in unseen if alert.ended_at is None})
    if running:
        says = f"invoices that have lost money which had settled: {len(running)} ({', '.join(running[:SHOWN])})"
        return failed(check, says, remedy)
    if unseen:
        return warning(check, f"alerts that ended by themselves and that nobody has seen: {len(unseen)}", remedy)
    return ok(check, "none waits for a person")
