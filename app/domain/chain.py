"""What the chain says, in values: transactions, blocks and where our payments stand on them."""

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
    """A transaction that carries payments of ours and is in no block, as far as we know it."""

    txid: str
    raw: bytes
    inputs: tuple[Outpoint, ...]
    at_risk: bool
    replaced: bool


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
