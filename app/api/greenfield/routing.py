"""Operations, declared once: their paths, who may call them, what they take and give. The document reads the same.

    part = Api("webhooks", {"webhook_id": Resource(store_of_webhook, "webhook-not-found")})

    @part.operation("GET", "/stores/<store_id>/webhooks/<webhook_id>", also="/webhooks/<webhook_id>",
                    permission=Policy.MODIFY_WEBHOOKS, gives=WebhookAnswer, summary="One webhook")
    def get_webhook(call: Call, webhook_id: str) -> dict[str, Any]: ...

A handler is called once the caller is known and allowed, the store is found (`call.store_id`, from the path or from the
resource that the path names) and body and query are read by their schemas. What it returns is answered as JSON with
status 200, None as an empty body, and a Response as it is. The ids of its path come as keywords, the store's left out.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any, NotRequired, TypedDict, TypeVar, Unpack

from flask import Blueprint, Response
from marshmallow import Schema, fields

from app.api.greenfield.answers import MissingPermission, Problem, answer
from app.api.greenfield.auth import NOBODY, authenticate
from app.api.greenfield.parsing import read_body, read_query
from app.api.greenfield.process import process
from app.db.queries import reading
from app.db.session import Session
from app.domain.permissions import Holder, Policy

BASE = "/api/v1"
METHODS = ("GET", "POST", "PUT", "DELETE")


class Access(Enum):
    """Who may call an operation that no policy guards."""

    ANYONE = "no credentials needed"
    ANY_KEY = "any credentials"


@dataclass(frozen=True)
class Resource:
    """What an id in a path names: how its store is found (None: no such thing), and the code when there is none."""

    store_of: Callable[[Session, str], str | None]
    missing: str


@dataclass(frozen=True)
class Call:
    """One request to an operation. `store_id` is empty for an operation that is not about one store."""

    holder: Holder
    store_id: str
    body: Mapping[str, Any]
    query: Mapping[str, Any]
    now: datetime

    def require(self, policy: Policy) -> None:
        """A policy more than the operation's own, for what this call asks. MissingPermission."""
        if not self.holder.may(policy, self.store_id or None):
            raise MissingPermission(policy)


Handler = Callable[..., object]
AnyHandler = TypeVar("AnyHandler", bound=Handler)


class Declared(TypedDict):
    """What `Api.operation` takes beside method and path.

    `also`: further paths of the same; `base` stands before all of them. `takes` and `query` read body and query,
    `gives` says how the answer looks (each of a list: `many`). `any_store`: the policy may be held for any store, and
    the handler picks those. `errors`: (status, code) beside those that every operation may have; 422 needs no code.
    """

    permission: Policy | Access
    summary: str
    also: NotRequired[str | tuple[str, ...]]
    base: NotRequired[str]
    takes: NotRequired[type[Schema]]
    query: NotRequired[type[Schema]]
    gives: NotRequired[type[Schema] | fields.Field[Any]]
    many: NotRequired[bool]
    any_store: NotRequired[bool]
    errors: NotRequired[tuple[tuple[int, str], ...]]


@dataclass(frozen=True)
class Operation:
    """An operation as it was declared."""

    part: "Api"
    method: str
    paths: tuple[str, ...]
    permission: Policy | Access
    handler: Handler
    summary: str
    takes: Schema | None = None
    query: Schema | None = None
    gives: Schema | fields.Field[Any] | None = None
    many: bool = False
    any_store: bool = False
    errors: tuple[tuple[int, str], ...] = ()
    listed: bool = True

    @property
    def name(self) -> str:
        return self.handler.__name__


@dataclass
class Api:
    """A part of the dialect: operations about one kind of thing, and the ids in their paths that name resources."""

    name: str
    resources: Mapping[str, Resource] = field(default_factory=dict)
    operations: list[Operation] = field(default_factory=list)

    def operation(self, method: str, path: str, **declared: Unpack[Declared]) -> Callable[[AnyHandler], AnyHandler]:
        """Declare an operation at `path` below /api/v1."""

        def declare(handler: AnyHandler) -> AnyHandler:
            also, takes, query = declared.get("also", ()), declared.get("takes"), declared.get("query")
            gives = declared.get("gives")
            base = declared.get("base", BASE)
            self.operations.append(
                Operation(
                    part=self,
                    method=method,
                    paths=tuple(base + each for each in (path, *((also,) if isinstance(also, str) else also))),
                    permission=declared["permission"],
                    handler=handler,
                    summary=declared["summary"],
                    takes=takes() if takes else None,
                    query=query() if query else None,
                    gives=gives() if isinstance(gives, type) else gives,
                    many=declared.get("many", False),
                    any_store=declared.get("any_store", False),
                    errors=declared.get("errors", ()),
                )
            )
            return handler

        return declare

    def everywhere_below(self, *paths: str, permission: Policy, summary: str) -> Callable[[AnyHandler], AnyHandler]:
        """Declare whatever stands at or below these paths, by any method: the document does not list it."""

        def declare(handler: AnyHandler) -> AnyHandler:
            places = tuple(f"{BASE}{path}{below}" for path in paths for below in ("", "/<path:below>"))
            self.operations += [
                Operation(self, method, places, permission, handler, summary, listed=False) for method in METHODS
            ]
            return handler

        return declare

    def register(self, blueprint: Blueprint) -> None:
        """Attach the operations to the application."""
        for operation in self.operations:
            view = _view(operation)
            for path in operation.paths:
                blueprint.add_url_rule(
                    path,
                    endpoint=f"{self.name}_{operation.name}_{operation.method}",
                    view_func=view,
                    methods=[operation.method],
                    strict_slashes=False,
                )


def _view(operation: Operation) -> Callable[..., Response]:
    def view(**ids: str) -> Response:
        now = process().clock.now()
        holder, store_id = _admitted(operation, ids, now)
        query = read_query(operation.query) if operation.query else {}
        body = read_body(operation.takes) if operation.takes else {}
        ids.pop("store_id", None)
        made = operation.handler(Call(holder, store_id, body, query, now), **ids)
        return made if isinstance(made, Response) else answer(made)

    return view


def _admitted(operation: Operation, ids: Mapping[str, str], now: datetime) -> tuple[Holder, str]:
    """Who calls, and for which store. Unauthenticated, MissingPermission, or Problem 404 within an allowed store."""
    named = ids.get("store_id")
    if operation.permission is Access.ANYONE:
        return NOBODY, named or ""
    holder = authenticate(named, now)
    if not isinstance(operation.permission, Policy):
        return holder, named or ""
    resource_id = next((name for name in operation.part.resources if name in ids), None)
    if named is not None:
        _require(holder, operation, named)
    if resource_id is not None:
        found = _store_of(operation, resource_id, ids[resource_id], named)
        if named is None:
            _require(holder, operation, found)
        elif found != named:
            raise MissingPermission(operation.permission)
        return holder, found or ""
    if named is None:
        _require_without_store(holder, operation)
    return holder, named or ""


def _store_of(operation: Operation, name: str, resource_id: str, named: str | None) -> str | None:
    """The store of the resource; None when a path without a store names nothing, which nobody may know."""
    resource = operation.part.resources[name]
    found = resource.store_of(reading(), resource_id)
    if found is None and named is not None:
        raise Problem(404, resource.missing, f"there is no {name.removesuffix('_id').replace('_', ' ')} with this id")
    return found


def _require(holder: Holder, operation: Operation, store_id: str | None) -> None:
    policy = operation.permission
    if isinstance(policy, Policy) and (store_id is None or not holder.may(policy, store_id)):
        raise MissingPermission(policy)


def _require_without_store(holder: Holder, operation: Operation) -> None:
    policy = operation.permission
    if not isinstance(policy, Policy):
        return
    held = holder.may_somewhere(policy) if operation.any_store else holder.may(policy)
    if not held:
        raise MissingPermission(policy)
