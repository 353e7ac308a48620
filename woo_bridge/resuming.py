"""What a worker left unfinished when it died is ended by what the order shows now."""

from app.domain.bridge import Expected
from app.domain.bridge_times import ActKind, Outcome
from app.domain.shop_order import OrderGone, ShopOrder
from app.domain.watch import Unfinished, Watch
from woo_bridge.noting import post_unless_there
from woo_bridge.ports import Desk


def resume(desk: Desk, watch: Watch, order: ShopOrder | OrderGone) -> None:
    """End each unfinished act: a write by what it was to bring about, a note by the notes that are there.

    The note of a write that did not happen is not written; what is to be done is decided anew.
    """
    failed: set[str] = set()
    for act in desk.ledger.unfinished(watch.id):
        if act.kind is ActKind.WRITE:
            if not _ended_well(desk, order, act):
                failed.add(act.invoice_id)
        elif act.kind is ActKind.NOTE and act.invoice_id not in failed and isinstance(order, ShopOrder):
            post_unless_there(desk, watch, act)
        else:
            desk.ledger.conclude(act.act_id, Outcome.NOTHING)


def _ended_well(desk: Desk, order: ShopOrder | OrderGone, act: Unfinished) -> bool:
    wanted = None if act.expects is None else Expected(**act.expects)
    met = wanted is not None and isinstance(order, ShopOrder) and wanted.is_met_by(order)
    desk.ledger.conclude(act.act_id, Outcome.DONE if met else Outcome.NOTHING, order.to_json())
    if met:
        desk.ledger.supersede(act.invoice_id)
    return met
