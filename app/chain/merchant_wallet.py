"""The merchant's own wallet, where the node has it: asked to put a transaction together, never to sign one.

Sattle holds no keys, and this asks for none: a watch-only wallet answers as well.
"""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from app.chain.derivation import parse_account_key
from app.chain.rpc import Rpc
from app.chain.rpc_line import RpcError
from app.domain.fees import fee_rate_or_default
from app.domain.money import coins_text
from app.domain.psbt import Proposal, PsbtJob, PsbtState
from app.errors import BadInput

NO_WALLETS = -32601  # a node that was built without them does not know the method
WALLET_ERROR = -4
NOT_ENOUGH = -6


class MerchantWallet:
    """On one node. Both methods raise NodeUnavailable."""

    def __init__(self, rpc: Rpc, network: str) -> None:
        self._rpc = rpc
        self._network = network

    def propose(self, job: PsbtJob) -> Proposal:
        """A transaction that pays the job's amount, unsigned; or why there is none."""
        name = self._holding(job.descriptors)
        if name is None:
            return Proposal(PsbtState.NO_WALLET, "the node has no wallet loaded that watches this store's key")
        fee_rate = fee_rate_or_default(self._rpc.fee_rate_sat_per_vbyte(), self._network)
        outputs = [{job.address: coins_text(job.sats)}]
        try:
            made = self._rpc.wallet_call(
                name, "walletcreatefundedpsbt", [], outputs, 0, {"fee_rate": fee_rate, "replaceable": True}
            )
        except RpcError as error:
            short = error.code == NOT_ENOUGH or (error.code == WALLET_ERROR and "nsufficient" in error.message)
            return Proposal(PsbtState.NOT_ENOUGH if short else PsbtState.REFUSED, f"the wallet says: {error.message}")
        return Proposal(PsbtState.MADE, f"made by the node's wallet {name!r} at {fee_rate} sat/vB", str(made["psbt"]))

    def _holding(self, descriptors: Sequence[str]) -> str | None:
        """The loaded wallet that has one of these descriptors; the first where several have."""
        try:
            names: list[str] = self._rpc.call("listwallets")
        except RpcError as error:
            if error.code == NO_WALLETS:
                return None
            raise
        return next((name for name in names if not self._descriptors(name).isdisjoint(descriptors)), None)

    def _descriptors(self, name: str) -> set[str]:
        """Those to receive by, in our own spelling: programs write the same key in many ways."""
        try:
            listed: list[dict[str, Any]] = self._rpc.wallet_call(name, "listdescriptors")["descriptors"]
        except RpcError:  # a wallet of the old kind has none, one that is being unloaded neither
            return set()
        found = set()
        for entry in listed:
            with suppress(BadInput):  # a branch for change, or of a form that no store has
                found.add(parse_account_key(str(entry["desc"]), self._network).descriptor)
        return found
