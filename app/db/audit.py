"""The audit log is written here, in the transaction of the change itself.

Whoever lets somebody in (a page, a dialect, the command line) says once who that is: `act_as`. Use cases say what was
done: `note`. Who did it, from where and when is not theirs to say (ADR 10).
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from flask import Flask, current_app, g
from sqlalchemy.orm import Session

from app.db.models_audit import AuditEntry
from app.domain.audit import NOBODY, Actor, By, Kind

Now = Callable[[], datetime]


def date_entries_by(app: Flask, now: Now) -> None:
    """Let the entries carry the time that this clock tells when they are written."""
    app.extensions["sattle_audit_clock"] = now


def ask_from(address: str) -> None:
    """A request comes from this address; by whom is not known yet."""
    g.actor = Actor(address=address)


def act_as(by: By, actor_id: str, user_id: str | None = None) -> None:
    """What the rest of this request or command changes is their doing."""
    g.actor = replace(acting(), by=by, id=actor_id, user_id=user_id)


def acting() -> Actor:
    """Who it is; nobody, unless somebody was let in."""
    found: Actor = g.get("actor", NOBODY)
    return found


def note(session: Session, kind: Kind, subject: object, store_id: str | None = None, **details: Any) -> None:
    """Write down, in the caller's change, what is done to `subject` (an id). `details` must hold no secret."""
    actor, now = acting(), current_app.extensions["sattle_audit_clock"]
    session.add(
        AuditEntry(
            at=now(),
            by=actor.by.value,
            actor_id=actor.id,
            user_id=actor.user_id,
            store_id=store_id,
            kind=kind.value,
            subject=str(subject),
            details={name: _plain(value) for name, value in details.items() if value is not None},
            address=actor.address,
        )
    )


def _plain(value: Any) -> Any:
    """As JSON has it; exact numbers as text."""
    if isinstance(value, dict):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(each) for each in value]
    if isinstance(value, Decimal):
        return f"{value:f}"
    return value if isinstance(value, str | int | bool | None) else str(value)
