"""Take a store out of use. What money points at stays: invoices are kept and watched, wallets keep their counters."""

from datetime import datetime

from app.db.audit import note
from app.db.queries import store_in_use
from app.db.queries_shops import drop_shop
from app.db.queries_stores import cut_access
from app.db.session import change
from app.domain.audit import Kind
from app.errors import NotFound


def delete_store(store_id: str, now: datetime) -> None:
    """Archive the store for good and cut every access to it: people, keys, pairings. NotFound."""
    with change() as session:
        store = store_in_use(session, store_id)
        if store is None:
            raise NotFound(f"there is no store {store_id}")
        store.deleted_at, store.archived, store.anyone_can_create_invoice = now, True, False
        cut_access(session, store_id)
        drop_shop(session, store_id)
        note(session, Kind.STORE_DELETED, store_id, store_id, name=store.name)
