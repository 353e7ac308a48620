"""The caller's account, and the people of a store with their roles (greenfield 3 and 9)."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from marshmallow import Schema, fields

from app.api.greenfield.answers import Invalid, Problem
from app.api.greenfield.fields import Choice, Request, Text
from app.api.greenfield.routing import Api, Call
from app.db.models import User
from app.db.queries import reading
from app.db.queries_people import user_named, users_of
from app.domain.permissions import ROLES, Policy, Role
from app.errors import NotFound
from app.usecases.set_role import AlreadyThere, LastOwner, add_to_store, remove_from_store, set_role

part = Api("users")
NO_USER = (404, "user-not-found")
TWICE = (409, "duplicate-store-user-role")
ORPHANED = (409, "store-user-role-orphaned")
WORDS = tuple(role.value for role in Role)


class UserAnswer(Schema):
    """An account. Sattle sends no e-mails and needs nobody's approval."""

    id = fields.String(required=True)
    email = fields.String(required=True)
    name = fields.String(required=True, allow_none=True)
    imageUrl = fields.String(required=True, allow_none=True)
    invitationUrl = fields.String(required=True, allow_none=True)
    emailConfirmed = fields.Boolean(required=True)
    requiresEmailConfirmation = fields.Boolean(required=True)
    approved = fields.Boolean(required=True)
    requiresApproval = fields.Boolean(required=True)
    created = fields.Integer(required=True)
    disabled = fields.Boolean(required=True)
    roles = fields.List(fields.String(), required=True)


class StoreUserAnswer(UserAnswer):
    """A person of a store."""

    userId = fields.String(required=True)
    role = fields.String(required=True)
    storeRole = fields.String(required=True)


class RoleAnswer(Schema):
    """What a role includes."""

    id = fields.String(required=True)
    role = fields.String(required=True)
    permissions = fields.List(fields.String(), required=True)
    isServerRole = fields.Boolean(required=True)


class StoreUserRequest(Request):
    """Whom, and as what. `userId` and `role` are the older names."""

    id = Text(load_default=None, most_bytes=254)
    user_id = Text(data_key="userId", load_default=None, most_bytes=254)
    email = Text(load_default=None, most_bytes=254)
    store_role = Choice(*WORDS, data_key="storeRole", load_default=None)
    role = Choice(*WORDS, load_default=None)


@part.operation(
    "GET", "/users/me", also="/users/current", permission=Policy.VIEW_PROFILE, gives=UserAnswer, summary="Your account"
)
def get_me(call: Call) -> dict[str, Any]:
    """Whose key this is."""
    found = user_named(reading(), call.holder.user_id)
    if found is None:
        raise Problem(*NO_USER, "The account is gone")
    return _told(found)


@part.operation(
    "GET",
    "/stores/<store_id>/users",
    permission=Policy.VIEW_STORE,
    gives=StoreUserAnswer,
    many=True,
    summary="The people of a store",
)
def list_store_users(call: Call) -> list[dict[str, Any]]:
    """Everybody with a role in the store."""
    return [
        _told(user) | {"userId": user.id, "role": role, "storeRole": role}
        for user, role in users_of(reading(), call.store_id)
    ]


@part.operation(
    "POST",
    "/stores/<store_id>/users",
    permission=Policy.MODIFY_STORE,
    takes=StoreUserRequest,
    summary="Add a person to a store",
    errors=(NO_USER, TWICE),
)
def add_store_user(call: Call) -> None:
    """An account that exists gets a role."""
    given = call.body
    named = given["id"] or given["user_id"] or given["email"]
    if not named:
        raise Invalid(("Id", "name the account by id or email"))
    with _told_as_problems():
        add_to_store(call.store_id, named, _role(call))


@part.operation(
    "PUT",
    "/stores/<store_id>/users/<id_or_email>",
    permission=Policy.MODIFY_STORE,
    takes=StoreUserRequest,
    summary="Change the role of a person",
    errors=(NO_USER, ORPHANED),
)
def update_store_user(call: Call, id_or_email: str) -> None:
    """Another role for a person of the store."""
    with _told_as_problems():
        set_role(call.store_id, id_or_email, _role(call))


@part.operation(
    "DELETE",
    "/stores/<store_id>/users/<id_or_email>",
    permission=Policy.MODIFY_STORE,
    summary="Take a person out of a store",
    errors=(NO_USER, ORPHANED),
)
def remove_store_user(call: Call, id_or_email: str) -> None:
    """The last owner stays."""
    with _told_as_problems():
        remove_from_store(call.store_id, id_or_email)


@part.operation(
    "GET",
    "/stores/<store_id>/roles",
    permission=Policy.VIEW_STORE,
    gives=RoleAnswer,
    many=True,
    summary="The roles that people can have",
)
def list_store_roles(call: Call) -> list[dict[str, Any]]:
    """The same four in every store."""
    return [
        {
            "id": role.value,
            "role": role.value,
            "permissions": [policy.value for policy in policies],
            "isServerRole": True,
        }
        for role, policies in ROLES.items()
    ]


@contextmanager
def _told_as_problems() -> Iterator[None]:
    """What the use cases refuse, with the codes of section 3."""
    try:
        yield
    except NotFound as error:
        raise Problem(*NO_USER, str(error)) from None
    except AlreadyThere as error:
        raise Problem(*TWICE, str(error)) from None
    except LastOwner as error:
        raise Problem(*ORPHANED, str(error)) from None


def _role(call: Call) -> Role:
    word = call.body["store_role"] or call.body["role"]
    if not word:
        raise Invalid(("StoreRole", f"use one of {', '.join(WORDS)}"))
    return Role(word)


def _told(user: User) -> dict[str, Any]:
    return {
        "id": user.id,
        "email": user.email,
        "name": None,
        "imageUrl": None,
        "invitationUrl": None,
        "emailConfirmed": True,
        "requiresEmailConfirmation": False,
        "approved": True,
        "requiresApproval": False,
        "created": int(user.created_at.timestamp()),
        "disabled": user.disabled,
        "roles": ["ServerAdmin"] if user.is_administrator else [],
    }
