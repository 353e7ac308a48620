"""Rates: what pairs cost now, and where a store's rates come from (greenfield 5, rates.md)."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from marshmallow import Schema, fields

from app.api.greenfield.answers import Invalid, Problem
from app.api.greenfield.fields import Number, Request, Text, YesNo
from app.api.greenfield.process import process
from app.api.greenfield.routing import Access, Api, Call
from app.db.queries import reading
from app.db.queries_rates import RatesOfStore, rates_now, rates_of_store
from app.domain.permissions import Policy
from app.domain.rate_rules import UNCHOSEN, RateSettings, StoreRates, sources_offered
from app.domain.rate_script import LONGEST
from app.domain.rates import COIN, SOURCES, Pair, read_pair
from app.errors import BadInput, NotFound
from app.usecases.set_rates import Which, require_usable, set_rates

RATES = "/stores/<store_id>/rates"
CONFIGURATION = f"{RATES}/configuration"
MOST_PAIRS = 200
NO_FALLBACK = (404, "fallback-disabled")

part = Api("rates")


class PairsQuery(Request):
    """Without any, the store's own currencies."""

    currencyPair = fields.List(fields.String(), load_default=())


class Configuration(Request):
    """Rules of one's own, or a source; with neither the server's rules hold."""

    spread = Number(load_default=Decimal(0), as_number=True)
    isCustomScript = YesNo(load_default=False)
    effectiveScript = Text(load_default=None, most_bytes=LONGEST, allow_none=True)
    preferredSource = Text(load_default=None, most_bytes=100, allow_none=True)


class RateAnswer(Schema):
    """`rate` is the bid, null where there is none; `errors` say why."""

    currencyPair = fields.String(required=True)
    errors = fields.List(fields.String(), required=True)
    rate = fields.String(required=True, allow_none=True)


class SourceAnswer(Schema):
    id = fields.String(required=True)
    name = fields.String(required=True)


@part.operation(
    "GET",
    "/misc/rate-sources",
    base="",
    permission=Access.ANYONE,
    gives=SourceAnswer,
    many=True,
    summary="Where rates may come from",
)
def list_sources(call: Call) -> list[dict[str, str]]:
    """Those of this server."""
    return [{"id": source, "name": SOURCES[source]} for source in _offered()]


@part.operation(
    "GET",
    RATES,
    permission=Policy.VIEW_STORE,
    query=PairsQuery,
    gives=RateAnswer,
    many=True,
    summary="What pairs of currencies cost now",
)
def get_rates(call: Call) -> list[dict[str, Any]]:
    """By the store's rules, from the quotes that the worker fetched last."""
    store = _store(call)
    return _told_rates(call, store, store.rates)


@part.operation(
    "GET",
    CONFIGURATION,
    also=f"{CONFIGURATION}/primary",
    permission=Policy.VIEW_STORE,
    gives=Configuration,
    summary="Where a store's rates come from",
)
def get_configuration(call: Call) -> dict[str, Any]:
    """With the rules that hold."""
    return _told(_store(call).rates.primary)


@part.operation(
    "PUT",
    CONFIGURATION,
    also=f"{CONFIGURATION}/primary",
    permission=Policy.MODIFY_STORE,
    takes=Configuration,
    gives=Configuration,
    summary="Choose where a store's rates come from",
)
def set_configuration(call: Call) -> dict[str, Any]:
    """For invoices made from now on. A source that no store used before is asked within seconds."""
    return _set(call, "primary")


@part.operation(
    "GET",
    f"{CONFIGURATION}/fallback",
    permission=Policy.VIEW_STORE,
    gives=Configuration,
    errors=(NO_FALLBACK,),
    summary="Where rates come from when the first has none",
)
def get_fallback(call: Call) -> dict[str, Any]:
    """404 while there is none."""
    found = _store(call).rates.fallback
    if found is None:
        raise Problem(*NO_FALLBACK, "this store has no fallback for its rates; PUT one here")
    return _told(found)


@part.operation(
    "PUT",
    f"{CONFIGURATION}/fallback",
    permission=Policy.MODIFY_STORE,
    takes=Configuration,
    gives=Configuration,
    summary="Choose where rates come from when the first has none",
)
def set_fallback(call: Call) -> dict[str, Any]:
    """It is asked for a pair only when the first gives no value for it."""
    return _set(call, "fallback")


@part.operation(
    "DELETE", f"{CONFIGURATION}/fallback", permission=Policy.MODIFY_STORE, summary="Have no fallback for rates"
)
def remove_fallback(call: Call) -> None:
    """Without a value of the first, no invoice is made."""
    set_rates(call.store_id, "fallback", None)


@part.operation(
    "POST",
    f"{CONFIGURATION}/preview",
    permission=Policy.MODIFY_STORE,
    query=PairsQuery,
    takes=Configuration,
    gives=RateAnswer,
    many=True,
    summary="What pairs would cost by other rules",
)
def preview_rates(call: Call) -> list[dict[str, Any]]:
    """From the quotes at hand. Of a source that no store uses there may be none: its errors say so."""
    return _told_rates(call, _store(call), StoreRates(_settings(call.body)))


def _set(call: Call, which: Which) -> dict[str, Any]:
    settings = _settings(call.body)
    set_rates(call.store_id, which, settings)
    return _told(settings)


def _settings(body: Mapping[str, Any]) -> RateSettings:
    """Invalid names what cannot be used."""
    custom, source = body["isCustomScript"], (body["preferredSource"] or "").strip().lower() or None
    script = (body["effectiveScript"] or "") if custom else None
    settings = RateSettings(None if custom else source, script, body["spread"] or Decimal(0))
    require_usable(settings, _offered())
    return UNCHOSEN if settings == UNCHOSEN else settings


def _told(settings: RateSettings) -> dict[str, Any]:
    return {
        "spread": settings.spread_percent,
        "preferredSource": settings.source,
        "isCustomScript": settings.script is not None,
        "effectiveScript": settings.text(process().settings.rate_source),
    }


def _told_rates(call: Call, store: RatesOfStore, rates: StoreRates) -> list[dict[str, Any]]:
    pairs = list(_pairs(call.query["currencyPair"])) or [Pair(COIN, currency) for currency in store.currencies]
    found = rates_now(reading(), rates, process().settings.rate_source, dict.fromkeys(pairs), call.now)
    return [
        {
            "currencyPair": str(pair),
            "errors": priced.problems,
            "rate": None if priced.rate is None else f"{priced.rate.bid:f}",
        }
        for pair, priced in found.items()
    ]


def _pairs(texts: Iterable[str]) -> Iterable[Pair]:
    listed = [part for text in texts for part in text.split(",") if part.strip()]
    if len(listed) > MOST_PAIRS:
        raise Invalid(("currencyPair", f"at most {MOST_PAIRS} pairs at once"))
    for text in listed:
        try:
            yield read_pair(text)
        except BadInput as trouble:
            raise Invalid(("currencyPair", str(trouble))) from None


def _store(call: Call) -> RatesOfStore:
    store = rates_of_store(reading(), call.store_id)
    if store is None:
        raise NotFound(f"there is no store {call.store_id}")
    return store


def _offered() -> list[str]:
    settings = process().settings
    return sources_offered(settings.rate_source, settings.fixed_rates)
