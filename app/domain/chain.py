"""What the chain says, in values: transactions, blocks and where our payments stand on them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import NamedTuple

COINBASE_MATURITY = 100  # blocks, consensus rule
WATCHED_DEPTH = 100  # blocks: a payment buried deeper is taken for granted
NEVER = datetime.min.replace(tzinfo=UTC)  # before the first observation nothing expires


@dataclass(frozen=True, order=True)
class Outpoint:
    """One output of one transaction: the identity of a payment. `txid` is hex as RPC shows it."""

    txid: str
    vout: int

    def __str__(self) -> str:
        return f"{self.txid}-{self.vout}"

    @property
    def raw(self) -> bytes:
        """The 36 bytes by which a transaction names what it spends."""
        return bytes.fromhex(self.txid)[::-1] + self.vout.to_bytes(4, "little")

    @classmethod
    def from_raw(cls, raw: bytes) -> "Outpoint":
        """From those 36 bytes."""
        return cls(raw[:32][::-1].hex(), int.from_bytes(raw[32:], "little"))


class Transaction(NamedTuple):
    """A transaction as it stands in the bytes it was read from: light, since a block has thousands that are not ours.

    `spent` are the raw outpoints of its inputs, none for a coinbase; `outputs` are (value in satoshis, scriptPubKey),
    indexed by vout. `outputs_end` is where the witness begins, if there is one. `signals_rbf`: some input's sequence is
    below 0xfffffffe (BIP125).
    """

    data: bytes
    start: int
    outputs_end: int
    end: int
    spent: list[bytes]
    outputs: list[tuple[int, bytes]]
    signals_rbf: bool
    is_coinbase: bool

    @property
    def raw(self) -> bytes:
        """The transaction alone, witness included."""
        return self.data[self.start : self.end]

    @property
    def txid(self) -> str:
        """Hex, as RPC shows it. Hashed at each use: of a block's transactions, few are ever asked."""
        return self.txid_bytes.hex()

    @property
    def txid_bytes(self) -> bytes:
        """The 32 bytes of `txid`, without the witness (BIP141)."""
        data, start = self.data, self.start
        if data[start + 4]:  # the number of inputs, never zero; before a witness a zero stands here
            stripped = self.raw
        else:
            stripped = data[start : start + 4] + data[start + 6 : self.outputs_end] + data[self.end - 4 : self.end]
        return sha256(sha256(stripped).digest()).digest()[::-1]


def beneath(transactions: Sequence[Transaction], among: Iterable[Transaction]) -> list[Transaction]:
    """Those `among` that `transactions` stand on, in any generation."""
    if not transactions:
        return []  # a whole block need not be hashed
    by_txid = {tx.txid_bytes: tx for tx in among}
    found: dict[bytes, Transaction] = {}
    frontier = list(transactions)
    while frontier:
        parents = {spent[31::-1] for tx in frontier for spent in tx.spent} & by_txid.keys() - found.keys()
        frontier = [by_txid[txid] for txid in parents]
        found.update(zip(parents, frontier, strict=True))
    return list(found.values())


class LostTransaction(Transaction):
    """A transaction whose bytes the node has deleted: `data` is its txid, and what nobody knows is left out."""

    __slots__ = ()

    @property
    def txid_bytes(self) -> bytes:
        """Told, not hashed."""
        return self.data


@dataclass(frozen=True)
class BlockHeader:
    """A block's place: heights are never trusted without the hash."""

    hash: str
    prev_hash: str
    height: int
    time: datetime
    median_time: datetime


@dataclass(frozen=True)
class Tip:
    """The block our facts stand on, and up to when chain and mempool have been looked at as a whole."""

    height: int
    hash: str
    observed_at: datetime


@dataclass(frozen=True)
class Unconfirmed:
    """A transaction that carries payments of ours, or that such payments stand on, and is in no block that we know.

    `replaced_by` is what spends its coins instead, "" for a reason nobody named; of one that pays nobody here, it is
    that of all the payments that stand on it.
    """

    txid: str
    raw: bytes
    inputs: tuple[Outpoint, ...]
    at_risk: bool
    replaced_by: str | None

    @property
    def replaced(self) -> bool:
        """Out of account, until it is seen again."""
        return self.replaced_by is not None


@dataclass(frozen=True)
class Sighting:
    """A transaction where it was seen, and which of its outputs the node confirmed there: they may settle.

    `since`: how long it has been in the mempool, by the node's clock; None for one seen in a block.
    """

    tx: Transaction
    since: datetime | None = None
    verified: frozenset[Outpoint] = frozenset()


@dataclass(frozen=True)
class Claim:
    """What we hold true of an output before its payment settles; the node must say the same (chain-tracking C6).

    `block_hash` is None for a payment that would settle in the mempool.
    """

    outpoint: Outpoint
    value_sats: int
    script_pubkey: bytes
    block_hash: str | None
