"""What the chain says, in values: transactions, blocks and where our payments stand on them."""

from dataclasses import dataclass
from datetime import datetime

COINBASE_MATURITY = 100  # blocks, consensus rule


@dataclass(frozen=True, order=True)
class Outpoint:
    """One output of one transaction: the identity of a payment. `txid` is hex as RPC shows it."""

    txid: str
    vout: int

    def __str__(self) -> str:
        return f"{self.txid}-{self.vout}"


@dataclass(frozen=True)
class TxOutput:
    """An output: its value in satoshis and the scriptPubKey it pays."""

    value_sats: int
    script_pubkey: bytes


@dataclass(frozen=True)
class Transaction:
    """A decoded transaction. `inputs` is empty for a coinbase; `outputs` is indexed by vout."""

    txid: str
    inputs: tuple[Outpoint, ...]
    outputs: tuple[TxOutput, ...]
    signals_rbf: bool  # BIP125: some input's sequence is below 0xfffffffe
    is_coinbase: bool
    raw: bytes


@dataclass(frozen=True)
class BlockHeader:
    """A block's place: heights are never trusted without the hash."""

    hash: str
    prev_hash: str
    height: int
    time: datetime
    median_time: datetime


@dataclass(frozen=True)
class Block:
    """A block with its decoded transactions."""

    header: BlockHeader
    transactions: tuple[Transaction, ...]


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
