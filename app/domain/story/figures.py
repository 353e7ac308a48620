"""An invoice's figures as a story says them, worked out once from its facts."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cached_property

from app.domain.accounting import PromptTotals, prompt_totals
from app.domain.events import EventType
from app.domain.invoice import Status
from app.domain.money import coins_text
from app.domain.payment import confirmations
from app.domain.rates import SOURCES
from app.domain.story.facts import Asked, Happened, Seen, StoryFacts

SHORT = 8  # characters at each end of an address or a txid


class Figures:
    """The facts with their sums. Texts are plain and the same in every language."""

    def __init__(self, facts: StoryFacts) -> None:
        self.facts = facts
        self.invoice = facts.invoice
        self.seen = sorted(facts.payments, key=lambda seen: (seen.recorded_at, seen.payment.sort_key()))

    @cached_property
    def asked(self) -> Asked | None:
        """What is asked for by the method that was paid first, else by the first one."""
        paid = self.seen[0].payment.payment_method if self.seen else None
        found = [each for each in self.facts.asked if each.payment_method == paid]
        return next(iter(found or self.facts.asked), None)

    @cached_property
    def sums(self) -> PromptTotals | None:
        """Due and paid by that method."""
        if self.asked is None:
            return None
        payments = [seen.payment for seen in self.facts.payments]
        return prompt_totals(self.invoice, payments, self.asked.payment_method)

    @property
    def is_free(self) -> bool:
        return self.invoice.price == 0 and not self.facts.asked

    @property
    def price(self) -> str:
        return "" if self.invoice.price is None else self.money(self.invoice.price)

    @property
    def rate(self) -> Decimal:
        return self.invoice.prompt(self.asked.payment_method).rate if self.asked else Decimal(1)

    @property
    def total(self) -> str:
        return bitcoin(self.sums.total_due_sats if self.sums else 0)

    @property
    def paid_sats(self) -> int:
        return sum(seen.payment.value_sats for seen in self.facts.payments if seen.payment.accounted)

    @property
    def missing_sats(self) -> int:
        return self.sums.due_sats if self.sums and self.invoice.price is not None else 0

    @property
    def over_sats(self) -> int:
        return max(-self.sums.due_uncapped_sats, 0) if self.sums and self.invoice.price is not None else 0

    @property
    def window(self) -> str:
        return span(self.invoice.expires_at - self.facts.created_at)

    @property
    def is_open(self) -> bool:
        """Can money still pay it in time, as far as the clock says?"""
        return self.invoice.status is Status.NEW and self.facts.now < self.invoice.expires_at

    def events(self, *kinds: EventType) -> list[Happened]:
        """Those of these kinds, in the order in which they happened."""
        names = {kind.ipn_name for kind in kinds}
        return [event for event in self.facts.events if event.type in names]

    def last(self, *kinds: EventType) -> Happened | None:
        return next(reversed(self.events(*kinds)), None)

    def confirmations(self, seen: Seen) -> int:
        return confirmations(seen.payment, self.facts.tip) if self.facts.tip else 0

    def money(self, amount: Decimal) -> str:
        """1,234.50 EUR: at least the currency's decimals, more where the amount has them."""
        exponent = amount.normalize().as_tuple().exponent
        places = max(self.facts.digits, -exponent if isinstance(exponent, int) else 0)
        return f"{amount:,.{places}f} {self.facts.currency}"

    def source(self, asked: Asked) -> str:
        """The rate's source as people know it."""
        return SOURCES.get(asked.rate_source, asked.rate_source)


def bitcoin(sats: int) -> str:
    """0.00167000 BTC."""
    return f"{coins_text(sats)} BTC"


def in_all(found: Iterable[Seen]) -> str:
    return bitcoin(sum(seen.payment.value_sats for seen in found))


def short(text: str) -> str:
    """The two ends of what nobody reads out: bcrt1qw5…7kygt080."""
    return text if len(text) <= 2 * SHORT + 1 else f"{text[:SHORT]}…{text[-SHORT:]}"


def span(length: timedelta) -> str:
    """How long, in the units that everybody abbreviates: 45 s, 12 min, 3 h 20 min, 2 d 5 h."""
    seconds = max(int(length.total_seconds()), 0)
    if seconds < 60:
        return f"{seconds} s"
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86_400
    parts = [(days, "d"), (hours % 24, "h")] if days else [(hours, "h"), (minutes % 60, "min")]
    return " ".join(f"{number} {unit}" for number, unit in parts if number)


def clock(moment: datetime) -> str:
    """2026-01-31 09:05 UTC."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
