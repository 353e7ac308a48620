"""What the bridge did about invoices before, and what it left unfinished when a worker died."""

from collections import Counter, defaultdict
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db.models import BridgeAct, Mismatch
from app.domain.bridge import Act
from app.domain.bridge_times import ActKind, Outcome
from app.domain.mismatch import MismatchKind, Remedy
from app.domain.watch import Known

FRUITLESS = (Outcome.NOTHING.value, Outcome.REFUSED.value)
WRITTEN = (Outcome.DONE.value, Outcome.REFUSED.value)  # a note that the shop refuses is not tried again and again


def known_of(session: Session, invoice_ids: Sequence[str]) -> dict[str, Known]:
    """What was done about each of these invoices, in two statements."""
    acts: dict[str, list[BridgeAct]] = defaultdict(list)
    wanted = select(BridgeAct).where(BridgeAct.invoice_id.in_(invoice_ids)).order_by(BridgeAct.id)
    for act in session.scalars(wanted.execution_options(populate_existing=True)):
        acts[act.invoice_id or ""].append(act)
    raised: dict[str, list[Mismatch]] = defaultdict(list)
    told = select(Mismatch).where(Mismatch.invoice_id.in_(invoice_ids))
    for row in session.scalars(told.execution_options(populate_existing=True)):
        raised[row.invoice_id].append(row)
    return {invoice_id: _known(acts[invoice_id], raised[invoice_id]) for invoice_id in invoice_ids}


def unfinished_acts(session: Session, watched_order_id: int) -> Sequence[BridgeAct]:
    """Those whose end nobody has written down, oldest first."""
    mine = (BridgeAct.watched_order_id == watched_order_id, BridgeAct.outcome == Outcome.INTENDED.value)
    wanted = select(BridgeAct).where(*mine).order_by(BridgeAct.id)
    return session.scalars(wanted.execution_options(populate_existing=True)).all()


def notes_of_write(session: Session, write: BridgeAct) -> Sequence[BridgeAct]:
    """The notes that were intended with a write, or after it, and that nobody has posted."""
    mine = (BridgeAct.watched_order_id == write.watched_order_id, BridgeAct.outcome == Outcome.INTENDED.value)
    notes = (BridgeAct.invoice_id == write.invoice_id, BridgeAct.act == ActKind.NOTE.value, BridgeAct.id > write.id)
    return session.scalars(select(BridgeAct).where(*mine, *notes).order_by(BridgeAct.id).with_for_update()).all()


def acts_of_invoice(session: Session, invoice_id: str) -> Sequence[BridgeAct]:
    """What was done about an invoice, for its story and for evidence, oldest first."""
    return session.scalars(select(BridgeAct).where(BridgeAct.invoice_id == invoice_id).order_by(BridgeAct.id)).all()


def _known(acts: Sequence[BridgeAct], raised: Sequence[Mismatch]) -> Known:
    done = [act for act in acts if act.outcome == Outcome.DONE.value]
    writes = [act for act in acts if act.act == ActKind.WRITE.value]
    good = max((act.id for act in writes if act.outcome == Outcome.DONE.value), default=0)
    return Known(
        opened=frozenset(MismatchKind(row.kind) for row in raised if row.resolved_at is None),
        endable=frozenset(MismatchKind(row.kind) for row in raised if row.resolved_at is None and _ends(row)),
        closed=frozenset(MismatchKind(row.kind) for row in raised if row.resolved_by is not None),
        noted=frozenset(act.key for act in acts if act.act == ActKind.NOTE.value and act.outcome in WRITTEN),
        unfinished=any(act.outcome == Outcome.INTENDED.value for act in acts),
        fruitless=Counter(act.key for act in writes if act.id > good and act.outcome in FRUITLESS),
        repeats=Counter(act.key for act in writes if act.outcome == Outcome.DONE.value),
        nudged_at=max((act.began_at for act in done if act.act == ActKind.NUDGE.value), default=None),
        closed_at=max((row.resolved_at for row in raised if row.resolved_at and _is_last_word(row)), default=None),
    )


def _is_last_word(row: Mismatch) -> bool:
    """Did a person decide about the money? Who leaves a silent shop alone has not."""
    decided = row.resolved_by is not None and row.remedy in (Remedy.REFUND.value, Remedy.LEAVE.value)
    return decided and row.kind != MismatchKind.NO_ANSWER.value


def _ends(row: Mismatch) -> bool:
    """Was it opened because something is to be done, rather than to tell what was done?"""
    return bool(row.evidence.get("act") == Act.RAISE.value)
