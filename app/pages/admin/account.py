"""/admin/account: one's own password and second factor."""

from flask import Blueprint, Response, abort, request

from app.db.queries import reading
from app.db.queries_second_factor import confirmed_factor, unused_codes
from app.errors import BadInput, NotAllowed, TooMany, Unauthenticated
from app.pages.admin.form import told
from app.pages.admin.frame import drawn
from app.pages.qr import qr_svg
from app.pages.signed_in import for_forms, for_merchants, give_cookie, see_other, the_merchant
from app.second_factor import enrolment_link, new_secret, step_of
from app.services import services
from app.usecases.check_password import check_password
from app.usecases.second_factor import begin_enrolment, confirm_enrolment, prove, renew_codes, turn_off
from app.usecases.sign_in import change_password

blueprint = for_forms(Blueprint("admin_account", __name__))
HERE = "/admin/account"
FACTOR = f"{HERE}/second-factor"
WRONG_PASSWORD = "Password: that is not your password."  # noqa: S105 - a sentence
WRONG_CODE = "Code: it is not the code of now, or it was used already. Wait for the next one."


@blueprint.get(HERE)
@for_merchants
def page() -> Response:
    """What there is to change."""
    return _page()


@blueprint.post(f"{HERE}/password")
@for_merchants
def password() -> Response:
    """Another password: every other browser is signed out, this one gets a new cookie."""
    person, form = the_merchant(), request.form
    services().slow_down_passwords(request.environ, person.email)
    if form.get("after", "") != form.get("again", ""):
        return _page("New password: the two are not the same; type it once more.", 422)
    try:
        before, after = form.get("before", ""), form.get("after", "")
        cookie = change_password(person.user_id, before, after, services().clock.now())
    except Unauthenticated:
        return _page("Password now: that is not your password.", 403)
    except BadInput as trouble:
        return _page(f"New password: {trouble.remedy}.", 422)
    response = see_other(f"{HERE}?changed=1")
    give_cookie(response, cookie.text, signed_in=True)
    return response


@blueprint.get(FACTOR)
@for_merchants
def enrol() -> Response:
    """The secret for the authenticator, as a picture and as text, and the field that confirms it."""
    return _enrol()


@blueprint.get(f"{FACTOR}/qr.svg")
@for_merchants
def qr() -> Response:
    """The picture, until it is confirmed."""
    secret = _secret()
    if secret is None:
        abort(404, "There is nothing to confirm.")
    return Response(qr_svg(enrolment_link(secret, the_merchant().email)), mimetype="image/svg+xml")


@blueprint.post(FACTOR)
@for_merchants
def confirm() -> Response:
    """Turn it on, and show the recovery codes once."""
    if not _password_is_right():
        return _enrol(WRONG_PASSWORD, 403)
    try:
        code, now = request.form.get("code", "")[:40], services().clock.now()
        codes = confirm_enrolment(the_merchant().user_id, code, step_of, now)
    except BadInput as trouble:
        return _enrol(f"Code: {told(trouble)}", 422)
    except NotAllowed:
        return see_other(HERE)
    return drawn("admin/account/codes.html", codes=codes, is_new=True)


@blueprint.get(f"{FACTOR}/off")
@for_merchants
def question() -> Response:
    """Ask for password and code."""
    return _ask("off")


@blueprint.post(f"{FACTOR}/off")
@for_merchants
def off() -> Response:
    """Turn it off."""
    if (refused := _refused("off")) is not None:
        return refused
    turn_off(the_merchant().user_id)
    return see_other(HERE)


@blueprint.get(f"{FACTOR}/codes")
@for_merchants
def codes_question() -> Response:
    """Ask for password and code, too: who sees recovery codes can sign in."""
    return _ask("codes")


@blueprint.post(f"{FACTOR}/codes")
@for_merchants
def codes() -> Response:
    """Ten new ones, shown once; the old ones work no more."""
    if (refused := _refused("codes")) is not None:
        return refused
    try:
        return drawn("admin/account/codes.html", codes=renew_codes(the_merchant().user_id), is_new=False)
    except NotAllowed:
        return see_other(HERE)


def _page(trouble: str = "", status: int = 200) -> Response:
    person, session = the_merchant(), reading()
    is_on = confirmed_factor(session, person.user_id) is not None
    return drawn(
        "admin/account/account.html",
        status,
        is_on=is_on,
        codes_left=unused_codes(session, person.user_id),
        changed=request.args.get("changed"),
        trouble=trouble,
    )


def _secret() -> str | None:
    """That of the enrolment under way; None when the second factor is on."""
    try:
        return begin_enrolment(the_merchant().user_id, new_secret, services().clock.now())
    except NotAllowed:
        return None


def _enrol(trouble: str = "", status: int = 200) -> Response:
    secret = _secret()
    if secret is None:
        return see_other(HERE)
    grouped = " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))
    return drawn("admin/account/enrol.html", status, secret=grouped, trouble=trouble)


def _ask(what: str, trouble: str = "", status: int = 200) -> Response:
    if confirmed_factor(reading(), the_merchant().user_id) is None:
        return see_other(HERE)
    return drawn("admin/account/prove.html", status, what=what, trouble=trouble)


def _refused(what: str) -> Response | None:
    """None when password and code are right."""
    if not _password_is_right():
        return _ask(what, WRONG_PASSWORD, 403)
    code, now = request.form.get("code", "")[:40], services().clock.now()
    try:
        good = prove(the_merchant().user_id, code, step_of, now)
    except TooMany as error:
        return _ask(
            what, f"Code: too many wrong ones. Try again in {-(-error.retry_after_seconds // 60)} minutes.", 429
        )
    return None if good else _ask(what, WRONG_CODE, 403)


def _password_is_right() -> bool:
    person = the_merchant()
    services().slow_down_passwords(request.environ, person.email)
    try:
        return check_password(person.email, request.form.get("password", "")) == person.user_id
    except Unauthenticated:
        return False
