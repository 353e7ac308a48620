"""The oracle: a watch-only wallet of the node with the store's account, and what it says about each payment.

Bitcoin Core's wallet calls a transaction confirmed (`confirmations` above 0), conflicted by a block (below 0), or
unconfirmed (0). An unconfirmed one is in the mempool, or replaced there (`mempoolconflicts`), or the node has merely
forgotten it: then it still counts by our rules, at risk. A wallet knows of a conflict only among transactions that it
has, so where the replaced transaction is one that our payment stands on, the payer's wallet is asked as well.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from regtest.chain import to_sats
from regtest.errors import RpcError
from regtest.node import Node

ADDRESSES = 30  # of the account that are watched
ORPHANED = "orphan"  # what the wallet calls a coinbase whose block left the chain


@dataclass(frozen=True)
class Verdict:
    """What the node's wallets say about one output. `is_here`: in a block or in the mempool."""

    outpoint: str
    address: str
    value_sats: int
    confirmations: int
    counted: bool
    is_here: bool


class OracleWallet:
    """Knows the account key, watches its first addresses from now on."""

    def __init__(self, node: Node, name: str, account_key: str) -> None:
        self._node = node
        self._name = name
        self._wallet = node.rpc.wallet(name)
        node.rpc("createwallet", name, True, True, "", False, True, True)  # it comes back when the node is restarted
        descriptor = node.rpc("getdescriptorinfo", f"wpkh({account_key}/0/*)")["descriptor"]
        [imported] = self._wallet(
            "importdescriptors", [{"desc": descriptor, "timestamp": "now", "range": [0, ADDRESSES - 1]}]
        )
        assert imported["success"], imported

    def close(self) -> None:
        """Have the node forget it."""
        self._node.rpc("unloadwallet", self._name, False)

    def verdicts(self, known: Iterable[str] = ()) -> dict[str, Verdict]:
        """What it says now about every output that ever paid the account, by outpoint.

        Its list leaves out what a block conflicts with; about the outpoints in `known` it is asked one by one.
        """
        self._wallet("syncwithvalidationinterfacequeue")
        mempool = set(self._node.mempool())
        listed = self._wallet("listsinceblock", "", 1, True, True)["transactions"]
        here = {f"{entry['txid']}-{entry['vout']}" for entry in listed}
        asked = [entry for outpoint in sorted(set(known) - here) for entry in self._asked(outpoint)]
        return {verdict.outpoint: verdict for verdict in self._judged([*listed, *asked], mempool)}

    def _asked(self, outpoint: str) -> list[dict[str, Any]]:
        """What the list would say of an output of a conflicted transaction; nothing if the wallet never had it."""
        txid, _, vout = outpoint.partition("-")
        try:
            seen = self._wallet("gettransaction", txid, True, True)
        except RpcError:
            return []
        output = seen["decoded"]["vout"][int(vout)]
        told = {"vout": int(vout), "amount": output["value"], "address": output["scriptPubKey"]["address"]}
        return [{**seen, **told, "category": "receive"}]

    def _judged(self, listed: list[dict[str, Any]], mempool: set[str]) -> Iterator[Verdict]:
        for entry in listed:
            is_here = entry["confirmations"] > 0 or entry["txid"] in mempool
            yield Verdict(
                outpoint=f"{entry['txid']}-{entry['vout']}",
                address=entry["address"],
                value_sats=to_sats(entry["amount"]),
                confirmations=max(entry["confirmations"], 0),
                counted=is_here or not self._is_dead(entry),
                is_here=is_here,
            )

    def _is_dead(self, entry: dict[str, Any]) -> bool:
        """Of a transaction that is in no block and not in the mempool."""
        if entry["category"] == ORPHANED:
            return True
        return _conflicts(entry) or any(_conflicts(seen) for seen in self._seen_by_payer(entry["txid"]))

    def _seen_by_payer(self, txid: str) -> list[dict[str, Any]]:
        try:
            return [self._node.wallet("gettransaction", txid)]
        except RpcError:  # not the payer's: a miner's
            return []


def _conflicts(seen: dict[str, Any]) -> bool:
    return seen["confirmations"] < 0 or bool(seen["mempoolconflicts"])
