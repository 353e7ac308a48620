"""A miner that finds a block every so often."""

import threading
from collections.abc import Callable

from regtest.chain import Chain
from regtest.errors import RegtestError


class Miner:
    """Mines one block every `every_seconds` until stopped; a node that is away for a while is waited for."""

    def __init__(self, chain: Chain, every_seconds: float, say: Callable[[str], object] | None = None) -> None:
        self._chain = chain
        self._every_seconds = every_seconds
        self._say = say or (lambda _line: None)
        self._stopped = threading.Event()

    def run(self) -> None:
        """Mine until `stop`. Call it from a thread, or from a process of its own."""
        self._chain.require_regtest()
        while not self._stopped.wait(self._every_seconds):
            try:
                self._chain.mine()
                self._say(f"block {self._chain.height()}")
            except RegtestError as error:
                self._say(f"no block this time: {error}")

    def stop(self) -> None:
        """Have `run` return."""
        self._stopped.set()
