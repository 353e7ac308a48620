"""When the bridge looks at an order, when it may act, and what its records say. All times are aware UTC."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

GRACE = timedelta(minutes=2)  # after the first try to tell the shop ended; a store may choose another
TRY_TAKES = timedelta(seconds=30)  # at most: a try that began and has not ended by then was cut off
SAFETY = timedelta(hours=1)  # open orders are looked at this often, whatever the shop says of its changes
SAFETY_RAISED = timedelta(hours=6)  # the same once a person was told
CALL_TAKES = timedelta(seconds=45)  # at most: what was sent to the shop so long ago has arrived, or never will
WATCHED_FOR = timedelta(days=30)  # since the last thing that happened to an invoice of the order
POLL = timedelta(seconds=60)  # how often a shop is asked which orders changed
OVERLAP = timedelta(seconds=30)  # the shop's clock has whole seconds, and a change may be seen later than it is dated
BACK_OFF = (30, 60, 120, 300)  # seconds, the last one again and again
SILENT_FOR = timedelta(days=1)  # orders that were to be read so long ago are told to a person
CLAIM_LASTS = timedelta(minutes=15)  # far longer than one order takes; who holds it longer was stopped


class WatchState(StrEnum):
    """DONE and GIVEN_UP are not looked at, until something happens to an invoice or to the order."""

    WATCHING = "watching"
    MISMATCH = "mismatch"
    DONE = "done"
    GIVEN_UP = "given_up"


OPEN_STATES = (WatchState.WATCHING, WatchState.MISMATCH)


class ActKind(StrEnum):
    WRITE = "write"  # a status or a payment written to the order
    NOTE = "note"  # a private note on it
    NUDGE = "nudge"  # the shop was told again what its plugin missed
    CLOSE = "close"  # the invoice was closed, since its order was paid otherwise or cancelled
    SUPERSEDE = "supersede"  # deliveries that would do harm now were ended


class Outcome(StrEnum):
    INTENDED = "intended"
    DONE = "done"
    NOTHING = "nothing"  # the shop took it and the order is as before, or it never arrived
    REFUSED = "refused"  # the shop said no
    UNSENT = "unsent"  # the shop could not be reached


@dataclass(frozen=True)
class Tried:
    """One try of a delivery. `ended_at` is None while it is under way; `connected`: the other side was reached."""

    began_at: datetime
    ended_at: datetime | None
    http_status: int | None
    connected: bool

    @property
    def answered(self) -> bool:
        return self.http_status is not None and 200 <= self.http_status <= 299

    @property
    def refused(self) -> bool:
        """Nothing will come of it: the shop did not take it, and works on nothing."""
        if self.ended_at is None:
            return False
        return not self.connected if self.http_status is None else 400 <= self.http_status <= 499


@dataclass(frozen=True)
class Owed:
    """A delivery of an invoice: of which event, whether it still waits, and its tries, oldest first."""

    delivery_id: int
    event_at: datetime
    pending: bool
    tries: tuple[Tried, ...] = ()


def may_act_at(owed: Sequence[Owed], event_at: datetime, since: datetime | None, grace: timedelta) -> datetime:
    """From when on a disagreement counts: the plugin had its chance to act on the event at `event_at`.

    `since` is when the shop was told once more, if it was: only what was tried from then on counts. A moment that
    lies in the past means now.
    """
    start = max(event_at, since) if since is not None else event_at
    tries = [each for delivery in owed if delivery.event_at >= event_at for each in delivery.tries]
    first = _first_since(tries, start)
    if first is None:  # not tried yet; if what goes before it was refused, nor will it be soon
        earlier = [each for delivery in owed if delivery.pending for each in delivery.tries]
        blocked = _first_since(earlier, start)
        return blocked.ended_at if blocked is not None and blocked.refused and blocked.ended_at else start + grace
    if first.ended_at is None:
        return first.began_at + TRY_TAKES + grace
    return first.ended_at if first.refused else first.ended_at + grace


def to_nudge(owed: Sequence[Owed]) -> int | None:
    """Which delivery is sent now: the one that waits for its next try; when all were answered, the newest again."""
    waiting = [delivery for delivery in owed if delivery.pending]
    if waiting:
        return waiting[0].delivery_id
    answered = [delivery for delivery in owed if any(each.answered for each in delivery.tries)]
    return owed[-1].delivery_id if owed and len(answered) == len(owed) else None


def back_off(failures: int, now: datetime, retry_after: timedelta | None = None) -> datetime:
    """When a shop that failed so many times in a row is asked again; it may ask for more patience, up to an hour."""
    wait = timedelta(seconds=BACK_OFF[min(max(failures, 1), len(BACK_OFF)) - 1])
    return now + max(wait, min(retry_after or wait, timedelta(hours=1)))


def next_look(state: WatchState, now: datetime, wanted: Iterable[datetime]) -> datetime:
    """When to look again: at the first moment that a decision waits for, and now and then in any case."""
    safety = SAFETY_RAISED if state is WatchState.MISMATCH else SAFETY
    return min([now + safety, *(max(moment, now) for moment in wanted)])


def _first_since(tries: Iterable[Tried], start: datetime) -> Tried | None:
    return min((each for each in tries if each.began_at >= start), key=lambda each: each.began_at, default=None)
