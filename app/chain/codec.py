"""Raw blocks and transactions to values: outputs, spent outpoints, txids (BIP141 serialisation).

A block is read in flat loops over its bytes: no object an input or output beyond the bytes themselves, since a full
block has thousands of each and all but a few are nobody's business here.
"""

from struct import Struct, error

from app.domain.chain import Transaction
from app.errors import SattleError

HEADER_BYTES = 80
OUTPOINT_BYTES = 36
NO_OUTPOINT = b"\x00" * 32 + b"\xff" * 4  # what a coinbase spends
FINAL_SEQUENCES = frozenset((b"\xff\xff\xff\xff", b"\xfe\xff\xff\xff"))  # BIP125: any other signals replaceability
LONG = {0xFD: 2, 0xFE: 4, 0xFF: 8}  # compact sizes: the bytes that follow such a first byte

_value_and_size = Struct("<QB").unpack_from


class Undecodable(SattleError):
    """These bytes are not a transaction or block; the caller logs and goes on."""


def decode_transaction(raw: bytes) -> Transaction:
    """One serialised transaction. Raises Undecodable, also when bytes are left over."""
    return _decode(raw, 0, 1)[0]


def decode_block(raw: bytes) -> list[Transaction]:
    """The transactions of a serialised block. Raises Undecodable, also when bytes are left over."""
    try:
        count, at = _compact_size(raw, HEADER_BYTES)
    except (IndexError, error):
        raise Undecodable(f"{len(raw)} bytes are no block") from None
    return _decode(raw, at, count)


def _decode(raw: bytes, at: int, count: int) -> list[Transaction]:
    """A slice past the end is only short; the position then lies beyond the last byte, and that is noticed here."""
    transactions: list[Transaction] = []
    try:
        for _ in range(count):
            transactions.append(_transaction(raw, at))
            at = transactions[-1].end
    except (IndexError, error):
        raise Undecodable(f"{len(raw)} bytes end inside transaction {len(transactions)}") from None
    if at != len(raw):
        raise Undecodable(f"the transactions end at byte {at} of {len(raw)}")
    return transactions


def _transaction(data: bytes, start: int) -> Transaction:
    """The fields of one transaction, in the order in which they are written."""
    has_witness = data[start + 4] == 0
    if has_witness and data[start + 5] != 1:
        raise Undecodable(f"the transaction at byte {start} has no inputs, or a form that is not known")
    spent, signals_rbf, at = _inputs(data, start + 6 if has_witness else start + 4)
    outputs, outputs_end = _outputs(data, at)
    end = (_after_witness(data, outputs_end, len(spent)) if has_witness else outputs_end) + 4
    is_coinbase = spent == [NO_OUTPOINT]
    if is_coinbase:
        spent, signals_rbf = [], False
    return Transaction(data, start, outputs_end, end, spent, outputs, signals_rbf, is_coinbase)


def _inputs(data: bytes, at: int) -> tuple[list[bytes], bool, int]:
    """The outpoints, whether replaceability is signalled, and where the outputs begin."""
    spent: list[bytes] = []
    signals_rbf = False
    count, at = _compact_size(data, at)
    for _ in range(count):
        spent.append(data[at : at + OUTPOINT_BYTES])
        size = data[at + OUTPOINT_BYTES]
        if size < 0xFD:
            at += OUTPOINT_BYTES + 1 + size
        else:
            size, at = _compact_size(data, at + OUTPOINT_BYTES)
            at += size
        signals_rbf |= data[at : at + 4] not in FINAL_SEQUENCES
        at += 4
    return spent, signals_rbf, at


def _outputs(data: bytes, at: int) -> tuple[list[tuple[int, bytes]], int]:
    """(value, scriptPubKey) of each output, and where what follows begins."""
    outputs: list[tuple[int, bytes]] = []
    count, at = _compact_size(data, at)
    for _ in range(count):
        value, size = _value_and_size(data, at)
        if size < 0xFD:
            at += 9
        else:
            size, at = _compact_size(data, at + 8)
        outputs.append((value, data[at : at + size]))
        at += size
    return outputs, at


def _after_witness(data: bytes, at: int, inputs: int) -> int:
    """Where the lock time stands."""
    for _ in range(inputs):
        count, at = _compact_size(data, at)
        for _ in range(count):
            size, at = _compact_size(data, at)
            at += size
    return at


def _compact_size(data: bytes, at: int) -> tuple[int, int]:
    """The number written at `at`, and where the next field begins."""
    first = data[at]
    if first < 0xFD:
        return first, at + 1
    end = at + 1 + LONG[first]
    return int.from_bytes(data[at + 1 : end], "little"), end
