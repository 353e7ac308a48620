"""Private notes on an order, each once: the shop itself would take the same note twice."""

import html

from app.domain.bridge import Decision
from app.domain.bridge_times import ActKind, Outcome
from app.domain.watch import Intention, Known, Unfinished, Watch
from woo_bridge.errors import ShopTrouble
from woo_bridge.ports import Desk


def note_once(desk: Desk, watch: Watch, invoice_id: str, decision: Decision, known: Known) -> None:
    """Write the note of a decision unless it was written before.

    ShopTrouble: then it stays intended, and the next look at the order sees to it.
    """
    waiting = [act for act in desk.ledger.unfinished(watch.id) if _is_it(act, invoice_id, decision)]
    if waiting:  # intended just now, together with a write: nobody can have posted it yet
        post(desk, watch, waiting[0])
    elif decision.note is not None and decision.note_key not in known.noted:
        what = Intention(watch.id, invoice_id, ActKind.NOTE, decision.note_key, decision.note)
        act_id = desk.ledger.intend(what)
        if act_id is not None:
            post(desk, watch, Unfinished(act_id, invoice_id, ActKind.NOTE, what.key, what.says, None, desk.now()))


def post(desk: Desk, watch: Watch, act: Unfinished) -> None:
    """Write the note of an act. A shop or a firewall that refuses it is not asked again for this one. ClaimLost."""
    if not desk.ledger.renew(act.act_id):
        return
    try:
        note_id = desk.shop.add_note(watch.order_id, act.says)
    except ShopTrouble as trouble:
        if trouble.outcome_unknown or (trouble.shop_is_down and not trouble.is_of_method):
            raise
        desk.ledger.conclude(act.act_id, Outcome.REFUSED)
        return
    desk.ledger.conclude(act.act_id, Outcome.DONE, note_id=note_id)


def post_unless_there(desk: Desk, watch: Watch, act: Unfinished) -> None:
    """The same for a note that may have arrived already, when nobody was left to write that down."""
    wanted = plain(act.says)
    for note in desk.shop.notes(watch.order_id):
        if plain(note.text) == wanted:
            desk.ledger.conclude(act.act_id, Outcome.DONE, note_id=note.id)
            return
    post(desk, watch, act)


def plain(text: str) -> str:
    """What is left of a note that went through WordPress: entities and white space may differ."""
    return " ".join(html.unescape(text).split())


def _is_it(act: Unfinished, invoice_id: str, decision: Decision) -> bool:
    return (act.kind, act.invoice_id, act.key) == (ActKind.NOTE, invoice_id, decision.note_key)
