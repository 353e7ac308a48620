"""Shops, and the attempts to connect them."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from app.db.models import AuditEntry, Shop, ShopConnect, Store
from app.domain.advice import StoreTerms
from app.domain.audit import Kind
from app.domain.shop_connect import WORKED_ON, ConnectState

KEPT = 5  # attempts of a store
STATES = [state.value for state in WORKED_ON]


def shop_of(session: Session, store_id: str) -> Shop | None:
    """The shop that a store is connected to."""
    return session.get(Shop, store_id)


def store_terms(store: Store, shop: Shop | None) -> StoreTerms:
    """What the store sells by, for the advisor."""
    wanted = None if shop is None else shop.on_hold_at_sight
    return StoreTerms(store.default_currency, store.expiration_seconds, store.speed_policy, wanted)


def drop_shop(session: Session, store_id: str) -> None:
    """Forget the key of a store that is taken out of use."""
    end_connects(session, store_id)
    session.execute(delete(Shop).where(Shop.store_id == store_id).execution_options(synchronize_session="fetch"))


def home_before(session: Session, store_id: str) -> str | None:
    """The address of the shop that a store was disconnected from last."""
    mine = (AuditEntry.store_id == store_id, AuditEntry.kind == Kind.SHOP_DISCONNECTED.value)
    told = session.scalar(select(AuditEntry.details).where(*mine).order_by(AuditEntry.id.desc()).limit(1))
    return None if told is None else told.get("address")


def all_shops(session: Session) -> Sequence[Shop]:
    """Those of stores in use, by store."""
    return session.scalars(select(Shop).order_by(Shop.store_id)).all()


def newest_connect(session: Session, store_id: str) -> ShopConnect | None:
    """The last attempt."""
    mine = select(ShopConnect).where(ShopConnect.store_id == store_id)
    return session.scalars(mine.order_by(ShopConnect.asked_at.desc(), ShopConnect.id).limit(1)).first()


def end_connects(session: Session, store_id: str) -> None:
    """Forget the attempts that are still under way, with their keys, and all but the newest few."""
    mine = ShopConnect.store_id == store_id
    session.execute(
        update(ShopConnect)
        .where(mine, ShopConnect.state.not_in((ConnectState.CONNECTED.value, ConnectState.FAILED.value)))
        .values(state=ConnectState.FAILED.value, sealed_key=None, token_sha256=None)
        .values(trouble_kind=None, trouble_says=None, trouble_remedy=None)  # a person ended it: nothing failed
        .execution_options(synchronize_session="fetch")
    )
    kept = select(ShopConnect.id).where(mine).order_by(ShopConnect.asked_at.desc()).limit(KEPT)
    older = delete(ShopConnect).where(mine, ShopConnect.id.not_in(session.scalars(kept).all()))
    session.execute(older.execution_options(synchronize_session="fetch"))


def waiting_connects(session: Session, cut_off: datetime, limit: int) -> Sequence[str]:
    """The ids of attempts that wait for the worker, or whose worker has not been heard of since `cut_off`."""
    free = or_(ShopConnect.claimed_at.is_(None), ShopConnect.claimed_at < cut_off)
    found = select(ShopConnect.id).where(ShopConnect.state.in_(STATES), free)
    return session.scalars(found.order_by(ShopConnect.asked_at).limit(limit)).all()


def claim_connect(session: Session, connect_id: str, cut_off: datetime, now: datetime) -> bool:
    """Take it, unless another worker did."""
    free = or_(ShopConnect.claimed_at.is_(None), ShopConnect.claimed_at < cut_off)
    mine = update(ShopConnect).where(ShopConnect.id == connect_id, ShopConnect.state.in_(STATES), free)
    taken = session.execute(mine.values(claimed_at=now).returning(ShopConnect.id)).all()
    return bool(taken)


def connects_with_key(session: Session) -> Sequence[ShopConnect]:
    """The attempts whose key waits to be tried."""
    return session.scalars(select(ShopConnect).where(ShopConnect.sealed_key.is_not(None))).all()


def connect_of_token(session: Session, token_sha256: str) -> ShopConnect | None:
    """The attempt that the shop answers with its one-time value."""
    asked = select(ShopConnect).where(ShopConnect.token_sha256 == token_sha256).with_for_update()
    return session.scalars(asked).first()


def due_checks(session: Session, cut_off: datetime, stale: datetime, limit: int) -> Sequence[str]:
    """The stores whose shop a person wants examined, or that nobody has examined since `stale`."""
    wanted = or_(Shop.check_wanted_at.is_not(None), Shop.findings_at.is_(None), Shop.findings_at < stale)
    free = or_(Shop.check_started_at.is_(None), Shop.check_started_at < cut_off)
    return session.scalars(select(Shop.store_id).where(wanted, free).order_by(Shop.store_id).limit(limit)).all()


def claim_check(session: Session, store_id: str, cut_off: datetime, now: datetime) -> bool:
    """Take it, unless another worker did."""
    free = or_(Shop.check_started_at.is_(None), Shop.check_started_at < cut_off)
    mine = update(Shop).where(Shop.store_id == store_id, free)
    taken = session.execute(mine.values(check_started_at=now).returning(Shop.store_id)).all()
    return bool(taken)
