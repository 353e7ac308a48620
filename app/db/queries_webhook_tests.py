"""Tests of webhooks: those that wait, and what came of the newest."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from app.db.models import WebhookTest

KEPT = 10  # of a webhook


def waiting_tests(session: Session, limit: int) -> Sequence[int]:
    """The ids of those that nobody has begun, oldest first."""
    waiting = select(WebhookTest.id).where(WebhookTest.started_at.is_(None))
    return session.scalars(waiting.order_by(WebhookTest.id).limit(limit)).all()


def begin_test(session: Session, test_id: int, now: datetime) -> bool:
    """Take it, unless another worker did."""
    mine = update(WebhookTest).where(WebhookTest.id == test_id, WebhookTest.started_at.is_(None))
    taken = session.execute(mine.values(started_at=now).returning(WebhookTest.id)).all()
    return bool(taken)


def tests_of(session: Session, webhook_id: str) -> Sequence[WebhookTest]:
    """The newest tests of a webhook."""
    found = select(WebhookTest).where(WebhookTest.webhook_id == webhook_id)
    return session.scalars(found.order_by(WebhookTest.id.desc()).limit(KEPT)).all()


def drop_older_tests(session: Session, webhook_id: str) -> None:
    """Keep the newest few."""
    kept = [test.id for test in tests_of(session, webhook_id)]
    older = delete(WebhookTest).where(WebhookTest.webhook_id == webhook_id, WebhookTest.id.not_in(kept))
    session.execute(older.execution_options(synchronize_session=False))
