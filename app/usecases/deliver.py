"""Tell the shop: claim what is due, try it once, record how it went. At least once, in order per (endpoint, invoice)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sqlalchemy.orm import Session

from app.db import queries_deliveries as queries
from app.db.models import Attempt, Delivery
from app.db.queries import reading
from app.db.session import change
from app.domain.ids import new_id
from app.domain.retry import outcome

JSON_HEADERS = {"Content-Type": "application/json"}


class Answer(Protocol):
    """How a try ended."""

    @property
    def status(self) -> int | None: ...

    @property
    def error(self) -> str | None: ...

    @property
    def excerpt(self) -> str | None: ...

    @property
    def duration_ms(self) -> int: ...


@dataclass(frozen=True)
class Job:
    """A claimed delivery, ready to be sent without the database."""

    delivery_id: int
    attempt_id: str
    url: str
    body: bytes


Body = Callable[[Session, Delivery, datetime], bytes]
Post = Callable[[str, bytes, dict[str, str]], Answer]


def due(now: datetime, limit: int) -> list[int]:
    """The deliveries that may be tried now."""
    session = reading()
    found = queries.due_delivery_ids(session, now, limit)
    session.rollback()
    return found


def start_attempt(delivery_id: int, worker: str, body: Body, now: datetime) -> Job | None:
    """Claim the delivery and write the attempt down before it is made. None when somebody else has it."""
    with change() as session:
        if not queries.claim(session, delivery_id, worker):
            return None
        delivery = session.get_one(Delivery, delivery_id)
        attempt = Attempt(id=new_id(), delivery_id=delivery_id, started_at=now)
        session.add(attempt)
        return Job(delivery_id, attempt.id, delivery.endpoint.url, body(session, delivery, now))


def finish_attempt(job: Job, answer: Answer, now: datetime, chance: float) -> str:
    """Record how the attempt went and what follows. Returns the delivery's state."""
    with change() as session:
        attempt = session.get_one(Attempt, job.attempt_id)
        attempt.http_status, attempt.error = answer.status, answer.error
        attempt.answer, attempt.duration_ms = answer.excerpt, answer.duration_ms
        session.flush()
        made, first_at = queries.attempts_of(session, job.delivery_id)
        decision = outcome(answer.status, made, first_at or now, now, chance)
        delivery = session.get_one(Delivery, job.delivery_id)
        delivery.claimed_by = None
        if delivery.state == queries.PENDING:
            delivery.state, delivery.reason = decision.state.value, decision.reason
            delivery.next_at = decision.next_at or delivery.next_at
        return delivery.state


def release(workers: list[str] | None = None) -> None:
    """Make the claims of dead workers due again."""
    with change() as session:
        queries.release_claims(session, workers)
