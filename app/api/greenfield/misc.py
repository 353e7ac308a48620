"""Lists that anybody may read: languages and permissions. Their paths have no /api/v1 (greenfield 5)."""

from typing import Any

from marshmallow import Schema, fields

from app.api.greenfield.routing import Access, Api, Call
from app.domain.languages import LANGUAGES
from app.domain.permissions import INCLUDED, Policy

part = Api("misc")


class LanguageAnswer(Schema):
    """A language of the checkout."""

    code = fields.String(required=True)
    name = fields.String(data_key="currentLanguage", required=True)


class PermissionAnswer(Schema):
    """A permission, and what holding it grants besides."""

    name = fields.String(required=True)
    included = fields.List(fields.String(), required=True)


@part.operation(
    "GET", "/misc/lang", base="", permission=Access.ANYONE, gives=LanguageAnswer, many=True, summary="Languages"
)
def list_languages(call: Call) -> list[dict[str, Any]]:
    """What `checkout.defaultLanguage` may say."""
    return [{"code": code, "currentLanguage": name} for code, name in LANGUAGES.items()]


@part.operation(
    "GET",
    "/misc/permissions",
    base="",
    permission=Access.ANYONE,
    gives=PermissionAnswer,
    many=True,
    summary="Permissions",
)
def list_permissions(call: Call) -> list[dict[str, Any]]:
    """What a key may hold."""
    return [{"name": policy.value, "included": sorted(INCLUDED[policy] - {policy})} for policy in Policy]
