"""Our own OpenAPI document, read from the declared operations and their schemas: what is served cannot differ."""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from marshmallow import Schema, fields

from app.api.greenfield.fields import Request
from app.api.greenfield.routing import Access, Api, Operation
from app.domain.exact_json import dumps
from app.domain.permissions import Policy
from app.domain.version import VERSION

ID = re.compile(r"<(\w+)>")
INTRODUCTION = "The Greenfield dialect of Sattle: what clients of BTCPay Server speak. Success is always status 200."
PROBLEM = {
    "type": "object",
    "description": "What went wrong; `missingPermission` comes with status 403.",
    "required": ["code", "message"],
    "properties": {
        "code": {"type": "string"},
        "message": {"type": "string"},
        "missingPermission": {"type": "string"},
    },
}
PROBLEMS = {
    "type": "array",
    "description": "What cannot be used, by its path: PascalCase in a body, camelCase in a query.",
    "items": {
        "type": "object",
        "required": ["path", "message"],
        "properties": {"path": {"type": "string"}, "message": {"type": "string"}},
    },
}
CREDENTIALS = {
    "API_Key": {
        "type": "apiKey",
        "name": "Authorization",
        "in": "header",
        "description": "The word token, a space and the key.",
    },
    "Basic": {"type": "http", "scheme": "basic", "description": "E-mail address and password of an account."},
}
COMMON_ERRORS = {
    400: "generic-error: the request cannot be read",
    401: "unauthenticated",
    403: "missing-permission, also for what is unknown or another's",
    404: "not-found",
    413: "payload-too-large",
    415: "unsupported-media-type",
    422: "What was sent cannot be used",
    429: "too-many-requests",
    503: "Try again later",
}


def document(parts: Iterable[Api]) -> dict[str, Any]:
    """The document of these parts, OpenAPI 3.1."""
    marshmallow = MarshmallowPlugin(schema_name_resolver=_schema_name)
    spec = APISpec("Sattle", VERSION, "3.1.0", plugins=[marshmallow], info={"description": INTRODUCTION})
    converter = marshmallow.converter
    assert converter is not None
    converter.add_attribute_function(_described)  # type: ignore[no-untyped-call]
    for name, scheme in CREDENTIALS.items():
        spec.components.security_scheme(name, scheme)
    spec.components.schema("Problem", PROBLEM)
    spec.components.schema("Problems", PROBLEMS)
    for part in parts:
        for operation in part.operations:
            if operation.listed:
                _add(spec, converter, operation)
    made: dict[str, Any] = json.loads(dumps(spec.to_dict()))  # decimals among the defaults become plain numbers
    return made


def _add(spec: APISpec, converter: Any, operation: Operation) -> None:
    for number, path in enumerate(operation.paths):
        told = {
            "tags": [operation.part.name],
            "operationId": f"{operation.part.name}_{operation.name}" + (f"_{number + 1}" if number else ""),
            "summary": operation.summary,
            "description": (operation.handler.__doc__ or "").strip(),
            "parameters": [*_path_parameters(path), *_query_parameters(converter, operation)],
            "responses": _responses(converter, operation, path),
            "security": [] if operation.permission is Access.ANYONE else [{"API_Key": []}, {"Basic": []}],
        }
        if isinstance(operation.permission, Policy):
            told["x-permissions"] = [operation.permission.value]
        if operation.takes is not None:
            told["requestBody"] = {"content": {"application/json": {"schema": operation.takes}}}
        spec.path(ID.sub(lambda found: "{" + _camel(found[1]) + "}", path), operations={operation.method.lower(): told})


def _path_parameters(path: str) -> list[dict[str, Any]]:
    text = {"type": "string"}
    return [{"name": _camel(name), "in": "path", "required": True, "schema": text} for name in ID.findall(path)]


def _query_parameters(converter: Any, operation: Operation) -> list[dict[str, Any]]:
    """A query has no null."""
    if operation.query is None:
        return []
    found: list[dict[str, Any]] = converter.schema2parameters(operation.query, location="query")
    for parameter in found:
        schema = parameter["schema"]
        schema["type"] = [each for each in schema["type"] if each != "null"]
        if schema.get("default", "") is None:
            del schema["default"]
    return found


def _responses(converter: Any, operation: Operation, path: str) -> dict[str, Any]:
    responses: dict[str, Any] = {"200": {"description": "Done"}}
    if operation.gives is not None:
        given: Any = operation.gives
        schema = given if isinstance(given, Schema) else converter.field2property(given)
        if operation.many:
            schema = {"type": "array", "items": schema}
        responses["200"]["content"] = {"application/json": {"schema": schema}}
    for status, text in _errors(operation, path).items():
        name = "Problems" if status == 422 else "Problem"
        content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}}
        responses[str(status)] = {"description": text, "content": content}
    return responses


def _errors(operation: Operation, path: str) -> Mapping[int, str]:
    statuses = {400, 429}
    if operation.permission is not Access.ANYONE:
        statuses.add(401)
    if isinstance(operation.permission, Policy):
        statuses.add(403)
    if ID.search(path):
        statuses.add(404)
    if operation.takes is not None:
        statuses |= {413, 415, 422}
    if operation.query is not None:
        statuses.add(422)
    texts = {status: COMMON_ERRORS[status] for status in statuses}
    for status, code in operation.errors:
        common = texts.get(status, COMMON_ERRORS.get(status, ""))
        texts[status] = code if code and not common else f"{common}; {code}" if code else common
    return dict(sorted(texts.items()))


def _described(_converter: Any, field: fields.Field[Any], ret: dict[str, Any], **_: Any) -> dict[str, Any]:
    """What our own kinds of fields say of themselves; in a request, null where a value may be missing."""
    describe = getattr(field, "described", None)
    if describe is not None:
        ret |= describe()
    nullable = field.allow_none or (
        isinstance(field.root, Request) and not field.required and field.parent is field.root
    )
    if not nullable:
        return {}
    if "$ref" in ret:
        ret["anyOf"] = [{"$ref": ret.pop("$ref")}, {"type": "null"}]
    elif "allOf" in ret:
        ret["anyOf"] = [*ret.pop("allOf"), {"type": "null"}]
    elif "enum" in ret:
        ret["enum"] = [*ret["enum"], None]
        ret["type"] = _with_null(ret.get("type"))
    elif "type" in ret:
        ret["type"] = _with_null(ret["type"])
    return {}


def _with_null(types: Any) -> list[str]:
    listed = list(types) if isinstance(types, list) else [types]
    return listed if "null" in listed else [*listed, "null"]


def _schema_name(schema: Any) -> str:
    return (schema if isinstance(schema, type) else type(schema)).__name__


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(word.capitalize() for word in others)
