"""The key that a store is paid to, as clients write it: text, or an object around it (greenfield 4)."""

import re
from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError, fields

from app.api.greenfield.answers import Invalid
from app.api.greenfield.fields import Data, Text
from app.api.greenfield.process import Addresses, process
from app.errors import BadInput

SCHEMES = ("derivationScheme", "accountDerivation", "config")  # where the key may stand
PRIVATE = (
    "seed",
    "mnemonic",
    "existingMnemonic",
    "passphrase",
    "privateKey",
    "signingKey",
    "savePrivateKeys",
    "isHotWallet",
)
LONGEST_LABEL = 200
DEEPEST = 2

_PATH = re.compile(r"[0-9a-fA-F]{8}(?:/\d{1,10}['hH]?)*")


class Config(fields.Field[dict[str, str]]):
    """A derivation scheme or descriptor as text, or an object with `derivationScheme`, `label`, `accountKeyPath`."""

    def described(self) -> dict[str, Any]:
        """As JSON Schema says it."""
        return {"type": ["string", "object"]}

    def _deserialize(self, value: Any, attr: str | None, data: Data, **kwargs: Any) -> dict[str, str]:
        if isinstance(value, str):
            return {"derivationScheme": value}
        if not isinstance(value, dict):
            raise ValidationError("give an extended public key, a descriptor, or an object with derivationScheme")
        return config_of(value)


def config_of(given: Mapping[str, Any], depth: int = 0) -> dict[str, str]:
    """The parts of a configuration that we keep; it may stand within another one. ValidationError."""
    if depth > DEEPEST:
        raise ValidationError("the key stands too deep in it")
    if any(given.get(name) not in (None, False, "") for name in PRIVATE if name != "signingKey"):
        raise ValidationError("Sattle never holds keys that can spend: give the extended public key alone")
    scheme = next((given[name] for name in SCHEMES if given.get(name)), None)
    if isinstance(scheme, dict):
        return config_of(scheme, depth + 1)
    path = _text(given.get("accountKeyPath"))
    if path and not _PATH.fullmatch(path):
        raise ValidationError("accountKeyPath is the wallet's fingerprint and a path, such as abcd82a1/84'/0'/0'")
    parts = {"derivationScheme": _text(scheme), "label": _text(given.get("label")), "accountKeyPath": path}
    return {name: text for name, text in parts.items() if text is not None}


def read_scheme(config: Mapping[str, str], path: str = "Config") -> Addresses:
    """The addresses that a configuration leads to. Invalid says why not, and repeats nothing private."""
    try:
        return process().account_key(config["derivationScheme"], None)
    except BadInput as trouble:
        raise Invalid((path, str(trouble))) from None


def _text(value: Any) -> str | None:
    return None if value is None else Text(most_bytes=LONGEST_LABEL * 30).deserialize(value)
