"""What was sent to a webhook, in words."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from app.db.models import Attempt, Delivery, WebhookTest
from app.domain.events import EventType
from app.domain.webhooks import TYPES

CUT_OFF_AFTER = timedelta(minutes=2)  # of a test without an end: the worker was stopped
STATES = {
    "pending": ("waits", "tag-warn"),
    "delivered": ("delivered", "tag-good"),
    "given_up": ("given up", "tag-bad"),
    "failed": ("failed", "tag-bad"),
    "superseded": ("not sent", ""),
}


@dataclass(frozen=True)
class TryView:
    """One try: when, and what came of it."""

    id: str
    at: datetime
    came: str
    is_good: bool
    duration_ms: int | None
    answer: str


@dataclass(frozen=True)
class DeliveryView:
    """A delivery with its tries; `again` is the try by whose id it can be sent once more."""

    event: str
    invoice_id: str
    state: str
    tag: str
    reason: str
    next_at: datetime | None
    tries: list[TryView]
    again: str | None


@dataclass(frozen=True)
class TrialView:
    """A test and how it ended; `is_over` when there is nothing more to wait for."""

    type: str
    at: datetime
    came: str
    is_good: bool
    is_over: bool
    duration_ms: int | None
    answer: str


def delivery_view(row: Delivery) -> DeliveryView:
    """With the newest try first."""
    words, tag = STATES.get(row.state, (row.state, ""))
    tries = [_try(attempt) for attempt in reversed(row.attempts)]
    over = [each for each in row.attempts if each.http_status is not None or each.error]
    waits = row.state == "pending"
    return DeliveryView(
        event=TYPES[EventType.named(row.event.type)].value,
        invoice_id=row.invoice_id,
        state=words,
        tag=tag,
        reason=row.reason or "",
        next_at=row.next_at if waits else None,
        tries=tries,
        again=over[-1].id if over and row.content is not None else None,
    )


def trial_view(row: WebhookTest, now: datetime) -> TrialView:
    """A test that a stopped worker left is over as well."""
    good = row.http_status is not None and 200 <= row.http_status <= 299
    if row.http_status is not None or row.error:
        came, over = _came(row.http_status, row.error), True
    elif row.started_at is None:
        came, over = "waits for the worker", False
    elif now - row.started_at > CUT_OFF_AFTER:
        came, over = "was cut off; try again", True
    else:
        came, over = "is being sent", False
    return TrialView(row.type, row.requested_at, came, good, over, row.duration_ms, row.answer or "")


def _try(attempt: Attempt) -> TryView:
    code = attempt.http_status
    good = code is not None and 200 <= code <= 299
    came = _came(code, attempt.error) if code is not None or attempt.error else "no end is known"
    return TryView(attempt.id, attempt.started_at, came, good, attempt.duration_ms, attempt.answer or "")


def _came(code: int | None, error: str | None) -> str:
    return f"HTTP {code}" if code is not None else error or ""
