"""Every answer in the contract tests, held against two documents: our own, and the dialect's where it is at hand."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012
from werkzeug.test import TestResponse

from regtest.state import PROJECT_ROOT

DIALECT = PROJECT_ROOT.parent / "shared" / "spec" / "openapi" / "greenfield-subset.json"
OURS = "urn:ours"
THEIRS = "urn:theirs"
UNSUPPORTED = 410  # routes of before version 2 lie below listed ones, and are not listed themselves
METHODS = ("get", "post", "put", "delete")


@dataclass
class Document:
    """An OpenAPI document that answers are held against. `strict`: it must list every status that occurs."""

    uri: str
    content: Mapping[str, Any]
    strict: bool
    checked: int = 0
    _validators: dict[str, Draft202012Validator] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._registry = Registry().with_resource(self.uri, Resource(self.content, DRAFT202012))
        self._paths = [(re.compile(_pattern(path)), path) for path in sorted(self.content["paths"], key=_literal_first)]

    def problems(self, method: str, path: str, status_code: int, body: bytes) -> Iterator[str]:
        """What is wrong with an answer; nothing for a path or method that the document does not list."""
        if status_code == UNSUPPORTED:
            return
        template = next((path_ for pattern, path_ in self._paths if pattern.fullmatch(path)), None)
        operation = self.content["paths"].get(template, {}).get(method.lower())
        if template is None or operation is None:
            return
        self.checked += 1
        status = str(status_code)
        response = operation["responses"].get(status)
        if response is None:
            if self.strict:
                yield f"{method} {template} answers {status}, which the document does not list"
            return
        schema = response.get("content", {}).get("application/json", {}).get("schema")
        if schema is None:
            if self.strict and body:
                yield f"{method} {template} answers {status} with a body that the document does not describe"
            return
        steps = ("paths", template, method.lower(), "responses", status, "content", "application/json", "schema")
        for error in self._validator(steps).iter_errors(json.loads(body)):
            yield f"{method} {template} {status}: {error.json_path}: {error.message[:300]}"

    def _validator(self, steps: tuple[str, ...]) -> Draft202012Validator:
        pointer = "/".join(step.replace("~", "~0").replace("/", "~1") for step in steps)
        if pointer not in self._validators:
            reference = {"$ref": f"{self.uri}#/{_quoted(pointer)}"}
            self._validators[pointer] = Draft202012Validator(reference, registry=self._registry)
        return self._validators[pointer]


def check(method: str, path: str, answer: TestResponse) -> None:
    """Fail the test if the answer is none that the documents describe. `path` is without the query."""
    check_body(method, path, answer.status_code, answer.data)


def check_body(method: str, path: str, status_code: int, body: bytes) -> None:
    """The same for an answer that came over HTTP."""
    found = [problem for each in documents() for problem in each.problems(method, path, status_code, body)]
    assert not found, "\n".join(found) + "\n" + body[:500].decode(errors="replace")


@cache
def documents() -> tuple[Document, ...]:
    """Our own document, and the dialect's if it is beside the project."""
    ours = Document(OURS, our_document(), strict=True)
    if not DIALECT.exists():
        return (ours,)
    return ours, Document(THEIRS, _corrected(json.loads(DIALECT.read_text(encoding="utf-8"))), strict=False)


def _corrected(dialect: dict[str, Any]) -> Mapping[str, Any]:
    """Where the dialect's description says otherwise than its document, the description holds (greenfield 5 and 15)."""
    schemas = dialect["components"]["schemas"]
    schemas["StoreRateResult"]["properties"]["rate"]["type"] = ["string", "null"]  # null when there is none
    for name in ("invoiceExpiration", "monitoringExpiration", "displayExpirationTimer"):
        for each in schemas["StoreBaseData"]["properties"][name]["anyOf"]:
            each.pop("minimum", None)  # the range is written down, and never tested
            each.pop("maximum", None)
    roles = dialect["paths"]["/api/v1/stores/{storeId}/roles"]["get"]["responses"]["200"]["content"]["application/json"]
    roles["schema"] = {"type": "array", "items": roles["schema"]}  # all of them, not one
    return dialect


@cache
def our_document() -> Mapping[str, Any]:
    from app.api.greenfield import PARTS
    from app.api.greenfield.document import document

    return document(PARTS)


def _pattern(path: str) -> str:
    return "".join("[^/]+" if part.startswith("{") else re.escape(part) for part in re.split(r"(\{\w+\})", path)) + "/?"


def _literal_first(path: str) -> tuple[int, str]:
    """/api-keys/current is not /api-keys/{apikey}."""
    return path.count("{"), path


def _quoted(pointer: str) -> str:
    return pointer.replace("%", "%25").replace("{", "%7B").replace("}", "%7D")
