"""/admin/stores/{id}/webhooks: whom a store's events are told; made, changed, tried, deleted, and what was sent."""

from flask import Blueprint, Response, abort, request

from app.db.models import Store, Webhook
from app.db.queries import reading
from app.db.queries_webhook_tests import tests_of
from app.db.queries_webhooks import deliveries_to, live_webhook, webhooks_of_store
from app.domain.permissions import Policy
from app.domain.trial_event import SAYS
from app.domain.webhooks import WebhookTerms, WebhookType
from app.errors import BadInput, BodyPruned, NotAllowed, NotFound
from app.pages.admin.frame import store_or_404
from app.pages.admin.store_frame import base_of, of_store
from app.pages.admin.webhook_form import BLANK, WebhookForm, form_of, terms_sent
from app.pages.admin.webhook_view import delivery_view, trial_view
from app.pages.signed_in import for_forms, for_merchants, see_other
from app.services import services
from app.usecases.change_webhook import change_webhook, delete_webhook
from app.usecases.create_webhook import create_webhook
from app.usecases.redeliver import redeliver
from app.usecases.try_webhook import ask_for_test

blueprint = for_forms(Blueprint("admin_webhooks", __name__))
ALL = "/admin/stores/<store_id>/webhooks"
ONE = f"{ALL}/<webhook_id>"
SHOWN = 50
GUARDED = Policy.MODIFY_WEBHOOKS


@blueprint.get(ALL)
@for_merchants
def page(store_id: str) -> Response:
    """All of them."""
    store = store_or_404(store_id, GUARDED)
    return of_store("admin/store/webhooks.html", store, webhooks=webhooks_of_store(reading(), store.id))


@blueprint.get(f"{ALL}/new")
@for_merchants
def blank(store_id: str) -> Response:
    """The form."""
    return _new(store_or_404(store_id, GUARDED), BLANK)


@blueprint.post(f"{ALL}/new")
@for_merchants
def make(store_id: str) -> Response:
    """Make it, and show the secret once."""
    store = store_or_404(store_id, GUARDED)
    terms, form = _sent()
    if form.troubles:
        return _new(store, form, 422)
    try:
        webhook_id = create_webhook(store.id, terms, services().clock.now(), by_hand=True)
    except NotAllowed as error:
        return _new(store, form, 422, str(error))
    made = reading().get_one(Webhook, webhook_id)
    return of_store("admin/store/webhook_made.html", store_or_404(store_id, GUARDED), webhook=made, own=terms.secret)


@blueprint.get(ONE)
@for_merchants
def one(store_id: str, webhook_id: str) -> Response:
    """Its terms, its tests, what was sent."""
    store, webhook = _webhook(store_id, webhook_id)
    return _one(store, webhook, form_of(webhook), saved=request.args.get("saved"))


@blueprint.post(ONE)
@for_merchants
def change(store_id: str, webhook_id: str) -> Response:
    """Other terms; an empty secret keeps the one it has."""
    store, webhook = _webhook(store_id, webhook_id)
    terms, form = _sent()
    if form.troubles:
        return _one(store, webhook, form, status=422)
    try:
        change_webhook(webhook_id, terms)
    except NotAllowed as error:
        return _one(*_webhook(store_id, webhook_id), form, status=422, trouble=str(error))
    return see_other(f"{base_of(store_id)}/webhooks/{webhook_id}?saved=1")


@blueprint.post(f"{ONE}/test")
@for_merchants
def test(store_id: str, webhook_id: str) -> Response:
    """Have the worker send a test event."""
    store, webhook = _webhook(store_id, webhook_id)
    try:
        ask_for_test(webhook_id, request.form.get("type", ""), services().clock.now())
    except BadInput as trouble:
        return _one(store, webhook, form_of(webhook), status=422, trouble=str(trouble))
    return see_other(f"{base_of(store_id)}/webhooks/{webhook_id}#tests")


@blueprint.post(f"{ONE}/deliveries/<attempt_id>/redeliver")
@for_merchants
def again(store_id: str, webhook_id: str, attempt_id: str) -> Response:
    """Send a delivery once more."""
    _, webhook = _webhook(store_id, webhook_id)
    try:
        redeliver(webhook_id, attempt_id, services().clock.now())
    except NotFound:
        abort(404, "The webhook has no such delivery.")
    except BodyPruned as error:
        return _one(*_webhook(store_id, webhook_id), form_of(webhook), status=409, trouble=str(error))
    return see_other(f"{base_of(store_id)}/webhooks/{webhook_id}#deliveries")


@blueprint.get(f"{ONE}/delete")
@for_merchants
def question(store_id: str, webhook_id: str) -> Response:
    """Ask first."""
    store, webhook = _webhook(store_id, webhook_id)
    return of_store("admin/store/webhook_delete.html", store, webhook=webhook)


@blueprint.post(f"{ONE}/delete")
@for_merchants
def delete(store_id: str, webhook_id: str) -> Response:
    """Do it."""
    _webhook(store_id, webhook_id)
    delete_webhook(webhook_id, services().clock.now())
    return see_other(base_of(store_id) + "/webhooks")


def _webhook(store_id: str, webhook_id: str) -> tuple[Store, Webhook]:
    store = store_or_404(store_id, GUARDED)
    found = live_webhook(reading(), webhook_id)
    if found is None or found.store_id != store.id:
        abort(404, "The store has no such webhook.")
    return store, found


def _sent() -> tuple[WebhookTerms, WebhookForm]:
    form = request.form
    return terms_sent(form.get("url", "").strip(), form.get("what", ""), form.getlist("event"), form)


def _new(store: Store, form: WebhookForm, status: int = 200, trouble: str = "") -> Response:
    shown = {"form": form, "types": list(WebhookType), "trouble": trouble}
    return of_store("admin/store/webhook_new.html", store, status, **shown)


def _one(store: Store, webhook: Webhook, form: WebhookForm, status: int = 200, **shown: object) -> Response:
    session, now = reading(), services().clock.now()
    return of_store(
        "admin/store/webhook.html",
        store,
        status,
        webhook=webhook,
        form=form,
        types=list(WebhookType),
        test_types=list(SAYS),
        tests=[trial_view(each, now) for each in tests_of(session, webhook.id)],
        deliveries=[delivery_view(each) for each in deliveries_to(session, webhook, SHOWN)],
        **shown,
    )
