"""What a person does about a mismatch on our own side: accept the money, give it back, or have the order read again."""

from datetime import datetime

from app.db.audit import acting, note
from app.db.models import User
from app.db.queries_bridge import ring
from app.db.queries_mismatches import open_of_invoice
from app.db.session import Session, assessing_change, change
from app.domain.audit import Kind
from app.domain.invoice import Status
from app.domain.mismatch import MismatchKind, Remedy
from app.errors import NotAllowed
from app.usecases.mark_invoice import add_mark
from app.usecases.resolve_mismatch import checked, close, open_row
from app.usecases.supersede_owed import SETTLED_BY_PERSON, supersede_owed


def settle_mismatch(mismatch_id: int, by: str, said: str, now: datetime) -> None:
    """Accept the money: the invoice becomes Settled by hand, and the shop is told so.

    What it was owed before is not told any more. NotFound, NotAllowed, BadInput (note).
    """
    with assessing_change() as session:
        row = open_row(session, mismatch_id)
        if Remedy.MARK_SETTLED not in MismatchKind(row.kind).told.remedies:
            raise NotAllowed("to mark the invoice settled is no remedy for this mismatch")
        reason = checked(said)
        supersede_owed(session, row.invoice_id, SETTLED_BY_PERSON)
        add_mark(session, row.invoice_id, Status.SETTLED, now, by=by, reason=reason)
        close(session, row, by, Remedy.MARK_SETTLED.value, reason, now)


def look_again(mismatch_id: int, now: datetime) -> None:
    """Have the worker read the order at once; the mismatch stays open until they agree. NotFound, NotAllowed."""
    with change() as session:
        row = open_row(session, mismatch_id)
        note(session, Kind.MISMATCH_ASKED, row.invoice_id, row.store_id, about=row.kind, remedy=Remedy.LOOK_AGAIN.value)
        ring(session, row.watched_order_id, now, now)


def close_by_refund(session: Session, invoice_id: str, now: datetime) -> None:
    """All was given back in the caller's change: that is what those were open for that offer a refund.

    A part of it closes nothing: what stays is still to be decided about.
    """
    matters = [
        row for row in open_of_invoice(session, invoice_id) if Remedy.REFUND in MismatchKind(row.kind).told.remedies
    ]
    for row in matters:
        close(session, row, _who(session), Remedy.REFUND.value, "", now)
    if matters:
        supersede_owed(session, invoice_id, SETTLED_BY_PERSON)


def _who(session: Session) -> str:
    """The person who acts, as pages name them."""
    actor = acting()
    person = session.get(User, actor.user_id) if actor.user_id else None
    return person.email if person is not None else actor.id or actor.by.value
