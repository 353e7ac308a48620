"""What a store is paid by: list, give a key, switch on and off, remove (greenfield 4)."""

from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, fields

from app.api.greenfield.answers import Invalid, Problem
from app.api.greenfield.fields import Request, YesNo
from app.api.greenfield.process import process
from app.api.greenfield.routing import Api, Call
from app.api.greenfield.wallet_config import Config, read_scheme
from app.db.models import StorePaymentMethod
from app.db.queries import reading
from app.db.queries_stores import all_payment_methods
from app.domain.payment_methods import ONCHAIN, payment_method_id
from app.domain.permissions import Policy
from app.usecases.add_wallet import add_wallet
from app.usecases.set_payment_method import remove_payment_method, set_payment_method

ALL = "/stores/<store_id>/payment-methods"
ONE = f"{ALL}/<payment_method>"
NOT_FOUND = (404, "paymentmethod-not-found")

part = Api("store_payment_methods")


class MethodQuery(Request):
    """Whether the key is shown as well."""

    includeConfig = YesNo(load_default=False)


class MethodsQuery(MethodQuery):
    """Which are listed."""

    onlyEnabled = YesNo(load_default=None)


class MethodSettings(Request):
    """What is not given stays."""

    enabled = YesNo(load_default=None)
    config = Config(load_default=None)


class MethodAnswer(Schema):
    """A payment method of a store. `config` is there when it was asked for."""

    paymentMethodId = fields.String(required=True)
    enabled = fields.Boolean(required=True)
    config = fields.Dict(allow_none=True)


@part.operation(
    "GET",
    ALL,
    permission=Policy.VIEW_STORE,
    query=MethodsQuery,
    gives=MethodAnswer,
    many=True,
    summary="What a store is paid by",
)
def list_methods(call: Call) -> list[dict[str, Any]]:
    """Those that have a wallet; with onlyEnabled=false those that are switched off."""
    config, enabled = _may_show_config(call), call.query["onlyEnabled"]
    rows = all_payment_methods(reading(), call.store_id)
    return [_told(row, config=config) for row in rows if not enabled or row.enabled]


@part.operation(
    "GET",
    ONE,
    permission=Policy.VIEW_STORE,
    query=MethodQuery,
    gives=MethodAnswer,
    errors=(NOT_FOUND,),
    summary="One payment method of a store",
)
def get_method(call: Call, payment_method: str) -> dict[str, Any]:
    """Its key only for who may change it."""
    return _told(configured(call.store_id, payment_method), config=_may_show_config(call))


@part.operation(
    "PUT",
    ONE,
    permission=Policy.MODIFY_STORE,
    takes=MethodSettings,
    gives=MethodAnswer,
    errors=(NOT_FOUND,),
    summary="Give a store a key to be paid to, or switch a payment method on and off",
)
def change_method(call: Call, payment_method: str) -> dict[str, Any]:
    """Anything private is refused. Invoices that were made keep their addresses."""
    require_supported(payment_method)
    config, enabled = call.body["config"] or {}, call.body["enabled"]
    existing = _found(call.store_id)
    if config.get("derivationScheme"):
        scheme = read_scheme(config)
        on = enabled if enabled is not None else existing is None or existing.enabled
        network = process().settings.network
        add_wallet(call.store_id, scheme.descriptor, network, call.now, given=config, enabled=on)
    elif existing is None:
        raise Invalid(("Config", "the store has no key yet: give its extended public key or descriptor"))
    else:
        set_payment_method(call.store_id, ONCHAIN, enabled=enabled, noted=config)
    return _told(configured(call.store_id, payment_method), config=True)


@part.operation(
    "DELETE",
    ONE,
    permission=Policy.MODIFY_STORE,
    errors=(NOT_FOUND,),
    summary="Let a store not be paid by this any more",
)
def remove_method(call: Call, payment_method: str) -> None:
    """Addresses that were given out stay watched, and the same key goes on where it was."""
    remove_payment_method(call.store_id, configured(call.store_id, payment_method).payment_method)


def configured(store_id: str, payment_method: str, missing: str = NOT_FOUND[1]) -> StorePaymentMethod:
    """The store's payment method of an id in any spelling. Problem 404 when it has none."""
    require_supported(payment_method)
    row = _found(store_id)
    if row is None:
        raise Problem(404, missing, f"the store has no wallet for {ONCHAIN}")
    return row


def _found(store_id: str) -> StorePaymentMethod | None:
    return next((row for row in all_payment_methods(reading(), store_id) if row.payment_method == ONCHAIN), None)


def require_supported(payment_method: str) -> None:
    try:
        known = payment_method_id(payment_method) == ONCHAIN
    except ValueError:
        known = False
    if not known:
        raise Problem(*NOT_FOUND, f"this server has no such payment method; it has {ONCHAIN}")


def _may_show_config(call: Call) -> bool:
    """MissingPermission when the key is asked for by somebody who may not change it."""
    if call.query["includeConfig"]:
        call.require(Policy.MODIFY_STORE)
    return bool(call.query["includeConfig"])


def _told(row: StorePaymentMethod, *, config: bool) -> dict[str, Any]:
    told: dict[str, Any] = {"paymentMethodId": row.payment_method, "enabled": row.enabled}
    return told | {"config": _config(row)} if config else told


def _config(row: StorePaymentMethod) -> Mapping[str, Any]:
    """As the merchant wrote it; a key that came another way as its descriptor."""
    given = row.given or {}
    return {
        "derivationScheme": given.get("derivationScheme") or row.wallet.descriptor,
        "label": given.get("label"),
        "accountKeyPath": given.get("accountKeyPath"),
    }
