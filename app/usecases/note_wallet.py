"""What is done to a wallet is in the audit log of every store that is paid to it."""

from typing import Any

from sqlalchemy.orm import Session

from app.db.audit import note
from app.db.queries_wallet import stores_paid_to
from app.domain.audit import Kind


def note_wallet(session: Session, kind: Kind, wallet_id: int, **details: Any) -> None:
    """An entry for each of these stores; one without a store where there is none. In the caller's change."""
    paid: list[str | None] = [store.id for store in stores_paid_to(session, wallet_id)]
    for store_id in paid or [None]:
        note(session, kind, wallet_id, store_id, **details)
