"""Raw transactions and blocks: every field read, every cut noticed."""

import hashlib
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.chain.codec import Undecodable, decode_block, decode_transaction
from app.domain.chain import Outpoint

FIRST_COINBASE = bytes.fromhex(
    "01000000010000000000000000000000000000000000000000000000000000000000000000ffffffff4d04ffff001d0104455468652054"
    "696d65732030332f4a616e2f32303039204368616e63656c6c6f72206f6e206272696e6b206f66207365636f6e64206261696c6f757420"
    "666f722062616e6b73ffffffff0100f2052a01000000434104678afdb0fe5548271967f1a67130b7105cd6a828e03909a67962e0ea1f61"
    "deb649f6bc3f4cef38c4f35504e51ec112de5c384df7ba0b8d578a4c702b6bf11d5fac00000000"
)
FIRST_COINBASE_TXID = "4a5e1e4baab89f3a32518a88c31bc87f618f76673e2cc77ab2127b7afdeda33b"
FINAL = 0xFFFFFFFF
HEADER = bytes(80)

Output = tuple[int, bytes]


@dataclass(frozen=True)
class Spend:
    """An input as a test writes it."""

    prev: bytes
    vout: int
    script: bytes
    sequence: int
    witness: tuple[bytes, ...]


def size(number: int) -> bytes:
    for mark, width, limit in ((b"", 1, 0xFD), (b"\xfd", 2, 0x10000), (b"\xfe", 4, 0x100000000)):
        if number < limit:
            return mark + number.to_bytes(width, "little")
    return b"\xff" + number.to_bytes(8, "little")


def sized(data: bytes) -> bytes:
    return size(len(data)) + data


def serialised(spends: list[Spend], outputs: list[Output], *, witness: bool) -> bytes:
    parts = [b"\x02\0\0\0", b"\0\x01" if witness else b"", size(len(spends))]
    for spend in spends:
        parts += [spend.prev, spend.vout.to_bytes(4, "little"), sized(spend.script)]
        parts.append(spend.sequence.to_bytes(4, "little"))
    parts.append(size(len(outputs)))
    parts += [value.to_bytes(8, "little") + sized(script) for value, script in outputs]
    if witness:
        parts += [size(len(spend.witness)) + b"".join(map(sized, spend.witness)) for spend in spends]
    return b"".join([*parts, (500_000).to_bytes(4, "little")])


SPENDS = st.builds(
    Spend,
    prev=st.binary(min_size=32, max_size=32).filter(any),
    vout=st.integers(0, 2**32 - 1),
    script=st.binary(max_size=300),
    sequence=st.integers(0, FINAL),
    witness=st.lists(st.binary(max_size=300), max_size=4).map(tuple),
)
OUTPUTS = st.tuples(st.integers(0, 21_000_000 * 100_000_000), st.binary(max_size=300))
PLAIN = Spend(b"\x11" * 32, 0, b"", FINAL, ())


def a_payment(spend: Spend = PLAIN, *outputs: Output, witness: bool = False) -> bytes:
    return serialised([spend], list(outputs) or [(1, b"\x51")], witness=witness)


def test_the_first_transaction_of_all() -> None:
    tx = decode_transaction(FIRST_COINBASE)
    assert tx.txid == FIRST_COINBASE_TXID
    assert (tx.is_coinbase, tx.spent, tx.signals_rbf) == (True, [], False)
    assert [value for value, _ in tx.outputs] == [5_000_000_000]
    assert tx.outputs[0][1].hex().startswith("4104678afdb0")
    assert tx.raw == FIRST_COINBASE


@given(st.lists(SPENDS, min_size=1, max_size=4), st.lists(OUTPUTS, min_size=1, max_size=4), st.booleans())
def test_what_was_written_is_read(spends: list[Spend], outputs: list[Output], witness: bool) -> None:
    raw = serialised(spends, outputs, witness=witness)
    tx = decode_transaction(raw)
    assert [Outpoint.from_raw(spent) for spent in tx.spent] == [
        Outpoint(spend.prev[::-1].hex(), spend.vout) for spend in spends
    ]
    assert tx.outputs == outputs
    assert tx.raw == raw
    assert not tx.is_coinbase
    assert tx.signals_rbf == any(spend.sequence < 0xFFFFFFFE for spend in spends)


@given(st.lists(SPENDS, min_size=1, max_size=3), st.lists(OUTPUTS, min_size=1, max_size=3))
def test_the_txid_leaves_the_witness_out(spends: list[Spend], outputs: list[Output]) -> None:
    stripped = serialised(spends, outputs, witness=False)
    expected = hashlib.sha256(hashlib.sha256(stripped).digest()).digest()[::-1].hex()
    assert decode_transaction(stripped).txid == expected
    assert decode_transaction(serialised(spends, outputs, witness=True)).txid == expected


@pytest.mark.parametrize(("sequence", "signals"), [(FINAL, False), (FINAL - 1, False), (FINAL - 2, True), (0, True)])
def test_replaceability_is_signalled_below_the_last_but_one_sequence(sequence: int, signals: bool) -> None:
    assert decode_transaction(a_payment(Spend(b"\x11" * 32, 0, b"", sequence, ()))).signals_rbf is signals


@pytest.mark.parametrize("length", [0, 0xFC, 0xFD, 0xFFFF, 0x10000])
def test_scripts_of_any_length_are_read(length: int) -> None:
    output = (7, b"\x6a" * length)
    assert decode_transaction(a_payment(PLAIN, output)).outputs == [output]


@pytest.mark.parametrize("witness", [False, True])
def test_a_transaction_that_is_cut_anywhere_is_undecodable(witness: bool) -> None:
    raw = a_payment(Spend(b"\x11" * 32, 3, b"ab", 1, (b"sig", b"key")), witness=witness)
    for end in range(len(raw)):
        with pytest.raises(Undecodable):
            decode_transaction(raw[:end])


def test_bytes_after_the_transaction_are_noticed() -> None:
    with pytest.raises(Undecodable, match="end at byte"):
        decode_transaction(a_payment() + b"\0")


def test_a_length_that_promises_more_than_there_is_is_undecodable() -> None:
    promise = b"\x02\0\0\0" + b"\xff" + b"\xff" * 8
    with pytest.raises(Undecodable):
        decode_transaction(promise)


@given(st.binary(max_size=200))
def test_noise_is_undecodable_or_a_transaction_and_never_another_error(noise: bytes) -> None:
    try:
        tx = decode_transaction(noise)
    except Undecodable:
        return
    assert tx.raw == noise


def test_a_block_gives_its_transactions_in_order() -> None:
    first, second = a_payment(witness=True), a_payment(Spend(b"\x22" * 32, 1, b"", 0, (b"w",)), witness=True)
    block = HEADER + size(3) + FIRST_COINBASE + first + second
    transactions = decode_block(block)
    assert [tx.raw for tx in transactions] == [FIRST_COINBASE, first, second]
    assert [tx.is_coinbase for tx in transactions] == [True, False, False]


@pytest.mark.parametrize("wrong", [b"", HEADER, HEADER[:79], HEADER + b"\x02" + FIRST_COINBASE])
def test_a_block_that_is_cut_is_undecodable(wrong: bytes) -> None:
    with pytest.raises(Undecodable):
        decode_block(wrong)


def test_bytes_after_the_block_are_noticed() -> None:
    with pytest.raises(Undecodable, match="end at byte 285 of 287"):
        decode_block(HEADER + b"\x01" + FIRST_COINBASE + b"\0\0")


@given(st.binary(min_size=32, max_size=32), st.integers(0, 2**32 - 1))
def test_an_outpoint_is_the_bytes_that_transactions_spend(prev: bytes, vout: int) -> None:
    outpoint = Outpoint(prev[::-1].hex(), vout)
    assert outpoint.raw == prev + vout.to_bytes(4, "little")
    assert Outpoint.from_raw(outpoint.raw) == outpoint
