"""Make an account for a person, and change what it is: its password, and whether it may be used."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy.orm import Session

from app.db.audit import note
from app.db.models import Store, StoreUser, User
from app.db.queries import insert_unless_there
from app.db.queries_people import drop_sign_ins_of, user_named
from app.db.queries_second_factor import drop_unconfirmed
from app.db.session import change
from app.domain.audit import Kind
from app.domain.emails import email_address
from app.domain.ids import new_id
from app.domain.passwords import require_password
from app.domain.permissions import Role
from app.errors import NotAllowed, NotFound
from app.usecases.check_password import password_hash


def create_user(
    email: str,
    password: str,
    now: datetime,
    store_ids: Collection[str] = (),
    role: Role = Role.OWNER,
    *,
    is_administrator: bool = False,
) -> str:
    """Make the account with this role in each of the stores; returns its id. BadInput, NotAllowed, NotFound (store)."""
    address = email_address(email)
    require_password(password, address)
    kept = password_hash(password)  # before the change: it takes its time
    user_id = new_id()
    with change() as session:
        insert_unless_there(
            session,
            User,
            id=user_id,
            email=address,
            password_hash=kept,
            is_administrator=is_administrator,
            disabled=False,
            created_at=now,
        )
        if session.get(User, user_id) is None:
            raise NotAllowed(f"there is an account {address} already")
        note(session, Kind.USER_CREATED, user_id, email=address, administrator=is_administrator or None)
        for store_id in dict.fromkeys(store_ids):
            if session.get(Store, store_id) is None:
                raise NotFound(f"there is no store {store_id}")
            session.add(StoreUser(store_id=store_id, user_id=user_id, role=role.value))
            note(session, Kind.ROLE_GIVEN, user_id, store_id, role=role.value)
    return user_id


def set_password(email: str, password: str) -> None:
    """Give the account another password; it is signed in nowhere any more. Keys keep working. BadInput, NotFound."""
    address = email_address(email)
    require_password(password, address)
    kept = password_hash(password)
    with change() as session:
        user = the_user(session, address)
        user.password_hash = kept
        drop_sign_ins_of(session, user.id)
        drop_unconfirmed(session, user.id)
        note(session, Kind.PASSWORD_CHANGED, user.id)


def set_disabled(email: str, *, disabled: bool) -> None:
    """Shut the account out, its keys included, or let it in again. NotFound."""
    with change() as session:
        user = the_user(session, email)
        user.disabled = disabled
        note(session, Kind.USER_DISABLED if disabled else Kind.USER_ENABLED, user.id)
        if disabled:
            drop_sign_ins_of(session, user.id)


def the_user(session: Session, id_or_email: str) -> User:
    """The person meant. NotFound."""
    user = user_named(session, id_or_email)
    if user is None:
        raise NotFound(f"there is no account {id_or_email}")
    return user
