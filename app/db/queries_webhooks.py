"""What is read and written about webhooks: who is told of a store's events, what they are owed, what was sent."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, bindparam, exists, func, or_, select, update
from sqlalchemy.orm import Session, aliased, joinedload, selectinload

from app.db.models import Attempt, Delivery, Endpoint, Event, Store, Webhook
from app.db.queries_deliveries import PENDING
from app.domain.webhooks import OF_TYPE, Subscription, WebhookType

SUBSCRIBED = (  # with every event; put together once
    select(Webhook.endpoint_id, Webhook.everything, Webhook.specific_events)
    .where(Webhook.store_id == bindparam("of"), Webhook.enabled, Webhook.deleted_at.is_(None))
    .order_by(Webhook.endpoint_id)
)
FINISHED = or_(Attempt.http_status.is_not(None), Attempt.error.is_not(None))  # others were cut off, or are under way
LATER, LATER_EVENT = aliased(Delivery), aliased(Event)
SETTLED_WAITS = (
    exists()
    .where(LATER.endpoint_id == Delivery.endpoint_id, LATER.invoice_id == Delivery.invoice_id, LATER.state == PENDING)
    .where(LATER.id > Delivery.id, LATER_EVENT.id == LATER.event_id)
    .where(LATER_EVENT.type.in_(OF_TYPE[WebhookType.SETTLED]))
)


def subscribed(session: Session, store_id: str) -> list[tuple[int, Subscription]]:
    """(endpoint id, what it asks for) of the webhooks that are told of the store's events."""
    rows = session.connection().execute(SUBSCRIBED, {"of": store_id}).all()
    return [(row.endpoint_id, Subscription(row.everything, tuple(row.specific_events))) for row in rows]


def webhooks_of_store(session: Session, store_id: str) -> Sequence[Webhook]:
    """Those that were not deleted, oldest first."""
    wanted = select(Webhook).where(Webhook.store_id == store_id, Webhook.deleted_at.is_(None))
    return session.scalars(wanted.options(joinedload(Webhook.endpoint)).order_by(Webhook.endpoint_id)).all()


def live_webhook(session: Session, webhook_id: str) -> Webhook | None:
    """None when there is none, or it was deleted."""
    found = session.get(Webhook, webhook_id)
    return found if found is not None and found.deleted_at is None else None


def locked_store(session: Session, store_id: str) -> bool:
    """Let nobody else change the store's webhooks until this change ends. False when there is no such store."""
    wanted = select(Store.id).where(Store.id == store_id)
    return session.scalar(wanted.with_for_update(key_share=True)) is not None  # invoices are made meanwhile


def replaceable(session: Session, store_id: str, url: str) -> Sequence[Webhook]:
    """The enabled webhooks at exactly this URL that API keys made."""
    wanted = select(Webhook).join(Webhook.endpoint).where(Webhook.store_id == store_id, Endpoint.url == url)
    live = wanted.where(Webhook.enabled, Webhook.deleted_at.is_(None), Webhook.by_hand.is_(False))
    return session.scalars(live).all()


def count_enabled(session: Session, store_id: str) -> int:
    """How many webhooks are told of the store's events."""
    counted = select(func.count()).select_from(Webhook).where(Webhook.store_id == store_id, Webhook.enabled)
    return session.scalar(counted.where(Webhook.deleted_at.is_(None))) or 0


def move_owed(session: Session, from_endpoint: int, to_endpoint: int) -> None:
    """Let another endpoint have what waits for this one."""
    moved = update(Delivery).where(Delivery.endpoint_id == from_endpoint, Delivery.state == PENDING)
    session.execute(moved.values(endpoint_id=to_endpoint).execution_options(synchronize_session=False))


def end_owed(session: Session, endpoint_id: int, state: str, reason: str) -> None:
    """End what waits for an endpoint."""
    ended = update(Delivery).where(Delivery.endpoint_id == endpoint_id, Delivery.state == PENDING)
    session.execute(ended.values(state=state, reason=reason).execution_options(synchronize_session=False))


def overtaken(session: Session, failing_before: datetime) -> Sequence[int]:
    """The deliveries of InvoiceProcessing, claimed by nobody, that `is_overtaken` is true of."""
    found = select(Delivery.id).join(Delivery.event).where(Delivery.state == PENDING, Delivery.claimed_by.is_(None))
    return session.scalars(found.where(*_overtaken(failing_before))).all()


def is_overtaken(session: Session, delivery_id: int, failing_before: datetime) -> bool:
    """Does it say InvoiceProcessing and fail since before then, while InvoiceSettled waits behind it?"""
    found = select(Delivery.id).join(Delivery.event).where(Delivery.id == delivery_id)
    return session.scalar(found.where(*_overtaken(failing_before))) is not None


def _overtaken(failing_before: datetime) -> tuple[ColumnElement[bool], ...]:
    began = exists().where(
        Attempt.delivery_id == Delivery.id,
        Attempt.started_at <= failing_before,
        or_(Delivery.redelivery_at.is_(None), Attempt.started_at >= Delivery.redelivery_at),
        FINISHED,
        or_(Attempt.http_status.is_(None), ~Attempt.http_status.between(200, 299)),
    )
    return (
        Delivery.content.is_not(None),
        Event.type.in_(OF_TYPE[WebhookType.PROCESSING]),
        began,
        SETTLED_WAITS,
    )


def has_failed(session: Session, delivery_id: int, webhook_id: str, since: datetime | None) -> bool:
    """Was it tried for this webhook (since then), and did the try come to an end?"""
    made = select(Attempt.id).where(Attempt.delivery_id == delivery_id, Attempt.webhook_id == webhook_id, FINISHED)
    if since is not None:
        made = made.where(Attempt.started_at >= since)
    return session.scalar(made.limit(1)) is not None


def attempts_for(session: Session, webhook_id: str, limit: int) -> Sequence[Attempt]:
    """What was sent for a webhook, newest first."""
    made = select(Attempt).where(Attempt.webhook_id == webhook_id, FINISHED)
    newest = made.order_by(Attempt.started_at.desc(), Attempt.id).limit(limit)
    return session.scalars(newest.options(joinedload(Attempt.delivery))).all()


def attempt_for(session: Session, webhook_id: str, attempt_id: str) -> Attempt | None:
    """One of them."""
    made = select(Attempt).where(Attempt.id == attempt_id, Attempt.webhook_id == webhook_id, FINISHED)
    return session.scalar(made.options(joinedload(Attempt.delivery)))


def deliveries_to(session: Session, webhook: Webhook, limit: int) -> Sequence[Delivery]:
    """What a webhook is or was owed, newest first, with event and attempts."""
    owed = select(Delivery).where(Delivery.endpoint_id == webhook.endpoint_id).order_by(Delivery.id.desc())
    whole = (joinedload(Delivery.event), selectinload(Delivery.attempts))
    return session.scalars(owed.limit(limit).options(*whole)).all()


def old_bodies(session: Session, before: datetime, limit: int) -> Sequence[int]:
    """The ids of deliveries that are over and were neither made nor sent since then, with what they said still kept."""
    since = exists().where(Attempt.delivery_id == Delivery.id, Attempt.started_at >= before)
    old = select(Delivery.id).where(Delivery.created_at < before, Delivery.content.is_not(None))
    return session.scalars(old.where(Delivery.state != PENDING, ~since).limit(limit)).all()


def drop_bodies(session: Session, delivery_ids: Sequence[int]) -> None:
    """Forget what they said; that they were made stays."""
    dropped = update(Delivery).where(Delivery.id.in_(delivery_ids), Delivery.state != PENDING)
    session.execute(dropped.values(content=None).execution_options(synchronize_session=False))
