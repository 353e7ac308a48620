"""Who reaches a store beside its people: API keys, paired clients, the legacy key."""

from collections.abc import Sequence

from sqlalchemy import Text, cast, select
from sqlalchemy.orm import Session

from app.db.models import ApiKey, BitpayClient, LegacyApiKey, StoreUser, User


def keys_for_store(session: Session, store_id: str) -> Sequence[tuple[ApiKey, str]]:
    """The working keys of the store's people that name the store, with the person's e-mail address, newest first."""
    named = cast(ApiKey.permissions, Text).contains(f':{store_id}"', autoescape=True)
    found = (
        select(ApiKey, User.email)
        .join(User, User.id == ApiKey.user_id)
        .join(StoreUser, StoreUser.user_id == ApiKey.user_id)
        .where(StoreUser.store_id == store_id, ApiKey.revoked_at.is_(None), named)
    )
    return [(key, email) for key, email in session.execute(found.order_by(ApiKey.created_at.desc(), ApiKey.id))]


def clients_of_store(session: Session, store_id: str) -> Sequence[BitpayClient]:
    """The paired clients, oldest first."""
    found = select(BitpayClient).where(BitpayClient.store_id == store_id)
    return session.scalars(found.order_by(BitpayClient.created_at, BitpayClient.sin)).all()


def legacy_key_of(session: Session, store_id: str) -> LegacyApiKey | None:
    """When the store's legacy key was made, if there is one; its text is nobody's to see."""
    return session.get(LegacyApiKey, store_id)
