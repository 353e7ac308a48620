"""What clients send about pull payments and payouts, and how those look to them (greenfield 2.7 and 10)."""

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation

from marshmallow import Schema, ValidationError, fields

from app.api.greenfield.answers import Invalid
from app.api.greenfield.fields import Choice, Data, FreeObject, Number, Request, Text, UnixTime, Whole, YesNo
from app.domain.payment_methods import ONCHAIN, payment_method_id
from app.domain.payout import PayoutState
from app.domain.refund import Variant

LONGEST_DAYS = 36_500


class PayoutMethods(fields.List[str]):
    """Ids in any spelling; those that this server cannot pay by are passed over, as long as one remains."""

    def __init__(self, *, data_key: str) -> None:
        super().__init__(Text(), data_key=data_key, load_default=list)


class PullPaymentRequest(Request):
    """POST /stores/{storeId}/pull-payments. `paymentMethods` is what older clients call `payoutMethods`."""

    name = Text(required=True)
    description = Text(load_default="")
    amount = Number(required=True)
    currency = Text(required=True, most_bytes=100)
    payout_methods = PayoutMethods(data_key="payoutMethods")
    payment_methods = PayoutMethods(data_key="paymentMethods")
    bolt11_days = Whole(data_key="BOLT11Expiration", load_default=30, most=LONGEST_DAYS)
    starts_at = UnixTime(data_key="startsAt", load_default=None)
    expires_at = UnixTime(data_key="expiresAt", load_default=None)
    auto_approve = YesNo(data_key="autoApproveClaims", load_default=False)


class PullPaymentsQuery(Request):
    """GET /stores/{storeId}/pull-payments."""

    include_archived = YesNo(data_key="includeArchived", load_default=False)


class PullPaymentAnswer(Schema):
    """PullPaymentData. `viewLink` is where it is claimed."""

    id = fields.String(required=True)
    name = fields.String(required=True)
    description = fields.String(required=True)
    currency = fields.String(required=True)
    amount = Number(required=True)
    bolt11_days = Whole(data_key="BOLT11Expiration", required=True)
    auto_approve = fields.Boolean(data_key="autoApproveClaims", required=True)
    archived = fields.Boolean(required=True)
    view_link = fields.String(data_key="viewLink", required=True)
    starts_at = UnixTime(data_key="startsAt", required=True)
    expires_at = UnixTime(data_key="expiresAt", required=True, allow_none=True)


class ClaimRequest(Request):
    """POST /pull-payments/{pullPaymentId}/payouts."""

    destination = Text(required=True, most_bytes=2_000)
    amount = Number(load_default=None)
    payout_method = Text(data_key="payoutMethodId", load_default=None)
    payment_method = Text(data_key="paymentMethod", load_default=None)


class PayoutRequest(ClaimRequest):
    """POST /stores/{storeId}/payouts."""

    pull_payment_id = Text(data_key="pullPaymentId", load_default=None)
    is_approved = YesNo(data_key="approved", load_default=False)
    metadata = FreeObject(load_default=dict)


class PayoutsQuery(Request):
    """GET …/payouts."""

    include_cancelled = YesNo(data_key="includeCancelled", load_default=False)


class RateRule(fields.Field[Decimal]):
    """A rate as a number, original currency per bitcoin. Null, and what is missing, mean the store's own."""

    def _deserialize(self, value: object, attr: str | None, data: Data, **kwargs: object) -> Decimal:
        try:
            rate = Decimal(str(value).strip())
        except InvalidOperation:
            raise ValidationError("give a rate as a number, or leave it out: the store's own is used then") from None
        if not rate.is_finite() or not Decimal(0) < rate < Decimal(10) ** 15:
            raise ValidationError("a rate is more than 0")
        return rate


class ApprovalRequest(Request):
    """POST /payouts/{payoutId}."""

    revision = Whole(load_default=None)
    rate = RateRule(data_key="rateRule", load_default=None)


class PayoutMarkRequest(Request):
    """POST /payouts/{payoutId}/mark."""

    state = Choice(*PayoutState, required=True)
    proof = FreeObject(data_key="paymentProof", load_default=None)


class PayoutAnswer(Schema):
    """PayoutData. `payoutAmount` is known once it is approved; `date` is in unix seconds, as text."""

    id = fields.String(required=True)
    revision = Whole(required=True)
    pull_payment_id = fields.String(data_key="pullPaymentId", required=True, allow_none=True)
    date = fields.String(required=True)
    destination = fields.String(required=True)
    original_currency = fields.String(data_key="originalCurrency", required=True)
    original_amount = Number(data_key="originalAmount", required=True)
    payout_currency = fields.String(data_key="payoutCurrency", required=True)
    payout_amount = Number(data_key="payoutAmount", required=True, allow_none=True)
    payout_method = fields.String(data_key="payoutMethodId", required=True)
    state = Choice(*PayoutState, required=True)
    proof = FreeObject(data_key="paymentProof", required=True, allow_none=True)
    metadata = FreeObject(required=True)


class RefundRequest(Request):
    """POST /invoices/{invoiceId}/refund."""

    variant = Choice(*Variant, data_key="refundVariant", required=True)
    name = Text(load_default=None)
    description = Text(load_default="")
    payout_methods = PayoutMethods(data_key="payoutMethods")
    payout_method = Text(data_key="payoutMethodId", load_default=None)
    payment_method = Text(data_key="paymentMethod", load_default=None)
    subtract_percent = Number(data_key="subtractPercentage", load_default=Decimal(0))
    custom_amount = Number(data_key="customAmount", load_default=None)
    custom_currency = Text(data_key="customCurrency", load_default=None, most_bytes=100)


class RefundQuoteAnswer(Schema):
    """What each variant would come to. `paymentAmountNow` is null while there is no rate."""

    payment_amount_now = Number(data_key="paymentAmountNow", as_number=True, required=True, allow_none=True)
    payment_amount_then = Number(data_key="paymentAmountThen", as_number=True, required=True)
    invoice_amount = Number(data_key="invoiceAmount", as_number=True, required=True)
    overpaid_payment_amount = Number(data_key="overpaidPaymentAmount", as_number=True, required=True, allow_none=True)
    payment_currency = fields.String(data_key="paymentCurrency", required=True)
    payment_digits = Whole(data_key="paymentCurrencyDivisibility", required=True)
    invoice_currency = fields.String(data_key="invoiceCurrency", required=True)
    invoice_digits = Whole(data_key="invoiceCurrencyDivisibility", required=True)


def require_payable(path: str, methods: Sequence[str]) -> None:
    """Invalid where none of the methods is one that this server pays by, or one is no method at all."""
    found = set()
    for index, text in enumerate(methods):
        try:
            found.add(payment_method_id(text))
        except ValueError:
            raise Invalid((f"{path}[{index}]", "it is no payment method; use BTC-CHAIN")) from None
    if methods and ONCHAIN not in found:
        raise Invalid((path, f"this server pays by {ONCHAIN} only"))
