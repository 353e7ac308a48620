"""API keys: the caller's own, and those of other people for who manages users (greenfield 7)."""

from typing import Any

from flask import request
from marshmallow import Schema, ValidationError, fields

from app.api.greenfield.answers import MissingPermission, Problem
from app.api.greenfield.fields import Request, Text
from app.api.greenfield.routing import Access, Api, Call
from app.db.models import ApiKey, User
from app.db.queries import reading
from app.db.queries_people import user_named, working_key
from app.domain.permissions import Permission, Policy, beyond, permission
from app.errors import NotFound
from app.usecases.create_api_key import LONGEST_LABEL, MadeKey, NewKey, create_api_key
from app.usecases.revoke_api_key import revoke_api_key

part = Api("api_keys")
MOST_PERMISSIONS = 200
NO_KEY = (404, "api-key-not-found")
NO_USER = (404, "user-not-found")


class PermissionText(fields.Field[Permission]):
    """`policy`, or `policy:storeId`."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Permission:
        try:
            return permission(value if isinstance(value, str) else "")
        except ValueError:
            raise ValidationError("it is no permission that this server knows; see /misc/permissions") from None


def few(given: list[Permission]) -> None:
    """ValidationError when there are more than anybody needs."""
    if len(given) > MOST_PERMISSIONS:
        raise ValidationError(f"name at most {MOST_PERMISSIONS}")


class KeyRequest(Request):
    """POST …/api-keys."""

    label = Text(load_default="", most_bytes=LONGEST_LABEL)
    permissions = fields.List(PermissionText(), load_default=list, validate=few)
    application_identifier = Text(data_key="applicationIdentifier", load_default=None, most_bytes=200)
    redirect = Text(load_default=None)  # taken and not used: a key made by a program goes back to that program


class KeyAnswer(Schema):
    """A key. Its text is told to whoever made it, or sent it."""

    apiKey = fields.String(required=True)
    label = fields.String(required=True)
    permissions = fields.List(fields.String(), required=True)


@part.operation(
    "GET", "/api-keys/current", permission=Access.ANY_KEY, gives=KeyAnswer, summary="This key", errors=(NO_KEY,)
)
def get_current_key(call: Call) -> dict[str, Any]:
    """What the key of this request may do."""
    row = _current(call)
    return _told(_sent_key(), row.label, row.permissions)


@part.operation(
    "DELETE",
    "/api-keys/current",
    permission=Access.ANY_KEY,
    gives=KeyAnswer,
    summary="Revoke this key",
    errors=(NO_KEY,),
)
def revoke_current_key(call: Call) -> dict[str, Any]:
    """End the key of this request; the answer says what it was."""
    row = _current(call)
    told = _told(_sent_key(), row.label, row.permissions)
    _revoke(row.id, call, row.user_id)
    return told


@part.operation(
    "POST", "/api-keys", permission=Policy.UNRESTRICTED, takes=KeyRequest, gives=KeyAnswer, summary="Make a key"
)
def create_key(call: Call) -> dict[str, Any]:
    """A key of the caller."""
    return _made(_create(call, call.holder.user_id))


@part.operation(
    "DELETE", "/api-keys/<apikey>", permission=Policy.UNRESTRICTED, summary="Revoke a key", errors=(NO_KEY,)
)
def revoke_key(call: Call, apikey: str) -> None:
    """End a key of the caller, named by its text or its id."""
    _revoke(apikey, call, call.holder.user_id)


@part.operation(
    "POST",
    "/users/<id_or_email>/api-keys",
    permission=Policy.MANAGE_USERS,
    takes=KeyRequest,
    gives=KeyAnswer,
    summary="Make a key for a user",
    errors=(NO_USER,),
)
def create_key_of_user(call: Call, id_or_email: str) -> dict[str, Any]:
    """A key of somebody else. For an administrator's key the caller must hold all that it may do."""
    person = _person(id_or_email)
    if person.is_administrator and beyond(call.holder.permissions, call.body["permissions"]):
        raise MissingPermission(Policy.UNRESTRICTED)
    return _made(_create(call, person.id))


@part.operation(
    "DELETE",
    "/users/<id_or_email>/api-keys/<apikey>",
    permission=Policy.MANAGE_USERS,
    summary="Revoke a key of a user",
    errors=(NO_USER, NO_KEY),
)
def revoke_key_of_user(call: Call, id_or_email: str, apikey: str) -> None:
    """End a key of somebody else, named by its text or its id."""
    _revoke(apikey, call, _person(id_or_email).id)


def _current(call: Call) -> ApiKey:
    row = working_key(reading(), call.holder.key_id) if call.holder.key_id else None
    if row is None:
        raise Problem(*NO_KEY, "These credentials are no API key")
    return row


def _sent_key() -> str:
    """The text of the key in this request: only its sender knows it."""
    return request.headers["Authorization"].strip().partition(" ")[2].strip()


def _person(id_or_email: str) -> User:
    found = user_named(reading(), id_or_email)
    if found is None:
        raise Problem(*NO_USER, "There is no such user")
    return found


def _create(call: Call, user_id: str) -> MadeKey:
    given = call.body
    permissions = tuple(dict.fromkeys(given["permissions"]))
    wanted = NewKey(user_id, given["label"], permissions, application_identifier=given["application_identifier"])
    return create_api_key(wanted, call.now)


def _revoke(key: str, call: Call, user_id: str) -> None:
    try:
        revoke_api_key(key, call.now, user_id)
    except NotFound as error:
        raise Problem(*NO_KEY, str(error)) from None


def _made(made: MadeKey) -> dict[str, Any]:
    return _told(made.text, made.label, made.permissions)


def _told(text: str, label: str, permissions: list[str]) -> dict[str, Any]:
    return {"apiKey": text, "label": label, "permissions": permissions}
