"""Tell the shop: claim what is due, try once, record how it went. At least once, in order per endpoint and invoice."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from sqlalchemy.orm import Session

from app.db import queries_deliveries as queries
from app.db.facts import filled_address
from app.db.models import Attempt, Delivery, Webhook
from app.db.queries import reading
from app.db.queries_bridge import ring_for_invoice
from app.db.session import change
from app.domain.events import Shape
from app.domain.ids import new_id
from app.domain.retry import outcome
from app.domain.webhooks import SIGNATURE_HEADER, signature
from app.errors import NotFound
from app.usecases.judge_webhook import tries_again, webhook_body, why_not


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
    invoice_id: str
    attempt_id: str
    url: str
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


Body = Callable[[Session, Delivery, datetime], bytes]
Post = Callable[[str, bytes, dict[str, str]], Answer]


@dataclass(frozen=True)
class Due:
    """A delivery that may be tried now, the host that it goes to (with the port if one is named), and its lane there.

    What is in one lane may hold up the rest of it; a webhook's is its own.
    """

    id: int
    host: str
    lane: str


def due(now: datetime, limit: int, full: Collection[str] = (), only_hosts: Collection[str] | None = None) -> list[Due]:
    """The deliveries that may be tried now, none to hosts and lanes that are `full`, and to `only_hosts` if given."""
    session = reading()
    found = queries.due_deliveries(session, now, limit, full, only_hosts)
    session.rollback()
    return [Due(*each) for each in found]


def start_attempt(delivery_id: int, worker: str, body: Body, now: datetime) -> Job | None:
    """Claim the delivery and write the attempt down before it is made; `body` is asked for that of an IPN.

    None when somebody else has it, or when the webhook shall not be told any more, or not now.
    """
    with change() as session:
        if not queries.claim(session, delivery_id, worker, now):
            return None
        delivery = session.get_one(Delivery, delivery_id)
        if delivery.shape == Shape.WEBHOOK.value:
            return _to_webhook(session, delivery, now)
        attempt = Attempt(id=delivery.next_attempt_id or new_id(), delivery_id=delivery_id, started_at=now)
        delivery.next_attempt_id = None
        session.add(attempt)
        url = filled_address(delivery.invoice, delivery.endpoint.url)
        return Job(delivery_id, delivery.invoice_id, attempt.id, url, body(session, delivery, now))


def _to_webhook(session: Session, delivery: Delivery, now: datetime) -> Job | None:
    """Address and secret are those of now, what is said is what was true at the event. None when it is not sent."""
    webhook = delivery.endpoint.webhook
    if webhook is None or delivery.content is None:
        raise NotFound(f"delivery {delivery.id} has lost its webhook or its body")
    if webhook.replaced_by is not None:  # while this was being written
        delivery.endpoint_id = session.get_one(Webhook, webhook.replaced_by).endpoint_id
        delivery.claimed_by = None
        return None
    unwanted = why_not(session, delivery, webhook, now)
    if unwanted is not None:
        delivery.state, delivery.reason = unwanted
        delivery.claimed_by = delivery.next_attempt_id = None
        return None
    attempt_id = delivery.next_attempt_id or new_id()
    delivery.next_attempt_id, delivery.first_attempt_id = None, delivery.first_attempt_id or attempt_id
    session.add(Attempt(id=attempt_id, delivery_id=delivery.id, webhook_id=webhook.id, started_at=now))
    sent = webhook_body(delivery, attempt_id, webhook.id)
    headers = {SIGNATURE_HEADER: signature(webhook.secret, sent)}
    return Job(delivery.id, delivery.invoice_id, attempt_id, webhook.endpoint.url, sent, headers)


def finish_attempt(job: Job, answer: Answer, now: datetime, chance: float) -> str:
    """Record how the attempt went and what follows. Returns the delivery's state."""
    with change() as session:
        attempt = session.get_one(Attempt, job.attempt_id)
        attempt.http_status, attempt.error = answer.status, answer.error
        attempt.answer, attempt.duration_ms = answer.excerpt, answer.duration_ms
        ring_for_invoice(session, job.invoice_id, now)
        return _conclude(session, job.delivery_id, answer.status, now, chance)


def record_broken(delivery_id: int, worker: str, now: datetime, chance: float) -> None:
    """We could not make or record a try, which is our own fault: it counts as one without an answer.

    Nothing is recorded when another worker has taken the delivery since.
    """
    with change() as session:
        if session.get_one(Delivery, delivery_id).claimed_by not in (None, worker):
            return
        session.add(Attempt(id=new_id(), delivery_id=delivery_id, started_at=now, error="failed here; see the log"))
        _conclude(session, delivery_id, None, now, chance)


def release_dead(is_dead: Callable[[str], bool]) -> None:
    """Make the claims of dead workers due again: what they were telling is told again."""
    session = reading()
    claiming = queries.claiming_workers(session)
    session.rollback()
    dead = [worker for worker in claiming if is_dead(worker)]
    if dead:
        with change() as session:
            queries.release_claims(session, dead)


def _conclude(
    session: Session,
    delivery_id: int,
    http_status: int | None,
    now: datetime,
    chance: float,
) -> str:
    session.flush()
    delivery = session.get_one(Delivery, delivery_id, with_for_update=True, populate_existing=True)
    made, first_at = queries.attempts_of(session, delivery_id, delivery.redelivery_at)
    decision = outcome(http_status, made, first_at or now, now, chance, again=tries_again(delivery))
    delivery.claimed_by = None
    if delivery.state != queries.PENDING:
        return delivery.state
    if delivery.next_attempt_id is not None:  # a redelivery was promised meanwhile
        delivery.next_at = now
        if decision.state.value != queries.PENDING:  # that try was the last: it goes on out of turn, as a new one
            delivery.redelivery_at = now
        return delivery.state
    delivery.state, delivery.reason = decision.state.value, decision.reason
    delivery.next_at = decision.next_at or delivery.next_at
    return delivery.state
