"""What a shop asks a merchant for at /api-keys/authorize (greenfield-api section 7), and what is granted of it."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from app.domain.permissions import OF_ROLE, Holder, Permission, Role, permission
from app.domain.redirect import Redirect, key_redirect
from app.errors import BadInput

LONGEST_NAME, LONGEST_IDENTIFIER, MOST_PERMISSIONS = 80, 200, 50
YES, NO = ("true", "1"), ("false", "0")


@dataclass(frozen=True)
class KeyRequest:
    """`strict`: all or nothing. `selective_stores`: what concerns stores is granted for one store that is chosen."""

    application: str
    identifier: str | None
    permissions: tuple[Permission, ...]
    strict: bool
    selective_stores: bool
    redirect: Redirect | None

    @property
    def wants_store(self) -> bool:
        """Is anything asked for that concerns stores, without naming one?"""
        return any(each.policy.is_for_stores and each.store_id is None for each in self.permissions)

    @property
    def chooses_store(self) -> bool:
        return self.selective_stores and self.wants_store


def key_request(query: Mapping[str, Sequence[str]], *, allow_http: bool) -> KeyRequest:
    """The question in a query, its names in any case. BadInput names the part that cannot be used."""
    given: dict[str, list[str]] = {}
    for name, values in query.items():  # a list may be written permissions[]=… as well
        given.setdefault(name.partition("[")[0].lower(), []).extend(values)
    redirect = _last(given, "redirect")
    return KeyRequest(
        application=_plain("applicationName", _last(given, "applicationname"), LONGEST_NAME) or "An application",
        identifier=_plain("applicationIdentifier", _last(given, "applicationidentifier"), LONGEST_IDENTIFIER) or None,
        permissions=_permissions(given.get("permissions", [])),
        strict=_flag("strict", _last(given, "strict"), default=True),
        selective_stores=_flag("selectiveStores", _last(given, "selectivestores"), default=False),
        redirect=key_redirect(redirect, allow_http=allow_http) if redirect else None,
    )


def granted(asked: KeyRequest, chosen: Collection[str], store_id: str | None) -> tuple[Permission, ...]:
    """What the merchant grants: all of it, or the chosen texts where the question is not strict. BadInput."""
    kept = [each for each in asked.permissions if asked.strict or str(each) in chosen]
    if not kept:
        raise BadInput("permissions", "none", "leave at least one, or cancel")
    if asked.chooses_store and not store_id:
        raise BadInput("store", "none", "choose the store that the key is for")
    for_store = store_id if asked.chooses_store else None
    return tuple(each.for_store(for_store) for each in kept)


def may_grant(holder: Holder, wanted: Permission) -> bool:
    """May this person give the permission away? Without a store it reaches no further than they do, now and later."""
    if wanted.store_id is not None:
        return holder.may(wanted.policy, wanted.store_id)
    return holder.is_administrator or not wanted.policy.is_for_server


def suits(asked: KeyRequest, role: Role) -> bool:
    """Can a person with this role in a store grant for it what is asked: all of it, or something if that is enough?"""
    wanted = [each.policy for each in asked.permissions if each.policy.is_for_stores and each.store_id is None]
    of_role = OF_ROLE[role]
    return all(each in of_role for each in wanted) if asked.strict else any(each in of_role for each in wanted)


def same_grants(asked: KeyRequest, held: Iterable[str]) -> bool:
    """Does a key with these permissions hold what is asked, no more and no less, the choice of the store aside?"""
    texts = set(held)
    if not asked.chooses_store:
        return texts == {str(each) for each in asked.permissions}
    stores = {text.partition(":")[2] for text in texts} - {""}
    return any(texts == {str(each.for_store(store)) for each in asked.permissions} for store in stores)


def _permissions(texts: Sequence[str]) -> tuple[Permission, ...]:
    if not texts:
        raise BadInput("permissions", "none", "name at least one, as permissions=btcpay.store.canviewinvoices")
    if len(texts) > MOST_PERMISSIONS:
        raise BadInput("permissions", len(texts), f"name at most {MOST_PERMISSIONS}")
    found = {}
    for text in texts:
        try:
            found[text] = permission(text)
        except ValueError:
            raise BadInput("permissions", text, "this server knows no such permission; see /misc/permissions") from None
    return tuple(found.values())


def _last(given: Mapping[str, Sequence[str]], name: str) -> str:
    return given[name][-1] if given.get(name) else ""


def _plain(field: str, text: str, longest: int) -> str:
    if not text.isprintable() or len(text) > longest:
        raise BadInput(field, text, f"use at most {longest} characters that can be read")
    return text.strip()


def _flag(field: str, text: str, *, default: bool) -> bool:
    if text == "":
        return default
    if text.lower() not in YES + NO:
        raise BadInput(field, text, "use true or false")
    return text.lower() in YES
