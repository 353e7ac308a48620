"""The money on its way: network, node, explorer; further payments; what can happen to one before it is buried."""

from datetime import datetime, timedelta

from app.domain.events import EventType
from app.domain.invoice import Status
from app.domain.payment import required_confirmations
from app.domain.story.facts import Seen
from app.domain.story.figures import Figures, bitcoin, clock, short, span
from app.domain.story.steps import Fact, Key, State, Step

A_SECOND = timedelta(seconds=1)


def paying(told: Figures) -> list[Step]:
    """The steps of the payments. The first one takes the whole road; each further one is told in one step."""
    if not told.seen:
        return _nobody(told)
    first, *further = told.seen
    steps = [_network(told, first), _node(told, first), _explorer(told, first)]
    for index, seen in enumerate(further, start=1):
        earlier = [old for old in told.seen[:index] if old.payment.conflicted_by == seen.payment.outpoint.txid]
        steps.append(_replaced(told, earlier[0], seen) if earlier else _more(told, seen))
    ours = {seen.payment.outpoint.txid for seen in told.seen}
    steps += [_double_spent(seen) for seen in told.seen if _is_double_spent(seen, ours)]
    steps += [_evicted(seen) for seen in told.seen if _is_evicted(seen)]
    return steps


def _nobody(told: Figures) -> list[Step]:
    keys = (Key.NETWORK, Key.NODE, Key.EXPLORER)
    if told.is_free:
        return [Step(key, "free", State.SKIPPED, told.facts.created_at) for key in keys]
    if told.invoice.status is Status.NEW and told.asked is not None:
        left = span(told.invoice.expires_at - told.facts.now)
        values = {"total": told.total, "left": left}
        variant = "closing" if not told.is_open else "now" if told.price else "now_no_price"
        return [
            Step(Key.NETWORK, variant, State.NOW, values=values),
            *(Step(key, "waiting", State.WAITING) for key in keys[1:]),
        ]
    state = State.WAITING if told.invoice.status is Status.NEW else State.SKIPPED
    return [Step(key, "waiting" if state is State.WAITING else "never", state) for key in keys]


def _network(told: Figures, seen: Seen) -> Step:
    return Step(Key.NETWORK, "done", State.DONE, _made(told, seen), _values(seen), _shown(seen), _raw(seen))


def _node(told: Figures, seen: Seen) -> Step:
    payment = seen.payment
    variant = "coinbase" if payment.is_coinbase else "replaceable" if payment.signals_rbf else "done"
    values = {**_values(seen), "time": clock(payment.paid_at)}
    raw = (("paid_at", payment.paid_at.isoformat()), ("signals_rbf", _yes(payment.signals_rbf)))
    return Step(Key.NODE, variant, State.DONE, _made(told, seen), values, ((Fact.TXID, payment.outpoint.txid),), raw)


def _explorer(told: Figures, seen: Seen) -> Step:
    payment = seen.payment
    at = max(seen.recorded_at, told.facts.created_at)
    address = short(told.asked.destination) if told.asked else ""
    values = {**_values(seen), "delay": span(at - _made(told, seen)), "address": address}
    raw = (
        ("outpoint", str(payment.outpoint)),
        ("value_sats", str(payment.value_sats)),
        ("recorded_at", seen.recorded_at.isoformat()),
        ("payment_status", payment.status.value if payment.status else "not assessed yet"),
    )
    variant = "done" if at - _made(told, seen) >= A_SECOND else "at_once"
    return Step(Key.EXPLORER, variant, State.DONE, at, values, ((Fact.OUTPUT, str(payment.outpoint)),), raw)


def _more(told: Figures, seen: Seen) -> Step:
    at = max(seen.recorded_at, told.facts.created_at)
    return Step(Key.MORE, "done", State.DONE, at, _values(seen), _shown(seen), _raw(seen))


def _replaced(told: Figures, old: Seen, new: Seen) -> Step:
    """The buyer raised the fee, or changed the payment otherwise, and it still pays this invoice."""
    same = old.payment.value_sats == new.payment.value_sats
    values = {**_values(new), "old": short(old.payment.outpoint.txid), "before": bitcoin(old.payment.value_sats)}
    at = max(new.recorded_at, told.facts.created_at)
    shown = (*_shown(new), (Fact.RIVAL, old.payment.outpoint.txid))
    return Step(Key.REPLACED, "done" if same else "changed", State.DONE, at, values, shown, _raw(new))


def _is_double_spent(seen: Seen, ours: set[str]) -> bool:
    return not seen.payment.accounted and seen.payment.conflicted_by not in ours


def _double_spent(seen: Seen) -> Step:
    """Its coins went elsewhere. When, nobody wrote down: that is what the facts hold, not how they came about."""
    rival = seen.payment.conflicted_by or ""
    shown = (*_shown(seen), *(((Fact.RIVAL, rival),) if rival else ()))
    raw = (*_raw(seen), ("conflicted_by", rival or "not named by the node"))
    values = {**_values(seen), "rival": short(rival)}
    variant = "done" if rival else "unnamed"
    return Step(Key.DOUBLE_SPENT, variant, State.TROUBLE, None, values, shown, raw)


def _is_evicted(seen: Seen) -> bool:
    return seen.payment.at_risk and seen.payment.height is None and seen.payment.conflicted_by is None


def _evicted(seen: Seen) -> Step:
    return Step(
        Key.EVICTED, "done", State.TROUBLE, None, _values(seen), _shown(seen), (*_raw(seen), ("at_risk", "yes"))
    )


def confirming(told: Figures) -> list[Step]:
    """The step that waits for blocks, and how deep the shallowest payment that counts is."""
    counted = [seen for seen in told.seen if seen.payment.accounted]
    steps = [_left_block(told, seen) for seen in counted if seen.left_block and seen.payment.height is None]
    if told.is_free:
        return [Step(Key.CONFIRMATIONS, "free", State.SKIPPED, told.facts.created_at)]
    if not counted:
        never = told.invoice.status in (Status.EXPIRED, Status.INVALID, Status.SETTLED)
        return [Step(Key.CONFIRMATIONS, "never" if never else "waiting", State.SKIPPED if never else State.WAITING)]
    seen = min(counted, key=told.confirmations)
    return [*steps, _confirmations(told, seen, counted)]


def _left_block(told: Figures, seen: Seen) -> Step:
    """A reorganisation before the invoice was settled; afterwards events tell of it."""
    variant = "again" if told.invoice.status is Status.SETTLED else "done"
    return Step(Key.REORGED, variant, State.TROUBLE, None, _values(seen), _shown(seen), _raw(seen))


def _confirmations(told: Figures, seen: Seen, counted: list[Seen]) -> Step:
    payment = seen.payment
    have, need = told.confirmations(seen), required_confirmations(payment, told.invoice.speed_policy)
    values = {
        "have": have,
        "need": need,
        "height": payment.height or 0,
        "policy": told.invoice.speed_policy.value,
        "txid": short(payment.outpoint.txid),
    }
    shown = [(Fact.CONFIRMATIONS, f"{have} / {need}")]
    raw = [("height", str(payment.height)), ("required", str(need)), ("verified_by_node", _yes(payment.verified))]
    if payment.height is not None:
        shown.append((Fact.BLOCK, f"{payment.height:,}"))
        raw.append(("block_hash", seen.block_hash or "not known"))
        shown += [(Fact.BLOCK_HASH, seen.block_hash)] if seen.block_hash else []
        shown += [(Fact.BLOCK_TIME, clock(seen.block_time))] if seen.block_time else []
    settled = [each.settled_at for each in counted if each.settled_at is not None]
    is_done = len(settled) == len(counted) and (have >= need) and not (payment.height is None and need)
    if not is_done:
        variant = "in_block" if payment.height is not None else "no_block"
        return Step(Key.CONFIRMATIONS, variant, State.NOW, None, values, tuple(shown), tuple(raw))
    at = max(*settled, told.facts.created_at)
    if told.events(EventType.SETTLED_PAYMENT_LOST):  # the block that it was in then is not the one that has it now
        return Step(Key.CONFIRMATIONS, "then", State.DONE, at, values, (), tuple(raw))
    state, variant = (State.SKIPPED, "none_needed") if need == 0 else (State.DONE, "done")
    return Step(Key.CONFIRMATIONS, variant, state, at, values, tuple(shown), tuple(raw))


def _made(told: Figures, seen: Seen) -> datetime:
    """When the payment was made. The node counts whole seconds: what it dates before the invoice came with it."""
    return max(seen.payment.paid_at, told.facts.created_at)


def _values(seen: Seen) -> dict[str, str | int]:
    return {"amount": bitcoin(seen.payment.value_sats), "txid": short(seen.payment.outpoint.txid)}


def _shown(seen: Seen) -> tuple[tuple[Fact, str], ...]:
    return (Fact.AMOUNT, bitcoin(seen.payment.value_sats)), (Fact.TXID, seen.payment.outpoint.txid)


def _raw(seen: Seen) -> tuple[tuple[str, str], ...]:
    payment = seen.payment
    return (
        ("outpoint", str(payment.outpoint)),
        ("value_sats", str(payment.value_sats)),
        ("paid_at", payment.paid_at.isoformat()),
        ("recorded_at", seen.recorded_at.isoformat()),
    )


def _yes(is_so: bool) -> str:
    return "yes" if is_so else "no"
