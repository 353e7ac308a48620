"""What clients send (bitpay-api sections 3 to 5), read leniently: keys in any case, numbers as numbers or text."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields

from app.api.limits import MOST_BYTES, MOST_INDEXED_BYTES, require_reasonable, require_storable
from app.clock import from_unix
from app.db.queries_bitpay import InvoiceFilter
from app.domain.addresses import has_placeholder_in_host
from app.domain.exact_json import dumps
from app.domain.invoice import SpeedPolicy
from app.domain.web_address import why_no_web_address
from app.errors import BadInput
from app.usecases.create_invoice import NewInvoice

SPEEDS = {
    "high": SpeedPolicy.HIGH,
    "medium": SpeedPolicy.MEDIUM,
    "low-medium": SpeedPolicy.LOW_MEDIUM,
    "low": SpeedPolicy.LOW,
}
STATUS_FILTERS = {
    "new": "New",
    "paid": "Processing",
    "processing": "Processing",
    "complete": "Settled",
    "confirmed": "Settled",
    "settled": "Settled",
    "expired": "Expired",
    "invalid": "Invalid",
}
BUYER_NAMES = {  # ours: BitPay's request
    "name": "name",
    "address1": "address1",
    "address2": "address2",
    "locality": "city",
    "region": "state",
    "postalCode": "zip",
    "country": "country",
    "email": "email",
    "phone": "phone",
}
SOONEST_EXPIRY = timedelta(seconds=30)
LATEST_EXPIRY = timedelta(days=366)
MOST_POS_DATA_BYTES = 50_000


class Text(fields.Field[str]):
    """Text; a number or an object becomes its JSON text. What a database cannot store is refused, so is a long one."""

    def __init__(self, *, most_bytes: int = MOST_BYTES, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._most_bytes = most_bytes

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        text = value if isinstance(value, str) else dumps(value)
        return require_storable(text, self._most_bytes)


class Number(fields.Decimal):
    """A number of reasonable size, given as a JSON number or as text."""

    def _validated(self, value: Any) -> Decimal:
        number = super()._validated(value)
        if number is None:
            raise ValidationError("it is no number")
        return require_reasonable(number)


class WebAddress(Text):
    """An http or https address; empty means none. Placeholders stay as they are until it is used."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs).strip()
        if has_placeholder_in_host(text):
            raise ValidationError("a placeholder may stand in the path or the query, not in the host")
        if text and (why := why_no_web_address(text)):
            raise ValidationError(why)
        return text


class InvoiceRequest(Schema):
    """POST /invoices, keys already in lower case."""

    class Meta:
        unknown = EXCLUDE

    price = Number(allow_none=True, load_default=None)
    currency = Text(allow_none=True, load_default=None)
    orderid = Text(allow_none=True, load_default=None, most_bytes=MOST_INDEXED_BYTES)
    itemdesc = Text(allow_none=True, load_default=None)
    itemcode = Text(allow_none=True, load_default=None)
    posdata = Text(allow_none=True, load_default=None, most_bytes=MOST_POS_DATA_BYTES)
    notificationurl = WebAddress(allow_none=True, load_default=None, most_bytes=MOST_INDEXED_BYTES)
    notificationemail = Text(allow_none=True, load_default=None)
    fullnotifications = fields.Boolean(allow_none=True, load_default=False)
    extendednotifications = fields.Boolean(allow_none=True, load_default=False)
    redirecturl = WebAddress(allow_none=True, load_default=None, most_bytes=MOST_INDEXED_BYTES)
    redirectautomatically = fields.Boolean(allow_none=True, load_default=None)
    transactionspeed = Text(allow_none=True, load_default=None)
    expirationtime = Number(allow_none=True, load_default=None)
    buyer = fields.Dict(allow_none=True, load_default=dict)
    physical = fields.Boolean(allow_none=True, load_default=None)
    taxincluded = Number(allow_none=True, load_default=None)
    paymentcurrencies = fields.List(fields.String(), allow_none=True, load_default=None)
    supportedtransactioncurrencies = fields.Dict(keys=fields.String(), allow_none=True, load_default=None)
    defaultpaymentmethod = Text(allow_none=True, load_default=None)


INVOICE_REQUEST = InvoiceRequest()
BUYER_FIELD = Text(allow_none=True)


def lower_keys(body: Mapping[str, Any]) -> dict[str, Any]:
    """The same with keys in lower case: clients write orderID and Price."""
    return {str(name).lower(): value for name, value in body.items()}


def new_invoice(body: Mapping[str, Any], store_id: str, now: datetime, *, anonymous: bool) -> NewInvoice:
    """The invoice that a client asks for. BadInput names the first field that cannot be used."""
    given = lower_keys(body)
    try:
        asked = INVOICE_REQUEST.load(given)
        details = _details(asked, given)
    except ValidationError as error:
        raise BadInput(*_first_problem(error, body)) from None
    return NewInvoice(
        store_id=store_id,
        price=asked["price"],
        currency=asked["currency"] or None,
        order_id=asked["orderid"],
        details=details,
        payment_methods=_payment_methods(asked),
        speed_policy=SPEEDS.get((asked["transactionspeed"] or "").lower()),
        expires_at=_expiry(asked["expirationtime"], now),
        redirect_url=asked["redirecturl"] or None,
        redirect_automatically=asked["redirectautomatically"],
        notification_url=None if anonymous else asked["notificationurl"] or None,
        notification_email=asked["notificationemail"] or None,
        full_notifications=bool(asked["fullnotifications"]),
        extended_notifications=bool(asked["extendednotifications"]),
    )


def invoice_filter(query: Mapping[str, str]) -> InvoiceFilter:
    """The filter of GET /invoices. BadInput (dates, limit, offset); unknown status words are dropped."""
    given = lower_keys(query)
    end = _date("dateEnd", given.get("dateend"))
    words = (given.get("status") or "").lower().split(",")
    return InvoiceFilter(
        created_from=_date("dateStart", given.get("datestart")),
        created_before=end + timedelta(days=1) if end else None,
        order_id=given.get("orderid") or None,
        item_code=given.get("itemcode") or None,
        statuses=tuple({STATUS_FILTERS[word.strip()] for word in words if word.strip() in STATUS_FILTERS}),
        limit=_count("limit", given.get("limit"), default=100, most=1000),
        offset=_count("offset", given.get("offset"), default=0, most=2**31),
    )


def _details(asked: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    tax = asked["taxincluded"]
    details = {
        "itemDesc": asked["itemdesc"],
        "itemCode": asked["itemcode"],
        "posData": asked["posdata"],
        "taxIncluded": f"{tax:f}" if tax else None,
        "physical": asked["physical"],
        "defaultPaymentMethod": asked["defaultpaymentmethod"],
        "buyer": _buyer(lower_keys(asked["buyer"] or {}), given),
    }
    return {name: value for name, value in details.items() if value is not None}


def _buyer(nested: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, str] | None:
    """The buyer from `buyer` and from the top level, which wins."""
    found = {}
    for ours, theirs in BUYER_NAMES.items():
        name, value = f"buyer{theirs}", given.get(f"buyer{theirs}")
        if value is None:
            name, value = "buyer", nested.get(theirs)
        if value is not None:
            try:
                found[ours] = str(BUYER_FIELD.deserialize(value))
            except ValidationError as error:
                raise ValidationError({name: error.messages}) from None
    return found or None


def _payment_methods(asked: Mapping[str, Any]) -> tuple[str, ...] | None:
    """What is left of those that are named; None when none is. One that is named and not enabled is not offered."""
    chosen = {_method(name): True for name in asked["paymentcurrencies"] or []}
    for name, choice in (asked["supportedtransactioncurrencies"] or {}).items():
        chosen[_method(name)] = bool(choice.get("enabled", True) if isinstance(choice, Mapping) else choice)
    return tuple(name for name, enabled in chosen.items() if enabled) if chosen else None


def _method(name: str) -> str:
    """BTC, BTC_CHAIN and BTC-CHAIN all mean bitcoin on the chain."""
    upper = name.strip().upper().replace("_", "-")
    return "BTC-CHAIN" if upper in ("BTC", "BTC-ONCHAIN", "BTC-BTCLIKE") else upper


def _expiry(milliseconds: Decimal | None, now: datetime) -> datetime | None:
    if milliseconds is None:
        return None
    latest = now + LATEST_EXPIRY
    if milliseconds / 1000 > Decimal(int(latest.timestamp())):
        raise BadInput("expirationTime", str(milliseconds), "use milliseconds since 1970, at most a year ahead")
    if milliseconds / 1000 < Decimal(int((now + SOONEST_EXPIRY).timestamp())):
        raise BadInput("expirationTime", str(milliseconds), "The expirationTime is set too soon")
    return from_unix(0) + timedelta(milliseconds=int(milliseconds))


def _date(field: str, text: Any) -> datetime | None:
    if not text:
        return None
    try:
        day = datetime.strptime(str(text), "%m/%d/%Y").replace(tzinfo=UTC)
        day + timedelta(days=1)  # the filter asks for it, and the last day of all has none
    except (ValueError, OverflowError):
        raise BadInput(field, text, "write dates as MM/dd/yyyy") from None
    return day


def _count(field: str, text: Any, *, default: int, most: int) -> int:
    if not text:
        return default
    if not str(text).isascii() or not str(text).isdigit():
        raise BadInput(field, text, "use a whole number")
    return min(int(text[:12]), most)


def _first_problem(error: ValidationError, body: Mapping[str, Any]) -> tuple[str, Any, str]:
    messages = error.messages_dict
    field, told = next(iter(messages.items()))
    while isinstance(told, dict):
        told = next(iter(told.values()))
    remedy = told[0] if isinstance(told, list) and told else told
    name = next((str(name) for name in body if str(name).lower() == field), field)
    return name, body.get(name), str(remedy)
