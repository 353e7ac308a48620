"""The composition root: the only place that names concrete adapters."""

from dataclasses import dataclass, field
from typing import cast

from flask import current_app

from app.clock import Clock
from app.settings import Settings


@dataclass
class Services:
    """What the edges of one process share. Reach it with `services()` inside an application context."""

    settings: Settings
    clock: Clock = field(init=False)

    def __post_init__(self) -> None:
        self.clock = Clock(self.settings.test_clock)


def services() -> Services:
    """The services of the running application."""
    return cast(Services, current_app.extensions["sattle"])
