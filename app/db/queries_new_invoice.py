"""What a new invoice needs to know, in few statements that are put together once: others wait to write meanwhile."""

from collections.abc import Sequence

from sqlalchemy import and_, bindparam, select
from sqlalchemy.orm import Session, joinedload

from app.db.models import ChainState, Quote, Store, StorePaymentMethod

TERMS = (
    select(Store, StorePaymentMethod, ChainState.fee_rate_sat_per_vbyte)
    .outerjoin(StorePaymentMethod, and_(StorePaymentMethod.store_id == Store.id, StorePaymentMethod.enabled))
    .outerjoin(ChainState, ChainState.network == bindparam("network"))
    .options(joinedload(StorePaymentMethod.wallet))
    .where(Store.id == bindparam("store_id"))
    .order_by(StorePaymentMethod.payment_method)
)

NEWEST_QUOTE = select(Quote.rate, Quote.at).where(Quote.source == bindparam("from"), Quote.pair == bindparam("of"))


def terms_of_store(
    session: Session, store_id: str, network: str
) -> tuple[Store, Sequence[StorePaymentMethod], int | None] | None:
    """A store, its enabled payment methods with their wallets, and the last known fee rate in sat/vB.

    None when there is no such store.
    """
    rows = session.execute(TERMS, {"store_id": store_id, "network": network}).all()
    if not rows:
        return None
    return rows[0][0], [method for _, method, _ in rows if method is not None], rows[0][2]


def newest_quote(session: Session, source: str, pair: str) -> Quote | None:
    """The newest rate of a pair from a source."""
    found = session.connection().execute(NEWEST_QUOTE, {"from": source, "of": pair}).first()
    return Quote(source=source, pair=pair, rate=found.rate, at=found.at) if found else None
