"""Signing in and out."""

from flask import Blueprint, Response, render_template, request

from app.domain.redirect import local_target
from app.errors import Unauthenticated
from app.pages.signed_in import (
    STALE,
    cookie_name,
    cookie_text,
    for_forms,
    for_merchants,
    form_is_ours,
    give_cookie,
    merchant,
    see_other,
)
from app.services import services
from app.usecases.sign_in import sign_in, sign_out

blueprint = for_forms(Blueprint("sign_in", __name__))
WRONG = "The e-mail address or the password is wrong."


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
    response = see_other(target)
    give_cookie(response, cookie, signed_in=True)
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
