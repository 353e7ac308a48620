"""Raw blocks and transactions to values: outputs, spent outpoints, txids (BIP141 serialisation)."""

import hashlib
from struct import unpack_from

from app.domain.chain import Outpoint, Transaction, TxOutput
from app.errors import SattleError

FINAL_SEQUENCES = 0xFFFFFFFE  # BIP125: an input below it signals replaceability
NO_OUTPOINT = b"\x00" * 32
HEADER_BYTES = 80


class Undecodable(SattleError):
    """These bytes are not a transaction or block; the caller logs and goes on."""


class _Reader:
    """Walks over bytes; running past the end is Undecodable."""

    def __init__(self, data: bytes, at: int = 0) -> None:
        self.data = data
        self.at = at

    def take(self, count: int) -> bytes:
        end = self.at + count
        if end > len(self.data):
            raise Undecodable(f"{len(self.data)} bytes end before byte {end}")
        piece = self.data[self.at : end]
        self.at = end
        return piece

    def number(self, size: int) -> int:
        return int.from_bytes(self.take(size), "little")

    def compact_size(self) -> int:
        first = self.number(1)
        return first if first < 0xFD else self.number({0xFD: 2, 0xFE: 4, 0xFF: 8}[first])


def decode_transaction(raw: bytes) -> Transaction:
    """One serialised transaction. Raises Undecodable, also when bytes are left over."""
    reader = _Reader(raw)
    tx = _transaction(reader)
    if reader.at != len(raw):
        raise Undecodable(f"{len(raw) - reader.at} bytes follow the transaction")
    return tx


def decode_block(raw: bytes) -> tuple[Transaction, ...]:
    """The transactions of a serialised block. Raises Undecodable, also when bytes are left over."""
    reader = _Reader(raw, HEADER_BYTES)
    transactions = tuple(_transaction(reader) for _ in range(reader.compact_size()))
    if reader.at != len(raw):
        raise Undecodable(f"{len(raw) - reader.at} bytes follow the block's transactions")
    return transactions


def _transaction(reader: _Reader) -> Transaction:
    start = reader.at
    version = reader.take(4)
    has_witness = reader.data[reader.at : reader.at + 2] == b"\x00\x01"
    if has_witness:
        reader.take(2)
    body = reader.at
    inputs, sequences = _inputs(reader)
    outputs = tuple(
        TxOutput(reader.number(8), reader.take(reader.compact_size())) for _ in range(reader.compact_size())
    )
    body_end = reader.at
    if has_witness:
        for _ in inputs:
            for _ in range(reader.compact_size()):
                reader.take(reader.compact_size())
    lock_time = reader.take(4)
    stripped = version + reader.data[body:body_end] + lock_time
    is_coinbase = len(inputs) == 1 and inputs[0].txid == NO_OUTPOINT.hex()
    return Transaction(
        txid=hashlib.sha256(hashlib.sha256(stripped).digest()).digest()[::-1].hex(),
        inputs=() if is_coinbase else inputs,
        outputs=outputs,
        signals_rbf=not is_coinbase and any(sequence < FINAL_SEQUENCES for sequence in sequences),
        is_coinbase=is_coinbase,
        raw=reader.data[start : reader.at],
    )


def _inputs(reader: _Reader) -> tuple[tuple[Outpoint, ...], list[int]]:
    inputs, sequences = [], []
    for _ in range(reader.compact_size()):
        hash_bytes, vout = unpack_from("<32sI", reader.take(36))
        reader.take(reader.compact_size())
        sequences.append(reader.number(4))
        inputs.append(Outpoint(hash_bytes[::-1].hex(), vout))
    return tuple(inputs), sequences
