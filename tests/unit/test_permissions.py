"""Which permission includes which, and that no store's permission reaches another store."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.permissions import (
    DIRECTLY,
    INCLUDED,
    OF_ROLE,
    Holder,
    Permission,
    Policy,
    Role,
    beyond,
    permission,
)

STORES = st.sampled_from(["store-1", "store-2", "store-3"])
POLICIES = st.sampled_from(list(Policy))


@st.composite
def permissions(draw: st.DrawFn) -> Permission:
    policy = draw(POLICIES)
    return Permission(policy, draw(st.none() | STORES) if policy.is_for_stores else None)


@given(permissions(), permissions(), permissions())
def test_what_an_included_permission_includes_is_included_too(a: Permission, b: Permission, c: Permission) -> None:
    if a.includes(b) and b.includes(c):
        assert a.includes(c)


@given(permissions())
def test_a_permission_includes_itself(held: Permission) -> None:
    assert held.includes(held)


@given(permissions(), permissions())
def test_what_is_held_for_a_store_never_reaches_beyond_it(held: Permission, wanted: Permission) -> None:
    if held.store_id is not None and held.includes(wanted):
        assert wanted.store_id == held.store_id


@given(permissions(), permissions())
def test_two_permissions_include_each_other_only_when_they_are_the_same(a: Permission, b: Permission) -> None:
    if a.includes(b) and b.includes(a):
        assert a == b


@given(permissions())
def test_a_permission_is_read_back_from_its_text(held: Permission) -> None:
    assert permission(str(held)) == held


@given(st.lists(permissions(), max_size=4), st.lists(permissions(), max_size=4))
def test_beyond_is_what_nothing_held_includes(held: list[Permission], wanted: list[Permission]) -> None:
    missing = beyond(held, wanted)
    assert all((each in missing) is not any(one.includes(each) for one in held) for each in wanted)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "unknown",
        "btcpay.store.canviewinvoices:",
        "unrestricted:s",
        "btcpay.user.canviewprofile:store-1",
        ":x",
    ],
)
def test_what_is_no_permission_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        permission(text)


def test_unrestricted_includes_everything() -> None:
    assert INCLUDED[Policy.UNRESTRICTED] == set(Policy)


@pytest.mark.parametrize(
    ("held", "included"),
    [
        (Policy.MODIFY_STORE, Policy.VIEW_INVOICES),
        (Policy.MODIFY_STORE, Policy.MODIFY_WEBHOOKS),
        (Policy.MODIFY_STORE, Policy.VIEW_WALLET),
        (Policy.MODIFY_STORE, Policy.VIEW_PULL_PAYMENTS),
        (Policy.VIEW_STORE, Policy.VIEW_PAYOUTS),
        (Policy.MODIFY_INVOICES, Policy.CREATE_INVOICE),
        (Policy.CREATE_PULL_PAYMENTS, Policy.CREATE_NON_APPROVED_PULL_PAYMENTS),
        (Policy.MODIFY_SERVER, Policy.CREATE_USER),
    ],
)
def test_these_are_included(held: Policy, included: Policy) -> None:
    assert included in INCLUDED[held]


@pytest.mark.parametrize(
    ("held", "other"),
    [
        (Policy.VIEW_STORE, Policy.MODIFY_INVOICES),
        (Policy.VIEW_STORE, Policy.MODIFY_WEBHOOKS),
        (Policy.CREATE_INVOICE, Policy.VIEW_INVOICES),
        (Policy.CREATE_NON_APPROVED_PULL_PAYMENTS, Policy.CREATE_PULL_PAYMENTS),
        (Policy.MODIFY_STORE, Policy.MODIFY_PROFILE),
        (Policy.MODIFY_STORE, Policy.MANAGE_USERS),
    ],
)
def test_these_are_not_included(held: Policy, other: Policy) -> None:
    assert other not in INCLUDED[held]


def test_only_policies_that_include_something_are_listed() -> None:
    assert all(DIRECTLY.values())


@given(st.lists(permissions(), max_size=4), st.dictionaries(STORES, st.sampled_from(list(Role))), POLICIES, STORES)
def test_a_key_grants_no_more_than_the_role_of_its_person(
    held: list[Permission], roles: dict[str, Role], policy: Policy, store_id: str
) -> None:
    holder = Holder("user", tuple(held), roles)
    if holder.may(policy, store_id):
        assert policy in OF_ROLE[roles[store_id]]
        assert any(one.includes(Permission(policy, store_id)) for one in held)


def test_server_policies_are_for_administrators() -> None:
    everything = (Permission(Policy.UNRESTRICTED),)
    assert not Holder("user", everything, {}).may(Policy.MANAGE_USERS)
    assert Holder("user", everything, {}, is_administrator=True).may(Policy.MANAGE_USERS)


def test_a_permission_for_one_store_is_none_for_all() -> None:
    holder = Holder("user", (permission("btcpay.store.canviewstoresettings:store-1"),), {"store-1": Role.OWNER})
    assert holder.may(Policy.VIEW_STORE, "store-1")
    assert not holder.may(Policy.VIEW_STORE)
    assert holder.may_somewhere(Policy.VIEW_STORE)
    assert holder.stores_where(Policy.VIEW_STORE) == ["store-1"]
