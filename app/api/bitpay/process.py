"""What the routes need of the running process, without naming the composition root that provides it."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol, cast

from flask import Response, current_app

from app.clock import Clock
from app.settings import Settings
from app.throttle import Throttle
from app.usecases.create_invoice import Surroundings


class Process(Protocol):
    """The part of the services that this dialect uses."""

    settings: Settings
    clock: Clock
    invoice_throttle: Throttle
    code_throttle: Throttle
    merchant_invoice: Callable[[str], Response]  # what a person sees at /invoices/{id}

    def surroundings(self) -> Surroundings: ...

    def slow_down(self, throttle: Throttle, environ: Mapping[str, Any]) -> None: ...


def process() -> Process:
    """The process that answers this request."""
    return cast(Process, current_app.extensions["sattle"])
