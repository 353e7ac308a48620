"""Coins that need no signature, so that tens of thousands of transactions are made in a second.

They are locked by a script that is always true, in a P2WSH output (BIP141): the node relays their spending as it does
any other.
"""

import struct
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from regtest.node import Node
from regtest.rawtx import Output, with_outputs

ALWAYS_TRUE = b"\x51"  # OP_TRUE
LOCK = "0020" + sha256(ALWAYS_TRUE).hexdigest()
ELSEWHERE = bytes.fromhex("0014" + "11" * 20)  # pays nobody whom we know
COIN_SATS = 30_000
PAID_SATS = 20_000
COINS_A_TRANSACTION = 2_000  # 86 kB of the 100 kB that nodes relay
TRANSACTIONS_A_BLOCK = 10
MEMPOOL_FILE_VERSION = 1


@dataclass(frozen=True)
class Signed:
    """A transaction as sent, and the txid by which the node knows it."""

    raw: bytes
    txid: str


class Coins:
    """Makes coins at a node, all confirmed, and spends each in a transaction of its own."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._coins: deque[tuple[str, int]] = deque()

    def make(self, count: int) -> None:
        """Have `count` coins more, confirmed."""
        while count > 0:
            for _ in range(TRANSACTIONS_A_BLOCK):
                size = min(count, COINS_A_TRANSACTION)
                if size > 0:
                    txid = self._node.payer.pay_many([(LOCK, COIN_SATS)] * size)
                    self._coins.extend((txid, vout) for vout in range(size))
                    count -= size
            self._node.mine()

    def pay(self, script_pubkey: bytes) -> Signed:
        """A transaction that pays 20,000 satoshis to the script; the rest is the fee."""
        unsigned = bytes.fromhex(with_outputs([Output(script_pubkey.hex(), PAID_SATS)], [self._coins.popleft()]))
        version, body, lock_time = unsigned[:4], unsigned[4:-4], unsigned[-4:]
        witness = b"\x01" + bytes([len(ALWAYS_TRUE)]) + ALWAYS_TRUE
        txid = sha256(sha256(unsigned).digest()).digest()[::-1].hex()
        return Signed(version + b"\x00\x01" + body + witness + lock_time, txid)

    def send(self, transaction: Signed) -> None:
        """Hand it to the node."""
        self._node.rpc("sendrawtransaction", transaction.raw.hex())

    def fill_mempool(self, transactions: Sequence[Signed], file: Path) -> None:
        """Hand many to the node at once, in the form in which it saves its mempool (`file` is where)."""
        now = self._node.clock.unix()
        parts = [struct.pack("<QQ", MEMPOOL_FILE_VERSION, len(transactions))]
        parts += [tx.raw + struct.pack("<qq", now, 0) for tx in transactions]
        file.write_bytes(b"".join(parts) + bytes(2))  # no changed priorities, nothing unbroadcast
        self._node.rpc("importmempool", str(file))
        held = len(self._node.mempool())
        if held != len(transactions):
            raise RuntimeError(f"the node took {held} of {len(transactions)} transactions")
