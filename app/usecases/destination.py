"""What use cases know of an address: how it is written, and what is matched."""

from typing import Protocol


class Destination(Protocol):
    """Where an invoice or a payout is paid to."""

    @property
    def address(self) -> str: ...

    @property
    def script_pubkey(self) -> bytes: ...
