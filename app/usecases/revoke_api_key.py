"""Make an API key stop working, at once and for good."""

from datetime import datetime

from app.db.audit import note
from app.db.queries_people import key_by_hash, working_key
from app.db.session import change
from app.domain.api_keys import sha256_of, store_named_in
from app.domain.audit import Kind
from app.errors import NotFound


def revoke_api_key(id_or_text: str, now: datetime, user_id: str | None = None) -> str:
    """Revoke a key named by its id or by its text, of that person if one is given; returns its label. NotFound."""
    with change() as session:
        row = working_key(session, id_or_text) or key_by_hash(session, sha256_of(id_or_text))
        if row is None or (user_id is not None and row.user_id != user_id):
            raise NotFound("there is no such API key, or it was revoked already")
        row.revoked_at = now
        note(session, Kind.KEY_REVOKED, row.id, store_named_in(row.permissions), of=row.user_id, label=row.label)
        return row.label
