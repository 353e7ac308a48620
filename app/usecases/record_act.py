"""What the bridge is about to do is written down before it is done, so that who dies in between leaves a trace."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from app.db.bridge_views import invoices_of
from app.db.models import BridgeAct, WatchedOrder
from app.db.queries_acts import notes_of_write
from app.db.session import Session, assessing_change, change
from app.domain.bridge import InvoiceView
from app.domain.bridge_times import ActKind, Outcome
from app.domain.mismatch import MismatchKind
from app.domain.watch import Intention
from app.usecases.claim_order import held
from app.usecases.open_mismatch import add_mismatch

Json = Mapping[str, Any]
TRIES = "tries"  # in what is kept of a note: how often the shop was asked for it
OPENS = "opens"  # in what is kept of a decision: the mismatch that is opened once the write is done


def intend(what: Intention, who: str, now: datetime) -> int | None:
    """The id of the act. ClaimLost when `who` does not hold the order any more: then it must not be done.

    None: the invoice is not as it was when that was decided, and it must be decided anew. The note that shall follow a
    write is intended with it, so that it is not forgotten.
    """
    with change() if what.view is None else assessing_change() as session:
        held(session, what.watched_order_id, who)
        if what.view is not None and not _is_still(session, what.watched_order_id, what.view):
            return None
        act_id = add_act(session, what, Outcome.INTENDED, now)
        if what.note is not None:
            note = Intention(what.watched_order_id, what.invoice_id, ActKind.NOTE, what.note_key, what.note)
            add_act(session, note, Outcome.INTENDED, now)
        return act_id


def _is_still(session: Session, watched_order_id: int, view: InvoiceView) -> bool:
    """What was paid, settled, marked or given back since makes another decision.

    It is this change's turn, so none of that happens until it is committed.
    """
    found = invoices_of(session, [watched_order_id]).get(watched_order_id, ())
    return view in [each.view for each in found]


def renew(act_id: int, who: str, now: datetime) -> bool:
    """The act begins now, so that whoever takes over waits for it. False when somebody has ended it. ClaimLost."""
    with change() as session:
        row = session.get_one(BridgeAct, act_id)
        held(session, row.watched_order_id, who)
        session.refresh(row, with_for_update=True)
        if row.outcome != Outcome.INTENDED.value:
            return False
        row.began_at = now
        if row.act == ActKind.NOTE.value:
            row.reading = {**(row.reading or {}), TRIES: tries_of(row) + 1}
        return True


def tries_of(row: BridgeAct) -> int:
    """How often the shop was asked for what this act is about, if it is a note."""
    return int((row.reading or {}).get(TRIES, 0))


def conclude(
    act_id: int, outcome: Outcome, now: datetime, *, after: Json | None = None, note_id: int | None = None
) -> None:
    """How it went. An act that has ended stays as it is. What comes with a write is told only if it was done."""
    with change() as session:
        row = session.get_one(BridgeAct, act_id)
        session.get_one(WatchedOrder, row.watched_order_id, with_for_update=True)
        session.refresh(row, with_for_update=True)
        if row.outcome != Outcome.INTENDED.value:
            return
        row.outcome, row.ended_at, row.note_id = outcome.value, now, note_id
        row.after = None if after is None else dict(after)
        if row.act == ActKind.WRITE.value:
            _tell(session, row, now) if outcome is Outcome.DONE else _hush(session, row, now)


def _tell(session: Session, write: BridgeAct, now: datetime) -> None:
    kept = dict(write.reading or {})
    kind = kept.pop(OPENS, None)
    if kind is not None and write.invoice_id is not None:
        evidence = {"order": write.before, **kept}
        add_mismatch(session, write.watched_order_id, write.invoice_id, MismatchKind(kind), evidence, now)


def _hush(session: Session, write: BridgeAct, now: datetime) -> None:
    for note in notes_of_write(session, write):
        note.outcome, note.ended_at = Outcome.NOTHING.value, now


def add_act(session: Session, what: Intention, outcome: Outcome, now: datetime) -> int:
    """The row of an act, in the caller's change; one that is done within that change is `outcome` already."""
    row = BridgeAct(
        watched_order_id=what.watched_order_id,
        invoice_id=what.invoice_id,
        act=what.kind.value,
        key=what.key,
        began_at=now,
        ended_at=None if outcome is Outcome.INTENDED else now,
        outcome=outcome.value,
        says=what.says,
        sent=_kept(what.sent),
        expects=_kept(what.expects),
        before=_kept(what.before),
        reading=_kept(what.reading if what.mismatch is None else {**(what.reading or {}), OPENS: what.mismatch.value}),
    )
    session.add(row)
    session.flush()
    return row.id


def _kept(told: Json | None) -> dict[str, Any] | None:
    return None if told is None else dict(told)
