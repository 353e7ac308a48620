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
    """Those that pay us, or spend what a watched transaction spends (a watched one itself does)."""
    paid = known(session, "prompts", "script_pubkey", network, (s for tx in transactions for _, s in tx.outputs))
    taken = known(session, "spent_outpoints", "outpoint", network, (s for tx in transactions for s in tx.spent))
    if not paid and not taken:
        return []
    return [
        tx for tx in transactions if any(script in paid for _, script in tx.outputs) or not taken.isdisjoint(tx.spent)
    ]


def stood_on(session: Session, network: str, transactions: Sequence[Transaction]) -> list[Transaction]:
    """Those whose outputs watched transactions spend."""
    made = {tx.txid_bytes[::-1]: tx for tx in transactions}  # as outpoints begin
    outputs = (txid + vout.to_bytes(4, "little") for txid, tx in made.items() for vout in range(len(tx.outputs)))
    taken = {outpoint[:32] for outpoint in known(session, "spent_outpoints", "outpoint", network, outputs)}
    return [tx for txid, tx in made.items() if txid in taken]


def known(session: Session, table: str, column: str, network: str, values: Iterable[bytes]) -> set[bytes]:
    """Which of `values` stand in `column`; table and column are ours, never a client's.

    Sorted, they find their neighbours' pages of the index still at hand. What the session has not flushed is not found.
    """
    wanted = sorted(set(values))
    if not wanted:
        return set()
    connection = session.connection()
    select = f"SELECT {column} FROM {table} WHERE network ="  # noqa: S608
    if connection.dialect.name == "postgresql":  # an array in binary form: as text it costs several times as much
        rows = connection.exec_driver_sql(
            f"{select} %(network)s AND {column} = ANY(%(wanted)b)", {"network": network, "wanted": wanted}
        )
        return {row[0] for row in rows}
    found: set[bytes] = set()
    for batch in batches(wanted):
        marks = ",".join("?" * len(batch))
        rows = connection.exec_driver_sql(f"{select} ? AND {column} IN ({marks})", (network, *batch))
        found.update(row[0] for row in rows)
    return found
