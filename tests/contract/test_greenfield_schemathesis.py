"""Schemathesis makes requests from our own document: no answer is a 5xx or one that is not written down.

SATTLE_FUZZ_EXAMPLES sets how many requests each operation gets.
"""

import os
import shutil
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    response_schema_conformance,
    status_code_conformance,
)

from app.domain.payment_methods import ONCHAIN
from tests.contract.answer_checks import our_document
from tests.contract.greenfield_client import Merchant, let_go, make_app, new_merchant
from tests.contract.test_greenfield_authorisation import EXAMPLES

EXAMPLES_EACH = int(os.environ.get("SATTLE_FUZZ_EXAMPLES", "5"))
CHECKS = [not_a_server_error, status_code_conformance, response_schema_conformance]


@pytest.fixture(scope="module")
def merchant(tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path) -> Iterator[Merchant]:
    """An administrator with a store, so that nothing is out of reach."""
    directory = tmp_path_factory.mktemp("fuzzed")
    shutil.copy(migrated_sqlite, directory / "sattle.db")
    app = make_app(directory, f"sqlite:///{directory / 'sattle.db'}", SATTLE_LOG_LEVEL="ERROR")
    STAGE.app = app
    made = new_merchant(app, is_administrator=True)
    yield made
    let_go(app)


class Stage:
    """The application of this module's tests, which is made after they are."""

    app: Flask

    def __call__(self, environ: Any, start_response: Any) -> Any:
        return self.app(environ, start_response)


STAGE = Stage()
schema = schemathesis.openapi.from_dict(dict(our_document()))
schema.app = STAGE


FUZZED = {
    "deadline": None,
    "derandomize": True,
    "database": None,
    "suppress_health_check": list(HealthCheck),
}
Ids = dict[str, str]


@pytest.fixture
def ids(merchant: Merchant) -> Ids:
    """One of everything, in a store that the tests of other operations have not touched."""
    merchant.store_id = merchant.store()
    return {"store_id": merchant.store_id, "payment_method": ONCHAIN} | {
        name: make(merchant) for name, make in EXAMPLES.items()
    }


@schema.parametrize()
@settings(max_examples=EXAMPLES_EACH, phases=[Phase.generate], **FUZZED)
def test_every_answer_is_written_down(case: schemathesis.Case, merchant: Merchant, ids: Ids) -> None:
    validate(case, merchant, ids)


@pytest.mark.slow
@schema.parametrize()
@settings(max_examples=10 * EXAMPLES_EACH, **FUZZED)
def test_every_answer_is_written_down_whatever_is_tried(case: schemathesis.Case, merchant: Merchant, ids: Ids) -> None:
    validate(case, merchant, ids)


def validate(case: schemathesis.Case, merchant: Merchant, ids: Ids) -> None:
    """Three requests of four are about things that are there: made-up ids get no further than 403."""
    named = case.path_parameters or {}
    if zlib.crc32(repr((case.query, case.body)).encode()) % 4:
        for name in named:
            named[name] = ids.get("".join(f"_{char.lower()}" if char.isupper() else char for char in name), named[name])
    key = merchant.key()  # a request may revoke it
    case.call_and_validate(headers={"Authorization": f"token {key}"}, checks=CHECKS)
