"""Matching by index: what a transaction has to do with us costs the same, however many invoices are open.

A full block asks about thousands of scripts and outpoints at once and has almost never one of ours, so the question is
put in the driver's own words: the expression language would spend more time on writing the statement than the database
on answering it.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TypeVar

from sqlalchemy.orm import Session

from app.domain.chain import Transaction

BATCH = 500  # values in one IN list: within every engine's limit on parameters

PROMPTS = "SELECT script_pubkey FROM prompts WHERE network = {network} AND script_pubkey {among}"
PAYOUTS = "SELECT script_pubkey FROM payouts WHERE watched AND network = {network} AND script_pubkey {among}"
OURS = f"{PROMPTS} UNION ALL {PAYOUTS}"  # one question for all that is paid to, or by, a merchant
SPENT = "SELECT outpoint FROM spent_outpoints WHERE network = {network} AND outpoint {among}"

T = TypeVar("T")


def batches(values: Iterable[T], size: int = BATCH) -> Iterator[list[T]]:
    """`values` in lists of at most `size`."""
    iterator = iter(values)
    while batch := list(islice(iterator, size)):
        yield batch


def prefix_range(txid: str) -> tuple[bytes, bytes]:
    """The first and the last raw outpoint of a transaction."""
    start = bytes.fromhex(txid)[::-1]
    return start + b"\x00" * 4, start + b"\xff" * 4


def concerning(session: Session, network: str, transactions: Sequence[Transaction]) -> list[Transaction]:
    """Those that pay us or a payout, or spend what a watched transaction spends (a watched one itself does)."""
    paid = _known(session, OURS, network, (s for tx in transactions for _, s in tx.outputs))
    taken = _known(session, SPENT, network, (s for tx in transactions for s in tx.spent))
    if not paid and not taken:
        return []
    return [
        tx for tx in transactions if any(script in paid for _, script in tx.outputs) or not taken.isdisjoint(tx.spent)
    ]


def stood_on(session: Session, network: str, transactions: Sequence[Transaction]) -> list[Transaction]:
    """Those whose outputs watched transactions spend."""
    made = {tx.txid_bytes[::-1]: tx for tx in transactions}  # as outpoints begin
    outputs = (txid + vout.to_bytes(4, "little") for txid, tx in made.items() for vout in range(len(tx.outputs)))
    taken = {outpoint[:32] for outpoint in _known(session, SPENT, network, outputs)}
    return [tx for txid, tx in made.items() if txid in taken]


def payout_scripts(session: Session, network: str, scripts: Iterable[bytes]) -> set[bytes]:
    """Those of `scripts` that watched payouts are to be paid at."""
    return _known(session, PAYOUTS, network, scripts)


def _known(session: Session, question: str, network: str, values: Iterable[bytes]) -> set[bytes]:
    """Which of `values` the question finds.

    Sorted, they find their neighbours' pages of the index still at hand. What the session has not flushed is not found.
    """
    wanted = sorted(set(values))
    if not wanted:
        return set()
    connection = session.connection()
    if connection.dialect.name == "postgresql":  # an array in binary form: as text it costs several times as much
        asked = question.format(network="%(network)s", among="= ANY(%(wanted)b)")
        return {row[0] for row in connection.exec_driver_sql(asked, {"network": network, "wanted": wanted})}
    found: set[bytes] = set()
    for batch in batches(wanted):
        numbered = ",".join(f"?{number}" for number in range(2, len(batch) + 2))
        asked = question.format(network="?1", among=f"IN ({numbered})")
        found.update(row[0] for row in connection.exec_driver_sql(asked, (network, *batch)))
    return found
