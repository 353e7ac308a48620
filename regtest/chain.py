"""Verbs on a node's chain: mine, reorg, look. Works on a node of ours and on one that runs already."""

import contextlib
from decimal import Decimal
from typing import Any

from regtest.clock import MovableClock
from regtest.errors import NodeUnreachable, RegtestError, RpcError
from regtest.rpc import Rpc

BUYER = "buyer"
"""The test wallet's name in the node: it holds the mined coins and plays the customer."""

FIRST_BLOCKS = 101
COINS_AT_START = 40
SATS_PER_BITCOIN = 100_000_000
MINUTE_SECONDS = 60


class Chain:
    """A regtest node reached by RPC, and the clock that its users share."""

    def __init__(self, rpc: Rpc, clock: MovableClock) -> None:
        self.rpc = rpc
        self.clock = clock
        self.wallet = rpc.wallet(BUYER)
        self.miners_wallet = self.wallet  # who gets the mined coins

    def require_regtest(self) -> None:
        """Raise a RegtestError unless the node plays with worthless coins."""
        chain = self.rpc("getblockchaininfo")["chain"]
        if chain != "regtest":
            raise RegtestError(
                f"the node at {self.rpc.url} follows the chain {chain!r}; the harness touches only regtest"
            )

    def answers(self) -> bool:
        """Whether the node takes calls now (not down, not warming up)."""
        try:
            self.rpc("getblockcount")
        except (NodeUnreachable, RpcError):
            return False
        return True

    # Looking

    def height(self) -> int:
        """The height of the tip."""
        height: int = self.rpc("getblockcount")
        return height

    def tip(self) -> str:
        """The hash of the tip."""
        block_hash: str = self.rpc("getbestblockhash")
        return block_hash

    def mempool(self) -> list[str]:
        """The txids that wait for a block."""
        txids: list[str] = self.rpc("getrawmempool")
        return txids

    def block_of(self, txid: str) -> str | None:
        """The hash of the block of the current chain that holds a transaction of the test wallet, None if none does."""
        transaction: dict[str, Any] = self.wallet("gettransaction", txid)
        return transaction["blockhash"] if transaction["confirmations"] > 0 else None

    def unspent(self, txid: str, vout: int, *, with_mempool: bool = True) -> int | None:
        """The value in satoshis of an output that nobody has spent, else None: the harness's own word on a payment."""
        output = self.rpc("gettxout", txid, vout, with_mempool)
        return None if output is None else to_sats(output["value"])

    # Mining

    def new_address(self, address_type: str = "bech32") -> str:
        """A fresh address of the test wallet: legacy, p2sh-segwit, bech32 or bech32m."""
        address: str = self.wallet("getnewaddress", "", address_type)
        return address

    def mine(self, blocks: int = 1, to: str | None = None) -> list[str]:
        """Mine blocks with everything in the mempool, to a fresh address unless told; returns their hashes."""
        self.keep_time()
        hashes: list[str] = self.rpc("generatetoaddress", blocks, to or self._miners_address())
        return hashes

    def _miners_address(self) -> str:
        """A fresh one each time: two blocks that are alike in everything would be one block."""
        address: str = self.miners_wallet("getnewaddress")
        return address

    def mine_empty(self, blocks: int = 1) -> list[str]:
        """Mine blocks that leave the whole mempool waiting."""
        return [self.mine_with() for _ in range(blocks)]

    def mine_with(self, *transactions: str) -> str:
        """Mine one block with exactly these transactions (txids of the mempool, or raw hex), in this order."""
        self.keep_time()
        block_hash: str = self.rpc("generateblock", self._miners_address(), list(transactions))["hash"]
        return block_hash

    # Reorgs

    def disconnect(self, depth: int) -> list[str]:
        """Take the last `depth` blocks away; their transactions wait in the mempool again.

        Returns their hashes, lowest first. Before the next block there is time to double-spend what was confirmed.
        """
        height = self.height()
        if not 0 < depth <= height:
            raise RegtestError(f"a reorg of {depth} blocks is not possible on a chain of height {height}")
        hashes: list[str] = [self.rpc("getblockhash", height - back) for back in range(depth)][::-1]
        self.keep_time()
        self.rpc("invalidateblock", hashes[0])
        return hashes

    def reorg(self, depth: int, *, keep_transactions: bool = True) -> list[str]:
        """Replace the last `depth` blocks by `depth` + 1 others, and return the new hashes.

        The transactions are mined again in the new blocks, or, without `keep_transactions`, stay in the mempool.
        """
        self.disconnect(depth)
        return self.mine(depth + 1) if keep_transactions else self.mine_empty(depth + 1)

    def return_to(self, block_hash: str) -> None:
        """Allow a disconnected block again: the node goes back to it if its branch is the longer one."""
        self.rpc("reconsiderblock", block_hash)

    def write_chain(self) -> None:
        """Have the node write its chain to disk; by itself it does so about once an hour and when it ends."""
        self.rpc("gettxoutsetinfo", "none")

    # Time

    def keep_time(self) -> None:
        """Tell a moved node what time it is; a node whose time nobody moved keeps its own."""
        if self.clock.offset_seconds():
            self.rpc("setmocktime", self.clock.unix())

    def advance(self, seconds: int) -> int:
        """Move time forward for the node and for every process that reads the offset file; returns the new offset."""
        return self.clock.advance(seconds, lambda unix: self.rpc("setmocktime", unix))

    # The first time

    def prepare(self) -> None:
        """Open or make the test wallet and mine the first 101 blocks, once: 40 coins to spend, all confirmed."""
        self.require_regtest()
        if BUYER not in self.rpc("listwallets"):
            self._open_wallet()
        if self.height() < FIRST_BLOCKS:
            self._mine_first_blocks()

    def _open_wallet(self) -> None:
        try:
            self.rpc("loadwallet", BUYER, True)
        except RpcError:
            self.rpc("createwallet", BUYER, False, False, "", False, True, True)

    def _mine_first_blocks(self) -> None:
        """A minute apart and in the past: a hundred blocks at once would put the tip's time ahead of the clock."""
        address = self.new_address()
        for height in range(self.height() + 1, FIRST_BLOCKS + 1):
            self.rpc("setmocktime", self.clock.unix() - (FIRST_BLOCKS - height) * MINUTE_SECONDS)
            if height == FIRST_BLOCKS:
                self._split_first_coin()
            self.rpc("generatetoaddress", 1, address)
        self.rpc("setmocktime", 0)
        self.keep_time()
        self.wallet("syncwithvalidationinterfacequeue")

    def _split_first_coin(self) -> None:
        """Make many coins of the one that is ripe, so that payments need not build on each other's change."""
        block = self.rpc("getblock", self.rpc("getblockhash", 1), 2)
        coin = {"txid": block["tx"][0]["txid"], "vout": 0}
        value = to_sats(block["tx"][0]["vout"][0]["value"])
        share = value // COINS_AT_START - 100
        outputs = {self.new_address(): to_bitcoin(share) for _ in range(COINS_AT_START)}
        signed = self.wallet("signrawtransactionwithwallet", self.rpc("createrawtransaction", [coin], outputs))
        with contextlib.suppress(
            RpcError
        ):  # a chain begun elsewhere may have spent it; the wallet has other coins then
            self.rpc("sendrawtransaction", signed["hex"])


def to_sats(bitcoin: Decimal) -> int:
    """Satoshis from an amount as the node writes it."""
    return int(bitcoin * SATS_PER_BITCOIN)


def to_bitcoin(sats: int) -> str:
    """An amount as the node takes it: a decimal text with eight places."""
    return f"{Decimal(sats) / SATS_PER_BITCOIN:.8f}"
