"""Stores and what they are paid to, as their settings show them."""

from collections.abc import Iterable, Sequence

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session, joinedload

from app.db.models import BitpayClient, LegacyApiKey, PairingCode, Store, StorePaymentMethod, StoreUser


def stores_by_id(session: Session, store_ids: Iterable[str], *, archived: bool) -> Sequence[Store]:
    """Those of these stores that are in use, oldest first; put-away ones only where they are wanted."""
    wanted = select(Store).where(Store.id.in_(list(store_ids)), Store.deleted_at.is_(None))
    if not archived:
        wanted = wanted.where(Store.archived.is_(False))
    return session.scalars(wanted.order_by(Store.created_at, Store.id)).all()


def all_payment_methods(session: Session, store_id: str) -> Sequence[StorePaymentMethod]:
    """The payment methods that the store was ever given a wallet for, with it, disabled ones included."""
    wanted = select(StorePaymentMethod).where(StorePaymentMethod.store_id == store_id)
    wanted = wanted.options(joinedload(StorePaymentMethod.wallet))
    return session.scalars(wanted.order_by(StorePaymentMethod.payment_method)).all()


def cut_access(session: Session, store_id: str) -> None:
    """Forget who may use the store, and offer no payment method any more."""
    for table in (StoreUser, BitpayClient, PairingCode, LegacyApiKey):
        mine = delete(table).where(table.store_id == store_id)
        session.execute(mine.execution_options(synchronize_session=False))
    offered = update(StorePaymentMethod).where(StorePaymentMethod.store_id == store_id).values(enabled=False)
    session.execute(offered.execution_options(synchronize_session=False))
