"""What a worker left unfinished when it died is ended by what the order shows now."""

from datetime import datetime

from app.domain.bridge import Expected
from app.domain.bridge_times import CALL_TAKES, ActKind, Outcome
from app.domain.shop_order import OrderGone, ShopOrder
from app.domain.watch import Unfinished, Watch
from woo_bridge.noting import post_unless_there
from woo_bridge.ports import Desk


def resume(desk: Desk, watch: Watch, order: ShopOrder | OrderGone) -> datetime | None:
    """End each unfinished act: a write by what it was to bring about, a note by the notes that are there.

    The note of a write that did not happen is not written; what is to be done is decided anew. A note over which the
    shop fails stays as it is, and what is decided does not wait for it. Who was taken over may
    live, and its last call of the shop still be on its way: then, the time to wait for before anything is done.
    """
    happened: dict[str, bool] = {}  # by invoice, what became of a write
    for act in desk.ledger.unfinished(watch.id):
        if act.kind is ActKind.WRITE:
            met = _is_met(order, act)
            if not met and act.is_under_way(desk.now()):
                return act.began_at + CALL_TAKES
            _end(desk, order, act, met=met)
            happened[act.invoice_id] = met
        elif act.kind is ActKind.NOTE and happened.get(act.invoice_id, True) and isinstance(order, ShopOrder):
            if act.invoice_id not in happened and act.is_under_way(desk.now()):
                return act.began_at + CALL_TAKES
            post_unless_there(desk, watch, act)
        else:
            desk.ledger.conclude(act.act_id, Outcome.NOTHING)
    return None


def _is_met(order: ShopOrder | OrderGone, act: Unfinished) -> bool:
    wanted = None if act.expects is None else Expected(**act.expects)
    return wanted is not None and isinstance(order, ShopOrder) and wanted.is_met_by(order)


def _end(desk: Desk, order: ShopOrder | OrderGone, act: Unfinished, *, met: bool) -> None:
    if met:
        desk.ledger.supersede(act.invoice_id, act.began_at)
    desk.ledger.conclude(act.act_id, Outcome.DONE if met else Outcome.NOTHING, order.to_json())
