"""A person has seen an alert. It stays on record."""

from datetime import datetime

from app.db.audit import note
from app.db.models import Alert, Invoice
from app.db.session import change
from app.domain.audit import Kind
from app.errors import NotFound


def acknowledge_alert(alert_id: int, now: datetime) -> None:
    """Twice is the same as once. NotFound."""
    with change() as session:
        alert = session.get(Alert, alert_id)
        if alert is None:
            raise NotFound(f"there is no alert {alert_id}; `flask invoice alerts` lists them")
        if alert.acknowledged_at is None:
            alert.acknowledged_at = now
            store_id = session.get_one(Invoice, alert.invoice_id).store_id
            note(session, Kind.ALERT_ACKNOWLEDGED, alert.invoice_id, store_id, alert=alert.kind)
