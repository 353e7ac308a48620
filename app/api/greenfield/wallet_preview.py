"""The addresses that a store's key leads to, for comparing with one's own wallet (greenfield 4)."""

from typing import Any

from marshmallow import Schema, ValidationError, fields

from app.api.greenfield.answers import Invalid, Problem
from app.api.greenfield.fields import Request, Whole
from app.api.greenfield.process import process
from app.api.greenfield.routing import Api, Call
from app.api.greenfield.store_methods import ONE, configured, require_supported
from app.api.greenfield.wallet_config import config_of, read_scheme
from app.domain.permissions import Policy

MOST_SHOWN = 1000
LAST_INDEX = 2**31 - 1
NOT_CONFIGURED = "paymentmethod-not-configured"

part = Api("wallet_preview")


class PreviewQuery(Request):
    """`count` addresses from index `offset` on."""

    offset = Whole(load_default=0, most=LAST_INDEX)
    count = Whole(load_default=10, most=MOST_SHOWN)


class Proposed(Request):
    """A key that is not the store's yet, in any of the forms in which it can be given."""

    derivationScheme = fields.Raw(load_default=None)
    config = fields.Raw(load_default=None)


class PreviewAddress(Schema):
    keyPath = fields.String(required=True)
    address = fields.String(required=True)


class Preview(Schema):
    addresses = fields.List(fields.Nested(PreviewAddress), required=True)


@part.operation(
    "GET",
    f"{ONE}/wallet/preview",
    permission=Policy.VIEW_WALLET,
    query=PreviewQuery,
    gives=Preview,
    errors=((404, NOT_CONFIGURED), (404, "paymentmethod-not-found")),
    summary="Addresses of the store's key",
)
def preview(call: Call, payment_method: str) -> dict[str, Any]:
    """As many as were asked for, used or not."""
    descriptor = configured(call.store_id, payment_method, NOT_CONFIGURED).wallet.descriptor
    return _addresses(call, lambda index: process().derive(descriptor, index).address)


@part.operation(
    "POST",
    f"{ONE}/wallet/preview",
    permission=Policy.MANAGE_WALLET_SETTINGS,
    query=PreviewQuery,
    takes=Proposed,
    gives=Preview,
    errors=((404, "paymentmethod-not-found"),),
    summary="Addresses of a key that the store might get",
)
def preview_proposed(call: Call, payment_method: str) -> dict[str, Any]:
    """Nothing is kept. Anything private is refused."""
    require_supported(payment_method)
    try:
        config = config_of(call.body)
    except ValidationError as trouble:
        raise Invalid(("DerivationScheme", str(trouble.messages[0]))) from None
    if not config.get("derivationScheme"):
        raise Invalid(("DerivationScheme", "give the extended public key or descriptor"))
    scheme = read_scheme(config, "DerivationScheme")
    return _addresses(call, lambda index: scheme.at(index).address)


@part.operation(
    "POST",
    f"{ONE}/wallet/generate",
    permission=Policy.MODIFY_STORE,
    errors=((400, "not-available"), (404, "paymentmethod-not-found")),
    summary="Refused: Sattle makes and holds no keys",
)
def generate(call: Call, payment_method: str) -> None:
    """A key that was made here could be stolen here."""
    require_supported(payment_method)
    raise Problem(
        400,
        "not-available",
        "Sattle holds no keys that can spend, so it makes none: make the wallet on a device of your own, and give its "
        "extended public key by PUT to this payment method",
    )


def _addresses(call: Call, address_at: Any) -> dict[str, Any]:
    first, count = call.query["offset"], call.query["count"]
    indexes = range(first, min(first + count, LAST_INDEX + 1))
    return {"addresses": [{"keyPath": f"0/{index}", "address": address_at(index)} for index in indexes]}
