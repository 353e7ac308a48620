"""The wrapped RPC on a real node, and on servers that misbehave in the ways a node can."""

import base64
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from app.chain import rpc_connection
from app.chain.codec import decode_block
from app.chain.rpc import Rpc, Unspent
from app.chain.rpc_line import NodeAddress, RpcError
from app.domain.chain import Outpoint
from app.errors import NodeUnavailable
from regtest.node import Node
from regtest.ports import free_port
from tests.serving import serving

NOBODY = "11" * 32


@pytest.fixture(scope="module")
def own_node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """A node of this module: its tests restart it."""
    with Node(tmp_path_factory.mktemp("node")) as node:
        yield node


@pytest.fixture
def rpc(own_node: Node) -> Rpc:
    return Rpc(NodeAddress(own_node.rpc_url, own_node.cookie))


@contextmanager
def answering(answer: Callable[[BaseHTTPRequestHandler], None], tls: ssl.SSLContext | None = None) -> Iterator[str]:
    """An HTTP server that answers every POST in its own way; gives its URL."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            answer(self)

        def log_message(self, *_: object) -> None:
            """Tests print nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    with serving(server):
        yield f"{'https' if tls else 'http'}://127.0.0.1:{server.server_port}"


def reply(handler: BaseHTTPRequestHandler, status: int, body: bytes, kind: str = "application/json") -> None:
    handler.rfile.read(int(handler.headers["Content-Length"]))
    handler.send_response(status)
    handler.send_header("Content-Type", kind)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def certificate_for(address: str, directory: Path) -> Path:
    """A file with a certificate that vouches for itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a node")])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(datetime.now(UTC) - timedelta(days=1))
        .not_valid_after(datetime.now(UTC) + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(address))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, SHA256())
    )
    file = directory / "node.pem"
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(secret + made.public_bytes(Encoding.PEM))
    return file


def state_of(call: Callable[[], object]) -> str:
    with pytest.raises(NodeUnavailable) as caught:
        call()
    return caught.value.state


def test_the_node_is_asked_with_its_cookie(rpc: Rpc, own_node: Node) -> None:
    assert rpc.blockchain_info()["chain"] == "regtest"
    assert rpc.best_block_hash() == own_node.tip()
    assert rpc.block_hash(own_node.height()) == own_node.tip()


def test_over_https_the_password_is_said_behind_a_good_certificate_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[str] = []

    def answer(handler: BaseHTTPRequestHandler) -> None:
        heard.append(handler.headers["Authorization"])
        reply(handler, 200, b'{"result":"aa","error":null,"id":1}')

    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate_for("127.0.0.1", tmp_path))
    with answering(answer, tls) as url:
        node = NodeAddress(url, user="me", password="secret")
        with pytest.raises(NodeUnavailable, match="CERTIFICATE_VERIFY_FAILED"):
            Rpc(node).best_block_hash()
        assert state_of(Rpc(NodeAddress(url.replace("https", "http"), None, "me", "secret")).best_block_hash)
        assert heard == []
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "node.pem"))
        assert Rpc(node).best_block_hash() == "aa"
        with pytest.raises(NodeUnavailable, match="CERTIFICATE_VERIFY_FAILED"):
            Rpc(NodeAddress(url.replace("127.0.0.1", "localhost"), None, "me", "secret")).best_block_hash()
    assert [base64.b64decode(login.removeprefix("Basic ")) for login in heard] == [b"me:secret"]


@pytest.mark.parametrize(("url", "port"), [("http://node", 8332), ("https://node", 443), ("http://node:18443", 18443)])
def test_a_node_without_a_port_answers_at_the_usual_one(url: str, port: int) -> None:
    assert NodeAddress(url).port == port


def test_what_is_not_there_is_none(rpc: Rpc, own_node: Node) -> None:
    assert rpc.block_hash(own_node.height() + 1) is None
    assert rpc.active_header(NOBODY) is None
    assert rpc.mempool_entries([NOBODY]) == [None]
    assert rpc.raw_transactions([NOBODY]) == [None]
    assert rpc.unspent([Outpoint(NOBODY, 0)]) == [None]


def test_a_header_off_the_active_chain_is_none(rpc: Rpc, own_node: Node) -> None:
    (left,) = own_node.mine()
    header = rpc.active_header(left)
    assert header is not None
    assert (header.height, header.hash) == (own_node.height(), left)
    own_node.reorg(1)
    assert rpc.active_header(left) is None


def test_a_batch_answers_in_order_and_each_for_itself(rpc: Rpc, own_node: Node) -> None:
    known = [own_node.payer.pay(own_node.new_address(), 10_000) for _ in range(3)]
    answers = rpc.raw_transactions([known[0], NOBODY, known[1], known[2]])
    assert [answer.hex() if answer else None for answer in answers] == [
        own_node.rpc("getrawtransaction", known[0]),
        None,
        own_node.rpc("getrawtransaction", known[1]),
        own_node.rpc("getrawtransaction", known[2]),
    ]
    assert isinstance(rpc.batch("nosuchmethod", [[]])[0], RpcError)
    assert rpc.batch("getblockcount", []) == []


def test_mempool_questions(rpc: Rpc, own_node: Node) -> None:
    txid = own_node.payer.pay(own_node.new_address(), 20_000)
    spent = own_node.rpc("getrawtransaction", txid, 1)["vin"][0]
    outpoint = Outpoint(spent["txid"], spent["vout"])
    script = bytes.fromhex(own_node.rpc("getrawtransaction", txid, 1)["vout"][0]["scriptPubKey"]["hex"])
    entry = own_node.rpc("getmempoolentry", txid)
    (seen,) = rpc.mempool_entries([txid])
    txids, next_number = rpc.mempool()
    assert txid in txids
    assert next_number > 0
    assert rpc.mempool_info().size == len(txids)
    assert seen is not None
    assert int(seen.since.timestamp()) == entry["time"]
    assert rpc.mempool_spenders([outpoint, Outpoint(NOBODY, 1)]) == {outpoint: txid}
    assert rpc.mempool_spenders([]) == {}
    assert rpc.mempool_parents(NOBODY) == []
    assert rpc.unspent([outpoint, Outpoint(txid, 0)]) == [None, Unspent(20_000, script)]
    assert rpc.mempool_info().is_loaded
    own_node.mine()


def test_a_broadcast_says_why_it_was_refused(rpc: Rpc, own_node: Node) -> None:
    signed = own_node.payer.prepare([(own_node.new_address(), 30_000)])
    assert rpc.broadcast(bytes.fromhex(signed)) is None
    assert rpc.broadcast(bytes.fromhex(signed)) is None, "offering what the node has is no error"
    refusal = rpc.broadcast(b"\x01")
    assert refusal is not None
    assert refusal.code == -22
    own_node.mine()


def test_a_payment_with_an_enormous_fee_is_broadcast_all_the_same(rpc: Rpc, own_node: Node) -> None:
    signed = own_node.payer.prepare([(own_node.new_address(), 30_000)], fee_rate=15_000)
    assert rpc.broadcast(bytes.fromhex(signed)) is None
    own_node.mine()


def test_amounts_are_exact(rpc: Rpc, own_node: Node) -> None:
    txid = own_node.payer.pay(own_node.new_address(), 2_099_999)
    assert str(rpc.call("gettxout", txid, 0, True)["value"]) == "0.02099999"
    own_node.mine()


def test_the_next_call_after_a_restart_just_works(own_node: Node) -> None:
    rpc = Rpc(NodeAddress(own_node.rpc_url, own_node.cookie))
    rpc.best_block_hash()
    before = own_node.cookie.read_text()
    own_node.restart()
    assert own_node.cookie.read_text() != before
    assert rpc.best_block_hash() == own_node.tip()


def test_an_idle_connection_is_replaced_before_the_node_drops_it(
    rpc: Rpc, own_node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    rpc.best_block_hash()
    connection = rpc._line(0)._connection
    first = connection.sock
    rpc.best_block_hash()
    assert connection.sock is first
    monkeypatch.setattr(rpc_connection, "IDLE_SECONDS", 0.0)
    assert rpc.best_block_hash() == own_node.tip()
    assert connection.sock is not first


def test_threads_do_not_share_a_connection(rpc: Rpc, own_node: Node) -> None:
    expected = {height: own_node.rpc("getblockhash", height) for height in range(50)}
    wrong: list[int] = []

    def ask() -> None:
        wrong.extend(height for height, block_hash in expected.items() if rpc.block_hash(height) != block_hash)

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_a_node_that_is_down_is_unreachable(tmp_path: Path) -> None:
    cookie = tmp_path / "cookie"
    cookie.write_text("__cookie__:x")
    down = Rpc(NodeAddress(f"http://127.0.0.1:{free_port()}", cookie))
    assert state_of(down.best_block_hash) == "unreachable"
    assert state_of(lambda: down.raw_transactions([NOBODY])) == "unreachable"


def test_a_missing_cookie_names_the_file(tmp_path: Path) -> None:
    with pytest.raises(NodeUnavailable, match=r"no-cookie-here.*No such file"):
        Rpc(NodeAddress("http://127.0.0.1:1", tmp_path / "no-cookie-here")).best_block_hash()


def test_a_wrong_password_is_named_and_the_right_one_works_afterwards(own_node: Node, tmp_path: Path) -> None:
    cookie = tmp_path / "cookie"
    cookie.write_text("__cookie__:wrong")
    rpc = Rpc(NodeAddress(own_node.rpc_url, cookie))
    assert state_of(rpc.best_block_hash) == "unauthorized"
    assert state_of(lambda: rpc.raw_transactions([NOBODY])) == "unauthorized"
    cookie.write_text(own_node.cookie.read_text())
    assert rpc.best_block_hash() == own_node.tip()


def test_a_password_may_hold_any_character() -> None:
    heard = []

    def answer(handler: BaseHTTPRequestHandler) -> None:
        heard.append(handler.headers["Authorization"])
        reply(handler, 200, b'{"result": "00ff", "error": null, "id": 1}')

    with answering(answer) as url:
        assert Rpc(NodeAddress(url, user="shop", password="p@ss/w:rd#é")).best_block_hash() == "00ff"
    assert heard == ["Basic " + base64.b64encode("shop:p@ss/w:rd#é".encode()).decode()]


def test_a_warming_node_is_named_whether_asked_once_or_in_a_batch() -> None:
    error = b'{"result": null, "error": {"code": -28, "message": "Loading block index"}, "id": 0}'

    def answer(handler: BaseHTTPRequestHandler) -> None:
        batch = b"[" in handler.rfile.peek(1)[:1]  # type: ignore[attr-defined]
        reply(handler, 200 if batch else 500, b"[" + error + b"]" if batch else error)

    with answering(answer) as url:
        rpc = Rpc(NodeAddress(url, user="u", password="p"))
        assert state_of(rpc.best_block_hash) == "warming_up"
        assert state_of(lambda: rpc.raw_transactions([NOBODY])) == "warming_up"


@pytest.mark.parametrize(
    ("status", "state"), [(403, "unauthorized"), (503, "busy"), (404, "unreachable"), (200, "unreachable")]
)
def test_an_answer_that_is_not_json_is_a_named_state(status: int, state: str) -> None:
    with answering(lambda handler: reply(handler, status, b"<html>", "text/html")) as url:
        rpc = Rpc(NodeAddress(url, user="u", password="p"))
        assert [state_of(rpc.best_block_hash) for _ in range(3)] == [state] * 3
        assert state_of(lambda: rpc.raw_transactions([NOBODY])) == state


def test_a_pruned_block_is_a_named_state() -> None:
    error = b'[{"result": null, "error": {"code": -1, "message": "Block not available (pruned data)"}, "id": 0}]'
    with answering(lambda handler: reply(handler, 200, error)) as url:
        assert state_of(lambda: Rpc(NodeAddress(url, user="u", password="p")).blocks([NOBODY])) == "history_lost"


def test_a_call_that_times_out_leaves_no_answer_behind_for_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    silent = threading.Event()
    asked: list[str] = []

    def answer(handler: BaseHTTPRequestHandler) -> None:
        asked.append(handler.path)
        if len(asked) == 1:
            silent.wait(30)
            handler.close_connection = True
            return
        reply(handler, 200, b'{"result": "bb", "error": null, "id": 1}')

    with answering(answer) as url:
        rpc = Rpc(NodeAddress(url, user="u", password="p"))
        connection, proxy = rpc._line(0)._connection, rpc._line(0)._proxy
        connection.timeout = 0.2
        monkeypatch.setattr(proxy, "_AuthServiceProxy__timeout", 0.2)
        try:
            assert state_of(rpc.best_block_hash) == "unreachable"
            assert len(asked) == 1, "a call that timed out is not made again at once"
            assert rpc.best_block_hash() == "bb"
        finally:
            silent.set()


def test_a_block_arrives_whole(rpc: Rpc, own_node: Node) -> None:
    own_node.payer.pay(own_node.new_address(), 10_000)
    (block_hash,) = own_node.mine()
    txids = [tx.txid for tx in decode_block(rpc.blocks([block_hash])[0])]
    assert txids == own_node.rpc("getblock", block_hash, 1)["tx"]
