"""Which of the calls or messages a fault strikes."""

import threading
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Act = TypeVar("Act")

ALL = "*"


@dataclass
class Fault(Generic[Act]):
    """What happens (`act`) to the calls of a method or the messages of a topic (`name`; "*" means every one).

    Counted from the moment the fault was made: `nth` strikes one alone, `times` the first so many, `every` each so
    many; without any of them it strikes all.
    """

    name: str
    act: Act
    nth: int | None = None
    times: int | None = None
    every: int = 1
    seen: int = field(default=0, init=False)

    def strikes(self, *names: str) -> bool:
        """Whether it strikes a message of these names (a batch has several); counts it."""
        if self.name != ALL and self.name not in names:
            return False
        self.seen += 1
        if self.nth is not None:
            return self.seen == self.nth
        return self.seen % self.every == 0 and (self.times is None or self.seen <= self.times * self.every)


class Faults(Generic[Act]):
    """The faults of one line, in the order in which they were made. Used by several threads."""

    def __init__(self) -> None:
        self._faults: list[Fault[Act]] = []
        self._lock = threading.Lock()

    def add(self, fault: Fault[Act]) -> None:
        """From now on."""
        with self._lock:
            self._faults.append(fault)

    def clear(self) -> None:
        """No more faults."""
        with self._lock:
            self._faults.clear()

    def striking(self, *names: str) -> list[Act]:
        """What happens to this message."""
        with self._lock:
            return [fault.act for fault in self._faults if fault.strikes(*names)]
