"""/docs: our own OpenAPI document, and a page of it that a person can read."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from flask import Blueprint, Response, render_template

from app.api.greenfield.routing import Api

METHODS = ("get", "post", "put", "delete")


@dataclass(frozen=True)
class Row:
    """A field of a body or an answer, or a parameter. `depth` says how far inside it stands."""

    name: str
    kind: str
    required: bool
    depth: int = 0


@dataclass(frozen=True)
class Shown:
    """An operation as the page shows it."""

    method: str
    path: str
    told: Mapping[str, Any]
    parameters: list[Row]
    takes: list[Row]
    gives: list[Row]


def docs(parts: Iterable[Api]) -> Blueprint:
    """The routes of the document."""
    blueprint = Blueprint("docs", __name__)
    listed = tuple(parts)

    @lru_cache(maxsize=1)
    def document() -> dict[str, Any]:
        from app.api.greenfield.document import document as made  # noqa: PLC0415 - only who reads it waits for it

        return made(listed)

    @blueprint.get("/docs/openapi.json")
    def openapi() -> Response:
        """For programs of any origin."""
        response = Response(json.dumps(document()), mimetype="application/json")
        response.headers["Access-Control-Allow-Origin"] = "*"
        return response

    @blueprint.get("/docs")
    def page() -> str:
        """For people."""
        return render_template("docs.html", info=document()["info"], groups=grouped(document()))

    return blueprint


def grouped(document: Mapping[str, Any]) -> dict[str, list[Shown]]:
    """The operations by tag, in the document's order."""
    groups: dict[str, list[Shown]] = {}
    for path, methods in document["paths"].items():
        for method in METHODS:
            told = methods.get(method)
            if told is not None:
                groups.setdefault(told["tags"][0], []).append(_shown(document, method, path, told))
    return groups


def _shown(document: Mapping[str, Any], method: str, path: str, told: Mapping[str, Any]) -> Shown:
    parameters = [
        Row(each["name"], f"{_kind(document, each['schema'])}, in the {each['in']}", each.get("required", False))
        for each in told.get("parameters", [])
    ]
    takes = told.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    gives = told["responses"]["200"].get("content", {}).get("application/json", {}).get("schema", {})
    return Shown(method.upper(), path, told, parameters, list(_rows(document, takes)), list(_rows(document, gives)))


def _rows(document: Mapping[str, Any], schema: Mapping[str, Any], depth: int = 0) -> Iterable[Row]:
    whole = _resolved(document, _without_null(schema))
    if whole.get("type") == "array" or "items" in whole:
        yield from _rows(document, whole["items"], depth)
        return
    for name, inner in whole.get("properties", {}).items():
        yield Row(name, _kind(document, inner), name in whole.get("required", []), depth)
        yield from _rows(document, inner, depth + 1)


def _kind(document: Mapping[str, Any], schema: Mapping[str, Any]) -> str:
    """A schema in a few words: array of string, string or null (one of A, B)."""
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(_kind(document, each) for each in schema["anyOf"]))
    whole = _resolved(document, schema)
    types = whole.get("type", "any value")
    kind = " or ".join(types) if isinstance(types, list) else str(types)
    if "items" in whole:
        kind = kind.replace("array", f"array of {_kind(document, whole['items'])}", 1)
    words = [str(word) for word in whole.get("enum", []) if word is not None]
    return f"{kind} (one of {', '.join(words)})" if words else kind


def _resolved(document: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    if "$ref" not in schema:
        return schema
    found: Mapping[str, Any] = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return found


def _without_null(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    return next((each for each in schema.get("anyOf", []) if each.get("type") != "null"), schema)
