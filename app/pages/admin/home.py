"""/admin: is everything well, and what to do where it is not."""

from flask import Blueprint, Response

from app.checks import stored_findings
from app.domain.findings import Level
from app.pages.admin.frame import drawn
from app.pages.signed_in import for_forms, for_merchants
from app.services import services

blueprint = for_forms(Blueprint("admin_home", __name__))


@blueprint.get("/admin")
@for_merchants
def page() -> Response:
    """The findings of `flask doctor`, as far as they can be told without asking the node."""
    findings = stored_findings(services())
    troubles = [finding for finding in findings if finding.level is not Level.OK]
    return drawn("admin/home.html", findings=findings, troubles=troubles)
