"""What the explorer needs of whoever keeps the facts. Implemented by `app.usecases.record_chain`."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from app.domain.chain import BlockHeader, Transaction, Unconfirmed


class ChainStore(Protocol):
    """The store of facts. Every method that writes is one transaction of the database, and repeating it is harmless."""

    def tip(self) -> BlockHeader | None:
        """The block our facts stand on; None before the first start."""

    def header_at(self, height: int) -> str | None:
        """The hash of our block at `height`."""

    def genesis_hash(self) -> str | None:
        """The chain that this store belongs to."""

    def concerns(self, transactions: Sequence[Transaction]) -> set[str]:
        """The txids among `transactions` that pay us, carry our payments or spend what those spend."""

    def unconfirmed(self) -> list[Unconfirmed]:
        """The transactions in no block that carry payments of ours, or that such payments stand on."""

    def start_at(self, header: BlockHeader, genesis_hash: str) -> None:
        """Stand on `header`, the first block of all."""

    def see_mempool(self, tx: Transaction, first_seen: datetime | None) -> None:
        """`tx` is in the mempool, by the node's clock since `first_seen`."""

    def watch(self, transactions: Sequence[Transaction]) -> None:
        """`transactions` are in the mempool and a payment of ours stands on them: if one falls, the payment does."""

    def connect_block(self, header: BlockHeader, transactions: Sequence[Transaction]) -> None:
        """Stand on `header`; `transactions` are those of it that concern us."""

    def disconnect_block(self, header: BlockHeader) -> None:
        """`header`, the block we stand on, left the chain."""

    def mark_replaced(self, txid: str, by: str | None) -> None:
        """`txid` can no longer confirm, because of `by` or for a reason the node does not name."""

    def mark_evicted(self, txid: str) -> None:
        """`txid` left the mempool without a conflict."""

    def mark_in_mempool(self, txid: str) -> None:
        """`txid` is in the mempool again."""

    def observed(self, at: datetime) -> None:
        """Chain and mempool were looked at as a whole, starting at `at`."""
