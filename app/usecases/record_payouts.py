"""Write what transactions mean for payouts: outputs at their addresses, and which of them pays which payout.

All of it inside the caller's change. Where no payout is to be paid, the one look-up of addresses is all that it costs.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from itertools import groupby
from operator import attrgetter

from sqlalchemy.orm import Session

from app.db import queries_payouts as queries
from app.db.matching import payout_scripts
from app.db.models import Payout, PayoutOutput
from app.domain.chain import BlockHeader, Outpoint, Sighting
from app.domain.payout import PaidOutput, first_seen, paying, standing
from app.usecases.tell_payout import payout_facts, tell_payout
from app.usecases.touched import Touched


def record_outputs(
    session: Session,
    network: str,
    seen: Sequence[Sighting],
    header: BlockHeader | None,
    known: Collection[str],
    now: datetime,
) -> dict[str, set[bytes]]:
    """Upsert the outputs at addresses of payouts. Returns the scriptPubKeys concerned, by txid.

    They were seen in the block `header`, or in the mempool. `known` are the txids of those that were in the mempool
    before: they were there before anybody asked for these addresses, or they would be on record.
    """
    scripts = payout_scripts(session, network, {script for each in seen for _, script in each.tx.outputs})
    if not scripts:
        return {}
    asked = _Asked(queries.payouts_at(session, network, scripts))
    txids = {each.tx.txid for each in seen}
    held = {(row.txid, row.vout): row for row in queries.outputs_of(session, network, txids)}
    found: dict[str, set[bytes]] = {}
    for sighting in seen:
        txid = sighting.tx.txid
        for vout, (value_sats, script) in enumerate(sighting.tx.outputs):
            row = held.get((txid, vout))
            if row is None:
                if not asked.may_be_paid(script, value_sats):
                    continue
                row = PayoutOutput(network=network, txid=txid, vout=vout, script_pubkey=script, value_sats=value_sats)
                row.first_seen_at = asked.before(script) if txid in known else _first_seen(sighting, header, now)
                row.first_height = header.height if header and txid not in known else None
                session.add(row)
            _place(row, header)
            found.setdefault(txid, set()).add(script)
    return found


class _Asked:
    """The payouts to some addresses."""

    def __init__(self, payouts: Iterable[Payout]) -> None:
        self._by_script: dict[bytes, list[Payout]] = {}
        for payout in payouts:
            self._by_script.setdefault(payout.script_pubkey, []).append(payout)

    def may_be_paid(self, script: bytes, value_sats: int) -> bool:
        """Does a payout wait for that amount, or for one that is not fixed yet? An address may be somebody's for years
        and get thousands of other payments."""
        return any(payout.value_sats in (None, value_sats) for payout in self._by_script.get(script, ()))

    def before(self, script: bytes) -> datetime:
        """A moment before the first of them was asked for."""
        return min(payout.created_at for payout in self._by_script[script]) - datetime.resolution


def _first_seen(sighting: Sighting, header: BlockHeader | None, now: datetime) -> datetime:
    if header is not None:
        return first_seen(now, max(header.time, header.median_time), in_block=True)
    return first_seen(now, sighting.since or now, in_block=False)


def _place(row: PayoutOutput, header: BlockHeader | None) -> None:
    row.conflicted_by, row.at_risk = None, False
    if header is not None:
        row.height, row.block_hash = header.height, header.hash


def outputs_fall(session: Session, network: str, txids: Collection[str], by: str | None) -> set[bytes]:
    """Unconfirmed outputs of `txids` will not come, because of `by` or for a reason nobody named."""
    fallen = [row for row in queries.outputs_of(session, network, txids) if row.height is None]
    for row in fallen:
        row.conflicted_by = row.conflicted_by or by or ""
        row.at_risk = False
    return {row.script_pubkey for row in fallen}


def outputs_leave_block(session: Session, network: str, block_hash: str) -> set[bytes]:
    """The block left the chain: its outputs wait for another one."""
    rows = queries.outputs_in(session, network, block_hash)
    for row in rows:
        row.height, row.block_hash = None, None
    return {row.script_pubkey for row in rows}


def set_outputs_standing(session: Session, network: str, txids: Collection[str], *, at_risk: bool) -> set[bytes]:
    """These transactions left the mempool without a conflict, or are back in it."""
    rows = queries.outputs_of(session, network, txids)
    for row in rows:
        row.at_risk, row.conflicted_by = at_risk, None
    return {row.script_pubkey for row in rows}


def refresh_payouts(session: Session, network: str, touched: Touched, now: datetime) -> None:
    """Bring the payouts to the touched addresses up to the facts. Twice is the same as once."""
    if not touched.payouts:
        return
    session.flush()
    payouts = queries.payouts_at(session, network, touched.payouts)
    outputs = queries.outputs_at(session, network, touched.payouts, {payout.value_sats for payout in payouts})
    for script, group in groupby(sorted(payouts, key=attrgetter("script_pubkey")), attrgetter("script_pubkey")):
        _refresh(session, list(group), [row for row in outputs if row.script_pubkey == script], now)


def _refresh(session: Session, payouts: Sequence[Payout], outputs: Sequence[PayoutOutput], now: datetime) -> None:
    """Those of one address."""
    rows = {Outpoint(row.txid, row.vout): row for row in outputs}
    before = {row.payout_id: outpoint for outpoint, row in rows.items() if row.payout_id is not None}
    facts = {payout.id: payout_facts(payout) for payout in payouts}
    found = paying(list(facts.values()), [output_facts(row) for row in outputs], before)
    pays = {outpoint: payout_id for payout_id, outpoint in found.items()}
    moved = [row for outpoint, row in rows.items() if row.payout_id != pays.get(outpoint) and row.payout_id in facts]
    for row in moved:
        row.payout_id = None
    if moved:
        session.flush()  # an output is let go by one payout before another one takes it
    for payout in payouts:
        outpoint = found.get(payout.id)
        if outpoint is not None:
            rows[outpoint].payout_id = payout.id
        output = output_facts(rows[outpoint]) if outpoint is not None else None
        tell_payout(session, payout, standing(facts[payout.id], output), outpoint, now)


def output_facts(row: PayoutOutput) -> PaidOutput:
    """The facts of a row of an output."""
    return PaidOutput(
        outpoint=Outpoint(row.txid, row.vout),
        value_sats=row.value_sats,
        first_seen_at=row.first_seen_at,
        first_height=row.first_height,
        height=row.height,
        is_gone=row.height is None and row.conflicted_by is not None,
    )
