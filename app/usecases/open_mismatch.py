"""Tell a person what order and invoice disagree about: once, until somebody has seen to it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.db.models import Mismatch, WatchedOrder
from app.db.queries_mismatches import is_told
from app.db.session import change
from app.domain.bridge_times import WatchState
from app.domain.mismatch import MismatchKind


def open_mismatch(
    watched_order_id: int, invoice_id: str, kind: MismatchKind, evidence: Mapping[str, Any], now: datetime
) -> bool:
    """False when it is open already, or when a person closed a mismatch of this kind about this invoice before."""
    with change() as session:
        return add_mismatch(session, watched_order_id, invoice_id, kind, evidence, now)


def add_mismatch(
    session: Session,
    watched_order_id: int,
    invoice_id: str,
    kind: MismatchKind,
    evidence: Mapping[str, Any],
    now: datetime,
) -> bool:
    """The same in the caller's change."""
    order = session.get_one(WatchedOrder, watched_order_id, with_for_update=True)
    if is_told(session, invoice_id, kind):
        return False
    session.add(
        Mismatch(
            store_id=order.store_id,
            watched_order_id=order.id,
            invoice_id=invoice_id,
            kind=kind.value,
            evidence=dict(evidence),
            opened_at=now,
        )
    )
    order.state = WatchState.MISMATCH.value
    session.flush()
    return True
