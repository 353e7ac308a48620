"""A store as Greenfield writes and reads it: every field of StoreData (greenfield 3)."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

from app.api.greenfield.fields import Choice, Data, Number, PaymentMethod, Request, Text, Whole, YesNo
from app.currencies import digits
from app.db.models import Store
from app.domain.invoice import NetworkFeeMode, SpeedPolicy
from app.domain.languages import language_code
from app.domain.payment_methods import payment_method_id
from app.domain.store import (
    DEFAULTS,
    LONGEST_SECONDS,
    SHORTEST_SECONDS,
    is_colour,
    is_link,
    is_web_address,
    preferences,
)

MOST_DAYS = 3650
LONGEST_NAME = 50
MOST_LISTED = 50
SETTINGS = {  # ours: Greenfield's
    "name": "name",
    "website": "website",
    "default_currency": "defaultCurrency",
    "speed_policy": "speedPolicy",
    "tolerance_percent": "paymentTolerance",
    "expiration_seconds": "invoiceExpiration",
    "monitoring_seconds": "monitoringExpiration",
    "display_timer_seconds": "displayExpirationTimer",
    "network_fee_mode": "networkFeeMode",
    "redirect_automatically": "redirectAutomatically",
    "anyone_can_create_invoice": "anyoneCanCreateInvoice",
    "default_payment_method": "defaultPaymentMethod",
    "tracked_currencies": "additionalTrackedRates",
    "archived": "archived",
}


class Currency(Text):
    """The code of a currency, in any case."""

    def _deserialize(self, value: Any, attr: str | None, data: Data, **kwargs: Any) -> str:
        code = super()._deserialize(value, attr, data, **kwargs).strip().upper()
        if digits(code) is None:
            raise ValidationError("use an ISO 4217 code, BTC or SATS")
        return code


class Checked(Text):
    """Text that a rule accepts. Empty text takes away what was there."""

    def __init__(self, accepts: Callable[[str], bool], remedy: str, **kwargs: Any) -> None:
        super().__init__(most_bytes=2_000, **kwargs)
        self._accepts, self._remedy = accepts, remedy

    def _deserialize(self, value: Any, attr: str | None, data: Data, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs).strip()
        if text and not self._accepts(text):
            raise ValidationError(self._remedy)
        return text


def web_address() -> Checked:
    return Checked(is_web_address, "give an absolute address: https://…", allow_none=True)


def seconds(setting: str) -> Whole:
    return Whole(least=SHORTEST_SECONDS[setting], most=LONGEST_SECONDS)


class AnyPaymentMethod(Text):
    """The id of a payment method in any spelling, be it supported or not. Empty text takes away what was there."""

    def _deserialize(self, value: Any, attr: str | None, data: Data, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs).strip()
        try:
            return payment_method_id(text) if text else ""
        except ValueError:
            raise ValidationError("write the id of a payment method, such as BTC-CHAIN") from None


class Language(Text):
    """A language of the checkout, by its code."""

    def _deserialize(self, value: Any, attr: str | None, data: Data, **kwargs: Any) -> str:
        code = language_code(super()._deserialize(value, attr, data, **kwargs))
        if code is None:
            raise ValidationError("use a code that /misc/lang lists")
        return code


Receipt = Request.from_dict(
    {name: YesNo(allow_none=True) for name in ("enabled", "showQR", "showPayments")}, name="Receipt"
)
Criterion = Request.from_dict(
    {
        "paymentMethodId": PaymentMethod(load_default=None, allow_none=True),
        "currencyCode": Currency(load_default="USD"),
        "amount": Number(load_default=None, allow_none=True),
        "above": YesNo(load_default=False),
    },
    name="PaymentMethodCriterion",
)


def store_fields() -> dict[str, fields.Field[Any]]:
    """What a client may set of a store. What is not given stays; empty text takes an address or a text away."""
    switches = [name for name, default in DEFAULTS.items() if isinstance(default, bool)]
    return {
        "name": Text(validate=validate.Length(1, LONGEST_NAME, error=f"use 1 to {LONGEST_NAME} characters")),
        "website": web_address(),
        "supportUrl": Checked(is_link, "give an absolute address: https:, mailto:, nostr: …", allow_none=True),
        "logoUrl": web_address(),
        "cssUrl": web_address(),
        "paymentSoundUrl": web_address(),
        "brandColor": Checked(is_colour, "write a colour as #RRGGBB", allow_none=True),
        "defaultCurrency": Currency(),
        "additionalTrackedRates": fields.List(Currency(), validate=most(MOST_LISTED)),
        "invoiceExpiration": seconds("expiration_seconds"),
        "displayExpirationTimer": seconds("display_timer_seconds"),
        "monitoringExpiration": seconds("monitoring_seconds"),
        "refundBOLT11Expiration": Whole(least=0, most=MOST_DAYS),
        "speedPolicy": Choice(*SpeedPolicy),
        "networkFeeMode": Choice(*NetworkFeeMode),
        "paymentTolerance": Number(as_number=True, validate=below_hundred()),
        "archived": YesNo(),
        "anyoneCanCreateInvoice": YesNo(),
        "redirectAutomatically": YesNo(),
        "receipt": fields.Nested(Receipt),
        "lightningDescriptionTemplate": Text(),
        "recommendedFeeBlockTarget": Whole(least=1, most=1008),
        "defaultLang": Language(most_bytes=40),
        "htmlTitle": Text(most_bytes=500, allow_none=True),
        "defaultPaymentMethod": AnyPaymentMethod(most_bytes=100, allow_none=True),
        "paymentMethodCriteria": fields.List(fields.Nested(Criterion), validate=most(MOST_LISTED)),
        **{name: YesNo() for name in switches},
    }


def most(count: int) -> validate.Length:
    return validate.Length(max=count, error=f"at most {count} of them")


def below_hundred() -> validate.Range:
    return validate.Range(0, 100, max_inclusive=False, error="it is a percentage from 0 to less than 100")


StoreSettings = Request.from_dict(store_fields(), name="StoreSettings")
NewStore = Request.from_dict(
    {**store_fields(), "name": Text(required=True, validate=validate.Length(1, LONGEST_NAME))}, name="NewStore"
)
StoreAnswer = Schema.from_dict(
    {"id": fields.String(required=True), **store_fields(), "name": fields.String(required=True)}, name="Store"
)


def settings_given(body: Mapping[str, Any]) -> dict[str, Any]:
    """What `set_store` is to change: columns by their names, and the preferences."""
    plain = {name: body[theirs] for name, theirs in SETTINGS.items() if theirs in body}
    if "tracked_currencies" in plain:
        plain["tracked_currencies"] = list(dict.fromkeys(plain["tracked_currencies"]))
    chosen = {name: value for name, value in body.items() if name in DEFAULTS}
    emptied = {name: None for name, value in chosen.items() if value == "" and DEFAULTS[name] is None}
    return {**plain, "preferences": {**chosen, **emptied}}


def told_store(row: Store) -> dict[str, Any]:
    """StoreData."""
    told = {"id": row.id, **{theirs: getattr(row, name) for name, theirs in SETTINGS.items()}}
    kept = preferences(row.preferences)
    kept["paymentMethodCriteria"] = [_told_criterion(one) for one in kept["paymentMethodCriteria"]]
    return told | kept


def _told_criterion(criterion: Mapping[str, Any]) -> dict[str, Any]:
    amount = criterion["amount"]
    return {**criterion, "amount": None if amount is None else f"{Decimal(amount):f}"}
