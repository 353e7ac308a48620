"""What the money means: the invoice paid, partly paid, overpaid, settled, expired, late, marked by a person."""

from app.domain.events import EventType
from app.domain.invoice import AdditionalStatus, Status
from app.domain.story.facts import Happened
from app.domain.story.figures import Figures, bitcoin, clock
from app.domain.story.steps import Fact, Key, State, Step

MARKS = (EventType.MARKED_COMPLETE, EventType.MARKED_INVALID)
PAID = (Status.PROCESSING, Status.SETTLED, Status.INVALID)


def judging(told: Figures) -> list[Step]:
    """The steps of the invoice's own state."""
    return [_invoice(told), *_partial(told), *_overpaid(told), *_settled(told), *_chain_took_it(told), *_ends(told)]


def _invoice(told: Figures) -> Step:
    paid, invoice = told.last(EventType.PAID_IN_FULL), told.invoice
    values = {"paid": bitcoin(told.paid_sats), "total": told.total, "due": bitcoin(told.missing_sats)}
    raw = (
        ("status", invoice.status.value),
        ("additional_status", invoice.additional_status.value),
        ("paid_sats", str(told.paid_sats)),
        ("still_due_sats", str(told.missing_sats)),
    )
    if told.is_free:
        return Step(Key.INVOICE, "free", State.SKIPPED, told.facts.created_at)
    if paid is not None and invoice.status in PAID:
        return Step(Key.INVOICE, "done", State.DONE, paid.at, values, ((Fact.AMOUNT, values["paid"]),), raw)
    if paid is not None:
        return Step(Key.INVOICE, "fell", State.TROUBLE, None, values, (), raw)
    if invoice.status is Status.NEW:
        return Step(Key.INVOICE, "waiting", State.WAITING, None, values, (), raw)
    variant = "decided" if invoice.additional_status is AdditionalStatus.MARKED else "never"
    return Step(Key.INVOICE, variant, State.SKIPPED, None, values, (), raw)


def _partial(told: Figures) -> list[Step]:
    if told.invoice.additional_status is not AdditionalStatus.PAID_PARTIAL:
        return _first_part(told)
    values = {
        "paid": bitcoin(told.paid_sats),
        "total": told.total,
        "due": bitcoin(told.missing_sats),
        "deadline": clock(told.invoice.expires_at),
    }
    shown = ((Fact.AMOUNT, values["paid"]),)
    if told.invoice.status is Status.NEW:
        return [Step(Key.PARTIAL, "now", State.NOW, None, values, shown)]
    at = max((seen.recorded_at for seen in told.seen), default=None)
    return [Step(Key.PARTIAL, "expired", State.TROUBLE, at, values, shown)]


def _first_part(told: Figures) -> list[Step]:
    """What was missing before the payment came that made it enough."""
    paid, sums = told.last(EventType.PAID_IN_FULL), told.sums
    if paid is None or sums is None or told.invoice.status not in PAID:
        return []
    had, last = 0, None
    for seen in told.seen:
        if not seen.payment.accounted:
            continue
        if had + seen.payment.value_sats >= sums.minimum_total_due_sats:
            break
        had, last = had + seen.payment.value_sats, seen
    if last is None:
        return []
    values = {"paid": bitcoin(had), "total": told.total, "due": bitcoin(sums.total_due_sats - had)}
    return [Step(Key.PARTIAL, "done", State.DONE, max(last.recorded_at, told.facts.created_at), values)]


def _overpaid(told: Figures) -> list[Step]:
    if not told.over_sats or told.invoice.status is Status.NEW:
        return []
    values = {"amount": bitcoin(told.over_sats), "paid": bitcoin(told.paid_sats), "total": told.total}
    at = max((seen.recorded_at for seen in told.seen if seen.payment.accounted), default=None)
    return [Step(Key.OVERPAID, "done", State.TROUBLE, at, values, ((Fact.AMOUNT, values["amount"]),))]


def _settled(told: Figures) -> list[Step]:
    done = told.last(EventType.CONFIRMED)
    values = {"paid": bitcoin(told.paid_sats), "time": clock(done.at) if done else ""}
    if told.is_free:
        at = done.at if done else told.facts.created_at
        return [Step(Key.SETTLED, "free", State.DONE, at)]
    if done is not None:
        shown = ((Fact.AMOUNT, values["paid"]),)
        return [Step(Key.SETTLED, "done", State.DONE, done.at, values, shown, (("settled_at", done.at.isoformat()),))]
    if told.invoice.status in (Status.NEW, Status.PROCESSING):
        return [Step(Key.SETTLED, "waiting", State.WAITING)]
    marked = told.invoice.additional_status is AdditionalStatus.MARKED
    return [Step(Key.SETTLED, "marked" if marked else "never", State.SKIPPED)]


def _chain_took_it(told: Figures) -> list[Step]:
    """What happened to settled money: each loss, and each return."""
    steps = []
    for event in told.events(EventType.SETTLED_PAYMENT_LOST, EventType.SETTLED_PAYMENT_RETURNED):
        lost = event.type == EventType.SETTLED_PAYMENT_LOST.ipn_name
        key, state = (Key.REORGED, State.TROUBLE) if lost else (Key.RETURNED, State.DONE)
        facts = _lost(told, event) if lost else _back(told, event)
        steps.append(Step(key, "settled", state, event.at, {}, facts, (("event", event.type),)))
    return steps


def _lost(told: Figures, event: Happened) -> tuple[tuple[Fact, str], ...]:
    words = [alert.message for alert in told.facts.alerts if alert.raised_at == event.at]
    output = ((Fact.OUTPUT, event.outpoint),) if event.outpoint else ()
    return (*output, *((Fact.MESSAGE, text) for text in words))


def _back(told: Figures, event: Happened) -> tuple[tuple[Fact, str], ...]:
    """The block that has it now, as far as it is the event's payment."""
    held = [seen.payment.height for seen in told.seen if str(seen.payment.outpoint) == event.outpoint]
    output = ((Fact.OUTPUT, event.outpoint),) if event.outpoint else ()
    return (*output, *((Fact.BLOCK, f"{height:,}") for height in held if height is not None))


def _ends(told: Figures) -> list[Step]:
    steps = [_expired(told, event) for event in told.events(EventType.EXPIRED)]
    steps += [_late(told, event) for event in told.events(EventType.PAID_AFTER_EXPIRATION)]
    steps += [
        Step(Key.UNCONFIRMED, "done", State.TROUBLE, event.at, {"deadline": clock(told.invoice.monitoring_ends_at)})
        for event in told.events(EventType.FAILED_TO_CONFIRM)
    ]
    return [*steps, *(_marked(event) for event in told.events(*MARKS))]


def _expired(told: Figures, event: Happened) -> Step:
    gone = [each for each in told.events(EventType.RECEIVED_PAYMENT) if each.at < event.at]
    variant = "partly" if told.events(EventType.EXPIRED_PAID_PARTIAL) else "gone" if gone else "done"
    values = {"deadline": clock(told.invoice.expires_at), "total": told.total, "paid": bitcoin(told.paid_sats)}
    return Step(Key.EXPIRED, variant, State.TROUBLE, event.at, values)


def _late(told: Figures, event: Happened) -> Step:
    values = {"paid": bitcoin(told.paid_sats), "deadline": clock(told.invoice.expires_at)}
    return Step(Key.LATE, "done", State.TROUBLE, event.at, values, ((Fact.AMOUNT, values["paid"]),))


def _marked(event: Happened) -> Step:
    settled = event.type == EventType.MARKED_COMPLETE.ipn_name
    shown = [(Fact.BY, event.by), (Fact.REASON, event.reason)]
    facts = tuple((fact, text) for fact, text in shown if text)
    values = {"by": event.by or ""}
    variant = ("settled" if settled else "invalid") + ("_by" if event.by else "")
    return Step(Key.MARKED, variant, State.DONE, event.at, values, facts, (("event", event.type),))
