"""/admin/stores/{id}/people: who has to do with a store, and as what. The last owner stays."""

from flask import Blueprint, Response, abort, request

from app.db.models import Store, User
from app.db.queries import reading
from app.db.queries_people import user_named, users_of
from app.domain.emails import email_address
from app.domain.passwords import generated_password
from app.domain.permissions import Policy, Role
from app.errors import BadInput, NotAllowed, NotFound
from app.pages.admin.form import told
from app.pages.admin.frame import holder, store_or_404
from app.pages.admin.store_frame import base_of, of_store
from app.pages.signed_in import for_forms, for_merchants, see_other, sign_in_address
from app.services import services
from app.usecases.create_user import create_user
from app.usecases.set_role import add_to_store, remove_from_store, set_role

blueprint = for_forms(Blueprint("admin_people", __name__))
ALL = "/admin/stores/<store_id>/people"
ROLES = (
    (Role.OWNER, "Owner: everything, settings, wallet and people included"),
    (Role.MANAGER, "Manager: invoices, refunds, payouts and webhooks; sees the settings"),
    (Role.EMPLOYEE, "Employee: makes and marks invoices, offers refunds for approval"),
    (Role.GUEST, "Guest: makes and marks invoices, sees payouts"),
    (Role.VIEWER, "Viewer: sees invoices, reports and payouts, and changes nothing"),
)


@blueprint.get(ALL)
@for_merchants
def page(store_id: str) -> Response:
    """Everybody with a role."""
    return _page(store_or_404(store_id, Policy.VIEW_STORE))


@blueprint.post(ALL)
@for_merchants
def add(store_id: str) -> Response:
    """Give a role to somebody; who has no account gets one, with a password that is shown once."""
    store = store_or_404(store_id, Policy.MODIFY_STORE)
    email = request.form.get("email", "").strip()
    try:
        role, email = _role(), email_address(email)
        if user_named(reading(), email) is not None:
            add_to_store(store.id, email, role)
            return see_other(base_of(store.id) + "/people")
        password = generated_password()
        create_user(email, password, services().clock.now(), [store.id], role)
    except BadInput as trouble:
        return _page(store, f"{trouble.field.capitalize()}: {told(trouble)}", 422)
    except (NotAllowed, NotFound) as error:
        return _page(store, f"E-mail: {error}.", 422)
    return of_store(
        "admin/people/made.html",
        store_or_404(store_id, Policy.VIEW_STORE),
        email=email.lower(),
        password=password,
        back=base_of(store_id) + "/people",
        sign_in_at=sign_in_address(),
    )


@blueprint.post(f"{ALL}/<user_id>/role")
@for_merchants
def change(store_id: str, user_id: str) -> Response:
    """Another role."""
    store, person = _person(store_id, user_id)
    try:
        set_role(store.id, person.id, _role())
    except BadInput as trouble:
        return _page(store, f"Role: {told(trouble)}", 422)
    except (NotAllowed, NotFound) as error:
        return _page(store_or_404(store_id, Policy.VIEW_STORE), f"Nothing was changed: {error}.", 409)
    return see_other(base_of(store_id) + "/people")


@blueprint.get(f"{ALL}/<user_id>/remove")
@for_merchants
def question(store_id: str, user_id: str) -> Response:
    """Ask first."""
    store, person = _person(store_id, user_id)
    return of_store("admin/people/remove.html", store, person=person, is_me=person.id == holder().user_id)


@blueprint.post(f"{ALL}/<user_id>/remove")
@for_merchants
def remove(store_id: str, user_id: str) -> Response:
    """They have nothing to do with the store any more; their keys reach it no more."""
    store, person = _person(store_id, user_id)
    try:
        remove_from_store(store.id, person.id)
    except (NotAllowed, NotFound) as error:
        return _page(store_or_404(store_id, Policy.VIEW_STORE), f"Nothing was changed: {error}.", 409)
    return see_other("/admin/stores" if user_id == holder().user_id else base_of(store_id) + "/people")


def _role() -> Role:
    word = request.form.get("role", "")
    if word not in list(Role):
        raise BadInput("role", word, "choose one of the list")
    return Role(word)


def _person(store_id: str, user_id: str) -> tuple[Store, User]:
    store = store_or_404(store_id, Policy.MODIFY_STORE)
    found = next((user for user, _ in users_of(reading(), store.id) if user.id == user_id), None)
    if found is None:
        abort(404, "Nobody of this id has a role in the store.")
    return store, found


def _page(store: Store, trouble: str = "", status: int = 200) -> Response:
    people = users_of(reading(), store.id)
    return of_store(
        "admin/people/people.html",
        store,
        status,
        people=people,
        roles=ROLES,
        email=request.form.get("email", "") if status != 200 else "",
        role=request.form.get("role", "") if status != 200 else Role.MANAGER.value,
        me=holder().user_id,
        trouble=trouble,
    )
