"""What the explorer needs of whoever keeps the facts. Implemented by `app.usecases.record_chain`."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from app.domain.chain import BlockHeader, Claim, Outpoint, Sighting, Transaction, Unconfirmed


class ChainStore(Protocol):
    """The store of facts. Every method that writes is one transaction of the database, and repeating it is harmless."""

    def tip(self) -> BlockHeader | None:
        """The block our facts stand on; None before the first start."""

    def header_at(self, height: int) -> str | None:
        """The hash of our block at `height`."""

    def genesis_hash(self) -> str | None:
        """The chain that this store belongs to."""

    def concerning(self, transactions: Sequence[Transaction]) -> list[Transaction]:
        """Those of `transactions` that pay us or a payout, or spend what a watched transaction spends."""

    def watched(self, txids: Collection[str]) -> list[Unconfirmed]:
        """Those of `txids` that carry payments of ours, or that such payments stand on, and are in no block."""

    def unconfirmed(self) -> list[Unconfirmed]:
        """All of these."""

    def to_verify(self, transactions: Sequence[Transaction], header: BlockHeader | None) -> list[Claim]:
        """The outputs that would settle if `transactions` were recorded: in the block `header`, or in the mempool."""

    def start_at(self, header: BlockHeader, genesis_hash: str) -> None:
        """Stand on `header`, the first block of all. What is below counts as lost if there are invoices already."""

    def skip_to(self, header: BlockHeader, lost_from: int) -> None:
        """Stand on `header`; the blocks from `lost_from` to the one before it are not to be had any more."""

    def oldest_invoice_at(self) -> datetime | None:
        """When the first invoice was made; None while there is none."""

    def has_gap(self) -> bool:
        """Were blocks lost that nothing has made up for yet?"""

    def see_mempool(self, sightings: Sequence[Sighting], parents: Sequence[Transaction] = ()) -> None:
        """These transactions are in the mempool. They stand on `parents`: if one of those falls, its payments do."""

    def connect_block(
        self,
        header: BlockHeader,
        transactions: Sequence[Transaction],
        verified: frozenset[Outpoint],
        parents: Sequence[Transaction] = (),
        known: Collection[str] = (),
    ) -> None:
        """Stand on `header`; `transactions` are those of it that concern us, `verified` the outputs that may settle.

        They stand on `parents`, of the same block. `known`: the txids of those that had been looked at in the mempool.
        """

    def reread_block(
        self,
        header: BlockHeader,
        transactions: Sequence[Transaction],
        verified: frozenset[Outpoint],
        parents: Sequence[Transaction] = (),
    ) -> None:
        """Record what a block below the one we stand on holds, once more."""

    def disconnect_block(self, header: BlockHeader, transactions: Sequence[Transaction] = ()) -> None:
        """`header`, the block we stand on, left the chain. It held `transactions`, as far as the node can say.

        Those that payments of ours stand on are watched from now on: they are in no block either.
        """

    def mark_replaced(self, txid: str, by: str | None) -> None:
        """`txid` can no longer confirm, because of `by` or for a reason the node does not name."""

    def mark_evicted(self, txid: str) -> None:
        """`txid` left the mempool without a conflict."""

    def mark_in_mempool(self, txid: str) -> None:
        """`txid` is in the mempool again."""

    def review_settled(self) -> None:
        """Look for payments that had settled and are in the chain no more; raise an alert for each."""

    def observed(self, at: datetime) -> None:
        """Chain and mempool were looked at as a whole, starting at `at`."""
