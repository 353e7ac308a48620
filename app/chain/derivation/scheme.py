"""What a merchant gives (a key with its labels, or a descriptor), and the derivation that comes of it."""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import wallycore

from app.chain.derivation.descriptors import (
    DESCRIPTOR,
    FORM_OF_ONE_KEY,
    FORMS,
    RECEIVING,
    Scheme,
    canonical,
    origin_removed,
    read_descriptor,
    with_checksum,
)
from app.chain.derivation.keys import (
    GENERIC,
    IMPLIED,
    beginning,
    is_canonical,
    read_generic_key,
    read_key,
    require_public,
    without_space,
)
from app.chain.derivation.scripts import (
    OF_ONE_KEY,
    Destination,
    ScriptType,
    destination_of_key,
    destination_of_keys,
)
from app.chain.networks import Network, network_named
from app.errors import BadInput

FIRST_HARDENED = 2**31
LONGEST = 5_000  # characters; fifteen keys with their origins have fewer

# chain-tracking A6: KEY-[label] and M-of-KEY-KEY-[label]…
LABELS = re.compile(r"((?:-\[[a-z0-9]+\])*)$")
OF_SEVERAL = re.compile(r"(\d{1,2})-of-(.+)")
LABELS_OF_ONE = {"legacy": ScriptType.P2PKH, "p2sh": ScriptType.P2SH_P2WPKH, "taproot": ScriptType.P2TR}
WRAPPERS_OF_SEVERAL = {frozenset[str](): "wsh", frozenset({"p2sh"}): "sh(wsh", frozenset({"legacy"}): "sh"}


class Derivation:
    """The addresses of a scheme, by index. `descriptor` is canonical: it names the scheme and identifies a wallet."""

    def __init__(self, scheme: Scheme, network: Network) -> None:
        self.descriptor = str(scheme)
        self._scheme = scheme
        self._network = network
        self._accounts = [wallycore.bip32_key_from_base58(key) for key in scheme.keys]
        self._branches = self._branch(0)

    @property
    def script_type(self) -> ScriptType:
        """How its addresses lock coins."""
        return self._scheme.script_type

    @property
    def checked_descriptor(self) -> str:
        """The descriptor with its checksum, as nodes and wallets take it."""
        return with_checksum(self._scheme, self._network)

    def at(self, index: int) -> Destination:
        """The destination at address index `index`, 0 to 2^31-1. Raises BadInput beyond."""
        if not 0 <= index < FIRST_HARDENED:
            raise BadInput("address index", index, "it must be from 0 to 2147483647")
        return self._destination(self._branches, index)

    def holds(self, script_pubkey: bytes, indexes: Iterable[int]) -> bool:
        """Is it of one of these indexes, to receive or for change? Other kinds of scripts cost nothing to tell."""
        like = self.at(0).script_pubkey
        if len(like) != len(script_pubkey) or like[:2] != script_pubkey[:2]:
            return False
        branches = (self._branches, self._branch(1))
        return any(
            self._destination(branch, index).script_pubkey == script_pubkey for index in indexes for branch in branches
        )

    def _branch(self, number: int) -> list[Any]:
        """The keys of a branch: 0 to receive, 1 for change."""
        flag = wallycore.BIP32_FLAG_KEY_PUBLIC
        return [wallycore.bip32_key_from_parent(account, number, flag) for account in self._accounts]

    def _destination(self, branches: Iterable[Any], index: int) -> Destination:
        children = [
            bytes(
                wallycore.bip32_key_get_pub_key(
                    wallycore.bip32_key_from_parent(branch, index, wallycore.BIP32_FLAG_KEY_PUBLIC)
                )
            )
            for branch in branches
        ]
        scheme = self._scheme
        if not scheme.threshold:
            return destination_of_key(children[0], scheme.script_type, self._network)
        return destination_of_keys(
            children, scheme.threshold, scheme.script_type, self._network, in_order=scheme.in_order
        )


def parse_account_key(text: str, network: str, script_type: str | None = None) -> Derivation:
    """The scheme that a merchant pastes (chain-tracking A6): an extended public key or an output descriptor.

    A key is xpub ypub zpub tpub upub vpub, with or without origin and label; its script type is chosen (`script_type`
    or a label), or implied by the key (SLIP-132; a bare xpub is P2WPKH). Raises BadInput, which never repeats a private
    key, and nothing else.
    """
    known = network_named(network)
    if len(text) > LONGEST:
        raise BadInput("key", beginning(text[:100]), f"it is longer than {LONGEST} characters")
    require_public(text)
    bare = without_space(text)
    if not bare.isascii():
        raise BadInput("key", beginning(text), "it is mistyped or cut off: keys and descriptors are plain ASCII")
    chosen = _script_type(script_type)
    if "(" in bare:
        scheme = read_descriptor(bare, known)
    elif several := OF_SEVERAL.fullmatch(bare):
        scheme = _of_several(int(several[1]), several[2], known)
    else:
        return Derivation(_of_one(bare, chosen, known), known)
    if chosen not in (None, scheme.script_type):
        raise BadInput("script type", script_type, f"this says {scheme.script_type}; leave the script type out")
    return Derivation(scheme, known)


@lru_cache(maxsize=256)
def derivation_from_descriptor(descriptor: str, network: str) -> Derivation:
    """The derivation that a stored descriptor names. BadInput when it is none that `parse_account_key` made."""
    known = network_named(network)
    parts = DESCRIPTOR.fullmatch(descriptor)
    if parts is not None and (form := parts[1][:-1]) in FORMS:
        arguments = parts[2].split(",")
        threshold = int(arguments.pop(0)) if "multi" in form and arguments[0].isdecimal() else 0
        keys = tuple(argument.removesuffix(RECEIVING) for argument in arguments)
        scheme = Scheme(form, threshold, keys)
        if str(scheme) == descriptor and all(is_canonical(key, known) for key in keys):
            return Derivation(scheme, known)
    raise BadInput("descriptor", beginning(descriptor), "it is none that this version made")


def _of_one(text: str, chosen: ScriptType | None, network: Network) -> Scheme:
    rest, labels = _labels_removed(text)
    wanted = {LABELS_OF_ONE[label] for label in labels if label in LABELS_OF_ONE} | ({chosen} if chosen else set())
    if len(wanted) > 1 or not set(labels) <= set(LABELS_OF_ONE):
        raise BadInput("key", " ".join(labels), f"use one of the labels {', '.join(LABELS_OF_ONE)}")
    key, path = origin_removed(rest)
    if path:
        raise BadInput("key", beginning(text), "it is mistyped or cut off: give the key without a path behind it")
    canonical_key, version = read_key(key, network)
    script_type = wanted.pop() if wanted else IMPLIED[version]
    if version not in GENERIC and script_type is not IMPLIED[version]:
        raise BadInput("script type", str(script_type), f"this key says {IMPLIED[version]}; leave the script type out")
    return Scheme(FORM_OF_ONE_KEY[script_type], 0, (canonical_key,))


def _of_several(threshold: int, text: str, network: Network) -> Scheme:
    rest, labels = _labels_removed(text)
    wrapper = WRAPPERS_OF_SEVERAL.get(frozenset(labels) - {"keeporder"})
    if wrapper is None:
        raise BadInput("key", " ".join(labels), "use the labels keeporder, and one of p2sh and legacy")
    keys = [origin_removed(key) for key in rest.split("-")]
    if any(path for _, path in keys):
        raise BadInput("key", beginning(text), "give the keys without a path behind them")
    form = f"{wrapper}({'multi' if 'keeporder' in labels else 'sortedmulti'}"
    return canonical(form, threshold or -1, tuple(read_generic_key(key, network) for key, _ in keys))


def _labels_removed(text: str) -> tuple[str, list[str]]:
    labels = LABELS.search(text)
    found = labels[1] if labels else ""
    return text[: len(text) - len(found)], re.findall(r"[a-z0-9]+", found)


def _script_type(name: str | None) -> ScriptType | None:
    if name is None:
        return None
    if name not in OF_ONE_KEY:
        raise BadInput("script type", name, f"use one of {', '.join(OF_ONE_KEY)}")
    return ScriptType(name)
