"""/admin/users: everybody on this server, for its administrators."""

from flask import Blueprint, Response, abort, request

from app.db.models import User
from app.db.queries import reading
from app.db.queries_people import all_users, stores_of, user_named
from app.db.queries_second_factor import confirmed_factor
from app.domain.passwords import generated_password
from app.domain.permissions import Policy
from app.errors import BadInput, NotAllowed
from app.pages.admin.form import told
from app.pages.admin.frame import drawn, holder
from app.pages.signed_in import for_forms, for_merchants, see_other, sign_in_address
from app.services import services
from app.usecases.create_user import create_user, set_disabled

blueprint = for_forms(Blueprint("admin_users", __name__))
ALL = "/admin/users"


@blueprint.get(ALL)
@for_merchants
def page() -> Response:
    """With their stores."""
    _require_administrator()
    return _page()


@blueprint.post(ALL)
@for_merchants
def make() -> Response:
    """An account with a password that is shown once."""
    _require_administrator()
    email, password = request.form.get("email", "").strip(), generated_password()
    try:
        administrator = request.form.get("administrator") == "1"
        create_user(email, password, services().clock.now(), is_administrator=administrator)
    except BadInput as trouble:
        return _page(f"E-mail: {told(trouble)}", 422)
    except NotAllowed as error:
        return _page(f"E-mail: {error}.", 422)
    return drawn(
        "admin/people/made_user.html", email=email.lower(), password=password, back=ALL, sign_in_at=sign_in_address()
    )


@blueprint.get(f"{ALL}/<user_id>/disable")
@for_merchants
def question(user_id: str) -> Response:
    """Ask first."""
    _require_administrator()
    return drawn("admin/people/disable.html", person=_person(user_id))


@blueprint.post(f"{ALL}/<user_id>/disable")
@for_merchants
def disable(user_id: str) -> Response:
    """Shut the account. Nobody shuts their own: there might be no administrator left."""
    _require_administrator()
    person = _person(user_id)
    if person.id == holder().user_id:
        return _page("Nothing was changed: you cannot shut your own account; another administrator can.", 409)
    set_disabled(person.id, disabled=True)
    return see_other(ALL)


@blueprint.post(f"{ALL}/<user_id>/enable")
@for_merchants
def enable(user_id: str) -> Response:
    """Open it again."""
    _require_administrator()
    set_disabled(_person(user_id).id, disabled=False)
    return see_other(ALL)


def _require_administrator() -> None:
    if not holder().may(Policy.MANAGE_USERS):
        abort(403, "Only an administrator of this server may do that.")


def _person(user_id: str) -> User:
    found = user_named(reading(), user_id)
    if found is None or found.id != user_id:
        abort(404, "There is no such account.")
    return found


def _page(trouble: str = "", status: int = 200) -> Response:
    session = reading()
    people = [
        (user, stores_of(session, user.id), confirmed_factor(session, user.id) is not None)
        for user in all_users(session)
    ]
    email = request.form.get("email", "") if status != 200 else ""
    return drawn("admin/people/users.html", status, people=people, me=holder().user_id, email=email, trouble=trouble)
