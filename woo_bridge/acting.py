"""What is done about a disagreement: written down first, done once, compared with what was wanted."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from app.domain.bridge import Act, Decision
from app.domain.bridge_times import ActKind, Outcome
from app.domain.shop_order import OrderGone, ShopOrder
from app.domain.watch import Intention, Watch
from woo_bridge.errors import ShopTrouble
from woo_bridge.glance import Judged, write_key
from woo_bridge.noting import awaited, note_once
from woo_bridge.ports import Desk, Report

UNSTEADY = "the order was another one each time it was read, so nothing was written"
IN_VAIN = "The shop took what was written, or refused it, and the order is as before; or it changed at each reading"


def put(desk: Desk, watch: Watch, order: ShopOrder, each: Judged) -> bool | None:
    """Write to the order. True when it came to be as wanted; None when the invoice moved since, and nothing was sent.

    ShopTrouble when the shop is down and nobody knows.
    """
    decision = each.decision
    if decision.write is None or decision.expects is None:
        raise ValueError("a decision to write says what, and what is to come of it")
    is_noted = decision.note_key in each.known.noted or awaited(desk, watch, each.view.id, decision) is not None
    act_id = desk.ledger.intend(
        Intention(
            watched_order_id=watch.id,
            invoice_id=each.view.id,
            kind=ActKind.WRITE,
            key=write_key(decision),
            says=decision.why,
            sent=decision.write,
            expects=asdict(decision.expects),
            before=order.to_json(),
            reading=reading(decision),
            mismatch=decision.mismatch,
            note=None if is_noted else decision.note,
            note_key=decision.note_key,
            view=each.view,
        )
    )
    if act_id is None:
        return None
    after, refused = _answer(desk, watch, act_id, order, dict(decision.write))
    met = isinstance(after, ShopOrder) and decision.expects.is_met_by(after)
    if not met and refused is None:
        desk.report(Report(watch.order_id, each.view.id, decision, "wrote, and does not know what came of it"))
        return False  # it may still come: the next look at the order ends the act
    outcome = Outcome.DONE if met else Outcome.REFUSED if refused else Outcome.NOTHING
    if met:  # before the act has ended: who dies in between is followed by somebody who does it again
        desk.ledger.supersede(each.view.id, each.moved_at)
    desk.ledger.conclude(act_id, outcome, after.to_json())
    desk.report(Report(watch.order_id, each.view.id, decision, f"wrote {dict(decision.write)}: {outcome.value}"))
    if met:
        note_once(desk, watch, each.view.id, decision, each.known, since=act_id)
    return met


def count_in_vain(desk: Desk, watch: Watch, judged: Sequence[Judged]) -> None:
    """An order that was another one whenever it was read again took no write: it counts as one that led to nothing."""
    for each in judged:
        if each.decision.act is not Act.WRITE or each.is_done or each.is_fruitless:
            continue
        key = write_key(each.decision)
        act_id = desk.ledger.intend(Intention(watch.id, each.view.id, ActKind.WRITE, key, UNSTEADY, view=each.view))
        if act_id is not None:
            desk.ledger.conclude(act_id, Outcome.NOTHING)


def _answer(
    desk: Desk, watch: Watch, act_id: int, order: ShopOrder, body: dict[str, Any]
) -> tuple[ShopOrder | OrderGone, bool | None]:
    """The order after a write, read by itself where the answer does not tell; and was it refused? None: not known."""
    try:
        return desk.shop.put_order(watch.order_id, body), False
    except ShopTrouble as trouble:
        found, refused = _unanswered(desk, watch, act_id, trouble)
        if not trouble.is_of_method or not order.is_still(found) or not desk.ledger.renew(act_id):
            return found, refused
    try:
        return desk.shop.post_order(watch.order_id, body), False
    except ShopTrouble as trouble:
        return _unanswered(desk, watch, act_id, trouble)


def _unanswered(
    desk: Desk, watch: Watch, act_id: int, trouble: ShopTrouble
) -> tuple[ShopOrder | OrderGone, bool | None]:
    """The same without an answer. Who could be read a moment ago and turns a write away refuses it: it is not down."""
    if trouble.shop_is_down and not trouble.outcome_unknown and not trouble.is_of_method:
        desk.ledger.conclude(act_id, Outcome.UNSENT)
        raise trouble
    return desk.shop.order(watch.order_id), None if trouble.outcome_unknown else True


def raise_mismatch(desk: Desk, watch: Watch, order: ShopOrder | OrderGone, each: Judged) -> None:
    """Tell a person; a write that led to nothing becomes their matter, too."""
    decision = each.decision
    if decision.act is Act.WRITE:
        why = f"{decision.why}. {IN_VAIN}"
        decision = replace(decision, act=Act.RAISE, mismatch=each.matter, why=why, note=None)
    if decision.mismatch is not None:
        evidence = {"order": order.to_json(), **reading(decision)}
        if desk.ledger.open_mismatch(watch.id, each.view.id, decision.mismatch, evidence):
            desk.report(Report(watch.order_id, each.view.id, decision, f"raised {decision.mismatch.value}"))
    note_once(desk, watch, each.view.id, decision, each.known)


def shut(desk: Desk, watch: Watch, order: ShopOrder | OrderGone, each: Judged) -> bool:
    """Close the invoice of an order that needs no payment. False when it moved meanwhile: decide anew later."""
    decision = each.decision
    if not desk.ledger.close(watch.id, each.view, decision.why):
        return False
    if decision.mismatch is not None:
        evidence = {"order": order.to_json(), **reading(decision)}
        desk.ledger.open_mismatch(watch.id, each.view.id, decision.mismatch, evidence)
    desk.report(Report(watch.order_id, each.view.id, decision, "closed the invoice"))
    note_once(desk, watch, each.view.id, decision, each.known)
    return True


def reading(decision: Decision) -> Mapping[str, Any]:
    """What is kept of a decision beside the order that it was made about."""
    return {"act": decision.act.value, "why": decision.why, "guards": list(decision.failed_guards)}
