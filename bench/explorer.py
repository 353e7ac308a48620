"""The explorer in figures: latency, blocks, catching up, and what the worker costs.

Each measurement is run on SQLite and on PostgreSQL, with a node, a database and (where one is named) a worker of its
own. Without names all are run; with --smoke in small sizes, to see that they run.
"""

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields, replace

from bench.chain.blocks import full_block, real_block
from bench.chain.catch_up import catch_up
from bench.chain.ground import DATABASES, Ground
from bench.chain.payments import payments
from bench.chain.resources import idle, memory, mempool
from bench.table import Row, parser, show, write_json
from regtest.bitcoind import find_bitcoind


@dataclass(frozen=True)
class Sizes:
    """How much of everything. `smoke` are the small ones."""

    open_invoices: tuple[int, ...] = (10, 10_000, 1_000_000)
    payments: int = 100
    rounds: int = 10
    full_rounds: int = 5
    transactions: int = 4_000
    ours: int = 100
    blocks: int = 1_000
    paid_a_block: int = 5
    mempool: int = 20_000
    idle_seconds: int = 120

    @property
    def many(self) -> int:
        """The most open invoices that are asked for."""
        return max(self.open_invoices)


SMOKE = Sizes((10, 1_000), 3, 2, 1, 100, 10, 20, 5, 200, 5)

Measure = Callable[[Ground, str, Sizes], Iterator[Row]]


def _payment(ground: Ground, database: str, sizes: Sizes) -> Iterator[Row]:
    for invoices in sizes.open_invoices:
        yield payments(ground, database, invoices, sizes.payments)


def _real_block(ground: Ground, database: str, sizes: Sizes) -> Iterator[Row]:
    yield real_block(ground, database, sizes.many, sizes.rounds)


def _full_block(ground: Ground, database: str, sizes: Sizes) -> Iterator[Row]:
    yield full_block(ground, database, sizes.many, sizes.full_rounds, sizes.transactions, sizes.ours)


def _catch_up(ground: Ground, database: str, sizes: Sizes) -> Iterator[Row]:
    for paid in (0, sizes.paid_a_block):
        yield catch_up(ground, database, max(sizes.blocks * paid, 1), sizes.blocks, paid)


def _idle(ground: Ground, database: str, sizes: Sizes) -> Iterator[Row]:
    yield idle(ground, database, min(sizes.open_invoices), sizes.idle_seconds)


def _memory(ground: Ground, database: str, sizes: Sizes) -> Iterator[Row]:
    yield memory(ground, database, sizes.many, sizes.payments)


def _mempool(ground: Ground, database: str, sizes: Sizes) -> Iterator[Row]:
    yield mempool(ground, database, sizes.many, sizes.mempool, sizes.ours)


MEASUREMENTS: dict[str, tuple[str, Measure]] = {
    "payment": ("ZMQ rawtx to payment committed; within 1.5 times of each other", _payment),
    "real-block": ("a mainnet block of 1 MB against the most open invoices; under 40 ms", _real_block),
    "full-block": ("a block of payments, some of them to us", _full_block),
    "catch-up": ("after a long absence; over 500 empty blocks a second, over 400 payments a second", _catch_up),
    "idle": ("calls of the node on a quiet one; under 10 a minute, the whole mempool never", _idle),
    "memory": ("the worker's memory with the most open invoices; under 250 MB", _memory),
    "mempool": ("a full mempool found at the start; under 20 s", _mempool),
}


def run(names: Sequence[str], databases: Sequence[str], sizes: Sizes) -> dict[str, list[Row]]:
    """The rows of each measurement; each table is printed as soon as it is whole."""
    began = time.monotonic()

    def say(line: object) -> None:
        print(f"{time.monotonic() - began:8.1f} s  {line}", file=sys.stderr, flush=True)

    find_bitcoind(say)
    found: dict[str, list[Row]] = {}
    with Ground(say) as ground:
        for name in names:
            what, measure = MEASUREMENTS[name]
            found[name] = []
            for database in databases:
                say(f"{name}, {database} (load {os.getloadavg()[0]:.1f})")
                found[name] += [row | _load() for row in measure(ground, database, sizes)]
            print(f"\n{name}: {what}")
            show(found[name])
    return found


def _load() -> Row:
    """What else the machine was busy with."""
    return {"load": round(os.getloadavg()[0], 1)}


def main() -> None:
    arguments = parser(__doc__ or "")
    listed = "; ".join(f"{name}: {what}" for name, (what, _) in MEASUREMENTS.items())
    arguments.add_argument("names", nargs="*", metavar="NAME", help=listed)
    arguments.add_argument("--databases", nargs="+", choices=DATABASES, default=DATABASES)
    arguments.add_argument("--smoke", action="store_true", help="small sizes, to see that everything runs")
    for size in fields(Sizes):
        count = "+" if isinstance(size.default, tuple) else None
        help_text = f"instead of {size.default}"
        name = f"--{size.name.replace('_', '-')}"
        arguments.add_argument(name, type=int, nargs=count, metavar="N", default=argparse.SUPPRESS, help=help_text)
    chosen = arguments.parse_args()
    unknown = [name for name in chosen.names if name not in MEASUREMENTS]
    if unknown:
        arguments.error(f"{', '.join(unknown)}: choose from {', '.join(MEASUREMENTS)}")
    given = {size.name: getattr(chosen, size.name) for size in fields(Sizes) if hasattr(chosen, size.name)}
    sizes = replace(SMOKE if chosen.smoke else Sizes(), **given)
    write_json(run(chosen.names or list(MEASUREMENTS), chosen.databases, sizes), chosen.json)


if __name__ == "__main__":
    main()
