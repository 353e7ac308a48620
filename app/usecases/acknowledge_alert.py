"""A person has seen an alert. It stays on record."""

from datetime import datetime

from app.db.models import Alert
from app.db.session import change
from app.errors import NotFound


def acknowledge_alert(alert_id: int, now: datetime) -> None:
    """Twice is the same as once. NotFound."""
    with change() as session:
        alert = session.get(Alert, alert_id)
        if alert is None:
            raise NotFound(f"there is no alert {alert_id}; `flask invoice alerts` lists them")
        alert.acknowledged_at = alert.acknowledged_at or now
