"""What the bridge is about to do is written down before it is done, so that who dies in between leaves a trace."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from app.db.models import BridgeAct
from app.db.queries_acts import notes_of_write
from app.db.session import Session, change
from app.domain.bridge_times import ActKind, Outcome
from app.domain.watch import Intention
from app.usecases.claim_order import held
from app.usecases.open_mismatch import add_mismatch

Json = Mapping[str, Any]


def intend(what: Intention, who: str, now: datetime) -> int:
    """The id of the act. ClaimLost when `who` does not hold the order any more: then it must not be done.

    The note that shall follow a write is intended with it, so that it is not forgotten.
    """
    with change() as session:
        held(session, what.watched_order_id, who)
        act_id = add_act(session, what, Outcome.INTENDED, now)
        if what.note is not None:
            note = Intention(what.watched_order_id, what.invoice_id, ActKind.NOTE, what.note_key, what.note)
            add_act(session, note, Outcome.INTENDED, now)
        if what.mismatch is not None:
            evidence = {"order": what.before, **(what.reading or {})}
            add_mismatch(session, what.watched_order_id, what.invoice_id, what.mismatch, evidence, now)
        return act_id


def renew(act_id: int, who: str, now: datetime) -> bool:
    """The act begins now, so that whoever takes over waits for it. False when somebody has ended it. ClaimLost."""
    with change() as session:
        row = session.get_one(BridgeAct, act_id)
        held(session, row.watched_order_id, who)
        session.refresh(row, with_for_update=True)
        if row.outcome != Outcome.INTENDED.value:
            return False
        row.began_at = now
        return True


def conclude(
    act_id: int, outcome: Outcome, now: datetime, *, after: Json | None = None, note_id: int | None = None
) -> None:
    """How it went. An act that has ended stays as it is. Of a write that did nothing there is nothing to be noted."""
    with change() as session:
        row = session.get_one(BridgeAct, act_id, with_for_update=True)
        if row.outcome != Outcome.INTENDED.value:
            return
        row.outcome, row.ended_at, row.note_id = outcome.value, now, note_id
        row.after = None if after is None else dict(after)
        if row.act == ActKind.WRITE.value and outcome is not Outcome.DONE:
            for note in notes_of_write(session, row):
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
        reading=_kept(what.reading),
    )
    session.add(row)
    session.flush()
    return row.id


def _kept(told: Json | None) -> dict[str, Any] | None:
    return None if told is None else dict(told)
