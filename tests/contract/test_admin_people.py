"""The people of a store, and the users of the server, by the pages."""

from typing import Any

import pytest
from flask import Flask

from app.db.models import StoreUser, User, db
from app.domain.permissions import Role
from app.usecases.create_user import create_user
from tests.contract.greenfield_client import PASSWORD, Merchant, new_merchant
from tests.contract.test_admin_stores import stored, submit
from tests.contract.visitor import Visitor, forms, signed_in


@pytest.fixture
def visitor(greenfield: Flask, merchant: Merchant) -> Visitor:
    return signed_in(greenfield)


@pytest.fixture
def people(merchant: Merchant) -> str:
    return f"/admin/stores/{merchant.store_id}/people"


def role_of(app: Flask, store_id: str, user_id: str) -> str | None:
    row = stored(app, StoreUser, (store_id, user_id))
    return row.role if row else None


def shown_password(page: str) -> str:
    return page.partition('<pre class="secret">')[2].partition("</pre>")[0]


def test_who_has_no_account_gets_one_with_a_password_shown_once(
    greenfield: Flask, merchant: Merchant, visitor: Visitor, people: str
) -> None:
    answer = submit(visitor, people, people, email="Ann@Shop.example", role="Employee")
    assert answer.status_code == 200
    assert "https://pay.example/login" in answer.text
    password = shown_password(answer.text)
    assert password not in visitor.get(people).text
    ann = Visitor(greenfield)
    assert ann.sign_in("ann@shop.example", password).status_code == 303
    assert "a store" in ann.get("/admin/stores").text
    with greenfield.app_context():
        (user,) = db.session.query(User).filter_by(email="ann@shop.example").all()
    assert role_of(greenfield, merchant.store_id, user.id) == "Employee"


def test_who_has_an_account_is_added_and_keeps_the_password(
    greenfield: Flask, merchant: Merchant, stranger: Merchant, visitor: Visitor, people: str
) -> None:
    assert submit(visitor, people, people, email=stranger.email, role="Manager").status_code == 303
    assert role_of(greenfield, merchant.store_id, stranger.user_id) == "Manager"
    twice = submit(visitor, people, people, email=stranger.email, role="Guest")
    assert twice.status_code == 422
    assert "has a role in this store already" in twice.text
    assert Visitor(greenfield).sign_in(stranger.email).status_code == 303


@pytest.mark.parametrize(
    ("filled", "said"),
    [
        ({"email": "nobody", "role": "Guest"}, "use an address like"),
        ({"email": "new@shop.example", "role": "King"}, "choose one of the list"),
        ({"email": "", "role": "Guest"}, "se an address like"),
        ({"email": "new@shop.example\x00", "role": "Guest"}, "use an address like"),
    ],
)
def test_who_cannot_be_added_is_told(
    greenfield: Flask, visitor: Visitor, people: str, filled: dict[str, Any], said: str
) -> None:
    answer = submit(visitor, people, people, **filled)
    assert answer.status_code == 422
    assert said in answer.text
    assert f'value="{filled["email"]}"' in answer.text
    with greenfield.app_context():
        assert db.session.query(User).count() == 1


def test_roles_are_changed_and_the_last_owner_stays(
    greenfield: Flask, merchant: Merchant, stranger: Merchant, visitor: Visitor, people: str
) -> None:
    submit(visitor, people, people, email=stranger.email, role="Guest")
    mine, theirs = f"{people}/{merchant.user_id}", f"{people}/{stranger.user_id}"
    refused = submit(visitor, people, mine + "/role", role="Guest")
    assert refused.status_code == 409
    assert "last owner" in refused.text
    assert "last owner" in visitor.send(mine + "/remove").text
    assert role_of(greenfield, merchant.store_id, merchant.user_id) == Role.OWNER
    assert submit(visitor, people, theirs + "/role", role="Owner").status_code == 303
    assert submit(visitor, people, theirs + "/role", role="Nobody").status_code == 422
    assert "Remove" in visitor.get(mine + "/remove").text
    assert visitor.send(mine + "/remove").location == "/admin/stores"
    assert visitor.get(people).status_code == 404, "it is theirs alone now"
    assert role_of(greenfield, merchant.store_id, stranger.user_id) == Role.OWNER


def test_only_an_owner_changes_people(greenfield: Flask, merchant: Merchant, people: str) -> None:
    with greenfield.app_context():
        now = merchant.services.clock.now()
        create_user("manager@shop.example", PASSWORD, now, [merchant.store_id], Role.MANAGER)
    manager = signed_in(greenfield, "manager@shop.example")
    page = manager.get(people)
    assert page.status_code == 200
    assert "Add somebody" not in page.text
    proof = forms(manager.get("/api-keys/authorize?permissions=btcpay.store.canviewinvoices"))
    fields = proof[0].fields.to_dict() if proof else {}
    assert manager.post(people, {**fields, "email": "x@y.z", "role": "Owner"}).status_code == 403
    assert manager.get(f"{people}/{merchant.user_id}/remove").status_code == 403


def test_a_person_of_another_store_cannot_be_named(
    greenfield: Flask, merchant: Merchant, stranger: Merchant, visitor: Visitor, people: str
) -> None:
    for user in (stranger.user_id, "nothing"):
        assert visitor.get(f"{people}/{user}/remove").status_code == 404
    outsider = signed_in(greenfield, stranger.email)
    assert outsider.get(people).status_code == 404


@pytest.fixture
def admin(greenfield: Flask, merchant: Merchant) -> Visitor:
    new_merchant(greenfield, "admin@shop.example", is_administrator=True)
    return signed_in(greenfield, "admin@shop.example")


def test_an_administrator_makes_shuts_and_opens_accounts(
    greenfield: Flask, merchant: Merchant, visitor: Visitor, admin: Visitor
) -> None:
    assert merchant.email in admin.get("/admin/users").text
    made = submit(admin, "/admin/users", "", email="ann@shop.example")
    assert Visitor(greenfield).sign_in("ann@shop.example", shown_password(made.text)).status_code == 303
    assert submit(admin, "/admin/users", "", email="ann@shop.example").status_code == 422
    assert submit(admin, "/admin/users", "", email="ann").status_code == 422
    shut = f"/admin/users/{merchant.user_id}/disable"
    assert "Shut it" in admin.get(shut).text
    assert admin.send(shut).status_code == 303
    assert visitor.get("/admin").status_code == 303, "signed out at once"
    assert Visitor(greenfield).sign_in().status_code == 403
    assert submit(admin, "/admin/users", f"/admin/users/{merchant.user_id}/enable").status_code == 303
    assert Visitor(greenfield).sign_in().status_code == 303


def test_nobody_shuts_their_own_account(greenfield: Flask, admin: Visitor) -> None:
    with greenfield.app_context():
        (me,) = db.session.query(User).filter_by(email="admin@shop.example").all()
    assert admin.send(f"/admin/users/{me.id}/disable").status_code == 409
    assert not stored(greenfield, User, me.id).disabled
    assert admin.get("/admin/users/nothing/disable").status_code == 404


def test_the_users_are_for_administrators(greenfield: Flask, merchant: Merchant, visitor: Visitor) -> None:
    assert "/admin/users" not in visitor.get("/admin/stores").text
    for path in ("/admin/users", f"/admin/users/{merchant.user_id}/disable"):
        assert visitor.get(path).status_code == 403
        assert Visitor(greenfield).get(path).status_code == 303
