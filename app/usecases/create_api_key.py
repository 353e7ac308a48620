"""Make an API key for a person. Only its hash is kept, so its text can be told once."""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.orm import Session

from app.db.audit import note
from app.db.models import ApiKey
from app.db.queries import insert_unless_there
from app.db.queries_access import holder_of_user
from app.db.queries_people import working_key
from app.db.session import change
from app.domain.api_keys import new_key, sha256_of, store_named_in
from app.domain.audit import Kind
from app.domain.ids import new_id
from app.domain.key_request import may_grant
from app.domain.permissions import Permission
from app.errors import NotAllowed, NotFound

LONGEST_LABEL = 200


@dataclass(frozen=True)
class NewKey:
    """What the key is to be. `replaces` is the id of a key of the same person that stops working.

    `id` names one consent: asking again with it, before the key was used, gives the same key another text.
    """

    user_id: str
    label: str
    permissions: tuple[Permission, ...]
    application_identifier: str | None = None
    redirect_origin: str | None = None
    replaces: str | None = None
    id: str = field(default_factory=new_id)


@dataclass(frozen=True)
class MadeKey:
    """The key with its text, which nobody can read again."""

    id: str
    text: str
    label: str
    permissions: list[str]


def create_api_key(wanted: NewKey, now: datetime) -> MadeKey:
    """Make the key. NotFound (person); NotAllowed when the person may not grant something of it."""
    text, permissions = new_key(), [str(each) for each in wanted.permissions]
    label = wanted.label[:LONGEST_LABEL]
    with change() as session:
        _require_grantable(session, wanted)
        if wanted.replaces:
            _revoke(session, wanted.replaces, wanted.user_id, now)
        insert_unless_there(
            session,
            ApiKey,
            id=wanted.id,
            key_sha256=sha256_of(text),
            user_id=wanted.user_id,
            label=label,
            permissions=permissions,
            application_identifier=wanted.application_identifier,
            redirect_origin=wanted.redirect_origin,
            created_at=now,
        )
        row = session.get_one(ApiKey, wanted.id, with_for_update=True)
        if row.user_id != wanted.user_id or row.revoked_at or row.last_used_at:
            raise NotAllowed("this consent was used already; ask for a key once more")
        row.key_sha256, row.permissions, row.label = sha256_of(text), permissions, label
        said = {"label": label, "permissions": permissions, "replaces": wanted.replaces or None}
        note(session, Kind.KEY_CREATED, wanted.id, store_named_in(permissions), of=wanted.user_id, **said)
    return MadeKey(wanted.id, text, label, permissions)


def _require_grantable(session: Session, wanted: NewKey) -> None:
    holder = holder_of_user(session, wanted.user_id)
    if holder is None:
        raise NotFound(f"there is no account {wanted.user_id} that may be used")
    for each in wanted.permissions:
        if not may_grant(holder, each):
            raise NotAllowed(f"{each} is not this person's to grant")


def _revoke(session: Session, key_id: str, user_id: str, now: datetime) -> None:
    row = working_key(session, key_id)
    if row is not None and row.user_id == user_id:
        row.revoked_at = now
