"""What a change of the chain's facts concerns."""

from dataclasses import dataclass, field


@dataclass
class Touched:
    """The ids of invoices, and the scriptPubKeys of payouts, whose state must be worked out again."""

    invoices: set[str] = field(default_factory=set)
    payouts: set[bytes] = field(default_factory=set)

    def update(self, other: "Touched") -> None:
        self.invoices |= other.invoices
        self.payouts |= other.payouts

    def __bool__(self) -> bool:
        return bool(self.invoices or self.payouts)
