"""From a request to values: JSON bodies and queries through their schemas, errors with Greenfield's paths."""

from collections.abc import Iterator, Mapping
from typing import Any

from flask import request
from marshmallow import Schema, ValidationError, fields

from app.api.greenfield.answers import Invalid, Problem
from app.domain.exact_json import loads


def read_body(schema: Schema) -> Mapping[str, Any]:
    """The body by its schema; an empty one counts as {}. Problem (415, 400), Invalid."""
    raw = request.get_data(cache=True)
    if not raw:
        return _loaded(schema, {}, pascal=True)
    if request.mimetype != "application/json" and not request.mimetype.endswith("+json"):
        raise Problem(415, "unsupported-media-type", "Send the body as JSON, with Content-Type: application/json")
    try:
        body = loads(raw)
    except (ValueError, RecursionError):
        raise Problem(400, "generic-error", "The body is not JSON") from None
    if not isinstance(body, dict):
        raise Problem(400, "generic-error", "The body is not a JSON object")
    return _loaded(schema, body, pascal=True)


def read_query(schema: Schema) -> Mapping[str, Any]:
    """The query by its schema, names in any case; what is empty was not given. Invalid.

    A list is given by repeating its name, as name[]=… or as name[0]=….
    """
    given: dict[str, list[str]] = {}
    for name, value in request.args.items(multi=True):
        if value != "":
            given.setdefault(name.partition("[")[0].lower(), []).append(value)
    values: dict[str, Any] = {}
    for name, one in schema.fields.items():
        key = one.data_key or name
        found = given.get(key.lower())
        if found:
            values[key] = found if isinstance(one, fields.List) else found[-1]
    return _loaded(schema, values, pascal=False)


def _loaded(schema: Schema, values: Mapping[str, Any], *, pascal: bool) -> Mapping[str, Any]:
    try:
        loaded: Mapping[str, Any] = schema.load(values)
    except ValidationError as error:
        renamed: Mapping[str, str] = getattr(schema, "paths", {})
        raise Invalid(*_problems(error.messages_dict, pascal=pascal, renamed=renamed)) from None
    return loaded


def _problems(messages: Mapping[Any, Any], *, pascal: bool, renamed: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for keys, told in _leaves(messages, ()):
        path = _path(keys, pascal=False)
        yield renamed.get(path) or _path(keys, pascal=pascal), told


def _leaves(messages: Any, keys: tuple[Any, ...]) -> Iterator[tuple[tuple[Any, ...], str]]:
    if isinstance(messages, Mapping):
        for key, inner in messages.items():
            yield from _leaves(inner, keys if key == "_schema" else (*keys, key))
    else:
        for told in messages if isinstance(messages, list) else [messages]:
            yield keys, str(told)


def _path(keys: tuple[Any, ...], *, pascal: bool) -> str:
    """checkout, paymentMethods, 0 as Checkout.PaymentMethods[0]."""
    path = ""
    for key in keys:
        if isinstance(key, int):
            path += f"[{key}]"
        else:
            name = str(key)
            path += ("." if path else "") + (name[:1].upper() + name[1:] if pascal else name)
    return path
