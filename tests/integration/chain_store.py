"""A store of facts in memory, plain enough to be read in a minute: what the explorer's tests look at."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from app.domain.chain import BlockHeader, Claim, Outpoint, Sighting, Transaction, Unconfirmed, beneath


@dataclass
class Known:
    """A transaction that pays one of our scripts, or that such a payment stands on."""

    tx: Transaction
    pays_us: bool
    first_seen: datetime | None = None
    block: str | None = None
    at_risk: bool = False
    replaced: bool = False
    replaced_by: str | None = None

    @property
    def standing(self) -> str:
        if self.block is not None:
            return "confirmed"
        return "replaced" if self.replaced else "at risk" if self.at_risk else "in mempool"


@dataclass
class MemoryStore:
    """`scripts` are ours. `said` is all that the explorer told, in order."""

    scripts: set[bytes] = field(default_factory=set)
    blocks: list[BlockHeader] = field(default_factory=list)
    known: dict[str, Known] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)
    genesis: str | None = None
    observed_at: datetime | None = None
    gap: tuple[int, int] | None = None
    verified: set[Outpoint] = field(default_factory=set)
    known_before: set[str] = field(default_factory=set)  # mined, and looked at in the mempool earlier

    def tip(self) -> BlockHeader | None:
        return self.blocks[-1] if self.blocks else None

    def header_at(self, height: int) -> str | None:
        return next((header.hash for header in self.blocks if header.height == height), None)

    def genesis_hash(self) -> str | None:
        return self.genesis

    def oldest_invoice_at(self) -> datetime | None:
        return None

    def has_gap(self) -> bool:
        return self.gap is not None

    def concerning(self, transactions: Sequence[Transaction]) -> list[Transaction]:
        spent = {outpoint for known in self.known.values() for outpoint in known.tx.spent}
        return [tx for tx in transactions if self._pays_us(tx) or spent & set(tx.spent)]

    def watched(self, txids: Collection[str]) -> list[Unconfirmed]:
        return [tx for tx in self.unconfirmed() if tx.txid in txids]

    def unconfirmed(self) -> list[Unconfirmed]:
        return [
            Unconfirmed(
                txid,
                known.tx.raw,
                tuple(map(Outpoint.from_raw, known.tx.spent)),
                known.at_risk,
                (known.replaced_by or "") if known.replaced else None,
            )
            for txid, known in self.known.items()
            if known.block is None
        ]

    def to_verify(self, transactions: Sequence[Transaction], header: BlockHeader | None) -> list[Claim]:
        return [
            Claim(Outpoint(tx.txid, vout), value_sats, script, header.hash if header else None)
            for tx in transactions
            for vout, (value_sats, script) in enumerate(tx.outputs)
            if script in self.scripts
        ]

    def start_at(self, header: BlockHeader, genesis_hash: str) -> None:
        assert not self.blocks
        self.blocks, self.genesis = [header], genesis_hash

    def skip_to(self, header: BlockHeader, lost_from: int) -> None:
        self.gap = (lost_from, header.height - 1)
        self.blocks.append(header)

    def see_mempool(self, sightings: Sequence[Sighting], parents: Sequence[Transaction] = ()) -> None:
        for tx in parents:
            self.known.setdefault(tx.txid, Known(tx, pays_us=self._pays_us(tx)))
            self._record(tx, None, None)
        for each in sightings:
            self.said.append(f"seen {each.tx.txid}")
            self.verified |= each.verified
            self._record(each.tx, each.since, None)

    def connect_block(
        self,
        header: BlockHeader,
        transactions: Sequence[Transaction],
        verified: frozenset[Outpoint],
        parents: Sequence[Transaction] = (),
        known: Collection[str] = (),
    ) -> None:
        assert header.prev_hash == self.blocks[-1].hash
        assert header.height == self.blocks[-1].height + 1
        self.said.append(f"connect {header.height}")
        self.blocks.append(header)
        self.known_before |= set(known)
        self.reread_block(header, transactions, verified, parents)

    def reread_block(
        self,
        header: BlockHeader,
        transactions: Sequence[Transaction],
        verified: frozenset[Outpoint],
        parents: Sequence[Transaction] = (),
    ) -> None:
        self.verified |= set(verified)
        for tx in parents:
            self.known.setdefault(tx.txid, Known(tx, self._pays_us(tx)))
            self._record(tx, None, header.hash)
        for tx in transactions:
            self._record(tx, None, header.hash)

    def disconnect_block(self, header: BlockHeader, transactions: Sequence[Transaction] = ()) -> None:
        assert header == self.blocks.pop()
        self.said.append(f"disconnect {header.height}")
        for tx in beneath([known.tx for known in self.known.values()], transactions):
            self.known.setdefault(tx.txid, Known(tx, self._pays_us(tx)))
        for known in self.known.values():
            if known.block == header.hash:
                known.block = None

    def mark_replaced(self, txid: str, by: str | None) -> None:
        self.said.append(f"replaced {txid}")
        self._fall(txid, by)

    def mark_evicted(self, txid: str) -> None:
        self.said.append(f"evicted {txid}")
        self.known[txid].at_risk = True

    def mark_in_mempool(self, txid: str) -> None:
        self.said.append(f"back {txid}")
        self._record(self.known[txid].tx, None, None)

    def review_settled(self) -> None:
        """Nothing settles here."""

    def observed(self, at: datetime) -> None:
        self.observed_at = at

    # what tests ask

    def standing(self, txid: str) -> str:
        """Where a payment stands: unknown, in mempool, at risk, replaced or confirmed."""
        known = self.known.get(txid)
        return known.standing if known and known.pays_us else "unknown"

    def _pays_us(self, tx: Transaction) -> bool:
        return any(script in self.scripts for _, script in tx.outputs)

    def _record(self, tx: Transaction, first_seen: datetime | None, block: str | None) -> None:
        for txid in [txid for txid, known in self.known.items() if set(known.tx.spent) & set(tx.spent)]:
            if txid != tx.txid:
                self._fall(txid, tx.txid)
        if self._pays_us(tx) or tx.txid in self.known:
            known = self.known.setdefault(tx.txid, Known(tx, self._pays_us(tx)))
            known.first_seen = known.first_seen or first_seen
            known.block = block or known.block
            known.at_risk = known.replaced = False

    def _fall(self, txid: str, by: str | None) -> None:
        known = self.known[txid]
        if known.block is not None:
            return
        known.replaced, known.at_risk, known.replaced_by = True, False, by
        made_here = {Outpoint(txid, vout).raw for vout in range(len(known.tx.outputs))}
        for child, other in list(self.known.items()):
            if made_here & set(other.tx.spent):
                self._fall(child, by)
