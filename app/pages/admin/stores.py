"""/admin/stores: the list, a new one, the settings of one, and putting it away."""

from flask import Blueprint, Response, request

from app.db.queries import reading
from app.db.queries_people import stores_of
from app.db.queries_stores import all_payment_methods
from app.domain.permissions import OF_ROLE, Policy, Role
from app.errors import BadInput
from app.pages.admin.form import Filled, filled, refused, sent
from app.pages.admin.frame import drawn, holder, store_or_404
from app.pages.admin.store_form import FIELDS, GROUPS, settings_from, values_of
from app.pages.admin.store_frame import base_of, of_store
from app.pages.signed_in import for_forms, for_merchants, see_other
from app.services import services
from app.usecases.create_store import create_store, set_store

blueprint = for_forms(Blueprint("admin_stores", __name__))
NEW = tuple(field for field in FIELDS if field.name in ("name", "website", "default_currency"))


@blueprint.get("/admin/stores")
@for_merchants
def page() -> Response:
    """The person's stores, with what each lacks."""
    mine = stores_of(reading(), holder().user_id)
    listed = [(store, role, _open(role), bool(_methods(store.id))) for store, role in mine]
    return drawn("admin/store/list.html", stores=listed)


@blueprint.get("/admin/stores/new")
@for_merchants
def blank() -> Response:
    """A few questions; the rest has good defaults."""
    return _new(Filled(NEW, {"name": "", "website": "", "default_currency": "EUR"}, {}))


@blueprint.post("/admin/stores/new")
@for_merchants
def make() -> Response:
    """Make it; who makes it owns it."""
    form, values = sent(NEW, request.form)
    if not form.is_good:
        return _new(form, 422)
    name = values.pop("name")
    store_id = create_store(name, services().clock.now(), values, holder().user_id)
    return see_other(base_of(store_id) + "/wallet")


@blueprint.get("/admin/stores/<store_id>")
@for_merchants
def settings(store_id: str) -> Response:
    """The settings; only an owner can change them."""
    store = store_or_404(store_id, Policy.VIEW_STORE)
    form = filled(FIELDS, values_of(store))
    return of_store("admin/store/settings.html", store, form=form, groups=GROUPS, saved=request.args.get("saved"))


@blueprint.post("/admin/stores/<store_id>")
@for_merchants
def change(store_id: str) -> Response:
    """All of it or nothing."""
    store = store_or_404(store_id, Policy.MODIFY_STORE)
    form, values = sent(FIELDS, request.form)
    if form.is_good:
        try:
            set_store(store_id, settings_from(values))
        except BadInput as trouble:
            form = refused(form, trouble.field, trouble)
        else:
            return see_other(base_of(store_id) + "?saved=1")
    return of_store("admin/store/settings.html", store, 422, form=form, groups=GROUPS)


@blueprint.get("/admin/stores/<store_id>/archive")
@for_merchants
def question(store_id: str) -> Response:
    """Ask first."""
    return of_store("admin/store/archive.html", store_or_404(store_id, Policy.MODIFY_STORE))


@blueprint.post("/admin/stores/<store_id>/archive")
@for_merchants
def archive(store_id: str) -> Response:
    """Put it away, or take it out again: the other of what it is, if the form says the same."""
    store = store_or_404(store_id, Policy.MODIFY_STORE)
    set_store(store.id, {"archived": request.form.get("archived") == "1"})
    return see_other("/admin/stores")


def _new(form: Filled, status: int = 200) -> Response:
    return drawn("admin/store/new.html", status, form=form)


def _open(role: str) -> bool:
    return Policy.VIEW_STORE in OF_ROLE[Role(role)]


def _methods(store_id: str) -> list[str]:
    return [row.payment_method for row in all_payment_methods(reading(), store_id) if row.enabled]
