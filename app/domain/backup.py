"""What a backup says of itself: the manifest, and how it differs from what is found in a database."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

FORMAT = 1  # of the archive; raised when an older Sattle could not read it any more
GROWING = ("wallets", "invoices", "prompts", "payments", "events")  # tables that lose no rows


@dataclass(frozen=True)
class BlockFact:
    """The newest block that the facts stand on."""

    height: int
    hash: str


@dataclass(frozen=True)
class PaymentSum:
    """How many payments there are in one status, and their satoshis."""

    count: int
    sats: int


@dataclass(frozen=True)
class WalletFact:
    """A wallet's counter, and the highest index that an invoice and that a payment has; None where there is none."""

    next_index: int
    highest_given: int | None
    highest_paid: int | None


@dataclass(frozen=True)
class Facts:
    """What is counted in a database: rows by table, sums by status, wallets by id. `revision` is Alembic's."""

    revision: str
    genesis: str | None
    newest_block: BlockFact | None
    rows: Mapping[str, int] = field(default_factory=dict)
    invoices: Mapping[str, int] = field(default_factory=dict)
    payments: Mapping[str, PaymentSum] = field(default_factory=dict)
    deliveries: Mapping[str, int] = field(default_factory=dict)
    wallets: Mapping[int, WalletFact] = field(default_factory=dict)

    @property
    def paid_sats(self) -> int:
        """The satoshis of all payments, whatever their status."""
        return sum(entry.sats for entry in self.payments.values())


@dataclass(frozen=True)
class Manifest:
    """What stands beside the database in a backup. `size` (bytes) and `sha256` are those of the database in it.

    `engine` is sqlite or postgresql; `engine_version` is what wrote the copy, for PostgreSQL the server's major number.
    """

    sattle: str
    network: str
    engine: str
    engine_version: str
    taken_at: datetime
    size: int
    sha256: str
    facts: Facts

    def as_json(self) -> dict[str, Any]:
        """The manifest as it is written."""
        return {"format": FORMAT, **asdict(self), "taken_at": self.taken_at.isoformat()}


def read_manifest(value: Any) -> Manifest:
    """The manifest from its JSON. Raises KeyError, TypeError or ValueError when it is none."""
    return Manifest(
        sattle=_text(value["sattle"]),
        network=_text(value["network"]),
        engine=_text(value["engine"]),
        engine_version=_text(value["engine_version"]),
        taken_at=datetime.fromisoformat(value["taken_at"]),
        size=_number(value["size"]),
        sha256=_text(value["sha256"]),
        facts=_facts(value["facts"]),
    )


def differences(promised: Facts, found: Facts) -> list[str]:
    """Where a database is not what its manifest promises; empty when it is."""
    ours, theirs = dict(_flat(asdict(promised))), dict(_flat(asdict(found)))
    names = [name for name in {**ours, **theirs} if ours.get(name) != theirs.get(name)]
    return [f"{name} is {theirs.get(name)}, the manifest says {ours.get(name)}" for name in names]


def setbacks(backup: Facts, live: Facts) -> list[str]:
    """Where the live database has less than an earlier copy of it: it was set back, or is another one."""
    found = []
    if backup.genesis and live.genesis and backup.genesis != live.genesis:
        found.append(f"the live database follows another chain, which begins with {live.genesis}")
    fewer = [name for name in GROWING if live.rows.get(name, 0) < backup.rows.get(name, 0)]
    found += [f"{name}: {live.rows.get(name, 0)} rows live, {backup.rows[name]} in the backup" for name in fewer]
    if live.paid_sats < backup.paid_sats:
        found.append(f"payments: {live.paid_sats} sats live, {backup.paid_sats} in the backup")
    for wallet_id, wallet in backup.wallets.items():
        now = live.wallets.get(wallet_id)
        if now is not None and now.next_index < wallet.next_index:
            found.append(f"wallet {wallet_id}: next index {now.next_index} live, {wallet.next_index} in the backup")
    return found


def mark_sentences(wallets: Mapping[int, WalletFact], marks: Mapping[int, int]) -> list[str]:
    """What the marks of address indexes, which no backup holds, mean for each wallet of a copy.

    `marks` is, by wallet id, the first index that is certain never to have been given out.
    """
    return [_mark_sentence(wallet_id, wallet.next_index, marks.get(wallet_id)) for wallet_id, wallet in wallets.items()]


def _mark_sentence(wallet_id: int, next_index: int, mark: int | None) -> str:
    if mark is None:
        return (
            f"wallet {wallet_id}: there is no mark in the data directory; new invoices are refused until "
            f"`flask wallet skip {wallet_id} N` says how many addresses to pass over"
        )
    if mark > next_index:
        return f"wallet {wallet_id}: next index {next_index} in the copy; by its mark, the next address is {mark}"
    return f"wallet {wallet_id}: next index {next_index}, and the mark agrees"


def _flat(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    if not isinstance(value, Mapping):
        yield name, value
        return
    for key, inner in value.items():
        yield from _flat(inner, f"{name}.{key}" if name else str(key))


def _facts(value: Any) -> Facts:
    block = value["newest_block"]
    return Facts(
        revision=_text(value["revision"]),
        genesis=None if value["genesis"] is None else _text(value["genesis"]),
        newest_block=None if block is None else BlockFact(_number(block["height"]), _text(block["hash"])),
        rows=_numbers(value["rows"]),
        invoices=_numbers(value["invoices"]),
        payments={k: PaymentSum(_number(v["count"]), _number(v["sats"])) for k, v in _items(value["payments"])},
        deliveries=_numbers(value["deliveries"]),
        wallets={int(key): _wallet(entry) for key, entry in _items(value["wallets"])},
    )


def _wallet(value: Any) -> WalletFact:
    given, paid = value["highest_given"], value["highest_paid"]
    return WalletFact(
        next_index=_number(value["next_index"]),
        highest_given=None if given is None else _number(given),
        highest_paid=None if paid is None else _number(paid),
    )


def _items(value: Any) -> list[tuple[str, Any]]:
    if not isinstance(value, dict):
        raise TypeError("an object was expected")
    return list(value.items())


def _numbers(value: Any) -> dict[str, int]:
    return {key: _number(entry) for key, entry in _items(value)}


def _number(value: Any) -> int:
    if type(value) is not int or value < 0:
        raise TypeError("a whole number was expected")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("a text was expected")
    return value
