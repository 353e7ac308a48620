"""A Sattle around a node of its own, on one database after the other."""

import contextlib
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from bench.load import Clients
from regtest.bitcoind import find_bitcoind
from regtest.harness import Harness
from regtest.node import Node
from tests.private_postgresql import Cluster

DATABASES = ("sqlite", "postgresql")


def servers(databases: Sequence[str], **settings: str) -> Iterator[tuple[str, Harness, Clients]]:
    """The database's name, the server on it, and clients to ask it; each server ends before the next one starts."""
    find_bitcoind()
    with contextlib.ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        directory.chmod(0o755)  # PostgreSQL's own user must pass
        node = stack.enter_context(Node(directory / "node"))
        clients = Clients()
        stack.callback(clients.close)
        for database in databases:
            url = f"sqlite:///{directory / 'sattle.db'}"
            if database == "postgresql":
                cluster = Cluster(directory / "postgresql", durable=True)
                cluster.start()
                stack.callback(cluster.stop)
                url = cluster.new_database()
            with Harness(node, directory / database, database_url=url, settings=settings) as sattle:
                yield database, sattle, clients
