"""Private notes on an order, each once: the shop itself would take the same note twice."""

import html

from app.domain.bridge import Decision
from app.domain.bridge_times import ActKind, Outcome
from app.domain.watch import Intention, Known, Unfinished, Watch
from woo_bridge.errors import ShopTrouble
from woo_bridge.ports import Desk
from woo_bridge.whose_trouble import is_of_one_order

MOST_TRIES = 7  # of a note that the shop fails over, a look apart: some ten minutes


def note_once(
    desk: Desk, watch: Watch, invoice_id: str, decision: Decision, known: Known, *, since: int | None = None
) -> None:
    """Write the note of a decision unless it was written before. ShopTrouble of the shop as a whole.

    Then it stays intended, and the next look at the order sees to it. `since`: the write that it follows.
    """
    act = awaited(desk, watch, invoice_id, decision)
    if act is not None and since is not None and act.act_id > since:  # intended with it: nobody can have posted it yet
        post(desk, watch, act)
    elif act is not None:
        if not act.is_under_way(desk.now()):
            post_unless_there(desk, watch, act)
    elif decision.note is not None and decision.note_key not in known.noted:
        what = Intention(watch.id, invoice_id, ActKind.NOTE, decision.note_key, decision.note)
        act_id = desk.ledger.intend(what)
        if act_id is not None:
            post(desk, watch, Unfinished(act_id, invoice_id, ActKind.NOTE, what.key, what.says, None, desk.now()))


def awaited(desk: Desk, watch: Watch, invoice_id: str, decision: Decision) -> Unfinished | None:
    """The note of such a decision that is intended and that nobody knows to be there."""
    wanted = (ActKind.NOTE, invoice_id, decision.note_key)
    acts = desk.ledger.unfinished(watch.id)
    return next((act for act in acts if (act.kind, act.invoice_id, act.key) == wanted), None)


def post(desk: Desk, watch: Watch, act: Unfinished) -> None:
    """Write the note of an act. ShopTrouble of the shop as a whole, ClaimLost."""
    if not desk.ledger.renew(act.act_id):
        return
    try:
        note_id = desk.shop.add_note(watch.order_id, act.says)
    except ShopTrouble as trouble:
        _bear(desk, act, trouble)
        return
    desk.ledger.conclude(act.act_id, Outcome.DONE, note_id=note_id)


def post_unless_there(desk: Desk, watch: Watch, act: Unfinished) -> None:
    """The same for a note that may have arrived already, when nobody was left to write that down."""
    try:
        found = desk.shop.notes(watch.order_id)
    except ShopTrouble as trouble:
        if desk.ledger.renew(act.act_id):
            _bear(desk, act, trouble)
        return
    wanted = plain(act.says)
    for note in found:
        if plain(note.text) == wanted:
            desk.ledger.conclude(act.act_id, Outcome.DONE, note_id=note.id)
            return
    post(desk, watch, act)


def _bear(desk: Desk, act: Unfinished, trouble: ShopTrouble) -> None:
    """A shop or a firewall that refuses a note is not asked again for it; one that fails over it, some more times.

    No decision waits for a note, so trouble of this one order ends nothing.
    """
    if trouble.outcome_unknown or (trouble.shop_is_down and not trouble.is_of_method):
        if not is_of_one_order(desk, trouble):
            raise trouble
        if act.tries + 1 < MOST_TRIES:
            return
    desk.ledger.conclude(act.act_id, Outcome.REFUSED)


def plain(text: str) -> str:
    """What is left of a note that went through WordPress: entities and white space may differ."""
    return " ".join(html.unescape(text).split())
