"""Telling the shop: what is owed to its endpoints, how often it was tried, and what that means for the order."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from app.domain.events import EventType
from app.domain.invoice import AdditionalStatus, Status
from app.domain.mismatch import MismatchKind
from app.domain.retry import DeliveryState
from app.domain.story.bridging import paid_at
from app.domain.story.facts import Owed, Refund, Tried
from app.domain.story.figures import Figures, bitcoin, clock
from app.domain.story.steps import Fact, Key, State, Step

SEEN = (EventType.RECEIVED_PAYMENT, EventType.PAID_IN_FULL)
SETTLED = (EventType.CONFIRMED, EventType.COMPLETED, EventType.MARKED_COMPLETE)
OVER = (DeliveryState.FAILED, DeliveryState.GIVEN_UP)
MOST_ANSWERS = 5
NO_REASON_TO_WAIT = (MismatchKind.PAID_DRAFT.value, MismatchKind.NO_ANSWER.value)  # one tells what was booked


def telling(told: Figures) -> list[Step]:
    """Told of the payment, the order put on hold, told that it is settled, ready to ship; and what went wrong."""
    seen = _owed(told, *SEEN)
    reached = told.last(*SEEN)
    after = [*_first(told, seen, reached.at if reached else None), _ship(told)]
    return [*after, *_troubles(told), *_refunds(told)]


def _owed(told: Figures, *kinds: EventType) -> list[Owed]:
    names = {kind.ipn_name for kind in kinds}
    return [owed for owed in told.facts.deliveries if owed.event in names]


def _first(told: Figures, owed: Sequence[Owed], at: datetime | None) -> list[Step]:
    """The webhook of a seen payment, and the order that follows it."""
    if not owed:
        if at is not None:
            return [Step(key, "unasked", State.SKIPPED, at) for key in (Key.TOLD, Key.ORDER)]
        ahead = told.invoice.status is Status.NEW
        state, variant = (State.WAITING, "waiting") if ahead else (State.SKIPPED, "never")
        return [Step(key, variant, state) for key in (Key.TOLD, Key.ORDER)]
    in_full = [each for each in owed if each.event == EventType.PAID_IN_FULL.ipn_name]
    return [_told(owed), _order(told, in_full or owed)]


def _told(owed: Sequence[Owed]) -> Step:
    begun = [each.tries[0].started_at for each in owed if each.tries]
    values = {"host": _hosts(owed)}
    if not begun:
        superseded = all(each.state == DeliveryState.SUPERSEDED for each in owed)
        if superseded:
            return Step(Key.TOLD, "superseded", State.SKIPPED, owed[-1].created_at, values, (), _raw(owed))
        return Step(Key.TOLD, "now", State.NOW, None, values, (), _raw(owed))
    return Step(Key.TOLD, "done", State.DONE, min(begun), values, _answers(owed), _raw(owed))


def _order(told: Figures, owed: Sequence[Owed]) -> Step:
    values = {"order": told.facts.order_id or told.facts.id, "host": _hosts(owed)}
    at = delivered_at(owed)
    if at is not None:
        paid = told.last(EventType.PAID_IN_FULL) is not None
        return Step(Key.ORDER, "done" if paid else "noted", State.DONE, at, values)
    if any(each.state == DeliveryState.PENDING for each in owed):
        return Step(Key.ORDER, "waiting", State.WAITING, None, values)
    return Step(Key.ORDER, "unknown", State.SKIPPED, None, values)


def _ship(told: Figures) -> Step:
    """The end that everybody waits for. It is reached when the invoice is settled and the shop was told so."""
    owed = _owed(told, *SETTLED)
    settled = told.last(*SETTLED)
    values = {"order": told.facts.order_id or told.facts.id, "host": _hosts(owed)}
    if settled is None or told.invoice.status is not Status.SETTLED:
        ahead = told.invoice.status in (Status.NEW, Status.PROCESSING)
        return Step(Key.SHIP, "waiting" if ahead else "never", State.WAITING if ahead else State.SKIPPED)
    marked = told.invoice.additional_status is AdditionalStatus.MARKED
    at = delivered_at(owed)
    if (variant := _disagrees(told)) is not None:
        return Step(Key.SHIP, variant, State.TROUBLE, at, values, _answers(owed), _raw(owed))
    if (written := paid_at(told)) is not None:
        return Step(Key.SHIP, "bridged", State.DONE, written, values, _answers(owed), _raw(owed))
    if not owed:
        return Step(Key.SHIP, "unasked", State.DONE, settled.at, values)
    if at is not None:
        return Step(Key.SHIP, "marked" if marked else "done", State.DONE, at, values, _answers(owed), _raw(owed))
    if any(each.state == DeliveryState.PENDING for each in owed):
        return Step(Key.SHIP, "now", State.NOW, None, values, _answers(owed), _raw(owed))
    if (seen_to := _seen_to_at(told, owed)) is not None:
        return Step(Key.SHIP, "seen_to", State.SKIPPED, seen_to, values, _answers(owed), _raw(owed))
    return Step(Key.SHIP, "unknown", State.TROUBLE, None, values, _answers(owed), _raw(owed))


def _disagrees(told: Figures) -> str | None:
    """How the order stands against the invoice, where nobody should pack it before somebody has looked."""
    kinds = {each.kind for each in told.facts.mismatches if each.resolved_at is None}
    if MismatchKind.LOST_PAYMENT.value in kinds:
        return "taken_back"
    return "disagrees" if kinds.difference(NO_REASON_TO_WAIT) else None


def _seen_to_at(told: Figures, owed: Sequence[Owed]) -> datetime | None:
    """When a person settled what order and invoice disagreed about, so that the shop was not told any more."""
    if any(each.state != DeliveryState.SUPERSEDED for each in owed):
        return None
    return max((each.resolved_at for each in told.facts.mismatches if each.resolved_at), default=None)


def delivered_at(owed: Sequence[Owed]) -> datetime | None:
    """When the last of them was answered well; None unless one was, and none is owed or was given up."""
    wanted = [each for each in owed if each.state != DeliveryState.SUPERSEDED]
    if not wanted or any(each.state != DeliveryState.DELIVERED for each in wanted):
        return None
    return max((_ended(each.tries[-1]) for each in wanted if each.tries), default=None)


def _ended(tried: Tried) -> datetime:
    return tried.started_at + timedelta(milliseconds=tried.duration_ms or 0)


def _troubles(told: Figures) -> list[Step]:
    """One step for each host that could not be told at first, or still cannot."""
    hosts = dict.fromkeys(owed.host for owed in told.facts.deliveries)
    found = [_trouble([owed for owed in told.facts.deliveries if owed.host == host]) for host in hosts]
    return [step for step in found if step is not None]


def _trouble(owed: Sequence[Owed]) -> Step | None:
    owed = [each for each in owed if not all(_is_good(tried) for tried in each.tries)]
    failed = [tried for each in owed for tried in each.tries if not _is_good(tried)]
    if not failed:
        return None
    last = max(failed, key=lambda tried: tried.started_at)
    waiting = [each.next_at for each in owed if each.state == DeliveryState.PENDING]
    lost = [each for each in owed if each.state in OVER]
    values: dict[str, str | int] = {
        "host": owed[0].host,
        "tries": len(failed),
        "why": _said(last),
        "next": clock(min(waiting)) if waiting else "",
    }
    shown, raw = _answers(owed), _raw(owed)
    if lost:
        return Step(Key.RETRIED, "lost", State.TROUBLE, _ended(last), values, shown, raw)
    if waiting:
        return Step(Key.RETRIED, "again", State.TROUBLE, _ended(last), values, shown, raw)
    good = [_ended(each.tries[-1]) for each in owed if each.state == DeliveryState.DELIVERED and each.tries]
    return Step(Key.RETRIED, "done", State.DONE, max(good, default=_ended(last)), values, shown, raw)


def _refunds(told: Figures) -> list[Step]:
    return [_refund(refund) for refund in told.facts.refunds]


def _refund(refund: Refund) -> Step:
    amount = f"{refund.amount:f} {refund.currency}"
    paid = [claim for claim in refund.claims if claim.txid]
    variant = "paid" if paid else "claimed" if refund.claims else "offered"
    facts = [(Fact.AMOUNT, amount), *((Fact.TXID, claim.txid) for claim in paid if claim.txid)]
    values = {"amount": amount, "sum": bitcoin(sum(claim.value_sats or 0 for claim in paid))}
    raw = tuple(("payout", claim.state) for claim in refund.claims)
    return Step(Key.REFUND, variant, State.DONE, refund.created_at, values, tuple(facts), raw)


def _hosts(owed: Sequence[Owed]) -> str:
    return ", ".join(dict.fromkeys(each.host for each in owed))


def _is_good(tried: Tried) -> bool:
    """Answered well, or not answered yet: nothing is said of what is under way."""
    under_way = tried.http_status is None and tried.error is None
    return under_way or (tried.http_status is not None and 200 <= tried.http_status <= 299)


def _said(tried: Tried) -> str:
    """How a try ended, in a few words."""
    if tried.http_status is not None:
        return f"HTTP {tried.http_status}"
    return tried.error or "…"


def _answers(owed: Sequence[Owed]) -> tuple[tuple[Fact, str], ...]:
    """The last answers, newest first, each with its time."""
    tries = sorted((tried for each in owed for tried in each.tries), key=lambda tried: tried.started_at)
    return tuple((Fact.ANSWERS, _told_answer(tried)) for tried in tries[::-1][:MOST_ANSWERS])


def _told_answer(tried: Tried) -> str:
    took = f" ({tried.duration_ms} ms)" if tried.duration_ms is not None else ""
    text = f": {tried.answer}" if tried.answer else ""
    return f"{tried.started_at:%H:%M:%S} {_said(tried)}{took}{text}"


def _raw(owed: Sequence[Owed]) -> tuple[tuple[str, str], ...]:
    return tuple(
        (f"{each.event} as {each.shape}", f"{each.state}, tries: {len(each.tries)}, to {each.host}") for each in owed
    )
