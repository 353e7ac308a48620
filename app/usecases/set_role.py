"""Say what a person is to a store. A store that has an owner keeps one."""

from sqlalchemy.orm import Session

from app.db.audit import note
from app.db.models import Store, StoreUser
from app.db.queries import insert_unless_there
from app.db.queries_people import users_of
from app.db.session import change
from app.domain.audit import Kind
from app.domain.permissions import Role
from app.errors import NotAllowed, NotFound
from app.usecases.create_user import the_user


class AlreadyThere(NotAllowed):
    """The person has a role in the store."""


class NotAMember(NotFound):
    """The person has no role in the store."""


class LastOwner(NotAllowed):
    """Nobody would own the store any more."""


def add_to_store(store_id: str, id_or_email: str, role: Role) -> None:
    """Give a role to a person who has none in the store. NotFound (store, account), AlreadyThere."""
    with change() as session:
        _lock(session, store_id)
        user_id = the_user(session, id_or_email).id
        if session.get(StoreUser, (store_id, user_id)) is not None:
            raise AlreadyThere(f"{id_or_email} has a role in this store already")
        insert_unless_there(session, StoreUser, store_id=store_id, user_id=user_id, role=role.value)
        note(session, Kind.ROLE_GIVEN, user_id, store_id, role=role.value)


def set_role(store_id: str, id_or_email: str, role: Role) -> None:
    """Change the role of a person of the store. NotFound (store, account), NotAMember, LastOwner."""
    with change() as session:
        row = _member(session, store_id, id_or_email)
        if role is not Role.OWNER:
            _require_another_owner(session, row)
        note(session, Kind.ROLE_CHANGED, row.user_id, store_id, role=[row.role, role.value])
        row.role = role.value


def remove_from_store(store_id: str, id_or_email: str) -> None:
    """The person has nothing to do with the store any more. NotFound (store, account), NotAMember, LastOwner."""
    with change() as session:
        row = _member(session, store_id, id_or_email)
        _require_another_owner(session, row)
        note(session, Kind.ROLE_REMOVED, row.user_id, store_id, role=row.role)
        session.delete(row)


def _member(session: Session, store_id: str, id_or_email: str) -> StoreUser:
    _lock(session, store_id)
    row = session.get(StoreUser, (store_id, the_user(session, id_or_email).id))
    if row is None:
        raise NotAMember(f"{id_or_email} has no role in this store")
    return row


def _lock(session: Session, store_id: str) -> None:
    """Of two changes to the people of a store one waits for the other: each might remove the other's last owner."""
    if session.get(Store, store_id, with_for_update=True) is None:
        raise NotFound(f"there is no store {store_id}")


def _require_another_owner(session: Session, row: StoreUser) -> None:
    owners = {user.id for user, role in users_of(session, row.store_id) if role == Role.OWNER}
    if owners == {row.user_id}:
        raise LastOwner("this is the store's last owner; make somebody else an owner first")
