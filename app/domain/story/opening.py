"""From the order to the payment page: shop, Sattle, rate, address, checkout."""

from app.domain.invoice import Status
from app.domain.rates import FIXED
from app.domain.story.facts import Asked
from app.domain.story.figures import Figures, clock, short, span
from app.domain.story.steps import Fact, Key, State, Step


def opening(told: Figures) -> list[Step]:
    """The first five steps."""
    return [_shop(told), _sattle(told), *(_asked(told, told.asked) if told.asked else _not_asked(told))]


def _shop(told: Figures) -> Step:
    facts = told.facts
    variant = "done" if facts.order_id and told.price else "no_price" if not told.price else "no_order"
    values = {"store": facts.store, "order": facts.order_id or "", "price": told.price}
    shown = [(Fact.ORDER, facts.order_id), (Fact.PRICE, told.price)]
    return Step(
        Key.SHOP,
        variant,
        State.DONE,
        facts.created_at,
        values,
        tuple((fact, text) for fact, text in shown if text),
        (("order_id", facts.order_id or "none"), ("price", told.price or "none"), ("currency", facts.currency)),
    )


def _sattle(told: Figures) -> Step:
    facts, invoice = told.facts, told.invoice
    raw = (
        ("invoice", facts.id),
        ("created_at", facts.created_at.isoformat()),
        ("expires_at", invoice.expires_at.isoformat()),
        ("monitoring_ends_at", invoice.monitoring_ends_at.isoformat()),
        ("speed_policy", invoice.speed_policy.value),
        ("tolerance_percent", f"{invoice.tolerance_percent:f}"),
        ("network_fee_mode", invoice.network_fee_mode.value),
    )
    values = {"window": told.window, "deadline": clock(invoice.expires_at)}
    shown = ((Fact.DEADLINE, clock(invoice.expires_at)),)
    return Step(Key.SATTLE, "free" if told.is_free else "done", State.DONE, facts.created_at, values, shown, raw)


def _asked(told: Figures, asked: Asked) -> list[Step]:
    return [_rate(told, asked), _address(told, asked), _checkout(told, asked)]


def _rate(told: Figures, asked: Asked) -> Step:
    at = max(told.facts.created_at, asked.rate_at)
    in_coins = told.facts.currency == "BTC"
    fixed = "fixed" if asked.rate_source == FIXED else "done"
    variant = "no_price" if not told.price else "in_coins" if in_coins else fixed
    rate, source = told.money(told.rate), told.source(asked)
    values = {
        "rate": rate,
        "source": source,
        "price": told.price,
        "total": told.total,
        "age": span(told.facts.created_at - asked.rate_at),
    }
    shown = () if in_coins else ((Fact.RATE, rate), (Fact.RATE_SOURCE, source), (Fact.RATE_AT, clock(asked.rate_at)))
    raw = (("rate", f"{told.rate:f}"), ("rate_source", asked.rate_source), ("rate_at", asked.rate_at.isoformat()))
    return Step(Key.RATE, variant, State.DONE, at, values, shown, raw)


def _address(told: Figures, asked: Asked) -> Step:
    variant = "given" if asked.address_index is None else "done"
    values: dict[str, str | int] = {"address": short(asked.destination), "index": asked.address_index or 0}
    shown = [(Fact.ADDRESS, asked.destination)]
    raw = [("payment_method", asked.payment_method), ("network", asked.network)]
    if asked.key_path is not None:
        shown.append((Fact.KEY_PATH, asked.key_path))
        raw += [("key_path", asked.key_path), ("script", asked.script or "")]
    at = max(told.facts.created_at, asked.rate_at)
    return Step(Key.ADDRESS, variant, State.DONE, at, values, tuple(shown), tuple(raw))


def _checkout(told: Figures, asked: Asked) -> Step:
    at = max(told.facts.created_at, asked.rate_at)
    values = {"total": told.total, "window": told.window}
    shown = ((Fact.AMOUNT, told.total),) if told.price else ()
    raw = (("due_sats", str(told.sums.total_due_sats if told.sums else 0)), ("destination", asked.destination))
    return Step(Key.CHECKOUT, "done" if told.price else "no_price", State.DONE, at, values, shown, raw)


def _not_asked(told: Figures) -> list[Step]:
    """Nothing is asked for: there is nothing to pay, or nobody has looked at the page yet."""
    keys = (Key.RATE, Key.ADDRESS, Key.CHECKOUT)
    if told.is_free or told.invoice.status is not Status.NEW:
        variant = "free" if told.is_free else "never"
        return [Step(key, variant, State.SKIPPED, told.facts.created_at) for key in keys]
    first = State.NOW if told.is_open else State.WAITING
    return [Step(key, "lazy", first if key is Key.RATE else State.WAITING) for key in keys]
