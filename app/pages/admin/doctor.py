"""/admin/doctor: everything that is checked, line by line, each red one with the sentence that mends it.

What the worker and the database know; nothing is asked of node or shop while a page waits.
"""

from dataclasses import asdict
from typing import Any

from flask import Blueprint, Response, request

from app.checks import installation_findings, store_findings
from app.checks.woo import kept_findings, silent
from app.db.models import Store
from app.db.queries import reading
from app.db.queries_shops import shop_of
from app.domain.exact_json import dumps
from app.domain.findings import Finding, Level
from app.domain.permissions import Policy
from app.pages.admin.frame import drawn, holder, stores_for
from app.pages.admin.shop_view import lines
from app.pages.signed_in import for_forms, for_merchants, the_merchant
from app.services import services

blueprint = for_forms(Blueprint("admin_doctor", __name__))


@blueprint.get("/admin/doctor")
@for_merchants
def page() -> Response:
    """The server for administrators, each store for those who may see it. `?format=json` for programs."""
    machine = installation_findings(services()) if the_merchant().is_administrator else []
    of_stores = [(store.name, store.id, _of_store(store)) for store in stores_for(Policy.VIEW_STORE)]
    groups: list[tuple[str, str | None, list[Finding]]] = [("The server", None, machine)] if machine else []
    groups += of_stores
    if request.args.get("format") == "json":
        return _json([(name, found) for name, _, found in groups])
    found = [finding for _, _, each in groups for finding in each]
    return drawn(
        "admin/doctor.html",
        groups=[(name, store_id, lines(each), _shop(store_id)) for name, store_id, each in groups],
        failed=sum(finding.level is Level.FAILED for finding in found),
        warned=sum(finding.level is Level.WARNING for finding in found),
        count=len(found),
    )


def _of_store(store: Store) -> list[Finding]:
    """Its own lines, and in the place of the one about its shop all that was found there, and whether it is silent."""
    found, shop = store_findings(services(), store), shop_of(reading(), store.id)
    if shop is None or not shop.findings:
        return found
    silence = silent(services(), shop)
    own = [each for each in found if each.check != "orders"] + ([silence] if silence else [])
    return own + kept_findings(shop.findings)


def _shop(store_id: str | None) -> dict[str, Any]:
    """When the store's shop was looked at, and whether this person may have it looked at again."""
    shop = shop_of(reading(), store_id) if store_id else None
    may_ask = shop is not None and holder().may(Policy.MODIFY_STORE, shop.store_id)
    return {"may_ask": may_ask, "looked_at": shop.findings_at if shop and shop.findings else None}


def _json(groups: list[tuple[str, list[Finding]]]) -> Response:
    body = [{"of": name, **asdict(finding)} for name, found in groups for finding in found]
    return Response(dumps(body, indent=2), content_type="application/json")
