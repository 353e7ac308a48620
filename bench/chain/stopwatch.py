"""Times what passes the edges of the explorer, without asking the explorer to know about it."""

import functools
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

from app.chain import explorer
from app.chain.rpc import Rpc
from app.usecases.record_chain import ChainRecord

EDGES: tuple[tuple[str, Any, str], ...] = (
    ("fetch", Rpc, "blocks"),
    ("parse", explorer, "decode_block"),
    ("match", ChainRecord, "concerning"),
    ("verify", explorer, "verified"),
    ("commit", ChainRecord, "connect_block"),
)


class Stopwatch:
    """Milliseconds spent at each edge since the last `read`."""

    def __init__(self) -> None:
        self._spent: defaultdict[str, float] = defaultdict(float)

    @contextmanager
    def running(self) -> Iterator["Stopwatch"]:
        """Count while the block runs."""
        with ExitStack() as stack:
            for name, owner, attribute in EDGES:
                timed = self._timed(name, getattr(owner, attribute))
                stack.enter_context(patch.object(owner, attribute, timed))
            yield self

    def read(self) -> dict[str, float]:
        """What was counted, by edge; then from zero again."""
        spent = {name: self._spent[name] for name, _, _ in EDGES}
        self._spent.clear()
        return spent

    def _timed(self, name: str, function: Any) -> Any:
        @functools.wraps(function)
        def timed(*args: Any, **kwargs: Any) -> Any:
            began = time.perf_counter()
            try:
                return function(*args, **kwargs)
            finally:
                self._spent[name] += (time.perf_counter() - began) * 1000

        return timed
