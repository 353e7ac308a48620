"""What pages, commands and the API read of people, their stores, keys and signed-in browsers."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, delete, or_, select
from sqlalchemy.orm import Session

from app.db.models import ApiKey, SignIn, Store, StoreUser, User


def all_users(session: Session) -> Sequence[User]:
    """Everybody, oldest first."""
    return session.scalars(select(User).order_by(User.created_at, User.id)).all()


def user_named(session: Session, id_or_email: str) -> User | None:
    """A person by id or by e-mail address, the latter in any case."""
    wanted = or_(User.id == id_or_email, User.email == id_or_email.strip().lower())
    return session.scalar(select(User).where(wanted).limit(1))


def stores_of(session: Session, user_id: str) -> Sequence[tuple[Store, str]]:
    """The stores of a person with the role in each, oldest first."""
    found = select(Store, StoreUser.role).join(StoreUser, StoreUser.store_id == Store.id)
    rows = session.execute(found.where(StoreUser.user_id == user_id).order_by(Store.created_at, Store.id))
    return [(store, role) for store, role in rows]


def users_of(session: Session, store_id: str) -> Sequence[tuple[User, str]]:
    """The people of a store with the role of each, oldest account first."""
    found = select(User, StoreUser.role).join(StoreUser, StoreUser.user_id == User.id)
    rows = session.execute(found.where(StoreUser.store_id == store_id).order_by(User.created_at, User.id))
    return [(user, role) for user, role in rows]


def keys_of(session: Session, user_id: str) -> Sequence[ApiKey]:
    """The keys of a person that work, newest first."""
    found = select(ApiKey).where(ApiKey.user_id == user_id, ApiKey.revoked_at.is_(None))
    return session.scalars(found.order_by(ApiKey.created_at.desc(), ApiKey.id)).all()


def all_keys(session: Session) -> Sequence[tuple[ApiKey, str]]:
    """Every key that works, with the e-mail address of its person, oldest first."""
    found = select(ApiKey, User.email).join(User, User.id == ApiKey.user_id).where(ApiKey.revoked_at.is_(None))
    return [(key, email) for key, email in session.execute(found.order_by(ApiKey.created_at, ApiKey.id))]


def working_key(session: Session, key_id: str) -> ApiKey | None:
    """A key by its id, unless it was revoked."""
    row = session.get(ApiKey, key_id)
    return row if row is not None and row.revoked_at is None else None


def key_by_hash(session: Session, key_sha256: str) -> ApiKey | None:
    """A key by the SHA-256 of its text, unless it was revoked."""
    return session.scalar(select(ApiKey).where(ApiKey.key_sha256 == key_sha256, ApiKey.revoked_at.is_(None)))


def signed_in_user(session: Session, cookie_sha256: str, now: datetime) -> User | None:
    """Who is signed in in the browser with this cookie."""
    found = select(User).join(SignIn, SignIn.user_id == User.id)
    good = (SignIn.cookie_sha256 == cookie_sha256, SignIn.expires_at > now, User.disabled.is_(False))
    return session.scalar(found.where(*good, SignIn.awaits_code.is_(False)))


def drop_sign_in(session: Session, cookie_sha256: str) -> None:
    """Nobody is signed in by this cookie any more."""
    _drop(session, SignIn.cookie_sha256 == cookie_sha256)


def drop_sign_ins_of(session: Session, user_id: str) -> None:
    """The person is signed in nowhere any more."""
    _drop(session, SignIn.user_id == user_id)


def drop_old_sign_ins(session: Session, now: datetime) -> None:
    """Forget those that are over."""
    _drop(session, SignIn.expires_at <= now)


def _drop(session: Session, which: ColumnElement[bool]) -> None:
    session.execute(delete(SignIn).where(which).execution_options(synchronize_session=False))
