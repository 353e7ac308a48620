"""What the merchant's pages call things: states, events and deliveries in plain words, each with its colour."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from app.domain.events import EventType

STATUS_TAGS: Mapping[str, str] = {
    "New": "",
    "Processing": "tag-warn",
    "Settled": "tag-good",
    "Expired": "",
    "Invalid": "tag-bad",
}
ADDITIONAL: Mapping[str, str] = {
    "PaidPartial": "paid in part",
    "PaidOver": "paid too much",
    "PaidLate": "paid late",
    "Marked": "marked by hand",
}
EVENTS: Mapping[EventType, str] = {
    EventType.CREATED: "The invoice was made",
    EventType.RECEIVED_PAYMENT: "A payment was seen",
    EventType.PAID_IN_FULL: "All of it was seen",
    EventType.EXPIRED: "The time to pay ended, and nothing had come",
    EventType.EXPIRED_PAID_PARTIAL: "The time to pay ended, and only a part had come",
    EventType.PAID_AFTER_EXPIRATION: "Paid in full, but after the time to pay",
    EventType.CONFIRMED: "Enough was confirmed: it is settled",
    EventType.COMPLETED: "Told once more as complete, as the older plugin expects",
    EventType.PAYMENT_SETTLED: "A payment was confirmed",
    EventType.FAILED_TO_CONFIRM: "What was paid did not confirm in time",
    EventType.MARKED_INVALID: "Marked invalid by hand",
    EventType.MARKED_COMPLETE: "Marked settled by hand",
    EventType.REFUND: "A refund was offered",
    EventType.CLOSED_WITH_ORDER: "Closed with the shop's order, which needs no payment any more,",
    EventType.SETTLED_PAYMENT_LOST: "The chain took back a payment that had settled",
    EventType.SETTLED_PAYMENT_RETURNED: "That payment is in the chain again",
    EventType.PAYOUT_CREATED: "The buyer claimed the refund",
    EventType.PAYOUT_APPROVED: "The payout was approved",
    EventType.PAYOUT_UPDATED: "The payout moved on",
}
DELIVERIES: Mapping[str, tuple[str, str]] = {
    "pending": ("waits", "tag-warn"),
    "delivered": ("delivered", "tag-good"),
    "given_up": ("given up", ""),
    "failed": ("failed", "tag-bad"),
    "superseded": ("no longer needed", ""),
}
POLICIES: Mapping[str, str] = {
    "HighSpeed": "as soon as it is seen",
    "MediumSpeed": "after 1 confirmation",
    "LowMediumSpeed": "after 2 confirmations",
    "LowSpeed": "after 6 confirmations",
}


def event_words(stored_type: str) -> str:
    """What happened, by the type that an event is stored under."""
    return EVENTS[EventType.named(stored_type)]


def moment(at: datetime | None) -> str:
    """A time as our pages write it."""
    return "" if at is None else f"{at:%Y-%m-%d %H:%M} UTC"


def moment_exactly(at: datetime) -> str:
    """With seconds, where the order of things matters."""
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"


def span(length: timedelta) -> str:
    """How long: in the largest unit that says enough."""
    seconds = max(int(length.total_seconds()), 0)
    for unit, size in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit}"
    return f"{seconds} seconds"
