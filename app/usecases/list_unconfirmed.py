"""How transactions that are in no block stand: what they spend, and whether anything of ours still counts on them."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from app.db import queries_chain as queries
from app.db.models import Payment, WatchedTransaction
from app.domain.chain import Unconfirmed


def list_unconfirmed(session: Session, network: str, rows: Sequence[WatchedTransaction]) -> list[Unconfirmed]:
    """These transactions, in their order."""
    txids = [row.txid for row in rows]
    inputs = queries.inputs_of(session, network, txids)
    carried: dict[str, list[Payment]] = {txid: [] for txid in txids}
    for payment in queries.payments_of(session, network, txids):
        carried[payment.txid].append(payment)
    return [
        Unconfirmed(
            txid=row.txid,
            raw=row.raw,
            inputs=tuple(inputs.get(row.txid, ())),
            at_risk=any(payment.at_risk for payment in carried[row.txid]),
            replaced_by=_replaced_by(carried[row.txid] or _upon(session, network, row.txid)),
        )
        for row in rows
    ]


def _upon(session: Session, network: str, txid: str) -> list[Payment]:
    """The payments that stand on a transaction which carries none."""
    return queries.payments_of(session, network, queries.descendants(session, network, txid))


def _replaced_by(payments: Sequence[Payment]) -> str | None:
    """What took all of these out of account, by name if anybody named it."""
    reasons = [payment.conflicted_by for payment in payments]
    named = [reason for reason in reasons if reason is not None]
    return max(named) if named and len(named) == len(reasons) else None
