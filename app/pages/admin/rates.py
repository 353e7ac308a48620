"""/admin/stores/{id}/rates: where a store's rates come from, and what a bitcoin costs by it. A look ahead first."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, request

from app.db.models import Store
from app.db.queries import reading
from app.db.queries_rates import RatesOfStore, rates_now, rates_of_store
from app.domain.permissions import Policy
from app.domain.rate_rules import UNCHOSEN, RateSettings, StoreRates, sources_offered
from app.domain.rate_script import LONGEST
from app.domain.rates import COIN, SOURCES, Pair
from app.errors import BadInput
from app.pages.admin import readings as read
from app.pages.admin.form import Field, Filled, filled, refused, sent
from app.pages.admin.frame import store_or_404
from app.pages.admin.store_frame import base_of, of_store
from app.pages.signed_in import for_forms, for_merchants, see_other
from app.services import services
from app.usecases.set_rates import require_usable, set_all_rates

blueprint = for_forms(Blueprint("admin_rates", __name__))
SERVER, RULES, NONE = "server", "rules", "none"
FIELD_OF = {"spread": "spread", "preferredSource": "source", "effectiveScript": "script"}


@dataclass(frozen=True)
class Priced:
    """What a bitcoin costs in a currency, or why nobody knows."""

    currency: str
    bid: str
    source: str
    problems: str


@blueprint.get("/admin/stores/<store_id>/rates")
@for_merchants
def page(store_id: str) -> Response:
    """The rules that hold, and what they give now."""
    store = store_or_404(store_id, Policy.VIEW_STORE)
    rates = _rates(store)
    return _page(store, filled(_fields(), _values(rates.rates)), rates.rates, saved=request.args.get("saved"))


@blueprint.post("/admin/stores/<store_id>/rates")
@for_merchants
def change(store_id: str) -> Response:
    """Show what the form's rules would give, or let them hold."""
    store = store_or_404(store_id, Policy.MODIFY_STORE)
    form, values = sent(_fields(), request.form)
    rates, form = _settings(form, values)
    if rates is None:
        return _page(store, form, _rates(store).rates, status=422)
    if request.form.get("do") != "save":
        return _page(store, form, rates, looks_ahead=True)
    set_all_rates(store.id, rates)
    return see_other(base_of(store.id) + "/rates?saved=1")


def _fields() -> tuple[Field, ...]:
    sources = tuple((source, SOURCES[source]) for source in _offered())
    chosen = services().settings.rate_source
    first = ((SERVER, f"As this server does ({SOURCES[chosen]})"), *sources, (RULES, "By rules of my own"))
    second = ((NONE, "None"), *sources)
    return (
        Field("source", "Rates come from", read.one_of(first), kind="choice", options=first),
        Field(
            "script",
            "Rules of your own",
            str,
            kind="area",
            hint="Only for “By rules of my own”. One a line, such as X_X = kraken(X_X);",
        ),
        Field(
            "spread",
            "Ask more than the rate says by",
            read.percent,
            lambda value: f"{value:f}",
            "number",
            "Covers what exchanging your bitcoin costs you.",
            unit="%",
        ),
        Field(
            "fallback",
            "When there is no rate, ask",
            read.one_of(second),
            kind="choice",
            options=second,
            hint="Without one, no invoice is made while the first source is silent.",
        ),
    )


def _values(rates: StoreRates) -> dict[str, Any]:
    primary, fallback = rates.primary, rates.fallback
    return {
        "source": RULES if primary.script is not None else primary.source or SERVER,
        "script": primary.text(services().settings.rate_source),
        "spread": primary.spread_percent,
        "fallback": (fallback.source or NONE) if fallback else NONE,
    }


def _settings(form: Filled, values: Mapping[str, Any]) -> tuple[StoreRates | None, Filled]:
    """What the form means; None, and the form with what is wrong, when it cannot be used."""
    if not form.is_good:
        return None, form
    source, fallback = values["source"], values["fallback"]
    script = request.form.get("script", "").replace("\r\n", "\n").strip()[: LONGEST + 1] if source == RULES else None
    chosen = RateSettings(None if source in (SERVER, RULES) else source, script, values["spread"])
    try:
        require_usable(chosen, _offered())
    except BadInput as trouble:
        return None, refused(form, FIELD_OF[trouble.field], trouble)
    second = None if fallback == NONE else RateSettings(fallback)
    return StoreRates(UNCHOSEN if chosen == UNCHOSEN else chosen, second), form


def _page(store: Store, form: Filled, rates: StoreRates, status: int = 200, **shown: object) -> Response:
    return of_store("admin/store/rates.html", store, status, form=form, priced=_priced(store, rates), **shown)


def _priced(store: Store, rates: StoreRates) -> list[Priced]:
    running = services()
    pairs = [Pair(COIN, currency) for currency in _rates(store).currencies]
    found = rates_now(reading(), rates, running.settings.rate_source, pairs, running.clock.now())
    return [
        Priced(
            pair.quote,
            f"{outcome.rate.bid:f}" if outcome.rate else "",
            outcome.source if outcome.rate else "",
            "; ".join(outcome.problems) if outcome.rate is None else "",
        )
        for pair, outcome in found.items()
    ]


def _rates(store: Store) -> RatesOfStore:
    return rates_of_store(reading(), store.id) or RatesOfStore(StoreRates(), (store.default_currency,))


def _offered() -> list[str]:
    settings = services().settings
    return sources_offered(settings.rate_source, settings.fixed_rates)
