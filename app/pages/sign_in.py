"""Signing in and out: a password, then a code where the account has a second factor."""

from flask import Blueprint, Response, render_template, request

from app.db.queries import reading
from app.db.queries_second_factor import half_signed_in
from app.domain.api_keys import sha256_of
from app.domain.redirect import local_target
from app.errors import TooMany, Unauthenticated
from app.pages.signed_in import (
    CSRF_FIELD,
    STALE,
    cookie_name,
    cookie_text,
    for_forms,
    for_merchants,
    form_is_ours,
    form_proof,
    give_cookie,
    merchant,
    see_other,
)
from app.second_factor import step_of
from app.services import services
from app.usecases.sign_in import give_code, sign_in, sign_out

blueprint = for_forms(Blueprint("sign_in", __name__))
WRONG = "The e-mail address or the password is wrong."
WRONG_CODE = "That is not the code of now, or it was used already. Wait for the next one, or use a recovery code."
AGAIN = "That took too long. Sign in once more."


@blueprint.get("/login")
def page() -> Response:
    """The form; who is signed in already goes on at once."""
    target = local_target(request.args.get("next", ""))
    return see_other(target) if merchant() else _form(target)


@blueprint.post("/login")
def enter() -> Response:
    """Sign in and go on to where the person wanted to."""
    target = local_target(request.form.get("next", ""))
    if not form_is_ours():
        return _form(target, STALE, 403)
    email, password = request.form.get("email", ""), request.form.get("password", "")
    services().slow_down_passwords(request.environ, email)
    if not password:  # needs no long reckoning
        return _form(target, WRONG, 403)
    try:
        cookie = sign_in(email, password, cookie_text(), services().clock.now())
    except Unauthenticated:
        return _form(target, WRONG, 403)
    response = _code_form(target, cookie.text) if cookie.awaits_code else see_other(target)
    give_cookie(response, cookie.text, signed_in=not cookie.awaits_code)
    return response


@blueprint.post("/login/code")
def second_step() -> Response:
    """The code of the authenticator, or a recovery code. A right one gives another cookie."""
    target = local_target(request.form.get("next", ""))
    if not form_is_ours():
        return _form(target, STALE, 403)
    now = services().clock.now()
    half = half_signed_in(reading(), sha256_of(cookie_text()), now)
    if half is None:
        return _form(target, AGAIN, 403)
    services().slow_down_passwords(request.environ, half.email)
    try:
        cookie = give_code(cookie_text(), request.form.get("code", "")[:40], step_of, now)
    except Unauthenticated:
        return _form(target, AGAIN, 403)
    except TooMany as error:
        minutes = -(-error.retry_after_seconds // 60)
        return _code_form(target, "", f"Too many wrong codes. Try again in {minutes} minutes.", 429)
    if cookie is None:
        return _code_form(target, "", WRONG_CODE, 403)
    response = see_other(target)
    give_cookie(response, cookie.text, signed_in=True)
    return response


@blueprint.post("/logout")
@for_merchants
def leave() -> Response:
    """Sign out in this browser."""
    sign_out(cookie_text())
    response = see_other("/login")
    response.delete_cookie(cookie_name(), path="/", secure=cookie_name().startswith("__Host-"), httponly=True)
    return response


def _form(target: str, trouble: str = "", status: int = 200) -> Response:
    email = request.form.get("email", "")[:254]
    return Response(render_template("merchant/login.html", next=target, trouble=trouble, email=email), status)


def _code_form(target: str, cookie: str, trouble: str = "", status: int = 200) -> Response:
    """The form belongs to the cookie that goes out with it."""
    proof = form_proof(cookie or cookie_text())
    shown = {"next": target, "trouble": trouble, "proof": proof, "field": CSRF_FIELD}
    return Response(render_template("merchant/login_code.html", **shown), status)
