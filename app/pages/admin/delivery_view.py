"""What was told about an invoice, to whom, and what they answered."""

from dataclasses import dataclass
from datetime import datetime

from app.db.models import Attempt, Delivery
from app.domain.events import EventType, Shape
from app.domain.retry import DeliveryState
from app.domain.webhooks import TYPES
from app.pages.admin.words import DELIVERIES

SHAPES = {Shape.IPN: "IPN", Shape.IPN_EXTENDED: "extended IPN", Shape.WEBHOOK: "webhook"}


@dataclass(frozen=True)
class AttemptView:
    """One try. `answered` says what came back."""

    started_at: datetime
    answered: str
    is_good: bool
    took: str
    answer: str | None


@dataclass(frozen=True)
class DeliveryView:
    """One delivery. `next_at`: when it is tried again by itself. `why_not_again`: empty when it may be sent again."""

    id: int
    what: str
    shape: str
    host: str
    words: str
    tag: str
    reason: str | None
    next_at: datetime | None
    attempts: tuple[AttemptView, ...]
    why_not_again: str


def delivery_view(row: Delivery, now: datetime) -> DeliveryView:
    """The view of a delivery that was loaded with its event, endpoint and attempts. Hosts alone are shown: an address
    may hold a secret."""
    kind = EventType.named(row.event.type)
    words, tag = DELIVERIES[row.state]
    shape = Shape(row.shape)
    waits = row.state == DeliveryState.PENDING.value
    return DeliveryView(
        id=row.id,
        what=TYPES[kind].value if shape is Shape.WEBHOOK else kind.ipn_name,
        shape=SHAPES[shape],
        host=row.endpoint.host,
        words="under way" if waits and row.claimed_by else "due now" if waits and row.next_at <= now else words,
        tag=tag,
        reason=row.reason,
        next_at=row.next_at if waits and row.next_at > now else None,
        attempts=tuple(_attempt(each) for each in row.attempts),
        why_not_again=_why_not_again(row),
    )


def _attempt(row: Attempt) -> AttemptView:
    good = row.http_status is not None and 200 <= row.http_status <= 299
    answered = f"answered {row.http_status}" if row.http_status is not None else row.error or "under way, or cut off"
    took = "" if row.duration_ms is None else f"{row.duration_ms} ms"
    return AttemptView(row.started_at, answered, good, took, row.answer)


def _why_not_again(row: Delivery) -> str:
    webhook = row.endpoint.webhook
    if row.shape == Shape.WEBHOOK.value and row.content is None:
        return "Its body was dropped because of its age, so it cannot be sent again."
    if webhook is None or webhook.replaced_by is not None:
        return ""
    if webhook.deleted_at is not None:
        return "Its webhook was deleted."
    return "" if webhook.enabled else "Its webhook is switched off."
