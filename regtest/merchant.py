"""A merchant's own wallet: it lives in the node, gives Sattle its account public key, and is asked what it received."""

import re

from regtest.chain import Chain, to_sats
from regtest.errors import RegtestError

_ACCOUNT_KEY = re.compile(r"\[[0-9a-f]{8}/(?:\d+h/)*\d+h\](tpub\w+)/0/\*")

SCRIPT_PREFIXES = {"p2pkh": "pkh(", "p2sh-p2wpkh": "sh(wpkh(", "p2wpkh": "wpkh(", "p2tr": "tr("}


class Merchant:
    """A wallet of the node by name; it is made when it does not exist yet."""

    def __init__(self, chain: Chain, name: str) -> None:
        self.name = name
        self._rpc = chain.rpc
        self._wallet = chain.rpc.wallet(name)
        if name not in chain.rpc("listwallets"):
            chain.rpc("createwallet", name)

    def account_key(self, script: str = "p2wpkh") -> str:
        """The account's tpub for a script type: p2pkh, p2sh-p2wpkh, p2wpkh or p2tr. Sattle derives TPUB/0/INDEX."""
        for entry in self._wallet("listdescriptors")["descriptors"]:
            found = _ACCOUNT_KEY.search(entry["desc"])
            if found and entry["desc"].startswith(SCRIPT_PREFIXES[script]):
                return found[1]
        raise RegtestError(f"the wallet {self.name} has no account of the type {script}")

    def received_sats(self, address: str, confirmations: int = 0) -> int:
        """What the merchant's own wallet says it received at an address: the harness's word against the product's."""
        return to_sats(self._wallet("getreceivedbyaddress", address, confirmations))

    def spend(self, txid: str, to: str) -> str:
        """Send all that a transaction brought this wallet on to an address, unconfirmed or not; returns the txid."""
        coins = [coin for coin in self._wallet("listunspent", 0) if coin["txid"] == txid]
        if not coins:
            raise RegtestError(f"{txid} brought the wallet {self.name} nothing that it could spend")
        inputs = [{"txid": coin["txid"], "vout": coin["vout"]} for coin in coins]
        made = self._wallet("sendall", [to], None, "unset", 5, {"inputs": inputs, "add_to_wallet": False})
        spent: str = self._rpc("sendrawtransaction", made["hex"])
        return spent

    def owns(self, address: str) -> bool:
        """Whether this wallet holds the key of an address."""
        return bool(self._wallet("getaddressinfo", address)["ismine"])
