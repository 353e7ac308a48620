"""The settings of a store as a form: what the checkout shows, what buyers are asked, where they go."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from app.db.models import Store
from app.domain.languages import LANGUAGES
from app.domain.store import DEFAULTS, RECEIPT, preferences
from app.pages.admin import readings as read
from app.pages.admin.form import Field

LONGEST_NAME = 50
SPEEDS = (
    ("HighSpeed", "At once, as soon as it is seen (risky)"),
    ("MediumSpeed", "After 1 confirmation"),
    ("LowMediumSpeed", "After 2 confirmations"),
    ("LowSpeed", "After 6 confirmations"),
)
FEES = (
    ("Never", "Never: a payment is worth what it carries"),
    ("MultiplePaymentsOnly", "Only of a second and later payment"),
    ("Always", "Always"),
)
LANGUAGE_CHOICES = tuple(sorted(LANGUAGES.items(), key=lambda item: item[1].casefold()))


def _plain(value: Any) -> str:
    return value or ""


def _percent(value: Decimal) -> str:
    return f"{value.normalize():f}" if value else "0"


def _switch(name: str, label: str, hint: str = "") -> Field:
    return Field(name, label, read.ticked, read.tick, "switch", hint)


GROUPS: Mapping[str, tuple[Field, ...]] = {
    "The shop": (
        Field("name", "Name", read.text(LONGEST_NAME), hint="Buyers see it on the payment page.", is_required=True),
        Field(
            "website", "Website", read.address, _plain, hint="Where buyers go back to when an order names no address."
        ),
        Field(
            "supportUrl", "Help for buyers", read.link, _plain, hint="A page, or mailto: and an address. Empty: none."
        ),
        Field(
            "default_currency",
            "Currency",
            read.currency,
            hint="Of invoices that name none: EUR, USD, BTC …",
            is_required=True,
        ),
        Field(
            "tracked_currencies",
            "Also note the rate in",
            read.currencies,
            " ".join,
            hint="Currencies whose rate is kept with each invoice, for your books. Example: USD CHF",
        ),
    ),
    "When an order is paid": (
        Field("speed_policy", "A payment counts", read.one_of(SPEEDS), kind="choice", options=SPEEDS),
        Field(
            "tolerance_percent",
            "May be short by",
            read.percent,
            _percent,
            "number",
            unit="%",
            hint="Exchanges take their fee from the amount. 0: every satoshi is asked for.",
        ),
        Field("network_fee_mode", "Ask the buyer for the network fee", read.one_of(FEES), kind="choice", options=FEES),
        Field(
            "expiration_seconds",
            "Time to pay",
            read.minutes("expiration_seconds"),
            read.in_minutes,
            "number",
            unit="minutes",
        ),
        Field(
            "display_timer_seconds",
            "Warn when less is left than",
            read.minutes("display_timer_seconds"),
            read.in_minutes,
            "number",
            unit="minutes",
        ),
        Field(
            "monitoring_seconds",
            "Wait for confirmations",
            read.minutes("monitoring_seconds"),
            read.in_minutes,
            "number",
            unit="minutes",
            hint="After the time to pay. A payment that takes longer is raised to you.",
        ),
        _switch("redirect_automatically", "Bring buyers back to the shop by itself once it is paid"),
        _switch(
            "anyone_can_create_invoice",
            "Let anybody make invoices",
            "For pay buttons on pages of yours. Shops that are connected do not need it.",
        ),
    ),
    "The payment page": (
        Field("brandColor", "Colour", read.colour, _plain, hint="As #RRGGBB. Empty: Sattle's green."),
        Field("logoUrl", "Logo", read.address, _plain, hint="The https: address of a picture."),
        Field("htmlTitle", "Title of the window", read.text(100), _plain, hint="Empty: the name of the store."),
        Field("defaultLang", "Language", read.language, kind="choice", options=LANGUAGE_CHOICES),
        _switch("autoDetectLanguage", "Prefer the language of the buyer's browser"),
        _switch("showStoreHeader", "Show the name of the store"),
        _switch("showPayInWalletButton", "Show the button that opens a wallet on the same device"),
        _switch(
            "lazyPaymentMethods",
            "Make the address when the buyer first looks",
            "Keeps the gap small where many orders are never looked at.",
        ),
    ),
    "The receipt": (
        _switch("receipt.enabled", "Give buyers a receipt"),
        _switch("receipt.showQR", "With a QR code"),
        _switch("receipt.showPayments", "With the payments"),
    ),
}
FIELDS = tuple(field for fields in GROUPS.values() for field in fields)


def values_of(store: Store) -> dict[str, Any]:
    """The form's values, by field."""
    kept = preferences(store.preferences)
    found = {}
    for field in FIELDS:
        place, _, part = field.name.partition(".")
        value = kept[place] if place in DEFAULTS else getattr(store, place)
        found[field.name] = value[part] if part else value
    return found


def settings_from(values: Mapping[str, Any]) -> dict[str, Any]:
    """What `set_store` is to change."""
    plain = {name: value for name, value in values.items() if name.partition(".")[0] not in DEFAULTS}
    chosen = {name: value for name, value in values.items() if name in DEFAULTS}
    emptied = {name: None for name, value in chosen.items() if value == "" and DEFAULTS[name] is None}
    receipt = {part: values[f"receipt.{part}"] for part in RECEIPT}
    return {**plain, "preferences": {**chosen, **emptied, "receipt": receipt}}
