"""How far addresses run ahead of payments: a merchant's own wallet stops looking after so many unused ones."""

from dataclasses import dataclass

USUAL_GAP_LIMIT = 20  # what wallets look ahead by default (chain-tracking A7)


@dataclass(frozen=True)
class Gap:
    """`last_paid_index` is None before the first payment; `longest_bridged` counts the unpaid addresses in a row that
    lie before some paid one."""

    next_index: int
    last_paid_index: int | None
    longest_bridged: int

    @property
    def unpaid_run(self) -> int:
        """The addresses given out, or skipped, since the last paid one."""
        return self.next_index if self.last_paid_index is None else max(self.next_index - 1 - self.last_paid_index, 0)

    @property
    def longest_run(self) -> int:
        """What the merchant's wallet must look across to see every payment made so far and the next one."""
        return max(self.unpaid_run, self.longest_bridged)

    @property
    def is_wide(self) -> bool:
        """Would a wallet with the usual setting overlook a payment?"""
        return self.longest_run >= USUAL_GAP_LIMIT

    @property
    def gap_limit(self) -> int:
        """What the merchant's own wallet should be set to: with room for a step more, in round figures."""
        if not self.is_wide:
            return USUAL_GAP_LIMIT
        return (self.longest_run // USUAL_GAP_LIMIT + 2) * USUAL_GAP_LIMIT
