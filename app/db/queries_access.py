"""Who holds a key or has an e-mail address, with what they may do: one statement, read as columns."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Executable, and_, bindparam, or_, select, update
from sqlalchemy.orm import Session

from app.db.models import ApiKey, StoreUser, User
from app.domain.permissions import Holder, Permission, Policy, Role, permission


@dataclass(frozen=True)
class KeyUse:
    """A key that is good, and when it was last noted as used."""

    holder: Holder
    key_id: str
    last_used_at: datetime | None


def _key_statement(*, in_one_store: bool) -> Executable:
    mine = StoreUser.user_id == ApiKey.user_id
    if in_one_store:
        mine = and_(mine, StoreUser.store_id == bindparam("in_store"))
    return (
        select(
            ApiKey.id.label("key_id"),
            ApiKey.permissions,
            ApiKey.last_used_at,
            User.id.label("user_id"),
            User.is_administrator,
            StoreUser.store_id,
            StoreUser.role,
        )
        .join(User, User.id == ApiKey.user_id)
        .outerjoin(StoreUser, mine)
        .where(ApiKey.key_sha256 == bindparam("of"), ApiKey.revoked_at.is_(None), User.disabled.is_(False))
    )


KEY_IN_STORE, KEY_ANYWHERE = _key_statement(in_one_store=True), _key_statement(in_one_store=False)


def holder_of_key(session: Session, key_sha256: str, store_id: str | None) -> KeyUse | None:
    """Who holds the key, unless it is unknown, revoked or its person disabled.

    With a store, only the role there is looked up; else those in all stores.
    """
    statement = KEY_ANYWHERE if store_id is None else KEY_IN_STORE
    given = {"of": key_sha256} if store_id is None else {"of": key_sha256, "in_store": store_id}
    rows = session.connection().execute(statement, given).all()
    if not rows:
        return None
    permissions = tuple(found for text in rows[0].permissions if (found := _known(text)))
    return KeyUse(_holder(rows, permissions, rows[0].key_id), rows[0].key_id, rows[0].last_used_at)


def holder_of_user(session: Session, user_id: str) -> Holder | None:
    """A person who needs no key: everything their roles grant."""
    found = (
        select(User.id.label("user_id"), User.is_administrator, StoreUser.store_id, StoreUser.role)
        .outerjoin(StoreUser, StoreUser.user_id == User.id)
        .where(User.id == user_id, User.disabled.is_(False))
    )
    rows = session.connection().execute(found).all()
    return _holder(rows, (Permission(Policy.UNRESTRICTED),), None) if rows else None


def user_by_email(session: Session, email: str) -> User | None:
    """A person by the e-mail address, in any case."""
    return session.scalar(select(User).where(User.email == email.strip().lower()))


def note_use(session: Session, key_id: str, now: datetime, unless_since: datetime) -> None:
    """Write down that the key is used, unless that was done since."""
    stale = or_(ApiKey.last_used_at.is_(None), ApiKey.last_used_at < unless_since)
    noted = update(ApiKey).where(ApiKey.id == key_id, stale).values(last_used_at=now)
    session.execute(noted.execution_options(synchronize_session=False))


def _holder(rows: Sequence[Any], permissions: tuple[Permission, ...], key_id: str | None) -> Holder:
    stores = {row.store_id: Role(row.role) for row in rows if row.store_id is not None}
    return Holder(rows[0].user_id, permissions, stores, rows[0].is_administrator, key_id)


def _known(text: str) -> Permission | None:
    """A policy that a newer version wrote grants nothing here."""
    try:
        return permission(text)
    except ValueError:
        return None
