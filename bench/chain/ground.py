"""What measurements stand on: directories, a PostgreSQL cluster, and databases that are filled once and then copied."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from bench.chain.place import MOST_PAID, Place, Product
from bench.chain.seeding import fill
from regtest.installation import Installation
from regtest.node import Node
from regtest.ports import free_port
from regtest.proxy.rpc_proxy import RpcProxy
from tests.private_postgresql import Cluster

DATABASES = ("sqlite", "postgresql")

Say = Callable[[str], object]


@dataclass(frozen=True)
class _Filled:
    """A database that nobody uses, and the data directory that goes with it."""

    directory: Path
    url: str
    store_id: str


class Ground:
    """Used as a context manager: what it made is gone afterwards. `say` hears of the progress."""

    def __init__(self, say: Say) -> None:
        self.say = say
        self._filled: dict[tuple[str, int], _Filled] = {}
        self._stack = ExitStack()

    def __enter__(self) -> "Ground":
        self._directory = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="sattle-bench-")))
        self._directory.chmod(0o755)  # PostgreSQL's own user must pass
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @contextmanager
    def place(self, database: str, invoices: int, *, through_proxy: bool = False) -> Iterator[Place]:
        """A Sattle with so many open invoices, and a node of its own. `database` is one of DATABASES.

        Address indexes from 1 on belong to the first of the invoices. With `through_proxy` the product asks the node
        through `Place.rpc`.
        """
        with ExitStack() as stack:
            directory = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=self._directory)))
            url, store_id = stack.enter_context(self._copy(database, invoices, directory))
            node = stack.enter_context(Node(directory / "node"))
            rpc = RpcProxy(node.rpc_url)
            rpc.start()
            stack.callback(rpc.stop)
            settings = {"SATTLE_NODE_URL": rpc.url} if through_proxy else {}
            installation = _installation(node, directory, url, settings)
            product = Product(installation)
            stack.callback(product.disconnect)
            yield Place(database, node, installation, rpc, product, store_id, invoices)

    @contextmanager
    def _copy(self, database: str, invoices: int, directory: Path) -> Iterator[tuple[str, str]]:
        if (database, invoices) not in self._filled:
            self._filled[database, invoices] = self._fill(database, invoices)
        filled = self._filled[database, invoices]
        shutil.copytree(filled.directory, directory, dirs_exist_ok=True)
        if database == "sqlite":
            yield _sqlite_in(directory), filled.store_id
            return
        old, new = urlsplit(filled.url), urlsplit(self._cluster.new_database())
        with psycopg.connect(old._replace(path="/postgres").geturl(), autocommit=True) as connection:
            name, like = sql.Identifier(new.path[1:]), sql.Identifier(old.path[1:])
            connection.execute(sql.SQL("DROP DATABASE {}").format(name))
            connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy").format(name, like))
            yield new.geturl(), filled.store_id
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))

    def _fill(self, database: str, invoices: int) -> "_Filled":
        self.say(f"{database}: filling a database with {invoices:,} open invoices")
        directory = Path(tempfile.mkdtemp(dir=self._directory))
        url = _sqlite_in(directory) if database == "sqlite" else self._cluster.new_database()
        installation = _installation(Node(directory / "node"), directory, url, {})
        installation.migrate()
        product = Product(installation)
        first = product.new_invoice(product.new_store())
        product.disconnect()
        fill(url, first.invoice_id, product.destinations(1, min(invoices, MOST_PAID)), invoices)
        return _Filled(directory, url, first.store_id)

    @cached_property
    def _cluster(self) -> Cluster:
        cluster = Cluster(self._directory / "postgresql", durable=True)
        cluster.start()
        self._stack.callback(cluster.stop)
        return cluster


def _sqlite_in(directory: Path) -> str:
    return f"sqlite:///{directory / 'sattle.db'}"


def _installation(node: Node, directory: Path, url: str, settings: dict[str, str]) -> Installation:
    return Installation(
        node=node,
        directory=directory,
        web_port=free_port(),
        log_dir=directory / "logs",
        database_url=url,
        settings=settings,
    )
