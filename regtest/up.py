"""`make up`: everything wired together in the foreground, until Ctrl-C."""

import contextlib
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from regtest import flaskenv
from regtest.attach import NODE_PORT
from regtest.bitcoind import find_bitcoind
from regtest.down import stop_all
from regtest.errors import RegtestError
from regtest.first_screen import first_screen
from regtest.installation import Installation, wait_for_http
from regtest.node import Node
from regtest.ports import free_port, is_free, port_from, require_free
from regtest.processes import Process, read_pid_file, write_pid_file
from regtest.state import State
from regtest.watch import Watch

DEMO_STORE = "demo"
DEMO_ACCOUNT = ("merchant@demo.example", "play-money-only")  # e-mail address and password: everybody may know them
DEMO_ACCOUNT_KEY = (
    "tpubDC8msFGeGuwnKG9Upg7DM2b4DaRqg3CUZa5g8v2SRQ6K4NSkxUgd7HsL2XVWbVm39yBA4LAxysQAm397zwQSQoQgewGiYZqrA9DsP4zbQ1M"
)
"""m/84'/1'/0' of the mnemonic "abandon … about" that everybody knows: it will never hold more than play money."""

MINER_SECONDS = 30
PAYER_PORT = 8002
LOOK_EVERY_SECONDS = 0.5

Say = Callable[[str], object]


def run(state: State, say: Say) -> int:
    """Start everything, watch it, and stop it on Ctrl-C, SIGTERM or a failure; returns the exit code."""
    _require_alone(state)
    state.prepare()
    demo = Demo(state, say)
    write_pid_file(state.up_pid_file, os.getpid())
    _interrupt_on_signals()
    try:
        demo.start()
        demo.watch()
    except KeyboardInterrupt:
        say("stopping")
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        flaskenv.remove(state.flaskenv_file)
        demo.stop()
        state.write_status({"ready": False, "step": "not running"})
        state.up_pid_file.unlink(missing_ok=True)
    return 0


class Demo:
    """The node, the installation, the miner, the payer's page and the shop of one state directory."""

    def __init__(self, state: State, say: Say) -> None:
        self._state = state
        self._say = say
        self._miner_seconds = float(os.environ.get("SATTLE_MINER_SECONDS") or MINER_SECONDS)
        self._shop_port = port_from("SATTLE_SHOP_PORT", 8001)
        self._payer_port = PAYER_PORT if is_free(PAYER_PORT) else free_port()
        self._node = Node(
            state.node_dir,
            rpc_port=port_from("SATTLE_NODE_PORT", NODE_PORT),
            clock_file=state.clock_file,
            log=state.log_dir / "node.log",
            pid_file=state.pid_dir / "node.pid",
        )
        self._place = Installation(
            node=self._node,
            directory=state.data_dir,
            web_port=port_from("SATTLE_PORT", 8000),
            log_dir=state.log_dir,
            pid_dir=state.pid_dir,
            database_url=os.environ.get("DATABASE_URL"),
            payer_url=f"http://127.0.0.1:{self._payer_port}",
        )
        self._programs: list[Process] = []
        self._written_tip = ""

    def start(self) -> None:
        """Everything, in the order in which it needs each other; the seconds of each step are told."""
        self._require_ports()
        settings = self._place.environment()
        settings.pop("FLASK_SKIP_DOTENV")
        flaskenv.write(self._state.flaskenv_file, settings)
        with self._step("bitcoind found"):
            self._node.bitcoind = find_bitcoind(self._tell)
        with self._step(f"node at {self._node.rpc_url}"):
            self._start_node()
        with self._step("database at its newest revision"):
            self._place.migrate()
        with self._step(f"store {DEMO_STORE!r} with a wallet and a merchant"):
            if self._place.store_named(DEMO_STORE) is None:
                self._place.create_store(DEMO_STORE, DEMO_ACCOUNT_KEY, with_key=False)
            self._place.have_user(*DEMO_ACCOUNT, DEMO_STORE)
        with self._step(f"server at {self._place.server}, worker, miner, payer"):
            self._start_server()
        with self._step(f"shop at http://127.0.0.1:{self._shop_port}"):
            code, key = self._place.pairing_code(DEMO_STORE), self._shop_key()
            shop = self._place.shop("shop", self._shop_port, code, key)
            self._start(shop)
            wait_for_http(shop, f"http://127.0.0.1:{self._shop_port}")
        status = self._ready()
        self._state.write_status(status)
        self._say(first_screen(status, DEMO_ACCOUNT, self._state.node_dir, self._state.log_dir, self._miner_seconds))

    def watch(self) -> None:
        """Look after everything until interrupted. Raises RegtestError when something cannot be kept running."""
        watch = Watch(self._programs, self._say)
        never = threading.Event()
        while not never.wait(LOOK_EVERY_SECONDS):
            if not self._node.alive:
                watch.start_again(self._node.process, self._start_node)
            self._write_new_blocks()
            watch.look()

    def stop(self) -> None:
        """Stop what was started, the last one first and the node at the end."""
        for program in reversed(self._programs):
            program.stop()
        self._node.stop()

    def _require_ports(self) -> None:
        require_free(self._place.web_port, "the server", "SATTLE_PORT")
        require_free(self._shop_port, "the shop", "SATTLE_SHOP_PORT")
        require_free(self._node.rpc_port, "the node", "SATTLE_NODE_PORT")

    def _start_node(self) -> None:
        self._node.start()
        self._node.prepare()

    def _write_new_blocks(self) -> None:
        """A node that is killed comes back with the chain it had: there are no peers to fetch lost blocks from."""
        with contextlib.suppress(RegtestError):  # a node that just ended is started again at the next look
            tip = self._node.tip()
            if tip != self._written_tip:
                self._node.write_chain()
                self._written_tip = tip

    def _start_server(self) -> None:
        web = self._place.web()
        self._start(web)
        self._start(self._place.worker())
        self._start(
            self._place.verb("payer", "payer-page", f"--port={self._payer_port}", f"--server={self._place.server}")
        )
        if self._miner_seconds:
            self._start(self._place.verb("miner", "miner", f"--every={self._miner_seconds:g}"))
        wait_for_http(web, self._place.server)

    def _start(self, program: Process) -> None:
        self._programs.append(program)
        program.start()

    def _ready(self) -> dict[str, object]:
        return {
            "ready": True,
            "server": self._place.server,
            "shop": f"http://127.0.0.1:{self._shop_port}",
            "node_rpc": self._node.rpc_url,
            "node_cookie": str(self._node.cookie),
            "network": "regtest",
            "height": self._node.height(),
        }

    def _shop_key(self) -> str:
        """A key for the shop's Greenfield plugin, unless it was connected at an earlier start."""
        if (self._place.directory / "shop" / "greenfield.json").exists():
            return ""
        return self._place.api_key(DEMO_STORE, DEMO_ACCOUNT[0])

    def _tell(self, line: str) -> None:
        self._state.write_status({"ready": False, "step": line})
        self._say(line)

    @contextmanager
    def _step(self, what: str) -> Iterator[None]:
        self._state.write_status({"ready": False, "step": what})
        began = time.monotonic()
        yield
        self._say(f"{time.monotonic() - began:6.1f} s  {what}")


def _require_alone(state: State) -> None:
    """Refuse while another `up` runs here; end what a killed one left behind."""
    if read_pid_file(state.up_pid_file) is not None:
        raise RegtestError(f"it is running already (state in {state.root}); stop it with: make down")
    stop_all(state)


def _interrupt_on_signals() -> None:
    """SIGINT too: what a script starts with `&` inherits that signal as ignored, and would then not hear Ctrl-C."""

    def interrupt(_signal: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGINT, interrupt)
    signal.signal(signal.SIGTERM, interrupt)
