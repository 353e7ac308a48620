"""scantxoutset: the node looks through all its unspent coins for those of a wallet. Minutes on a full chain.

Pruned nodes can do it as well; coins that were spent since are not found. A node does one scan at a time, whoever asked
for it (chain-tracking D34).
"""

import logging
import re
import threading
from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal
from typing import Any

from app.chain.codec import Undecodable, decode_transaction
from app.chain.derivation import Derivation, derivation_from_descriptor
from app.chain.networks import Network
from app.chain.rpc import Rpc
from app.chain.rpc_line import RpcError
from app.domain.chain import Outpoint
from app.domain.scan import Evidence, FoundOutput
from app.errors import NodeUnavailable

log = logging.getLogger(__name__)

SCAN_IN_PROGRESS = -8
SATS_PER_BITCOIN = 100_000_000
LONGEST_SCAN_SECONDS = 6 * 3600.0
WIDEST_RANGE = 1_000_000  # indexes that the node takes in one range
POLL_SECONDS = 1.0
SILENT_POLLS = 60  # the node does nothing for us, and we still wait: the answer is lost
PATH = re.compile(r"/0/(\d+)\]")  # in the descriptor that the node gives for a coin


class Scanner:
    """Scans on one node, one at a time. `scan` belongs to one thread, `abort` may be called by any."""

    def __init__(self, rpc: Rpc, network: Network) -> None:
        self._rpc = rpc
        self._network = network
        self._scanning = threading.Event()

    def scan(self, descriptor: str, first: int, last: int, on_progress: Callable[[int], None]) -> list[FoundOutput]:
        """The unspent coins at the indexes `first` to `last` of a wallet. `on_progress` is told percents.

        Raises NodeUnavailable, with the state "scanning" when the node scans for somebody else or the scan was aborted,
        "refused" when it would refuse again.
        """
        derivation = derivation_from_descriptor(descriptor, self._network.name)
        wanted: list[dict[str, object]] = [
            {"desc": derivation.checked_descriptor, "range": [begin, min(begin + WIDEST_RANGE - 1, last)]}
            for begin in range(first, last + 1, WIDEST_RANGE)
        ]
        result = self._started(wanted, on_progress)
        if not result["success"]:
            raise NodeUnavailable("scanning", "somebody aborted the scan on the node")
        return [_found(coin, derivation, first, last) for coin in result["unspents"]]

    def evidence(self, found: FoundOutput) -> Evidence | None:
        """The block and the transaction of a coin; None when the block has left the chain since. NodeUnavailable."""
        header = self._rpc.active_header(found.block_hash)
        if header is None:
            return None
        try:
            raw = self._rpc.call("getrawtransaction", found.outpoint.txid, False, found.block_hash)
            return Evidence(header, decode_transaction(bytes.fromhex(raw)))
        except (RpcError, Undecodable) as error:
            log.info("transaction %s is no longer to be had from the node: %s", found.outpoint.txid, error)
            return Evidence(header, None)

    def abort(self) -> None:
        """Let the node stop a scan of ours: nobody waits for it any more."""
        if self._scanning.is_set():
            with suppress(NodeUnavailable, RpcError):
                self._rpc.call("scantxoutset", "abort")

    def _started(self, wanted: list[dict[str, object]], on_progress: Callable[[int], None]) -> Any:
        """The node's answer, awaited in a thread of its own while this one asks how far it is."""
        answer: list[Any] = []
        asking = threading.Thread(target=lambda: answer.append(self._ask(wanted)), name="scantxoutset", daemon=True)
        self._scanning.set()
        try:
            asking.start()
            silent = told = 0
            while asking.is_alive():
                asking.join(POLL_SECONDS)
                progress = self._progress() if asking.is_alive() else None
                silent = 0 if progress is not None else silent + 1
                if progress is not None and progress != told:
                    on_progress(told := progress)
                if silent > SILENT_POLLS:
                    raise NodeUnavailable("scanning", "the node's answer to the scan got lost")
        finally:
            self._scanning.clear()
        if isinstance(answer[0], NodeUnavailable):
            raise answer[0]
        return answer[0]

    def _ask(self, wanted: list[dict[str, object]]) -> Any:
        try:
            return self._rpc.long_call(LONGEST_SCAN_SECONDS, "scantxoutset", "start", wanted)
        except RpcError as error:
            if error.code == SCAN_IN_PROGRESS and "in progress" in error.message:
                return NodeUnavailable("scanning", "the node is scanning for somebody else")
            return NodeUnavailable("refused", f"the node refuses to scan: {error}")
        except NodeUnavailable as error:
            return error

    def _progress(self) -> int | None:
        """Percents of whatever scan the node is doing; None when it does none or cannot say."""
        try:
            status = self._rpc.call("scantxoutset", "status")
        except (NodeUnavailable, RpcError):
            return None
        return None if status is None else int(status["progress"])


def _found(coin: dict[str, Any], derivation: Derivation, first: int, last: int) -> FoundOutput:
    script = bytes.fromhex(coin["scriptPubKey"])
    amount: Decimal = coin["amount"]
    return FoundOutput(
        outpoint=Outpoint(coin["txid"], coin["vout"]),
        address_index=_index(coin["desc"], script, derivation, first, last),
        script_pubkey=script,
        value_sats=int(amount * SATS_PER_BITCOIN),
        height=coin["height"],
        block_hash=coin["blockhash"],
        is_coinbase=coin["coinbase"],
    )


def _index(told: str, script: bytes, derivation: Derivation, first: int, last: int) -> int:
    """The index of a coin's address: the one that the node tells if it is right, else looked for."""
    path = PATH.search(told)
    if path is not None and derivation.at(int(path[1])).script_pubkey == script:
        return int(path[1])
    return next(index for index in range(first, last + 1) if derivation.at(index).script_pubkey == script)
