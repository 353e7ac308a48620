"""Signing in and out: one cookie, forms of our own only, no guessing."""

import pytest
from flask import Flask

from app.domain.api_keys import sha256_of
from app.throttle import PASSWORDS_A_MINUTE, PASSWORDS_A_MINUTE_OF_ACCOUNT
from app.usecases.create_user import set_disabled, set_password
from tests.contract.greenfield_client import PASSWORD, Merchant, client_with, let_go, make_app, new_merchant
from tests.contract.visitor import Visitor, forms, signed_in, wizard

PAGES = ("/api-keys", "/api-tokens", "/api-access-request?pairingCode=AAAAAAA", "/api-keys/x/revoke", wizard())


@pytest.mark.parametrize("path", PAGES)
def test_a_page_for_merchants_sends_others_to_sign_in_and_back(
    greenfield: Flask, merchant: Merchant, path: str
) -> None:
    visitor = Visitor(greenfield)
    refused = visitor.get(path)
    assert refused.status_code == 303
    assert refused.location.startswith("/login?next=%2F")
    (form,) = forms(visitor.get(refused.location))
    assert form.fields["next"] == path
    answer = visitor.post("/login", {**form.fields.to_dict(), "email": merchant.email, "password": PASSWORD})
    assert (answer.status_code, answer.location) == (303, path)
    assert visitor.post(path).status_code in (403, 405), "a form of ours carries a proof"


def test_the_cookie_is_for_this_server_alone(greenfield: Flask, merchant: Merchant) -> None:
    answer = Visitor(greenfield).sign_in()
    (cookie,) = answer.headers.getlist("Set-Cookie")
    assert cookie.startswith("__Host-sattle=")
    assert {part.strip() for part in cookie.split(";")[1:]} >= {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"}
    assert "Domain" not in cookie


def test_over_plain_http_the_cookie_does_without_secure(greenfield: Flask, merchant: Merchant) -> None:
    url = greenfield.config["SQLALCHEMY_DATABASE_URI"]
    app = make_app(merchant.services.settings.data_dir, url, SATTLE_PUBLIC_URL="http://127.0.0.1:8000")
    (cookie,) = Visitor(app, "http://127.0.0.1:8000").sign_in().headers.getlist("Set-Cookie")
    assert cookie.startswith("sattle=")
    assert "Secure" not in cookie
    assert "HttpOnly" in cookie
    let_go(app)


def test_signing_in_gives_a_cookie_that_nobody_planted(greenfield: Flask, merchant: Merchant) -> None:
    visitor = Visitor(greenfield)
    visitor.get("/login")
    planted = visitor.cookie
    assert len(planted) == 43
    visitor.sign_in()
    assert visitor.cookie != planted
    thief = Visitor(greenfield)
    thief.client.set_cookie("__Host-sattle", planted, domain="pay.example", secure=True)
    assert thief.get("/api-keys").status_code == 303


def test_signing_in_again_ends_what_the_browser_had_before(greenfield: Flask, merchant: Merchant) -> None:
    visitor = signed_in(greenfield)
    before, copy = visitor.cookie, Visitor(greenfield)
    copy.client.set_cookie("__Host-sattle", before, domain="pay.example", secure=True)
    assert copy.get("/api-keys").status_code == 200
    (form,) = forms(Visitor(greenfield).get("/login"))
    proof = forms(visitor.get("/api-tokens"))[0].fields["form_proof"]
    data = {**form.fields.to_dict(), "form_proof": proof, "email": merchant.email, "password": PASSWORD}
    assert visitor.post("/login", data).status_code == 303
    assert visitor.cookie != before
    assert copy.get("/api-keys").status_code == 303


@pytest.mark.parametrize("cookie", ["", "x", "ä" * 43, "0" * 43, "a" * 43])
def test_a_cookie_that_we_never_gave_opens_nothing(greenfield: Flask, merchant: Merchant, cookie: str) -> None:
    answer = Visitor(greenfield).get("/api-keys", headers={"Cookie": f"__Host-sattle={cookie}"})
    assert answer.status_code == 303


def test_the_cookie_is_kept_as_a_hash(greenfield: Flask, merchant: Merchant) -> None:
    from app.db.models import SignIn
    from app.db.queries import reading

    visitor = signed_in(greenfield)
    with greenfield.app_context():
        (row,) = reading().query(SignIn).all()
        assert row.cookie_sha256 == sha256_of(visitor.cookie)


def test_wrong_passwords_and_unknown_people_look_the_same(greenfield: Flask, merchant: Merchant) -> None:
    visitor = Visitor(greenfield)
    answers = [visitor.sign_in(password="wrong password"), visitor.sign_in("nobody@shop.example")]
    assert [answer.status_code for answer in answers] == [403, 403]
    assert all("The e-mail address or the password is wrong." in answer.text for answer in answers)
    assert visitor.get("/api-keys").status_code == 303


@pytest.mark.parametrize("email", ["\x00", "merchant@shop.example\x00", "\ud7ff\uffff", "x" * 100_000, "' OR 1=1"])
def test_an_address_that_nobody_has_is_no_trouble(greenfield: Flask, merchant: Merchant, email: str) -> None:
    assert Visitor(greenfield).sign_in(email).status_code == 403
    basic = Visitor(greenfield).get("/api/v1/users/me", auth=(email, PASSWORD))
    assert basic.status_code == 401


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "https://pay.example.evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Origin": "https://pay.example"},
        {"Sec-Fetch-Site": "none"},
    ],
)
def test_a_form_from_elsewhere_is_refused(greenfield: Flask, merchant: Merchant, headers: dict[str, str]) -> None:
    assert Visitor(greenfield).send("/login", headers, email=merchant.email, password=PASSWORD).status_code == 403
    visitor = signed_in(greenfield)
    refused = visitor.send("/api-tokens", headers, store=merchant.store_id)
    assert refused.status_code == 403
    assert "Pairing code" not in refused.text


@pytest.mark.parametrize(
    "headers", [{}, {"Origin": "https://pay.example"}, {"Sec-Fetch-Site": "same-origin", "Origin": "null"}]
)
def test_a_form_of_ours_is_taken(greenfield: Flask, merchant: Merchant, headers: dict[str, str]) -> None:
    assert signed_in(greenfield).send("/api-tokens", headers, store=merchant.store_id).status_code == 200


def test_a_form_needs_the_proof_of_its_own_browser(greenfield: Flask, merchant: Merchant, stranger: Merchant) -> None:
    visitor, other = signed_in(greenfield), signed_in(greenfield, stranger.email)
    proof = forms(other.get("/api-tokens"))[0].fields["form_proof"]
    for wrong in ("", "ä", "0" * 64, proof):
        answer = visitor.post("/api-tokens", {"store": merchant.store_id, "form_proof": wrong})
        assert answer.status_code == 403
        assert visitor.post("/logout", {"form_proof": wrong}).status_code == 403
    stale = Visitor(greenfield).post("/login", {"email": merchant.email, "password": PASSWORD, "form_proof": proof})
    assert stale.status_code == 403
    assert "too old" in stale.text
    assert len(forms(stale)) == 1, "the form is there again"


def test_signing_out_needs_a_post_and_ends_the_cookie_everywhere(greenfield: Flask, merchant: Merchant) -> None:
    visitor = signed_in(greenfield)
    copy = Visitor(greenfield)
    copy.client.set_cookie("__Host-sattle", visitor.cookie, domain="pay.example", secure=True)
    proof = forms(visitor.get("/api-tokens"))[0].fields["form_proof"]
    assert visitor.get("/logout").status_code == 405
    answer = visitor.post("/logout", {"form_proof": proof})
    assert (answer.status_code, answer.location) == (303, "/login")
    assert visitor.cookie == ""
    assert copy.get("/api-keys").status_code == 303


def test_a_sign_in_ends_after_twelve_hours(greenfield: Flask, merchant: Merchant) -> None:
    visitor = signed_in(greenfield)
    clock = merchant.services.settings.test_clock
    assert clock is not None
    clock.write_text(str(12 * 3600 - 60))
    assert visitor.get("/api-keys").status_code == 200
    clock.write_text(str(12 * 3600 + 1))
    assert visitor.get("/api-keys").status_code == 303


def test_who_is_shut_out_is_out_at_once_and_so_are_the_keys(greenfield: Flask, merchant: Merchant) -> None:
    visitor, key = signed_in(greenfield), merchant.key()
    with greenfield.app_context():
        set_disabled(merchant.email, disabled=True)
    assert visitor.get("/api-keys").status_code == 303
    assert Visitor(greenfield).sign_in().status_code == 403
    assert client_with(greenfield, key).get("/users/me").status_code == 401
    with greenfield.app_context():
        set_disabled(merchant.email, disabled=False)
    assert visitor.get("/api-keys").status_code == 303, "signing in again is needed"
    assert client_with(greenfield, key).get("/users/me").status_code == 200


def test_a_new_password_signs_out_everywhere(greenfield: Flask, merchant: Merchant) -> None:
    visitor = signed_in(greenfield)
    with greenfield.app_context():
        set_password(merchant.email, "another good password")
    assert visitor.get("/api-keys").status_code == 303
    assert visitor.sign_in().status_code == 403
    assert visitor.sign_in(password="another good password").status_code == 303


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example/", "/\\evil.example", "\\\\evil.example", "javascript:x"]
)
def test_nobody_is_sent_elsewhere_after_signing_in(greenfield: Flask, merchant: Merchant, target: str) -> None:
    visitor = Visitor(greenfield)
    (form,) = forms(visitor.get("/login", query_string={"next": target}))
    assert form.fields["next"] == "/admin"
    assert visitor.sign_in(next=target).location == "/admin"
    assert visitor.get("/login", query_string={"next": target}).location == "/admin", "nor when signed in already"


def test_one_address_may_try_so_many_passwords(greenfield: Flask, merchant: Merchant) -> None:
    visitor = Visitor(greenfield)
    (form,) = forms(visitor.get("/login"))
    proof = {"form_proof": form.fields["form_proof"], "password": ""}
    statuses = [
        visitor.post("/login", {**proof, "email": f"{n}@x.example"}).status_code for n in range(PASSWORDS_A_MINUTE)
    ]
    assert set(statuses) == {403}
    refused = visitor.post("/login", {**proof, "email": merchant.email, "password": PASSWORD})
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) > 0
    assert "text/html" in refused.content_type
    basic = visitor.get("/api/v1/users/me", auth=(merchant.email, PASSWORD))
    assert basic.status_code == 429, "the API's door is the same one"


def test_one_account_is_not_guessed_at_from_many_addresses(greenfield: Flask, merchant: Merchant) -> None:
    visitor = Visitor(greenfield)
    (form,) = forms(visitor.get("/login"))
    data = {"form_proof": form.fields["form_proof"], "password": "", "email": merchant.email.upper()}
    for number in range(PASSWORDS_A_MINUTE_OF_ACCOUNT):
        visitor.post("/login", data, environ_base={"REMOTE_ADDR": f"198.51.100.{number}"})
    refused = visitor.post("/login", data, environ_base={"REMOTE_ADDR": "203.0.113.1"})
    assert refused.status_code == 429
    other = new_merchant(greenfield, "other@shop.example")
    assert visitor.sign_in(other.email).status_code == 303


def test_pages_are_kept_nowhere_and_framed_nowhere(greenfield: Flask, merchant: Merchant) -> None:
    visitor = signed_in(greenfield)
    for path in ("/api-keys", "/api-tokens", wizard(), "/login"):
        headers = visitor.get(path).headers
        assert headers["Cache-Control"] == "no-store"
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["Referrer-Policy"] == "same-origin"
        policy = headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in policy
        assert "form-action 'self'" in policy
        assert "unsafe" not in policy
