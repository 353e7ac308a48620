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

    def owns(self, address: str) -> bool:
        """Whether this wallet holds the key of an address."""
        return bool(self._wallet("getaddressinfo", address)["ismine"])
