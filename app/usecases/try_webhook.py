"""Try a webhook out because a person asks: one event that says that it is a test, sent once by the worker."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from app.db.audit import note
from app.db.models import WebhookTest
from app.db.queries import reading
from app.db.queries_webhook_tests import begin_test, drop_older_tests, waiting_tests
from app.db.queries_webhooks import live_webhook
from app.db.session import change
from app.domain.audit import Kind
from app.domain.trial_event import SAYS, event_for_test
from app.domain.webhooks import SIGNATURE_HEADER, WebhookType, signature
from app.errors import BadInput, NotFound
from app.usecases.deliver import Answer

AT_ONCE = 10


@dataclass(frozen=True)
class Trial:
    """A test that was begun, ready to be sent without the database."""

    id: int
    url: str
    body: bytes
    headers: dict[str, str]


def ask_for_test(webhook_id: str, kind: str, now: datetime) -> int:
    """Have an event of that type sent; returns the test's id. NotFound, BadInput (type)."""
    if kind not in {each.value for each in SAYS}:
        raise BadInput("type", kind, f"use one of {', '.join(SAYS)}")
    with change() as session:
        webhook = live_webhook(session, webhook_id)
        if webhook is None:
            raise NotFound(f"there is no webhook {webhook_id}")
        row = WebhookTest(webhook_id=webhook_id, type=kind, requested_at=now)
        session.add(row)
        session.flush()
        drop_older_tests(session, webhook_id)
        note(session, Kind.WEBHOOK_TESTED, webhook_id, webhook.store_id, type=kind, host=webhook.endpoint.host)
        return row.id


def due_tests() -> Sequence[int]:
    """The ids of some tests that wait."""
    session = reading()
    session.rollback()
    found = waiting_tests(session, AT_ONCE)
    session.rollback()
    return found


def start_test(test_id: int, now: datetime) -> Trial | None:
    """Begin a test. None when another worker has, or its webhook was deleted: then there is nobody to be told."""
    with change() as session:
        if not begin_test(session, test_id, now):
            return None
        row = session.get_one(WebhookTest, test_id, populate_existing=True)
        webhook = row.webhook
        if webhook.deleted_at is not None:
            row.error = "its webhook was deleted"
            return None
        sent = event_for_test(WebhookType(row.type), webhook.id, webhook.store_id, now)
        return Trial(row.id, webhook.endpoint.url, sent, {SIGNATURE_HEADER: signature(webhook.secret, sent)})


def finish_test(test_id: int, answer: Answer) -> None:
    """Record what came of it."""
    with change() as session:
        row = session.get(WebhookTest, test_id)
        if row is not None:  # a person may have asked for many others meanwhile
            row.http_status, row.error = answer.status, answer.error
            row.answer, row.duration_ms = answer.excerpt, answer.duration_ms
