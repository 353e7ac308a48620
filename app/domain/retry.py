"""When a delivery is tried again: quickly at first, then hourly, for three days (design, Deliveries)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

FIRST_DELAYS = (
    timedelta(seconds=10),
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(minutes=30),
)
LATER_DELAY = timedelta(hours=1)
JITTER_PERCENT = 20  # of the hourly delay, so that shops which failed together do not return together
PATIENCE = timedelta(hours=72)  # since the first try
GONE = 410
ONE_TRY = "it failed, and its webhook has automatic redelivery off"


class DeliveryState(StrEnum):
    """Where a delivery stands; all but PENDING are final."""

    PENDING = "pending"
    DELIVERED = "delivered"
    GIVEN_UP = "given_up"
    FAILED = "failed"
    SUPERSEDED = "superseded"


@dataclass(frozen=True)
class Outcome:
    """What one try means for its delivery. `next_at` is set while the state is PENDING, `reason` when it failed."""

    state: DeliveryState
    next_at: datetime | None = None
    reason: str | None = None


def next_try(tries: int, first_try: datetime, now: datetime, chance: float) -> datetime | None:
    """When to try after `tries` failures, or None when patience has ended.

    `chance` in 0 to 1 spreads hourly tries over the jitter: 0.5 is the full hour.
    """
    if tries <= len(FIRST_DELAYS):
        delay = FIRST_DELAYS[max(tries, 1) - 1]
    else:
        delay = LATER_DELAY + LATER_DELAY * JITTER_PERCENT / 100 * (2 * chance - 1)
    moment = now + delay
    return moment if moment <= first_try + PATIENCE else None


def outcome(
    http_status: int | None, tries: int, first_try: datetime, now: datetime, chance: float, *, again: bool = True
) -> Outcome:
    """2xx: delivered. 410: the receiver wants no more. Everything else, no answer included: again, until patience ends.

    `tries` counts the one just made, `first_try` is when the first was begun, `chance` spreads the hourly tries.
    Without `again` there is one try.
    """
    if http_status is not None and 200 <= http_status <= 299:
        return Outcome(DeliveryState.DELIVERED)
    if http_status == GONE:
        return Outcome(DeliveryState.GIVEN_UP, reason="the endpoint answered 410 Gone")
    if not again:
        return Outcome(DeliveryState.FAILED, reason=ONE_TRY)
    moment = next_try(tries, first_try, now, chance)
    if moment is None:
        return Outcome(DeliveryState.FAILED, reason=f"no success in {tries} tries over three days")
    return Outcome(DeliveryState.PENDING, next_at=moment)
