"""Proposals: a transaction that would pay a payout, put together by the merchant's own wallet and signed elsewhere."""

from dataclasses import dataclass
from enum import StrEnum


class PsbtState(StrEnum):
    """`no_wallet`: the node has no wallet of that key, which is nothing wrong: the link and the code do as well."""

    WAITING = "waiting"
    MADE = "made"
    NO_WALLET = "no_wallet"
    NOT_ENOUGH = "not_enough"
    REFUSED = "refused"


@dataclass(frozen=True)
class PsbtJob:
    """A payout to be paid from any of the wallets with these descriptors."""

    payout_id: str
    address: str
    sats: int
    descriptors: tuple[str, ...]


@dataclass(frozen=True)
class Proposal:
    """What came of it. `psbt` is base64, there when the state is MADE."""

    state: PsbtState
    message: str
    psbt: str | None = None
