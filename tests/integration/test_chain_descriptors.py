"""From output descriptors and keys of several signers to addresses: the node's own answer, and one spelling each."""

import re
from itertools import permutations

import pytest
from base58 import b58decode_check, b58encode_check
from hypothesis import given, settings
from hypothesis import strategies as st

from app.chain.derivation import Derivation, derivation_from_descriptor, parse_account_key
from app.errors import BadInput
from regtest.node import Node
from tests.account_keys import TPUBS, WIF, XPRV, XPUBS, relabelled

ORIGIN = "[73c5da0a/48h/0h/0h]"
ONE_KEY = ["pkh({})", "sh(wpkh({}))", "wpkh({})", "tr({})"]
SEVERAL = [
    f"{before}{verb}({{}}){after}"
    for before, after in (("sh(", ")"), ("wsh(", ")"), ("sh(wsh(", "))"))
    for verb in ("multi", "sortedmulti")
]


def of_one(form: str, key: str = TPUBS[0]) -> str:
    return form.format(f"{key}/0/*")


def of_three(form: str, keys: tuple[str, ...] = TPUBS) -> str:
    return form.format("2," + ",".join(f"{key}/0/*" for key in keys))


def parsed(text: str, network: str = "regtest") -> Derivation:
    return parse_account_key(text, network)


def addresses_by_node(node: Node, descriptor: str, count: int) -> list[str]:
    checked = node.rpc("getdescriptorinfo", descriptor)["descriptor"]
    addresses: list[str] = node.rpc("deriveaddresses", checked, [0, count - 1])
    return addresses


def assert_as_the_node(node: Node, descriptor: str, count: int) -> None:
    ours = parsed(descriptor)
    by_node = addresses_by_node(node, descriptor, count)
    assert [ours.at(index).address for index in range(count)] == by_node
    assert addresses_by_node(node, ours.descriptor, 3) == by_node[:3]


@pytest.mark.parametrize("form", SEVERAL)
def test_200_addresses_of_several_keys_are_the_nodes(node: Node, form: str) -> None:
    assert_as_the_node(node, of_three(form), 200)


@pytest.mark.slow
@pytest.mark.parametrize("form", SEVERAL)
def test_2000_addresses_of_several_keys_are_the_nodes(node: Node, form: str) -> None:
    assert_as_the_node(node, of_three(form), 2_000)


@pytest.mark.parametrize("form", SEVERAL)
@pytest.mark.parametrize("count", [1, 15])
def test_few_and_many_keys_give_the_nodes_addresses(node: Node, form: str, count: int) -> None:
    keys = [relative(TPUBS[0], number) for number in range(count)]
    assert_as_the_node(node, form.format("1," + ",".join(f"{key}/0/*" for key in keys)), 5)


@pytest.mark.parametrize("form", ONE_KEY)
def test_addresses_of_a_descriptor_with_one_key_are_the_nodes(node: Node, form: str) -> None:
    assert_as_the_node(node, of_one(form), 50)


@pytest.mark.parametrize("descriptor", [of_one(form) for form in ONE_KEY] + [of_three(form) for form in SEVERAL])
def test_the_script_is_the_one_that_the_node_sees_behind_the_address(node: Node, descriptor: str) -> None:
    for index in (0, 999, 2**31 - 1):
        destination = parsed(descriptor).at(index)
        assert node.rpc("validateaddress", destination.address)["scriptPubKey"] == destination.script_pubkey.hex()


@pytest.mark.parametrize("descriptor", [of_one(form) for form in ONE_KEY] + [of_three(form) for form in SEVERAL])
def test_the_checksum_is_the_nodes_and_is_verified(node: Node, descriptor: str) -> None:
    checked = node.rpc("getdescriptorinfo", descriptor)["descriptor"]
    assert parsed(checked).descriptor == parsed(descriptor).descriptor
    shown = parsed(descriptor).checked_descriptor
    assert shown == node.rpc("getdescriptorinfo", parsed(descriptor).descriptor)["descriptor"]
    assert parsed(shown).checked_descriptor == shown
    for wrong in ("q" if checked[-1] != "q" else "p", ""):
        with pytest.raises(BadInput, match="checksum"):
            parsed(checked[:-1] + wrong)


@pytest.mark.parametrize("form", [*ONE_KEY, *SEVERAL])
def test_all_spellings_of_a_descriptor_are_one_wallet(form: str) -> None:
    key = TPUBS[0]
    others = "".join(f",{other}/0/*" for other in TPUBS[1:]) if form in SEVERAL else ""
    threshold = "2," if form in SEVERAL else ""
    spellings = [
        form.format(f"{threshold}{origin}{spelling}{path}{others}")
        for origin in ("", "[73c5da0a]", ORIGIN, ORIGIN.replace("h", "'"), ORIGIN.upper().replace("H", "h"))
        for spelling in (key, without_ancestry(key))
        for path in ("/0/*", "/<0;1>/*", "/**")
    ]
    spellings.append(f" {spellings[0][:50]}\n{spellings[0][50:]} ")
    assert len({parsed(spelling).descriptor for spelling in spellings}) == 1


def test_a_key_and_the_descriptor_that_it_implies_are_one_wallet() -> None:
    xpub = XPUBS[0]
    for key, descriptor in [
        (xpub, f"wpkh({xpub}/0/*)"),
        (relabelled(xpub, "zpub"), f"wpkh({xpub}/0/*)"),
        (relabelled(xpub, "ypub"), f"sh(wpkh({xpub}/<0;1>/*))"),
        (f"{xpub}-[legacy]", f"pkh({xpub}/0/*)"),
        (f"{xpub}-[p2sh]", f"sh(wpkh({xpub}/0/*))"),
        (f"{relabelled(xpub, 'ypub')}-[p2sh]", f"sh(wpkh({xpub}/0/*))"),
        (f"{ORIGIN}{xpub}-[taproot]", f"tr({ORIGIN}{xpub}/0/*)"),
    ]:
        assert parsed(key, "mainnet").descriptor == parsed(descriptor, "mainnet").descriptor


def test_keys_with_labels_of_several_signers_are_descriptors() -> None:
    one, two = XPUBS[:2]
    for text, descriptor in [
        (f"2-of-{one}-{two}", f"wsh(sortedmulti(2,{one}/0/*,{two}/0/*))"),
        (f"1-of-{ORIGIN}{two}-{one}-[p2sh]", f"sh(wsh(sortedmulti(1,{one}/0/*,{two}/0/*)))"),
        (f"2-of-{one}-{two}-[legacy]", f"sh(sortedmulti(2,{one}/0/*,{two}/0/*))"),
        (f"2-of-{two}-{one}-[keeporder]", f"wsh(multi(2,{two}/0/*,{one}/0/*))"),
        (f"2-of-{two}-{one}-[legacy]-[keeporder]", f"sh(multi(2,{two}/0/*,{one}/0/*))"),
    ]:
        assert parsed(text, "mainnet").descriptor == parsed(descriptor, "mainnet").descriptor


@pytest.mark.parametrize("form", SEVERAL)
def test_the_order_of_keys_names_the_wallet_only_where_it_changes_the_addresses(form: str) -> None:
    orders = [parsed(of_three(form, keys)) for keys in permutations(TPUBS)]
    names = {order.descriptor for order in orders}
    assert len(names) == len({order.at(3).address for order in orders}) == (1 if "sorted" in form else 6)


def test_one_key_sorted_or_not_is_one_wallet() -> None:
    assert len({parsed(f"wsh({verb}(1,{TPUBS[0]}/0/*))").descriptor for verb in ("multi", "sortedmulti")}) == 1


@pytest.mark.parametrize("descriptor", [of_one(form) for form in ONE_KEY] + [of_three(form) for form in SEVERAL])
def test_a_stored_descriptor_gives_the_same_addresses(descriptor: str) -> None:
    derivation = parsed(descriptor)
    rebuilt = derivation_from_descriptor(derivation.descriptor, "regtest")
    assert (rebuilt.script_type, rebuilt.descriptor) == (derivation.script_type, derivation.descriptor)
    assert [rebuilt.at(index) for index in range(5)] == [derivation.at(index) for index in range(5)]


def test_a_stored_private_key_would_not_be_used() -> None:
    tprv = b58encode_check(bytes.fromhex("04358394") + bytes(9) + b58decode_check(XPRV)[13:]).decode()
    with pytest.raises(BadInput):
        derivation_from_descriptor(f"wpkh({tprv}/0/*)", "regtest")


TPUB = TPUBS[0]


@pytest.mark.parametrize(
    ("text", "remedy"),
    [
        (f"wpkh({TPUB}/0h/*)", "no hardened children"),
        (f"wpkh({TPUB}/0/*')", "no hardened children"),
        (f"wpkh({TPUB}/0/*h)", "no hardened children"),
        (f"wpkh({TPUB})", "receiving branch"),
        (f"wpkh({TPUB}/1/*)", "receiving branch"),
        (f"wpkh({TPUB}/<1;0>/*)", "receiving branch"),
        (f"wpkh({TPUB}/0/0)", "receiving branch"),
        (f"wsh(multi(1,{TPUB}/0/*,{TPUBS[1]}/1/*))", "receiving branch"),
        (f"wsh(multi(3,{TPUB}/0/*,{TPUBS[1]}/0/*))", "3 of 2 keys"),
        (f"wsh(multi(0,{TPUB}/0/*))", "1 to 15 keys"),
        (f"wsh(multi(x,{TPUB}/0/*))", "number of keys that must sign"),
        (f"wsh(sortedmulti(2,{TPUB}/0/*,{ORIGIN}{TPUB}/0/*))", "names a key twice"),
        ("wsh(multi(1," + ",".join([f"{TPUB}/0/*"] * 16) + "))", "1 to 15 keys"),
        (f"wpkh({TPUB}/0/*,{TPUBS[1]}/0/*)", "takes one key"),
        (f"pk({TPUB}/0/*)", "use pkh, wpkh"),
        (f"wsh(pkh({TPUB}/0/*))", "use pkh, wpkh"),
        (f"tr({TPUB}/0/*,pk({TPUB}/0/*))", "use pkh, wpkh"),
        ("addr(bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080)", "use pkh, wpkh"),
        (f"wpkh({TPUB}/0/*", "use pkh, wpkh"),
        (f"wpkh({TPUB}/0/*))", "use pkh, wpkh"),
        (f"wpkh({TPUB}/**)#aaaaaaaa", "leave the checksum out"),
        (f"wpkh({relabelled(TPUB, 'vpub')}/0/*)", "inside a descriptor a key is an xpub"),
        (f"wpkh({XPUBS[0]}/0/*)", "runs on regtest"),
        (f"wpkh({TPUB[:-1]}/0/*)", "mistyped"),
        ("wpkh(020202020202020202020202020202020202020202020202020202020202020202/0/*)", "mistyped"),
        ("wpkh()", "use pkh, wpkh"),
        (f"[73c5da0a/84h/0h]{TPUB}/0/*", "without a path"),
        (f"[73c5da0/84h/0h]{TPUB}", "mistyped"),
        (f"{TPUB}-[legacy]-[taproot]", "use one of the labels"),
        (f"{TPUB}-[other]", "use one of the labels"),
        (f"{relabelled(TPUB, 'vpub')}-[taproot]", "this key says p2wpkh"),
        (f"2-of-{TPUB}", "2 of 1 keys"),
        (f"1-of-{TPUB}-{TPUBS[1]}-[taproot]", "use the labels keeporder"),
        (f"1-of-{relabelled(TPUB, 'vpub')}-{TPUBS[1]}", "inside a descriptor a key is an xpub"),
        (f"1-of-{TPUB}/0/*-{TPUBS[1]}", "without a path"),
        ("x" * 5001, "longer than 5000"),
    ],
)
def test_what_sattle_gives_no_addresses_of_is_refused_with_a_remedy(text: str, remedy: str) -> None:
    with pytest.raises(BadInput, match=re.escape(remedy)):
        parsed(text)


def test_a_script_type_beside_a_descriptor_must_be_its_own() -> None:
    with pytest.raises(BadInput, match="this says p2tr"):
        parse_account_key(f"tr({TPUB}/0/*)", "regtest", "p2wpkh")
    assert parse_account_key(f"tr({TPUB}/0/*)", "regtest", "p2tr").script_type == "p2tr"


SEED = "legal winner thank year wave sausage worth useful legal winner thank yellow"
SECRETS = [
    XPRV,
    *[b58encode_check(bytes.fromhex(v) + b58decode_check(XPRV)[4:]).decode() for v in ("04358394", "049d7878")],
    WIF,
    SEED,
    SEED.upper(),
    SEED.replace(" ", ","),
    " ".join(f"{number}. {word}" for number, word in enumerate(SEED.split(), 1)),
]


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("around", ["{}", "wpkh({}/0/*)", "tr([73c5da0a/86h]{}/<0;1>/*)", "2-of-{}-{}", "{}-[p2sh]"])
def test_private_material_is_refused_in_any_place_and_never_repeated(secret: str, around: str) -> None:
    for text in (around.replace("{}", secret), around.replace("{}", secret[:-2] + "q1")):
        with pytest.raises(BadInput, match="never holds keys that can spend") as caught:
            parsed(text)
        assert secret[:8].lower() not in str(caught.value).lower()


PIECES = [*TPUBS, XPUBS[0], XPRV, WIF, ORIGIN, "/0/*", "/<0;1>/*", "/**", "/0h/*", "#hjszq0wk", "-[legacy]", "-[p2sh]"]
PIECES += ["wpkh(", "tr(", "wsh(", "sh(", "sortedmulti(", "multi(", "2,", ",", ")", "))", "2-of-", "-", " ", "\n", "é"]


@settings(max_examples=400, deadline=None)
@given(st.one_of(st.text(), st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=3)), max_size=9).map("".join)))
def test_any_text_is_an_account_key_or_bad_input_and_no_secret_gets_into_a_message(text: str) -> None:
    for network in ("mainnet", "regtest"):
        try:
            derivation = parsed(text, network)
        except BadInput as error:
            message = str(error)
        else:
            message = derivation.checked_descriptor
            assert derivation_from_descriptor(derivation.descriptor, network).at(0) == derivation.at(0)
        assert XPRV[:12] not in message
        assert WIF[:9] not in message


@settings(max_examples=300, deadline=None)
@given(st.sampled_from([of_one(form) for form in ONE_KEY] + [of_three(form) for form in SEVERAL]), st.data())
def test_one_wrong_character_in_a_descriptor_with_checksum_is_noticed(descriptor: str, data: st.DataObject) -> None:
    checked = parsed(descriptor).checked_descriptor
    place = data.draw(st.integers(0, len(checked) - 1))
    wrong = data.draw(
        st.characters(codec="ascii", exclude_characters=checked[place] + " \t\n\r\x0b\x0c\x1c\x1d\x1e\x1f")
    )
    with pytest.raises(BadInput):
        parsed(checked[:place] + wrong + checked[place + 1 :])


def relative(key: str, number: int) -> str:
    """Another key: the same public key with another chain code has other children."""
    payload = bytearray(b58decode_check(key))
    payload[13] = number
    return b58encode_check(bytes(payload)).decode()


def without_ancestry(key: str) -> str:
    payload = b58decode_check(key)
    return b58encode_check(payload[:4] + bytes(9) + payload[13:]).decode()
