"""Our own OpenAPI document and its page, and that answers really are held against the documents."""

import json
from typing import Any

import pytest
from flask import Flask

from app.api.greenfield import PARTS
from tests.contract.answer_checks import DIALECT, check, documents, our_document
from tests.contract.greenfield_client import GreenfieldClient, Merchant


def test_every_operation_is_in_the_document(greenfield: Flask) -> None:
    served = greenfield.test_client().get("/docs/openapi.json")
    assert served.headers["Access-Control-Allow-Origin"] == "*"
    assert served.json == json.loads(json.dumps(our_document()))
    operations = [operation for part in PARTS for operation in part.operations if operation.listed]
    listed = sum(len(methods) for methods in served.json["paths"].values())
    assert listed == sum(len(operation.paths) for operation in operations)


def test_the_document_is_a_valid_one() -> None:
    from jsonschema import Draft202012Validator

    document = our_document()
    for schema in document["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)
    names = set(document["components"]["schemas"])
    text = json.dumps(document)
    assert {part.split('"')[0] for part in text.split("#/components/schemas/")[1:]} <= names
    ids = [told["operationId"] for methods in document["paths"].values() for told in methods.values()]
    assert len(set(ids)) == len(ids)


def test_the_page_shows_every_path_without_script_or_foreign_sources(greenfield: Flask) -> None:
    page = greenfield.test_client().get("/docs")
    assert page.status_code == 200
    for path in our_document()["paths"]:
        assert f"<code>{path}</code>" in page.text
    assert "<script" not in page.text
    assert "://" not in page.text.replace("http://www.w3.org", "")
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]


def broken(answer: Any, **changes: Any) -> Any:
    """The same answer with other fields."""
    body = {**answer.json, **changes}
    answer.set_data(json.dumps({name: value for name, value in body.items() if value is not ...}))
    return answer


@pytest.mark.parametrize("changes", [{"status": "Paid"}, {"amount": 12.34}, {"id": ...}, {"createdTime": "now"}])
def test_an_answer_that_no_document_describes_fails_its_test(merchant: Merchant, changes: dict[str, Any]) -> None:
    path = f"/stores/{merchant.store_id}/invoices"
    answer = merchant.client().post(path, {"amount": "1", "currency": "EUR"})
    with pytest.raises(AssertionError):
        check("POST", "/api/v1" + path, broken(answer, **changes))


def test_a_status_that_is_not_listed_fails_its_test(greenfield: Flask) -> None:
    answer = GreenfieldClient(greenfield).get("/health")
    answer.status_code = 409
    with pytest.raises(AssertionError):
        check("GET", "/api/v1/health", answer)


def test_the_dialects_document_is_held_against_answers(merchant: Merchant) -> None:
    if not DIALECT.exists():
        pytest.skip(f"{DIALECT.name} is not beside the project")
    theirs = documents()[1]
    before = theirs.checked
    path = f"/stores/{merchant.store_id}/invoices"
    merchant.client().get(path)
    assert theirs.checked == before + 1
    assert list(theirs.problems("GET", f"/api/v1{path}", 200, json.dumps([{"id": "x"}]).encode()))
