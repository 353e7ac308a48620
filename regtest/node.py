"""A Bitcoin Core node on regtest that we start and stop: one for `up`, any number for tests."""

import contextlib
from pathlib import Path

from regtest.bitcoind import find_bitcoind
from regtest.chain import Chain
from regtest.clock import MovableClock, Pacemaker
from regtest.errors import RegtestError
from regtest.payer import Payer
from regtest.ports import free_port
from regtest.processes import Process
from regtest.rpc import Rpc
from regtest.waiting import wait_until

HIGH_WATER_MARK = 100_000
"""Messages that ZMQ keeps for a slow reader: a full block announces thousands at once, Core's default keeps 1,000."""

START_ATTEMPTS = 3
START_SECONDS = 60

CONFIG = """\
# Written at each start by regtest/node.py. `bitcoin-cli -datadir=THIS_DIRECTORY getblockcount` works from here.
regtest=1
[regtest]
server=1
listen=0
connect=0
rpcbind=127.0.0.1
rpcallowip=127.0.0.1
rpcport={rpc_port}
rpcthreads=16
rpcworkqueue=256
txindex=0
fallbackfee=0.00002
unsafesqlitesync=1
printtoconsole=1
nodebuglogfile=1
# The wallet announces nothing by itself: what is in the mempool was put there by a verb, or by Sattle.
walletbroadcast=0
# A chain that slept for days is not "syncing".
maxtipage=4000000000
zmqpubrawtx={zmq_url}
zmqpubhashblock={zmq_url}
zmqpubsequence={zmq_url}
zmqpubrawtxhwm={high_water_mark}
zmqpubhashblockhwm={high_water_mark}
zmqpubsequencehwm={high_water_mark}
"""


class Node(Chain):
    """A node with a data directory of its own, the test wallet and its verbs.

    Ports are free ones unless given. Used as a context manager it is started, prepared and in the end stopped.
    `clock_file` is the offset file that the product is to read as SATTLE_TEST_CLOCK.
    """

    def __init__(
        self,
        directory: Path,
        *,
        bitcoind: Path | None = None,
        rpc_port: int | None = None,
        clock_file: Path | None = None,
        log: Path | None = None,
        pid_file: Path | None = None,
    ) -> None:
        self.directory = directory
        self.bitcoind = bitcoind
        self.clock_file = clock_file or directory / "clock-offset"
        self.cookie = directory / "regtest" / ".cookie"
        self._fixed_port = rpc_port
        self._log = log or directory / "bitcoind.log"
        self._pid_file = pid_file
        self._process: Process | None = None
        self._pacemaker: Pacemaker | None = None
        self._choose_ports()
        self.payer = Payer(self)

    def _choose_ports(self) -> None:
        self.rpc_port = self._fixed_port or free_port()
        self.rpc_url = f"http://127.0.0.1:{self.rpc_port}"
        self.zmq_url = f"tcp://127.0.0.1:{free_port()}"
        super().__init__(Rpc(self.rpc_url, self.cookie), MovableClock(self.clock_file))

    def __enter__(self) -> "Node":
        self.start()
        self.prepare()
        return self

    def __exit__(self, *_: object) -> None:
        """Nobody needs its chain any more: writing it in order may take longer than a test, on a busy disk."""
        self._rest()
        if self._process is not None:
            self._process.kill()

    @property
    def process(self) -> Process:
        """The program, once started."""
        if self._process is None:
            raise RegtestError("the node was not started")
        return self._process

    @property
    def alive(self) -> bool:
        """Whether the program runs (it may still be warming up)."""
        return self._process is not None and self._process.alive

    def start(self, *extra: str) -> None:
        """Start bitcoind and return when it takes calls. `extra` are bitcoind's own options; they win over ours.

        A free port may be gone a moment later; until the first start succeeded, others are tried.
        """
        attempts = START_ATTEMPTS if self._process is None and self._fixed_port is None else 1
        for _ in range(attempts - 1):
            with contextlib.suppress(RegtestError):
                self._start_once(*extra)
                return
            self._choose_ports()
            self.payer = Payer(self)
        self._start_once(*extra)

    def _start_once(self, *extra: str) -> None:
        self._rest()
        self.launch(*extra)
        try:
            wait_until(self._ready, f"the node at {self.rpc_url} to take calls", START_SECONDS)
        except RegtestError:
            self.kill()
            self._process = None
            raise
        self._pacemaker = Pacemaker(self.keep_time)
        self._pacemaker.start()

    def launch(self, *extra: str) -> None:
        """Start bitcoind and do not wait for it: what a test of "warming up" wants."""
        if self.alive:
            raise RegtestError("the node is running already")
        self.bitcoind = self.bitcoind or find_bitcoind()
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.cookie.unlink(missing_ok=True)  # a killed node leaves one that opens nothing
        config = CONFIG.format(rpc_port=self.rpc_port, zmq_url=self.zmq_url, high_water_mark=HIGH_WATER_MARK)
        (self.directory / "bitcoin.conf").write_text(config, encoding="ascii")
        time = [f"-mocktime={self.clock.unix()}"] if self.clock.offset_seconds() else []
        command: list[str | Path] = [self.bitcoind, f"-datadir={self.directory}", *time, *extra]
        self._process = Process("node", command, log=self._log, pid_file=self._pid_file)
        self._process.start()

    def _ready(self) -> bool:
        self.process.require_alive()
        return self.answers()

    def stop(self) -> None:
        """Let bitcoind end in order: it keeps chain, wallet and mempool."""
        self._rest()
        if self._process is not None:
            self._process.stop(timeout_seconds=60)

    def kill(self) -> None:
        """SIGKILL: the mempool is lost. The chain is written first: on a real network lost blocks would come back from
        other nodes, here they would be gone."""
        self._rest()
        if self.alive and self.answers():
            self.write_chain()
        if self._process is not None:
            self._process.kill()

    def restart(self, *extra: str, keep_mempool: bool = True) -> None:
        """Stop and start again. With `-minrelaytxfee=0.0001` a payment at the usual 2 sat/vB is refused afterwards,
        as if it had been evicted for its low fee; without `keep_mempool` everything unconfirmed is forgotten."""
        self.stop()
        if not keep_mempool:
            (self.directory / "regtest" / "mempool.dat").unlink(missing_ok=True)
        self.start(*extra)
        self.prepare()

    def advance(self, seconds: int) -> int:
        """Move time forward, also while the node is down: it starts in the moved time then."""
        if self.alive:
            return super().advance(seconds)
        return self.clock.advance(seconds, lambda _unix: None)

    def _rest(self) -> None:
        if self._pacemaker is not None:
            self._pacemaker.stop()
            self._pacemaker = None
