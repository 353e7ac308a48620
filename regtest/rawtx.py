"""An unsigned transaction as bytes: Core's createrawtransaction refuses to pay one address twice, buyers do not."""

from collections.abc import Sequence
from dataclasses import dataclass

REPLACEABLE = 0xFFFFFFFD
"""The highest sequence number that signals a replaceable transaction (BIP125)."""


@dataclass(frozen=True)
class Output:
    """A scriptPubKey in hex and what it gets."""

    script: str
    sats: int


def with_outputs(outputs: Sequence[Output], inputs: Sequence[tuple[str, int]] = ()) -> str:
    """The hex of an unsigned version 2 transaction; `inputs` are outpoints (txid as shown, vout)."""
    return b"".join(
        [
            (2).to_bytes(4, "little"),
            _size(len(inputs)),
            *(_input(txid, vout) for txid, vout in inputs),
            _size(len(outputs)),
            *(_output(output) for output in outputs),
            bytes(4),
        ]
    ).hex()


def _input(txid: str, vout: int) -> bytes:
    return bytes.fromhex(txid)[::-1] + vout.to_bytes(4, "little") + b"\0" + REPLACEABLE.to_bytes(4, "little")


def _output(output: Output) -> bytes:
    script = bytes.fromhex(output.script)
    return output.sats.to_bytes(8, "little") + _size(len(script)) + script


def _size(number: int) -> bytes:
    """Bitcoin's variable-length integer."""
    if number < 0xFD:
        return number.to_bytes(1, "little")
    if number <= 0xFFFF:
        return b"\xfd" + number.to_bytes(2, "little")
    return b"\xfe" + number.to_bytes(4, "little")
