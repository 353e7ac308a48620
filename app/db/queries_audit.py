"""Reading the audit log: newest first, a page at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from app.db.models import ApiKey, AuditEntry, Store, User


@dataclass(frozen=True)
class AuditFilter:
    """Which entries are wanted. `stores`: those of these only (None: of all), and what `reader` did beside any store.

    `before` is the id of the last entry of the page before.
    """

    stores: Sequence[str] | None
    reader: str
    store_id: str | None = None
    user_id: str | None = None
    group: str | None = None
    before: int | None = None


@dataclass(frozen=True)
class ListedEntry:
    """An entry with the names that its ids have now."""

    entry: AuditEntry
    email: str | None
    key_label: str | None
    store_name: str | None


def audit_entries(session: Session, wanted: AuditFilter, limit: int) -> list[ListedEntry]:
    """The newest `limit` of them. By store or person an index leads to them, else the order of ids."""
    found = (
        select(AuditEntry, User.email, ApiKey.label, Store.name)
        .outerjoin(User, User.id == AuditEntry.user_id)
        .outerjoin(ApiKey, and_(AuditEntry.by == "key", ApiKey.id == AuditEntry.actor_id))
        .outerjoin(Store, Store.id == AuditEntry.store_id)
        .where(*_conditions(wanted))
    )
    rows = session.execute(found.order_by(AuditEntry.id.desc()).limit(limit))
    return [ListedEntry(*row) for row in rows]


def _conditions(wanted: AuditFilter) -> list[Any]:
    said: list[Any] = []
    if wanted.stores is not None:
        own = and_(AuditEntry.user_id == wanted.reader, AuditEntry.store_id.is_(None))
        said.append(or_(AuditEntry.store_id.in_(list(wanted.stores)), own))
    if wanted.store_id is not None:
        said.append(AuditEntry.store_id == wanted.store_id)
    if wanted.user_id is not None:
        said.append(AuditEntry.user_id == wanted.user_id)
    if wanted.group is not None:
        said.append(AuditEntry.kind.startswith(wanted.group + ".", autoescape=True))
    if wanted.before is not None:
        said.append(AuditEntry.id < wanted.before)
    return said
