"""Output descriptors (BIP380 and its kin) as wallets export them, and the one spelling in which they are kept."""

import re
from dataclasses import dataclass

import wallycore

from app.chain.derivation.keys import beginning, read_generic_key
from app.chain.derivation.scripts import ScriptType
from app.chain.networks import Network
from app.errors import BadInput

FORMS = {  # as they are written, up to the last opening parenthesis
    "pkh": ScriptType.P2PKH,
    "sh(wpkh": ScriptType.P2SH_P2WPKH,
    "wpkh": ScriptType.P2WPKH,
    "tr": ScriptType.P2TR,
    "sh(multi": ScriptType.P2SH,
    "sh(sortedmulti": ScriptType.P2SH,
    "sh(wsh(multi": ScriptType.P2SH_P2WSH,
    "sh(wsh(sortedmulti": ScriptType.P2SH_P2WSH,
    "wsh(multi": ScriptType.P2WSH,
    "wsh(sortedmulti": ScriptType.P2WSH,
}
FORM_OF_ONE_KEY = {script_type: form for form, script_type in FORMS.items() if "multi" not in form}
RECEIVING = "/0/*"
RECEIVING_PATHS = (RECEIVING, "/<0;1>/*", "/**")
MOST_KEYS = 15

DESCRIPTOR = re.compile(r"((?:[a-z]+\()+)([^()]+)(\)+)(?:#([a-z0-9]*))?")
KEY = re.compile(r"(?:\[[0-9a-fA-F]{8}(?:/\d{1,10}['hH]?)*\])?([1-9A-HJ-NP-Za-km-z]+)((?:/.*)?)")
HARDENED = re.compile(r"\d+['hH]|\*['hH]")


@dataclass(frozen=True)
class Scheme:
    """A derivation scheme: the receiving branch (m/0/i) of one account key, or of several with a threshold.

    `keys` are canonical; `threshold` is 0 for a form of one key. `str` is the canonical descriptor: the same for all
    spellings that give the same addresses.
    """

    form: str
    threshold: int
    keys: tuple[str, ...]

    def __str__(self) -> str:
        arguments = [str(self.threshold)] if self.threshold else []
        arguments += [key + RECEIVING for key in self.keys]
        return f"{self.form}({','.join(arguments)}" + ")" * (self.form.count("(") + 1)

    @property
    def script_type(self) -> ScriptType:
        return FORMS[self.form]

    @property
    def in_order(self) -> bool:
        """Do the keys stand in the script as they stand here, or sorted at each index?"""
        return not self.form.endswith("sortedmulti")


def canonical(form: str, threshold: int, keys: tuple[str, ...]) -> Scheme:
    """The scheme in its one spelling. `keys` are canonical. BadInput when no such address could be paid from."""
    if not threshold:
        return Scheme(form, 0, keys)
    if not 1 <= threshold <= len(keys) <= MOST_KEYS:
        raise BadInput(
            "descriptor", f"{threshold} of {len(keys)} keys", f"use 1 to {MOST_KEYS} keys, all or fewer sign"
        )
    if len(set(keys)) < len(keys):
        raise BadInput("descriptor", beginning(form), "it names a key twice, so that one signer counts as two")
    if form.endswith("sortedmulti"):
        keys = tuple(sorted(keys))
        form = form.replace("sortedmulti", "multi") if len(keys) == 1 else form
    return Scheme(form, threshold, keys)


def read_descriptor(text: str, network: Network) -> Scheme:
    """The scheme of a descriptor without white space that holds nothing private. BadInput."""
    parts = DESCRIPTOR.fullmatch(text)
    if parts is None or (form := parts[1][:-1]) not in FORMS or len(parts[3]) != form.count("(") + 1:
        raise BadInput("descriptor", beginning(text), "use pkh, wpkh, sh(wpkh), tr with one key, or multi, sortedmulti")
    arguments = parts[2].split(",")
    threshold = _threshold(arguments.pop(0)) if "multi" in form else 0
    if "multi" not in form and len(arguments) != 1:
        raise BadInput("descriptor", beginning(text), f"{form} takes one key")
    keys = tuple(_key(argument, network) for argument in arguments)
    scheme = canonical(form, threshold, keys)
    _require_checksum(text, parts[4], network)
    return scheme


def with_checksum(scheme: Scheme, network: Network) -> str:
    """The canonical descriptor as a node or a wallet takes it."""
    return f"{scheme}#{_checksum(str(scheme), network)}"


def origin_removed(text: str) -> tuple[str, str]:
    """The key of `[fingerprint/path]KEY/path`, and the path behind it. BadInput."""
    found = KEY.fullmatch(text)
    if found is None:
        raise BadInput("key", beginning(text), "it is mistyped or cut off: this is no extended public key")
    return found[1], found[2]


def _threshold(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,2}", text):
        raise BadInput("descriptor", beginning(text), "multi begins with the number of keys that must sign")
    return int(text) or -1  # nought is no form of one key


def _key(text: str, network: Network) -> str:
    key, path = origin_removed(text)
    if HARDENED.search(path):
        raise BadInput("descriptor", path[:20], "a public key has no hardened children: end it with /0/* or /<0;1>/*")
    if path not in RECEIVING_PATHS:
        raise BadInput(
            "descriptor", path[:20], "Sattle gives out the receiving branch: end each key with /0/* or /<0;1>/*"
        )
    return read_generic_key(key, network)


def _require_checksum(text: str, given: str | None, network: Network) -> None:
    """wallycore's opinion of the whole, and of the checksum if there is one."""
    bare = text.partition("#")[0]
    if given is not None and "/**" in bare:
        raise BadInput("descriptor", beginning(text), "write /<0;1>/* for /**, or leave the checksum out")
    expected = _checksum(bare.replace("/**", "/<0;1>/*"), network)
    if given is not None and given != expected:
        raise BadInput("descriptor checksum", given[:12], "it does not fit: the descriptor is mistyped or cut off")


def _checksum(descriptor: str, network: Network) -> str:
    known = wallycore.WALLY_NETWORK_BITCOIN_MAINNET
    if network.name != "mainnet":
        known = wallycore.WALLY_NETWORK_BITCOIN_TESTNET
    try:
        return str(wallycore.descriptor_get_checksum(wallycore.descriptor_parse(descriptor, None, known, 0), 0))
    except ValueError:
        raise BadInput("descriptor", beginning(descriptor), "it is no output descriptor that we can read") from None
