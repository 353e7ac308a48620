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
    worth = {tx.txid: tx.pays[invoice_id] for tx in sent if tx.pays.get(invoice_id)}
    rivals = {txid: others & worth.keys() for txid, others in rivals_of(sent).items() if txid in worth}

    @cache
    def most(group: frozenset[str]) -> int:
        """Of transactions that hang together: with and without the one that has most rivals among them."""
        txid = max(group, key=lambda one: (len(rivals[one] & group), one))
        others = group - {txid}
        without, rest = _groups(others, rivals), _groups(others - rivals[txid], rivals)
        return max(sum(map(most, without)), worth[txid] + sum(map(most, rest)))

    return sum(map(most, _groups(frozenset(worth), rivals)))


def rivals_of(sent: Sequence[Sent]) -> dict[str, set[str]]:
    """By txid the transactions that can never stand beside it: they spend a coin of its, or of what it stands on."""
    by_txid = {tx.txid: tx for tx in sent}
    spent = {txid: _spent_by(tx, by_txid) for txid, tx in by_txid.items()}
    return {txid: {other for other in spent if _conflict(spent[txid], spent[other])} for txid in spent}


def _groups(txids: frozenset[str], rivals: Mapping[str, set[str]]) -> list[frozenset[str]]:
    """Transactions that are rivals, or rivals of rivals, together; what is in different groups never conflicts."""
    found, left = [], set(txids)
    while left:
        group, waiting = set[str](), [left.pop()]
        while waiting:
            group.add(one := waiting.pop())
            waiting += rivals[one] & left
            left -= rivals[one]
        found.append(frozenset(group))
    return found


def _conflict(some: Mapping[Outpoint, str], others: Mapping[Outpoint, str]) -> bool:
    """Is a coin spent by two different transactions?"""
    return any(others.get(coin, spender) != spender for coin, spender in some.items())


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
