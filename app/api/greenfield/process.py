"""What the routes need of the running process, without naming the composition root that provides it."""

from collections.abc import Mapping
from typing import Any, Protocol, cast

from flask import current_app

from app.clock import Clock
from app.settings import Settings
from app.throttle import Throttle
from app.usecases.create_invoice import Surroundings
from app.usecases.destination import Destination
from app.usecases.payout_surroundings import PayoutSurroundings


class Addresses(Protocol):
    """A derivation scheme that was read: what it is kept as, and the destinations that it gives by index."""

    @property
    def descriptor(self) -> str: ...

    def at(self, index: int) -> Destination: ...


class Process(Protocol):
    """The part of the services that this dialect uses."""

    settings: Settings
    clock: Clock
    claim_throttle: Throttle

    def surroundings(self) -> Surroundings: ...

    def refused_target(self, url: str) -> str | None: ...
    def payout_surroundings(self) -> PayoutSurroundings: ...

    def account_key(self, text: str, script_type: str | None) -> Addresses: ...

    def derive(self, descriptor: str, index: int) -> Destination: ...

    def slow_down(self, throttle: Throttle, environ: Mapping[str, Any]) -> None: ...

    def slow_down_passwords(self, environ: Mapping[str, Any], email: str) -> None: ...


def process() -> Process:
    """The process that answers this request."""
    return cast(Process, current_app.extensions["sattle"])
