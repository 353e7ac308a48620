"""The machine that makes up programs: Hypothesis chooses the steps, and shortens a program that fails.

Each step is written down as it is taken, so that a program can be kept and run again without Hypothesis (`replay`).
"""

import functools
import json
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from tests.e2e.oracle.arena import Arena
from tests.e2e.oracle.hands import DEEPEST_REORG, Miner, Payer, Vandal
from tests.e2e.oracle.world import PRICE_SATS, World

Step = tuple[str, dict[str, Any]]

which = st.integers(0, 7)
amounts = st.sampled_from([PRICE_SATS, PRICE_SATS // 2, PRICE_SATS - 1, 2 * PRICE_SATS, 1_000])


def step(function: Callable[..., None]) -> Callable[..., None]:
    """Write the step down, take it, and note what the chain has afterwards."""

    @functools.wraps(function)
    def taken(self: "Machine", **numbers: Any) -> None:
        self.program.append((function.__name__, numbers))
        try:
            function(self, **numbers)
            self.world.note_chain()
        except Exception as error:
            Machine.failed = list(self.program)
            error.add_note(f"the program, to be kept: {json.dumps(self.program)}")
            raise

    return taken


class Machine(RuleBasedStateMachine):
    """One program around `arena`, which the run sets."""

    arena: ClassVar[Arena]
    failed: ClassVar[list[Step] | None] = None
    programs: ClassVar[int] = 0

    def __init__(self) -> None:
        super().__init__()
        Machine.programs += 1
        self.program: list[Step] = []

    def teardown(self) -> None:
        """The last look; then the chain is left as the next program wants it."""
        if not hasattr(self, "world"):
            return  # the shop did not open
        try:
            self.look()
        finally:
            self.world.close()

    @initialize(fast=st.booleans())
    @step
    def open_shop(self, fast: bool = False) -> None:
        self.world = World(self.arena, fast=fast)
        self.payer = Payer(self.world)
        self.miner = Miner(self.world)
        self.vandal = Vandal(self.world)
        self.world.bill()

    @rule()
    @step
    def bill(self) -> None:
        self.world.bill()

    @rule()
    @step
    def look(self) -> None:
        self.world.look()

    @rule(seconds=st.sampled_from([20, 61, 400, 900]))
    @step
    def advance(self, seconds: int) -> None:
        self.world.sattle.advance(seconds)

    # the payer

    @rule(to=which, sats=amounts)
    @step
    def pay(self, to: int, sats: int) -> None:
        self.payer.pay(to, sats)

    @rule(to=which, sats=amounts)
    @step
    def pay_final(self, to: int, sats: int) -> None:
        self.payer.pay_final(to, sats)

    @rule(to=which, other=which, sats=amounts)
    @step
    def pay_several(self, to: int, other: int, sats: int) -> None:
        self.payer.pay_several(to, other, sats)

    @rule(to=which, sats=amounts)
    @step
    def pay_upon(self, to: int, sats: int) -> None:
        self.payer.pay_upon(to, sats)

    @rule(to=which, upon=which, sats=amounts)
    @step
    def pay_from_change(self, to: int, upon: int, sats: int) -> None:
        self.payer.pay_from_change(to, upon, sats)

    @rule(to=which, sats=st.sampled_from([1, 200]))
    @step
    def pay_dust(self, to: int, sats: int) -> None:
        self.payer.pay_dust(to, sats)

    @rule(to=which)
    @step
    def pay_by_mining(self, to: int) -> None:
        self.payer.pay_by_mining(to)

    # the cheat

    @rule(tx=which)
    @step
    def bump(self, tx: int) -> None:
        self.payer.bump(tx)

    @rule(tx=which)
    @step
    def double_spend(self, tx: int) -> None:
        self.payer.double_spend(tx)

    @rule(tx=which, to=which, sats=amounts)
    @step
    def pay_otherwise(self, tx: int, to: int, sats: int) -> None:
        self.payer.pay_otherwise(tx, to, sats)

    @rule(tx=which)
    @step
    def double_spend_in_a_block(self, tx: int) -> None:
        self.payer.double_spend_in_a_block(tx)

    @rule(tx=which)
    @step
    def mine_what_was_replaced(self, tx: int) -> None:
        self.payer.mine_what_was_replaced(tx)

    # the miner

    @rule(blocks=st.integers(1, 3))
    @step
    def mine(self, blocks: int) -> None:
        self.miner.mine(blocks)

    @rule(blocks=st.integers(1, 2))
    @step
    def mine_empty(self, blocks: int) -> None:
        self.miner.mine_empty(blocks)

    @rule(tx=which)
    @step
    def mine_one(self, tx: int) -> None:
        self.miner.mine_one(tx)

    @rule(depth=st.integers(1, DEEPEST_REORG))
    @step
    def disconnect(self, depth: int) -> None:
        self.miner.disconnect(depth)

    @rule(depth=st.integers(1, DEEPEST_REORG), keep=st.booleans())
    @step
    def reorg(self, depth: int, keep: bool) -> None:
        self.miner.reorg(depth, keep)

    @rule()
    @step
    def go_back(self) -> None:
        self.miner.go_back()

    # the vandal

    @rule(what=st.sampled_from(["rpc", "zmq", "both"]))
    @step
    def cut(self, what: str) -> None:
        self.vandal.cut(what)

    @rule()
    @step
    def mend(self) -> None:
        self.vandal.mend()

    @rule(every=st.integers(1, 3))
    @step
    def lose(self, every: int) -> None:
        self.vandal.lose(every)

    @rule()
    @step
    def repeat(self) -> None:
        self.vandal.repeat()

    @rule(nth=st.integers(1, 12))
    @step
    def drop(self, nth: int) -> None:
        self.vandal.drop("*", nth)

    @rule()
    @step
    def kill_worker(self) -> None:
        self.vandal.kill_worker()

    @rule()
    @step
    def start_worker(self) -> None:
        self.vandal.start_worker()

    @rule()
    @step
    def kill_web(self) -> None:
        self.vandal.kill_web()

    @rule(keep=st.booleans())
    @step
    def restart_node(self, keep: bool) -> None:
        self.vandal.restart_node(keep)


def replay(program: Sequence[Sequence[Any]]) -> None:
    """Run a program that was kept."""
    machine = Machine()
    try:
        for name, numbers in program:
            getattr(machine, name)(**numbers)
    finally:
        machine.teardown()
