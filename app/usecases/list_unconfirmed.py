"""How transactions that are in no block stand: what they spend, and whether anything of ours still counts on them."""

from collections.abc import Collection, Sequence

from sqlalchemy.orm import Session

from app.db import queries_chain as queries
from app.db.models import Payment, PayoutOutput, WatchedTransaction
from app.db.queries_payouts import outputs_of
from app.domain.chain import Unconfirmed

Ours = Payment | PayoutOutput


def list_unconfirmed(session: Session, network: str, rows: Sequence[WatchedTransaction]) -> list[Unconfirmed]:
    """These transactions, in their order."""
    txids = [row.txid for row in rows]
    inputs = queries.inputs_of(session, network, txids)
    carried: dict[str, list[Ours]] = {txid: [] for txid in txids}
    for each in _ours(session, network, txids):
        carried[each.txid].append(each)
    return [
        Unconfirmed(
            txid=row.txid,
            raw=row.raw,
            inputs=tuple(inputs.get(row.txid, ())),
            at_risk=any(each.at_risk for each in carried[row.txid]),
            replaced_by=_replaced_by(carried[row.txid] or _upon(session, network, row.txid)),
        )
        for row in rows
    ]


def _ours(session: Session, network: str, txids: Collection[str]) -> list[Ours]:
    return [*queries.payments_of(session, network, txids), *outputs_of(session, network, txids)]


def _upon(session: Session, network: str, txid: str) -> list[Ours]:
    """What is ours and stands on a transaction which carries nothing of ours."""
    return _ours(session, network, queries.descendants(session, network, txid))


def _replaced_by(ours: Sequence[Ours]) -> str | None:
    """What took all of these out of account, by name if anybody named it."""
    reasons = [each.conflicted_by for each in ours]
    named = [reason for reason in reasons if reason is not None]
    return max(named) if named and len(named) == len(reasons) else None
