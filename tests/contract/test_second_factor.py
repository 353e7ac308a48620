"""The second factor: asked for after the password, each code once, recovery codes, lock-outs, no way around it."""

import base64

import pyotp
import pytest
from flask import Flask

from app.db.models import AuditEntry, RecoveryCode, SecondFactor, SignIn, db
from app.domain.api_keys import sha256_of
from app.second_factor import step_of
from app.usecases.second_factor import MOST_WRONG
from tests.contract.greenfield_client import PASSWORD, GreenfieldClient, Merchant
from tests.contract.visitor import Visitor, forms, signed_in

FACTOR = "/admin/account/second-factor"


@pytest.fixture
def visitor(greenfield: Flask, merchant: Merchant) -> Visitor:
    return signed_in(greenfield)


class Authenticator:
    """The app on the telephone: it read the secret off the page."""

    def __init__(self, merchant: Merchant, visitor: Visitor) -> None:
        page = visitor.get(FACTOR).text
        self.secret = page.partition('<code class="secret">')[2].partition("</code>")[0].replace(" ", "")
        self.merchant = merchant
        self.used = ""  # the code that turned the factor on; meanwhile it may be another one's turn
        self.codes: list[str] = []  # for recovery

    def code(self, steps: int = 0) -> str:
        return pyotp.TOTP(self.secret).at(self.merchant.services.clock.now(), counter_offset=steps)

    def wait(self, seconds: int = 30) -> None:
        clock = self.merchant.services.settings.test_clock
        assert clock is not None
        before = int(clock.read_text()) if clock.exists() else 0
        clock.write_text(str(before + seconds))


@pytest.fixture
def app_of(merchant: Merchant, visitor: Visitor) -> Authenticator:
    """The merchant's authenticator, with the second factor turned on."""
    phone = Authenticator(merchant, visitor)
    phone.used = phone.code()
    answer = visitor.send(FACTOR, password=PASSWORD, code=phone.used)
    assert answer.status_code == 200
    phone.codes = [part.partition("</code>")[0] for part in answer.text.split("<li><code>")[1:]]
    return phone


def first_step(app: Flask) -> tuple[Visitor, dict[str, str]]:
    """A new browser after the password, and what its form for the code holds."""
    browser = Visitor(app)
    answer = browser.sign_in()
    assert answer.status_code == 200
    (form,) = forms(answer)
    assert form.action == "/login/code"
    return browser, form.fields.to_dict()


def kinds(app: Flask) -> list[str]:
    with app.app_context():
        db.session.rollback()
        return [entry.kind for entry in db.session.query(AuditEntry).order_by(AuditEntry.id)]


def test_turning_it_on_takes_the_password_and_a_code(greenfield: Flask, merchant: Merchant, visitor: Visitor) -> None:
    phone = Authenticator(merchant, visitor)
    assert len(phone.secret) == 32
    assert Authenticator(merchant, visitor).secret == phone.secret, "a page that is opened twice shows the same"
    assert visitor.get(f"{FACTOR}/qr.svg").mimetype == "image/svg+xml"
    for wrong in ({"password": "no", "code": phone.code()}, {"password": PASSWORD, "code": "000000"}):
        answer = visitor.send(FACTOR, **wrong)
        assert answer.status_code in (403, 422)
        assert phone.secret[:4] in answer.text
    assert Visitor(greenfield).sign_in().status_code == 303, "it is not on yet"
    done = visitor.send(FACTOR, password=PASSWORD, code=phone.code())
    assert done.text.count("<li><code>") == 10
    assert phone.secret not in done.text
    assert visitor.get(FACTOR).status_code == 303, "the secret is not shown again"
    assert visitor.get(f"{FACTOR}/qr.svg").status_code == 404


def test_after_the_password_the_code_is_asked_for(greenfield: Flask, app_of: Authenticator) -> None:
    app_of.wait()
    browser, fields = first_step(greenfield)
    half = browser.cookie
    assert browser.get("/admin").status_code == 303, "half signed in is not signed in"
    wrong = browser.post("/login/code", {**fields, "code": "123"})
    assert wrong.status_code == 403
    assert browser.cookie == half
    done = browser.post("/login/code", {**fields, "code": app_of.code(), "next": "/admin/stores"})
    assert (done.status_code, done.location) == (303, "/admin/stores")
    assert browser.cookie != half, "nobody can plant the cookie of the first step"
    assert browser.get("/admin/stores").status_code == 200
    with greenfield.app_context():
        assert db.session.get(SignIn, sha256_of(half)) is None


def test_a_code_counts_once(greenfield: Flask, app_of: Authenticator) -> None:
    browser, fields = first_step(greenfield)
    assert browser.post("/login/code", {**fields, "code": app_of.used}).status_code == 403, "it turned the factor on"
    app_of.wait()
    code = app_of.code()
    assert browser.post("/login/code", {**fields, "code": code}).status_code == 303
    other, fields = first_step(greenfield)
    assert other.post("/login/code", {**fields, "code": code}).status_code == 403
    assert other.post("/login/code", {**fields, "code": app_of.code(1)}).status_code == 303, (
        "the next one, a step early"
    )


def test_clocks_may_differ_by_one_step(merchant: Merchant) -> None:
    secret, now = pyotp.random_base32(), merchant.services.clock.now()
    codes = pyotp.TOTP(secret)
    accepted = [
        drift for drift in range(-3, 4) if step_of(secret, codes.at(now, counter_offset=drift), now) is not None
    ]
    assert accepted == [-1, 0, 1]
    assert step_of(secret, f" {codes.at(now)[:3]} {codes.at(now)[3:]} ", now) == codes.timecode(now)
    for nonsense in ("", "12345", "1234567", "abcdef", "١٢٣٤٥٦"):
        assert step_of(secret, nonsense, now) is None


def test_a_recovery_code_lets_in_once(greenfield: Flask, app_of: Authenticator) -> None:
    browser, fields = first_step(greenfield)
    typed = app_of.codes[0].replace("-", " ")
    assert browser.post("/login/code", {**fields, "code": typed}).status_code == 303
    assert "9 recovery codes are left" in browser.get("/admin/account").text
    again, fields = first_step(greenfield)
    assert again.post("/login/code", {**fields, "code": app_of.codes[0]}).status_code == 403
    with greenfield.app_context():
        kept = {row.code_sha256 for row in db.session.query(RecoveryCode)}
        assert not kept & set(app_of.codes)


def test_guessing_is_stopped_even_when_the_code_comes_right(greenfield: Flask, app_of: Authenticator) -> None:
    app_of.wait()
    browser, fields = first_step(greenfield)
    answers = [browser.post("/login/code", {**fields, "code": "000000"}).status_code for _ in range(MOST_WRONG)]
    assert set(answers) == {403}
    locked = browser.post("/login/code", {**fields, "code": app_of.code()})
    assert locked.status_code == 429
    assert "Try again in 15 minutes" in locked.text
    app_of.wait(15 * 60 + 30)
    browser, fields = first_step(greenfield)
    assert browser.post("/login/code", {**fields, "code": app_of.code()}).status_code == 303
    assert kinds(greenfield).count("user.totp_refused") == MOST_WRONG


def test_the_first_step_lapses_and_cannot_be_skipped(greenfield: Flask, app_of: Authenticator) -> None:
    browser, fields = first_step(greenfield)
    app_of.wait(601)
    late = browser.post("/login/code", {**fields, "code": app_of.code()})
    assert late.status_code == 403
    assert "Sign in once more" in late.text
    stranger = Visitor(greenfield)
    (form,) = forms(stranger.get("/login"))
    assert stranger.post("/login/code", {**form.fields.to_dict(), "code": app_of.code()}).status_code == 403
    assert stranger.get("/admin").status_code == 303


def test_a_foreign_form_gives_no_code(greenfield: Flask, app_of: Authenticator) -> None:
    app_of.wait()
    browser, fields = first_step(greenfield)
    foreign = browser.post("/login/code", {**fields, "form_proof": "x", "code": app_of.code()})
    assert foreign.status_code == 403
    assert browser.get("/admin").status_code == 303


def test_a_password_alone_is_not_enough_for_the_api(
    greenfield: Flask, merchant: Merchant, app_of: Authenticator
) -> None:

    basic = base64.b64encode(f"{merchant.email}:{PASSWORD}".encode()).decode()
    answer = GreenfieldClient(greenfield, {"Authorization": f"Basic {basic}"}).get("/stores")
    assert answer.status_code == 401
    assert merchant.client().get("/stores").status_code == 200, "keys go on"


@pytest.mark.parametrize("what", ["off", "codes"])
def test_turning_it_off_and_new_codes_take_password_and_code(
    greenfield: Flask, visitor: Visitor, app_of: Authenticator, what: str
) -> None:
    app_of.wait()
    for wrong in ({"password": "no", "code": app_of.code()}, {"password": PASSWORD, "code": "000000"}):
        assert visitor.send(f"{FACTOR}/{what}", **wrong).status_code == 403
    done = visitor.send(f"{FACTOR}/{what}", password=PASSWORD, code=app_of.code())
    with greenfield.app_context():
        left = db.session.query(SecondFactor).count(), db.session.query(RecoveryCode).count()
    if what == "off":
        assert (done.status_code, left) == (303, (0, 0))
        assert Visitor(greenfield).sign_in().status_code == 303
    else:
        assert (done.text.count("<li><code>"), left) == (10, (1, 10))
        browser, fields = first_step(greenfield)
        assert browser.post("/login/code", {**fields, "code": app_of.codes[5]}).status_code == 403


def test_the_operator_resets_it_for_who_lost_everything(
    greenfield: Flask, merchant: Merchant, visitor: Visitor, app_of: Authenticator
) -> None:
    done = greenfield.test_cli_runner().invoke(args=["user", "reset-totp", merchant.email])
    assert done.exit_code == 0, done.stderr
    assert visitor.get("/admin").status_code == 303, "signed out everywhere"
    assert Visitor(greenfield).sign_in().status_code == 303
    assert "user.totp_reset" in kinds(greenfield)
    assert greenfield.test_cli_runner().invoke(args=["user", "reset-totp", "nobody@x"]).exit_code == 1


def test_the_password_is_changed_and_other_browsers_are_signed_out(greenfield: Flask, visitor: Visitor) -> None:
    other, before = signed_in(greenfield), visitor.cookie
    page, change = "/admin/account", "/admin/account/password"
    new = "a much better password 7"
    (form,) = [form for form in forms(visitor.get(page)) if form.action == change]
    proof = form.fields.to_dict()
    for wrong in (
        {"before": "no", "after": new, "again": new},
        {"before": PASSWORD, "after": new, "again": new + "x"},
        {"before": PASSWORD, "after": "short", "again": "short"},
    ):
        assert visitor.post(change, {**proof, **wrong}).status_code in (403, 422)
    done = visitor.post(change, {**proof, "before": PASSWORD, "after": new, "again": new})
    assert done.status_code == 303
    assert visitor.cookie != before
    assert "Your password is changed" in visitor.get(done.location).text
    assert other.get("/admin").status_code == 303
    assert Visitor(greenfield).sign_in(password=PASSWORD).status_code == 403
    assert Visitor(greenfield).sign_in(password=new).status_code == 303


def test_a_secret_that_somebody_saw_before_the_password_was_changed_is_not_used(
    greenfield: Flask, merchant: Merchant, visitor: Visitor
) -> None:
    seen = Authenticator(merchant, visitor).secret
    (form,) = [form for form in forms(visitor.get("/admin/account")) if form.action == "/admin/account/password"]
    new = "a much better password 7"
    visitor.post(form.action, {**form.fields.to_dict(), "before": PASSWORD, "after": new, "again": new})
    again = Authenticator(merchant, visitor).secret
    assert again != seen
    greenfield.test_cli_runner().invoke(args=["user", "password", merchant.email, "--generate"])
    with greenfield.app_context():
        assert db.session.query(SecondFactor).count() == 0


def test_nothing_of_it_is_in_the_log(greenfield: Flask, app_of: Authenticator) -> None:
    with greenfield.app_context():
        db.session.rollback()
        written = " ".join(f"{row.subject} {row.details}" for row in db.session.query(AuditEntry))
    assert "user.totp_on" in kinds(greenfield)
    for secret in (app_of.secret, *app_of.codes):
        assert secret not in written
