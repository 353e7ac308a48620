"""Shall a webhook still be told this, now that it would be sent, and what exactly is it told?"""

from datetime import datetime

from sqlalchemy.orm import Session

from app.db.models import Delivery, Webhook
from app.db.queries_webhooks import has_failed, is_overtaken
from app.domain.events import EventType
from app.domain.retry import ONE_TRY, DeliveryState
from app.domain.webhooks import OVERTAKEN, STALE_AFTER, TYPES, Envelope, body

Ended = tuple[str, str]  # state and reason


def why_not(session: Session, delivery: Delivery, webhook: Webhook, now: datetime) -> Ended | None:
    """How the delivery ends without being sent; None when it shall be sent. What the webhook asks for now decides."""
    superseded = DeliveryState.SUPERSEDED.value
    kind = TYPES[EventType.named(delivery.event.type)]
    if webhook.deleted_at is not None:
        return superseded, "its webhook was deleted"
    if not webhook.enabled:
        return superseded, "its webhook is disabled"
    if not webhook.subscription.wants(kind):
        return superseded, f"its webhook no longer asks for {kind}"
    if is_overtaken(session, delivery.id, now - STALE_AFTER):
        return superseded, OVERTAKEN
    asked_for = delivery.next_attempt_id is not None
    if webhook.automatic_redelivery or asked_for:
        return None
    if has_failed(session, delivery.id, webhook.id, delivery.redelivery_at):
        return DeliveryState.FAILED.value, ONE_TRY
    return None


def tries_again(delivery: Delivery) -> bool:
    """Does a failed try of this delivery ask for another one?"""
    webhook = delivery.endpoint.webhook
    return webhook is None or webhook.automatic_redelivery


def webhook_body(delivery: Delivery, attempt_id: str, webhook_id: str) -> bytes:
    """The body of an attempt, the same whenever it is asked for. Its content must not have been dropped."""
    original_id = delivery.first_attempt_id or attempt_id
    return body(delivery.content or "{}", Envelope(attempt_id, original_id, webhook_id, delivery.created_at))
