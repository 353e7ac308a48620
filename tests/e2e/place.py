"""A node, a cable, and a Sattle at the other end of it: where the things happen that should not."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import requests

from regtest.harness import Harness
from regtest.node import Node
from regtest.proxy import NodeProxy
from regtest.waiting import wait_until
from tests.e2e.case import SECONDS, Case
from tests.e2e.ledger import Ledger

RATES = "BTC_EUR=50000,BTC_USD=55000,BTC_JPY=9000000"


class Place:
    """Web and worker around a node, reached through `cable`; `ledger` reads the books. Options are those of Harness."""

    def __init__(self, node: Node, directory: Path, **options: Any) -> None:
        self.node = node
        self.payer = node.payer
        self.cable = NodeProxy(node)
        settings = {**self.cable.settings, "SATTLE_FIXED_RATES": RATES}
        self.sattle = Harness(node, directory, settings=settings, **options)
        self.ledger = Ledger(self.sattle)
        self._shops: dict[tuple[tuple[str, str], ...], Case] = {}

    def __enter__(self) -> "Place":
        self.cable.__enter__()
        try:
            self.sattle.__enter__()
        except BaseException:
            self.cable.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.sattle.__exit__()
        self.cable.__exit__()

    def shop(self, **terms: str) -> Case:
        """A shop whose store has these terms. Tests share it: what they must not share is an order."""
        key = tuple(sorted(terms.items()))
        if key not in self._shops:
            self._shops[key] = Case(self.sattle, **terms)
        return self._shops[key]

    def health(self) -> dict[str, Any]:
        """What /health says."""
        return dict(requests.get(f"{self.sattle.server}/health", timeout=SECONDS).json())

    def wait_node_state(self, state: str) -> str:
        """Wait until the node is said to be in a state; returns the sentence about it. Time is moved meanwhile."""
        self.sattle.advance(1)
        wait_until(lambda: self.health()["node_state"] == state, f"the node to be called {state}", 60)
        return str(self.health()["message"])

    def catch_up(self) -> None:
        """Return when Sattle has looked at everything once more."""
        self.ledger.catch_up()

    def restore(self) -> None:
        """Make good what a test broke: cable, worker, web."""
        self.cable.mend()
        if not self.sattle.worker.alive:
            self.sattle.worker.start()
        if not self.sattle.web.alive:
            self.sattle.start_web()
        self.cable.zmq.wait_heard()


NewPlace = Callable[[], Place]
"""Makes a place around a node of its own."""
