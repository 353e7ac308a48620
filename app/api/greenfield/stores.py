"""Stores: list, create, read, change, delete (greenfield 3)."""

from typing import Any

from app.api.greenfield.answers import Invalid
from app.api.greenfield.fields import Request, YesNo
from app.api.greenfield.routing import Api, Call
from app.api.greenfield.store_fields import (
    NewStore,
    StoreAnswer,
    StoreSettings,
    settings_given,
    told_store,
    web_address,
)
from app.db.models import Store
from app.db.queries import reading
from app.db.queries_stores import stores_by_id
from app.domain.permissions import Policy
from app.usecases.create_store import create_store, set_store
from app.usecases.delete_store import delete_store

FIRST_CURRENCY = "USD"  # of a store that names none

part = Api("stores")


class StoreQuery(Request):
    """Which stores are listed."""

    includeArchived = YesNo(load_default=False)


class Logo(Request):
    """A logo is an address; files are kept elsewhere."""

    logoUrl = web_address()


@part.operation(
    "GET",
    "/stores",
    permission=Policy.VIEW_STORE,
    any_store=True,
    query=StoreQuery,
    gives=StoreAnswer,
    many=True,
    summary="The stores that the caller may see",
)
def list_stores(call: Call) -> list[dict[str, Any]]:
    """Those that are put away only when asked for."""
    permitted = call.holder.stores_where(Policy.VIEW_STORE)
    return [told_store(row) for row in stores_by_id(reading(), permitted, archived=call.query["includeArchived"])]


@part.operation(
    "POST", "/stores", permission=Policy.MODIFY_STORE, takes=NewStore, gives=StoreAnswer, summary="Make a store"
)
def make_store(call: Call) -> dict[str, Any]:
    """The caller owns it. It needs a permission that is not limited to one store."""
    settings = {"default_currency": FIRST_CURRENCY, **settings_given(call.body)}
    name = settings.pop("name")
    return _told(create_store(name, call.now, settings, call.holder.user_id))


@part.operation("GET", "/stores/<store_id>", permission=Policy.VIEW_STORE, gives=StoreAnswer, summary="One store")
def get_store(call: Call) -> dict[str, Any]:
    """With every setting."""
    return _told(call.store_id)


@part.operation(
    "PUT",
    "/stores/<store_id>",
    permission=Policy.MODIFY_STORE,
    takes=StoreSettings,
    gives=StoreAnswer,
    summary="Change settings of a store",
)
def change_store(call: Call) -> dict[str, Any]:
    """What is null or missing stays as it is; empty text takes an address away."""
    set_store(call.store_id, settings_given(call.body))
    return _told(call.store_id)


@part.operation("DELETE", "/stores/<store_id>", permission=Policy.MODIFY_STORE, summary="Take a store out of use")
def remove_store(call: Call) -> None:
    """Nobody reaches it any more. Its invoices and wallets stay, archived: money may still arrive for them."""
    delete_store(call.store_id, call.now)


@part.operation(
    "POST",
    "/stores/<store_id>/logo",
    permission=Policy.MODIFY_STORE,
    takes=Logo,
    gives=StoreAnswer,
    summary="Give the address of a logo",
)
def set_logo(call: Call) -> dict[str, Any]:
    """Sattle keeps no files: logos are shown from where they are."""
    if not call.body.get("logoUrl"):
        raise Invalid(("LogoUrl", "files are not kept here; give the address of the picture: https://…"))
    return _with_logo(call.store_id, call.body["logoUrl"])


@part.operation(
    "DELETE", "/stores/<store_id>/logo", permission=Policy.MODIFY_STORE, gives=StoreAnswer, summary="Show no logo"
)
def remove_logo(call: Call) -> dict[str, Any]:
    """The picture itself stays where it is."""
    return _with_logo(call.store_id, None)


def _with_logo(store_id: str, address: str | None) -> dict[str, Any]:
    set_store(store_id, {"preferences": {"logoUrl": address}})
    return _told(store_id)


def _told(store_id: str) -> dict[str, Any]:
    return told_store(reading().get_one(Store, store_id))
