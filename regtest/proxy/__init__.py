"""A cable between Sattle and its node that can be cut, and that can lie: what fails here is never the product.

with NodeProxy(node) as cable, Harness(node, tmp_path, settings=cable.settings) as sattle:
    cable.rpc.refuse("getblock", nth=2)
    cable.zmq.lose("rawtx", every=3)
    cable.cut()
    cable.mend()
"""

from regtest.node import Node
from regtest.proxy.rpc_proxy import RpcProxy
from regtest.proxy.zmq_proxy import ZmqProxy


class NodeProxy:
    """Stands before a node's RPC and its ZMQ. Where no verb says otherwise, everything passes as it is.

    `rpc` and `zmq` have the verbs for each; the ones here mean both. The node may be stopped and started meanwhile.
    """

    def __init__(self, node: Node) -> None:
        self.rpc = RpcProxy(node.rpc_url)
        self.zmq = ZmqProxy(node.zmq_url)

    @property
    def settings(self) -> dict[str, str]:
        """What makes a `Harness` use this cable."""
        return {"SATTLE_NODE_URL": self.rpc.url, "SATTLE_NODE_ZMQ": self.zmq.url}

    def __enter__(self) -> "NodeProxy":
        self.rpc.start()
        self.zmq.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.zmq.stop()
        self.rpc.stop()

    def cut(self) -> None:
        """Nobody answers and nobody is heard."""
        self.rpc.cut()
        self.zmq.cut()

    def mend(self) -> None:
        """Connect again, and forget every fault."""
        self.rpc.mend()
        self.zmq.mend()
