"""The exceptions of the harness.

RegtestError            something the person at the keyboard can act on; its text says what to do
├── RpcError            the node answered with an error; `code` is Bitcoin Core's
├── NodeUnreachable     nobody answers at the node's address
├── NoSuchOrder         the shop has no order of this id, or no longer
├── NotEnoughCoins      what was to be spent is worth less than what was to be paid
└── NeverHappened       `wait_until` gave up
"""


class RegtestError(Exception):
    """The harness cannot do what was asked; the text says why and what to do about it."""


class RpcError(RegtestError):
    """The node refused a call. `code` is one of Bitcoin Core's RPC error codes (src/rpc/protocol.h)."""

    def __init__(self, method: str, code: int, message: str) -> None:
        super().__init__(f"{method}: {message} (code {code})")
        self.method = method
        self.code = code


class NodeUnreachable(RegtestError):
    """Nothing answers at the node's RPC address, or not in time."""


class NoSuchOrder(RegtestError):
    """The shop has no order of this id, or no longer."""


class NotEnoughCoins(RegtestError):
    """The coins in question do not suffice for the outputs and the fee."""


class NeverHappened(RegtestError):
    """What was waited for did not come; the text shows the last thing that was seen instead."""
