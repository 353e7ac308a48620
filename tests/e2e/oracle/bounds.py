"""What transactions could have paid at most: no two that spend the same coin, nor two that stand on two such."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

Outpoint = tuple[str, int]


@dataclass(frozen=True)
class Sent:
    """A transaction as it was made: what it spends, and what it brings each invoice (satoshis)."""

    txid: str
    raw: str
    inputs: tuple[Outpoint, ...]
    pays: Mapping[str, int] = field(default_factory=dict)


def most_at_once(sent: Sequence[Sent], invoice_id: str) -> int:
    """The most satoshis that transactions of `sent`, none in conflict with another, can bring an invoice together."""
    by_txid = {tx.txid: tx for tx in sent}
    paying = [tx for tx in sent if tx.pays.get(invoice_id)]
    spent = {tx.txid: _spent_by(tx, by_txid) for tx in paying}

    @cache
    def most(index: int, taken: frozenset[tuple[Outpoint, str]]) -> int:
        """`taken`: which transaction spends each coin, among those chosen."""
        if index == len(paying):
            return 0
        tx = paying[index]
        without = most(index + 1, taken)
        coins = dict(taken)
        if any(coins.get(coin, spender) != spender for coin, spender in spent[tx.txid].items()):
            return without
        return max(without, tx.pays[invoice_id] + most(index + 1, taken | frozenset(spent[tx.txid].items())))

    return most(0, frozenset())


def _spent_by(tx: Sent, by_txid: Mapping[str, Sent]) -> dict[Outpoint, str]:
    """The coins that a transaction and those of ours that it stands on spend, each with its spender."""
    found: dict[Outpoint, str] = {}
    waiting = [tx]
    while waiting:
        now = waiting.pop()
        for coin in now.inputs:
            if coin not in found:
                found[coin] = now.txid
                waiting += [by_txid[coin[0]]] if coin[0] in by_txid else []
    return found
