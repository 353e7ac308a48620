"""Take a store out of use. What money points at stays: invoices are kept and watched, wallets keep their counters."""

from datetime import datetime

from app.db.models import Store
from app.db.queries_stores import cut_access
from app.db.session import change
from app.errors import NotFound


def delete_store(store_id: str, now: datetime) -> None:
    """Archive the store for good and cut every access to it: people, keys, pairings. NotFound."""
    with change() as session:
        store = session.get(Store, store_id)
        if store is None or store.deleted_at is not None:
            raise NotFound(f"there is no store {store_id}")
        store.deleted_at, store.archived, store.anyone_can_create_invoice = now, True, False
        cut_access(session, store_id)
