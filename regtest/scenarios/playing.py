"""Playing scenarios one after the other, and keeping what a report needs of each."""

import time
import traceback
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from regtest.chain import Chain
from regtest.errors import RegtestError
from regtest.scenarios.catalogue import Need, Scenario
from regtest.scenarios.server import PaymentSeen, Server
from regtest.scenarios.shops import OrderSeen, Shop, StandIn
from regtest.scenarios.stage import PATIENCE_SECONDS, Played, Stage


class Outcome(StrEnum):
    """How a scenario went."""

    PASSED = "passed"
    FAILED = "failed"
    LEFT_OUT = "left out"


@dataclass(frozen=True)
class InvoiceTold:
    """An invoice at the end of its scenario. `story` are the steps that its buyer may read; `order` is the shop's."""

    invoice_id: str
    order_id: str | None
    page: str
    standing: str
    price: str
    payments: Sequence[PaymentSeen]
    order: OrderSeen | None
    story: Sequence[dict[str, Any]]


@dataclass(frozen=True)
class Result:
    """What came of one scenario. `reason` is empty when it passed; `trouble` is what the report could not be told."""

    scenario: Scenario
    outcome: Outcome
    reason: str = ""
    seconds: float = 0
    done: Sequence[tuple[datetime, str]] = ()
    invoices: Sequence[InvoiceTold] = ()
    trouble: Sequence[str] = ()


@dataclass(frozen=True)
class Theatre:
    """Where scenarios are played. `is_bridged`: the server reads the shop's orders back."""

    server: Server
    chain: Chain
    shop: Shop | None = None
    may_move_time: bool = False
    is_bridged: bool = False
    patience_seconds: float = field(default=PATIENCE_SECONDS)

    def stage(self) -> Stage:
        """For one scenario."""
        return Stage(self.server, self.chain, self.shop, self.patience_seconds)

    def lacks(self, scenario: Scenario) -> Need | None:
        """The first thing that a scenario needs and this place has not."""
        has = {
            Need.TIME: self.may_move_time,
            Need.SHOP: self.shop is not None,
            Need.STAND_IN: isinstance(self.shop, StandIn),
            Need.BRIDGE: self.is_bridged,
            Need.SHOPS_TIME: self.shop is None or isinstance(self.shop, StandIn),
        }
        return next((need for need in Need if need in scenario.needs and not has[need]), None)


def play_all(theatre: Theatre, scenarios: Iterable[Scenario]) -> Iterator[Result]:
    """Play them in this order; each result comes as soon as it is there."""
    for scenario in scenarios:
        yield play(theatre, scenario)


def play(theatre: Theatre, scenario: Scenario) -> Result:
    """Play one. What goes wrong in it is its result."""
    lacking = theatre.lacks(scenario)
    if lacking is not None:
        return Result(scenario, Outcome.LEFT_OUT, lacking.value)
    stage, began, reason = theatre.stage(), time.monotonic(), ""
    try:
        scenario.play(stage)
    except Exception as error:  # noqa: BLE001 - whatever it is, the scenarios after this one are played
        reason = _in_words(error)
    seconds = time.monotonic() - began
    invoices, trouble = _told(stage)
    outcome = Outcome.FAILED if reason else Outcome.PASSED
    return Result(scenario, outcome, reason, seconds, stage.done, invoices, trouble)


def _told(stage: Stage) -> tuple[list[InvoiceTold], list[str]]:
    """The stories, and a sentence for each that could not be had: the server may be what failed."""
    told, trouble = [], []
    for played in stage.orders:
        try:
            told.append(_invoice(stage, played))
        except Exception as error:  # noqa: BLE001 - likewise
            trouble.append(f"{played}: {_in_words(error)}")
    return told, trouble


def _in_words(error: Exception) -> str:
    """What went wrong; of what nobody foresaw, its kind and where it happened."""
    if isinstance(error, RegtestError):
        return str(error)
    at = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__}: {error} (in {at.filename}, line {at.lineno})"


def _invoice(stage: Stage, played: Played) -> InvoiceTold:
    server, shown = stage.server, stage.server.invoice(played.invoice_id)
    return InvoiceTold(
        invoice_id=played.invoice_id,
        order_id=played.order_id,
        page=f"{server.url}/admin/invoices/{played.invoice_id}/story",
        standing=str(server.standing(played.invoice_id)),
        price=f"{shown['amount']} {shown['currency']}",
        payments=server.payments(played.invoice_id),
        order=stage.shop.look(played.order_id) if stage.shop and played.order_id else None,
        story=server.story(played.invoice_id),
    )
