"""A test event that a person asked for: sent once by a worker, signed, of an invoice that cannot exist."""

import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from app.db.models import Webhook, WebhookTest, db
from app.domain.webhooks import WebhookTerms
from app.errors import BadInput, NotFound
from app.notify.door import Answer
from app.usecases.change_webhook import delete_webhook
from app.usecases.create_webhook import create_webhook
from app.usecases.try_webhook import ask_for_test, finish_test, start_test
from app.webhook_tester import WebhookTester
from app.worker import guard
from tests.till import Till


@dataclass
class Ear:
    """Stands in the place of the door out, and hears what is posted."""

    answer: Answer = field(default_factory=lambda: Answer(200, None, "thank you", 12))
    heard: list[tuple[str, bytes, dict[str, str]]] = field(default_factory=list)

    def post(self, url: str, body: bytes, headers: dict[str, str]) -> Answer:
        self.heard.append((url, body, headers))
        return self.answer


@pytest.fixture
def till(tmp_path: Path, migrated_url: str) -> Iterator[Till]:
    made = Till(tmp_path, migrated_url)
    with made.app.app_context():
        yield made
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def webhook_id(till: Till) -> str:
    return create_webhook(till.store(), WebhookTerms("https://hook.example/told"), till.now(), by_hand=True)


@pytest.fixture
def work(till: Till) -> Callable[[Ear], None]:
    return lambda ear: WebhookTester(till.app, till.services.clock, ear.post).test_due(guard)


def newest() -> WebhookTest:
    db.session.rollback()
    return db.session.query(WebhookTest).order_by(WebhookTest.id.desc()).first()  # type: ignore[return-value]


def test_it_is_signed_sent_once_and_its_answer_kept(till: Till, webhook_id: str, work: Callable[[Ear], None]) -> None:
    ear = Ear()
    ask_for_test(webhook_id, "InvoiceSettled", till.now())
    work(ear)
    work(ear)
    ((url, body, headers),) = ear.heard
    secret = db.session.get_one(Webhook, webhook_id).secret
    assert url == "https://hook.example/told"
    assert headers["BTCPay-Sig"] == "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    told = json.loads(body)
    assert (told["type"], told["webhookId"], told["isRedelivery"]) == ("InvoiceSettled", webhook_id, False)
    assert told["invoiceId"].startswith("__test__")
    assert told["deliveryId"] == told["originalDeliveryId"]
    row = newest()
    assert (row.http_status, row.error, row.answer, row.duration_ms) == (200, None, "thank you", 12)


def test_no_answer_is_told_and_not_tried_again(till: Till, webhook_id: str, work: Callable[[Ear], None]) -> None:
    ear = Ear(Answer(None, "no answer within 30 s", None, 30_000))
    ask_for_test(webhook_id, "InvoiceCreated", till.now())
    work(ear)
    work(ear)
    assert len(ear.heard) == 1
    assert newest().error == "no answer within 30 s"


def test_of_two_workers_one_sends_it(till: Till, webhook_id: str) -> None:
    test_id = ask_for_test(webhook_id, "InvoiceInvalid", till.now())
    assert start_test(test_id, till.now()) is not None
    assert start_test(test_id, till.now()) is None


def test_a_webhook_that_was_deleted_meanwhile_is_told_nothing(
    till: Till, webhook_id: str, work: Callable[[Ear], None]
) -> None:
    ear = Ear()
    ask_for_test(webhook_id, "InvoiceExpired", till.now())
    delete_webhook(webhook_id, till.now())
    work(ear)
    assert ear.heard == []
    assert newest().error == "its webhook was deleted"


def test_only_the_newest_tests_are_kept(till: Till, webhook_id: str) -> None:
    ids = [ask_for_test(webhook_id, "InvoiceSettled", till.now()) for _ in range(15)]
    assert [row.id for row in db.session.query(WebhookTest).order_by(WebhookTest.id)] == ids[5:]
    finish_test(ids[0], Answer(200, None, None, 1))


@pytest.mark.parametrize("kind", ["", "InvoiceReceivedPayment", "Nothing"])
def test_what_cannot_be_tested_is_told(till: Till, webhook_id: str, kind: str) -> None:
    with pytest.raises(BadInput):
        ask_for_test(webhook_id, kind, till.now())
    with pytest.raises(NotFound):
        ask_for_test("nothing", "InvoiceSettled", till.now())
