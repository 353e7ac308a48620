"""The customer: pays from the test wallet, bumps fees, spends twice.

Transactions are put together here and handed to the wallet for coins and signatures only. So one transaction may pay
the same address twice, the change is always the last output, and the node's wallet (which runs with
-walletbroadcast=0) sends nothing behind a test's back.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from regtest.chain import Chain, to_bitcoin, to_sats
from regtest.errors import NotEnoughCoins, RegtestError
from regtest.rawtx import Output, with_outputs

FEE_RATE_SATS_PER_VBYTE = 2
BUMP_FACTOR = 3
REPLACEMENT_MARGIN_SATS = 2_000


class Payer:
    """Verbs of a customer with the test wallet. Amounts are satoshis; each verb returns the txid of what it sent."""

    def __init__(self, chain: Chain) -> None:
        self._chain = chain
        self._rpc = chain.rpc
        self._wallet = chain.wallet

    def pay(
        self,
        destination: str,
        sats: int,
        fee_rate: int | Decimal = FEE_RATE_SATS_PER_VBYTE,
        *,
        replaceable: bool = True,
    ) -> str:
        """Pay an address (or a scriptPubKey in hex)."""
        return self.pay_many([(destination, sats)], fee_rate, replaceable=replaceable)

    def pay_many(
        self,
        outputs: Sequence[tuple[str, int]],
        fee_rate: int | Decimal = FEE_RATE_SATS_PER_VBYTE,
        *,
        replaceable: bool = True,
    ) -> str:
        """Pay several outputs in one transaction, in this order; a destination may come more than once."""
        return self.send(self.prepare(outputs, fee_rate, replaceable=replaceable))

    def prepare(
        self,
        outputs: Sequence[tuple[str, int]],
        fee_rate: int | Decimal = FEE_RATE_SATS_PER_VBYTE,
        *,
        replaceable: bool = True,
    ) -> str:
        """A signed transaction in hex that nobody has seen yet; its coins are reserved. `send` gives it to the node.

        One that is not `replaceable` does not signal it (BIP125); nodes relay its replacement all the same.
        """
        self._chain.require_regtest()
        self._chain.keep_time()
        draft = with_outputs([Output(self._script(destination), sats) for destination, sats in outputs])
        options = {
            "fee_rate": str(fee_rate),
            "changePosition": len(outputs),
            "lockUnspents": True,
            "replaceable": replaceable,
        }
        return self._sign(self._wallet("fundrawtransaction", draft, options, False)["hex"])

    def prepare_as_is(self, outputs: Sequence[tuple[str, int]], fee_sats: int = 10_000) -> str:
        """A signed transaction in hex with exactly these outputs (scriptPubKey in hex, satoshis) and its change last.

        Nothing asks whether a node would relay it: zero satoshis, dust, a script of any size. `Chain.mine_with` puts
        it into a block. Its coin is reserved.
        """
        self._chain.require_regtest()
        wanted = sum(sats for _, sats in outputs) + fee_sats
        coins = [coin for coin in self._wallet("listunspent", 1) if to_sats(coin["amount"]) > wanted]
        if not coins:
            raise RegtestError(
                f"the test wallet has no confirmed coin of more than {to_bitcoin(wanted)} BTC; mine some"
            )
        coin = min(coins, key=lambda coin: Decimal(coin["amount"]))
        outpoint = {"txid": coin["txid"], "vout": coin["vout"]}
        self._wallet("lockunspent", False, [outpoint])
        change = Output(self._script(self._chain.new_address()), to_sats(coin["amount"]) - wanted)
        wanted_outputs = [*(Output(script, sats) for script, sats in outputs), change]
        return self._sign(with_outputs(wanted_outputs, [(coin["txid"], coin["vout"])]))

    def send(self, raw_transaction: str) -> str:
        """Hand a signed transaction to the node's mempool."""
        txid: str = self._rpc("sendrawtransaction", raw_transaction)
        return txid

    def bump(self, txid: str, factor: int = BUMP_FACTOR) -> str:
        """Pay `factor` times the fee rate: same inputs, same payments, less change (or one more input)."""
        self._chain.require_regtest()
        self._chain.keep_time()
        entry = self._mempool_entry(txid)
        old_outputs = self._decoded(txid)["vout"]
        kept = [_output(output) for output in old_outputs if not self._is_change(output)]
        rate = Decimal(to_sats(entry["fees"]["base"])) / entry["vsize"] * factor
        draft = with_outputs(kept, self._inputs(txid))
        options = {"fee_rate": f"{max(rate, Decimal(1)):.3f}", "changePosition": len(kept)}
        return self.send(self._sign(self._wallet("fundrawtransaction", draft, options)["hex"]))

    def double_spend(self, txid: str, to: str | None = None) -> str:
        """Spend the same coins to somebody else (the test wallet itself unless told), for a higher fee."""
        return self.replace(txid, [], to)

    def replace(self, txid: str, outputs: Sequence[tuple[str, int]], rest_to: str | None = None) -> str:
        """Replace an unconfirmed payment, and all that builds on it, by one with these outputs."""
        return self.send(self.prepare_replacement(txid, outputs, rest_to))

    def prepare_replacement(self, txid: str, outputs: Sequence[tuple[str, int]], rest_to: str | None = None) -> str:
        """The signed replacement in hex. A miner may take it although nobody has seen it (`Chain.mine_with`).

        What the outputs leave of the coins goes to `rest_to`, a fresh address of the test wallet unless given.
        The fee is what the replaced transactions paid together and a margin on top (BIP125 rules 3 and 4).
        """
        self._chain.require_regtest()
        self._chain.keep_time()
        inputs = self._inputs(txid)
        fee = to_sats(self._mempool_entry(txid)["fees"]["descendant"]) * 2 + REPLACEMENT_MARGIN_SATS
        rest = sum(self._value(*outpoint) for outpoint in inputs) - sum(sats for _, sats in outputs) - fee
        if rest < 0:
            raise NotEnoughCoins(
                f"the coins of {txid} do not suffice for these outputs and a fee of {to_bitcoin(fee)} BTC"
            )
        wanted = [*outputs, (rest_to or self._chain.new_address(), rest)]
        return self._sign(with_outputs([Output(self._script(to), sats) for to, sats in wanted], inputs))

    def reorg_out(self, txid: str) -> str:
        """Take a confirmed payment out of the chain for good: its blocks go, its coins are spent otherwise."""
        block_hash = self._chain.block_of(txid)
        if block_hash is None:
            raise RegtestError(f"{txid} is in no block")
        depth: int = self._rpc("getblockheader", block_hash)["confirmations"]
        self._chain.disconnect(depth)
        replacement = self.double_spend(txid)
        self._chain.mine(depth + 1)
        return replacement

    def split_coins(self, count: int, sats: int) -> str:
        """Make `count` coins of one value and mine them, for tests that pay a great deal."""
        txid = self.pay_many([(self._chain.new_address(), sats) for _ in range(count)])
        self._chain.mine()
        return txid

    def _script(self, destination: str) -> str:
        """The scriptPubKey of an address, or the hex that stands for itself."""
        answer: dict[str, Any] = self._rpc("validateaddress", destination)
        if answer["isvalid"]:
            return str(answer["scriptPubKey"])
        try:
            return bytes.fromhex(destination).hex()
        except ValueError:
            raise RegtestError(f"{destination!r} is no regtest address: {answer.get('error', 'invalid')}") from None

    def _sign(self, raw_transaction: str) -> str:
        signed: dict[str, Any] = self._wallet("signrawtransactionwithwallet", raw_transaction)
        if not signed["complete"]:
            raise RegtestError(f"the test wallet cannot sign: {signed.get('errors')}")
        return str(signed["hex"])

    def _decoded(self, txid: str) -> dict[str, Any]:
        """A transaction of the wallet, decoded, whether it is confirmed, waiting or replaced."""
        transaction: dict[str, Any] = self._wallet("gettransaction", txid, True, True)["decoded"]
        return transaction

    def _mempool_entry(self, txid: str) -> dict[str, Any]:
        entry: dict[str, Any] = self._rpc("getmempoolentry", txid)
        return entry

    def _inputs(self, txid: str) -> list[tuple[str, int]]:
        return [(coin["txid"], coin["vout"]) for coin in self._decoded(txid)["vin"]]

    def _value(self, txid: str, vout: int) -> int:
        return to_sats(self._decoded(txid)["vout"][vout]["value"])

    def _is_change(self, output: dict[str, Any]) -> bool:
        address = output["scriptPubKey"].get("address")
        return address is not None and bool(self._wallet("getaddressinfo", address).get("ischange"))


def _output(decoded: dict[str, Any]) -> Output:
    return Output(decoded["scriptPubKey"]["hex"], to_sats(decoded["value"]))
