"""The audit log: every door names who comes in, and nothing secret is ever written down."""

import json
from typing import Any

import pytest
from flask import Flask

from app.db.audit import note
from app.db.models import AuditEntry, db
from app.db.session import change
from app.domain.audit import Kind
from app.domain.permissions import Policy, Role
from app.usecases.create_store import set_store
from app.usecases.create_user import create_user
from app.usecases.pair_client import make_code
from app.usecases.set_legacy_key import set_legacy_key
from tests.contract.greenfield_client import PASSWORD, Merchant, new_merchant
from tests.contract.visitor import Visitor, signed_in

SECRET = "a secret nobody may read in the log"


def entries(app: Flask, **named: Any) -> list[AuditEntry]:
    with app.app_context():
        db.session.rollback()
        return db.session.query(AuditEntry).filter_by(**named).order_by(AuditEntry.id).all()


def test_a_person_who_signs_in_and_works_is_named(greenfield: Flask, merchant: Merchant) -> None:
    visitor = signed_in(greenfield)
    visitor.send("/api-tokens", store=merchant.store_id)
    signed, offered = entries(greenfield, user_id=merchant.user_id)
    assert (signed.kind, signed.by, signed.store_id, signed.address) == (Kind.SIGNED_IN, "person", None, "127.0.0.1")
    assert (offered.kind, offered.subject, offered.store_id) == (
        Kind.PAIRING_OFFERED,
        merchant.store_id,
        merchant.store_id,
    )
    assert (offered.actor_id, offered.address) == (merchant.user_id, "127.0.0.1")


def test_a_key_is_named_with_its_person(greenfield: Flask, merchant: Merchant) -> None:
    merchant.client().put(f"/stores/{merchant.store_id}", {"name": "renamed", "speedPolicy": "LowSpeed"})
    (entry,) = entries(greenfield, by="key")
    assert (entry.kind, entry.user_id, entry.store_id) == (Kind.STORE_CHANGED, merchant.user_id, merchant.store_id)
    assert entry.details["changes"] == {"name": ["a store", "renamed"], "speed_policy": ["MediumSpeed", "LowSpeed"]}


def test_an_operator_is_named_by_the_machine(greenfield: Flask, merchant: Merchant) -> None:
    done = greenfield.test_cli_runner().invoke(args=["user", "disable", merchant.email])
    assert done.exit_code == 0
    (entry,) = entries(greenfield, by="command")
    assert (entry.kind, entry.subject, entry.user_id, entry.address) == (
        Kind.USER_DISABLED,
        merchant.user_id,
        None,
        "",
    )
    assert entry.actor_id


def test_a_paired_shop_is_named_by_its_key(greenfield: Flask, merchant: Merchant) -> None:
    from tests.contract.conftest import Client

    with greenfield.app_context():
        code = make_code(merchant.store_id, merchant.services.clock.now()).code
    client = Client("https://pay.example")
    body = {"id": client.sin, "pairingCode": code, "label": "a shop"}
    assert greenfield.test_client().post("/tokens", json=body).status_code == 200
    (entry,) = entries(greenfield, by="client")
    assert (entry.kind, entry.actor_id, entry.store_id) == (Kind.PAIRED, client.sin, merchant.store_id)


def test_what_is_undone_leaves_no_entry(greenfield: Flask, merchant: Merchant) -> None:
    def fail() -> None:
        with change() as session:
            note(session, Kind.STORE_CHANGED, merchant.store_id, merchant.store_id)
            session.flush()
            raise RuntimeError

    with greenfield.app_context(), pytest.raises(RuntimeError):
        fail()
    assert entries(greenfield, kind=Kind.STORE_CHANGED.value) == []


def test_what_changes_nothing_is_no_change(greenfield: Flask, merchant: Merchant) -> None:
    with greenfield.app_context():
        set_store(merchant.store_id, {"name": "a store"})
    assert entries(greenfield, kind=Kind.STORE_CHANGED.value) == []


def test_nothing_secret_is_written_down(greenfield: Flask, merchant: Merchant) -> None:
    api = merchant.client()
    url = f"https://hook.example/{SECRET.replace(' ', '-')}"
    made = api.post(f"/stores/{merchant.store_id}/webhooks", {"url": url, "secret": SECRET}).json
    assert made is not None
    api.put(f"/webhooks/{made['id']}", {"url": url + "?again", "secret": SECRET + "2"})
    key = api.post("/api-keys", {"label": "till", "permissions": [Policy.VIEW_INVOICES.value]}).json
    assert key is not None
    with greenfield.app_context():
        now = merchant.services.clock.now()
        legacy = set_legacy_key(merchant.store_id, now)
        code = make_code(merchant.store_id, now).code
        create_user("second@shop.example", PASSWORD, now, [merchant.store_id], Role.GUEST)
    visitor = signed_in(greenfield)
    written = json.dumps([[row.kind, row.subject, row.actor_id, row.details] for row in entries(greenfield)])
    assert {row.kind for row in entries(greenfield)} >= {"webhook.created", "key.created", "user.created"}
    for secret in (SECRET, SECRET.replace(" ", "-"), key["apiKey"], legacy, code, PASSWORD, visitor.cookie, "tpub"):
        assert secret not in written


def test_an_owner_reads_of_their_stores_and_of_themselves_only(
    greenfield: Flask, merchant: Merchant, stranger: Merchant
) -> None:
    stranger.client().put(f"/stores/{stranger.store_id}", {"name": "a stranger's name"})
    merchant.client().put(f"/stores/{merchant.store_id}", {"name": "a name of ours"})
    page = signed_in(greenfield).get("/admin/audit").text
    assert "a name of ours" in page
    assert "Signed in" in page
    for foreign in ("a stranger&#39;s name", stranger.email, stranger.store_id):
        assert foreign not in page
    assert "a name of ours" in signed_in(greenfield).get(f"/admin/audit?store={stranger.store_id}").text


def test_an_administrator_reads_everything(greenfield: Flask, merchant: Merchant, stranger: Merchant) -> None:
    admin = new_merchant(greenfield, "admin@shop.example", is_administrator=True)
    for each in (merchant, stranger):
        each.client().put(f"/stores/{each.store_id}", {"name": f"of {each.user_id}"})
    visitor = signed_in(greenfield, admin.email)
    page = visitor.get("/admin/audit").text
    assert f"→ of {merchant.user_id}" in page
    assert f"→ of {stranger.user_id}" in page
    only = visitor.get(f"/admin/audit?store={stranger.store_id}&what=store").text
    assert f"→ of {merchant.user_id}" not in only
    assert f"→ of {stranger.user_id}" in only
    assert "Signed in" not in only
    assert f"→ of {merchant.user_id}" not in visitor.get(f"/admin/audit?person={stranger.user_id}").text


def test_the_role_below_owner_reads_only_of_itself(greenfield: Flask, merchant: Merchant) -> None:
    merchant.client().put(f"/stores/{merchant.store_id}", {"name": "a name of ours"})
    with greenfield.app_context():
        now = merchant.services.clock.now()
        create_user("guest@shop.example", PASSWORD, now, [merchant.store_id], Role.MANAGER)
    page = signed_in(greenfield, "guest@shop.example").get("/admin/audit").text
    assert "a name of ours" not in page
    assert "Signed in" in page


def test_the_pages_of_the_log_join_without_a_gap(greenfield: Flask, merchant: Merchant) -> None:
    with greenfield.app_context():
        for number in range(120):
            set_store(merchant.store_id, {"name": f"name {number:03}"})
    visitor, address, seen = signed_in(greenfield), f"/admin/audit?store={merchant.store_id}&what=store", []
    while address:
        page = visitor.get(address).text
        seen += [part[:8] for part in page.split("→ ")[1:]]
        address = page.partition('<a class="button button-quiet" href="')[2].partition('"')[0].replace("&amp;", "&")
    assert seen == [f"name {number:03}" for number in reversed(range(120))]


@pytest.mark.parametrize("query", ["store=x&person=y&what=z", "before=zero", "before=99999999999999999"])
def test_a_query_that_means_nothing_limits_nothing(greenfield: Flask, merchant: Merchant, query: str) -> None:
    answer = signed_in(greenfield).get(f"/admin/audit?{query}")
    assert answer.status_code == 200
    assert "Signed in" in answer.text


def test_the_log_is_for_people_who_are_signed_in(greenfield: Flask) -> None:
    assert Visitor(greenfield).get("/admin/audit").status_code == 303
