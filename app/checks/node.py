"""What the node says when it is asked now. Each check looks at one report."""

from collections.abc import Callable
from datetime import timedelta
from urllib.parse import urlsplit

from app.checks.worker import PASSING
from app.domain.findings import Finding, failed, ok, warning
from app.domain.node_state import NodeState
from app.errors import NodeUnavailable
from app.services import NodeReport, Services

OLDEST_VERSION = 280_000
LAGGING_HEADERS = 6
FEW_BLOCKS = 1008  # a week: as long as worker or server may be down
BLOCKS_A_DAY = 144
TOPICS = ("rawtx", "hashblock", "sequence")
HIGH_WATER_MARK = 100_000
CLOCK_DIFFERENCE = timedelta(seconds=5)

NodeCheck = Callable[[Services, NodeReport], Finding]


def findings(services: Services) -> list[Finding]:
    """Ask the node; when it does not answer, that is all there is to say."""
    try:
        report = services.node_report()
    except NodeUnavailable as trouble:
        level = warning if trouble.state in PASSING else failed
        return [level("node", str(trouble), NodeState(trouble.state).remedy)]
    return [check(services, report) for check in CHECKS]


def version(services: Services, report: NodeReport) -> Finding:  # noqa: ARG001 - all have one form
    """Calls that Sattle makes are missing in older ones."""
    if report.version < OLDEST_VERSION:
        wanted = OLDEST_VERSION // 10_000
        return failed("node", f"the node is {report.name}; {wanted} is the oldest that works", "update Bitcoin Core")
    return ok("node", f"{report.name} answers")


def chain(services: Services, report: NodeReport) -> Finding:
    """The network of the settings, beginning with the block that we know."""
    check, network = "node: chain", services.network()
    remedy = "connect a node of SATTLE_NETWORK"
    if report.chain != network.chain:
        return failed(check, f"the node follows {report.chain!r}, and we need {network.chain!r}", remedy)
    if report.genesis_hash != network.genesis_hash:
        return failed(check, f"the node's chain begins with {report.genesis_hash}, which is not ours", remedy)
    return ok(check, f"it follows {report.chain!r}")


def synced(services: Services, report: NodeReport) -> Finding:
    """All blocks that it has headers of; a test chain may have slept for days."""
    check = "node: blocks"
    says = f"it has {report.blocks} of {report.headers} blocks"
    asleep = report.initial_block_download and services.settings.network != "regtest"
    if asleep or report.headers - report.blocks > LAGGING_HEADERS:
        return warning(check, f"{says} and is syncing: payments are seen once it has them all", "wait")
    return ok(check, says)


def history(services: Services, report: NodeReport) -> Finding:  # noqa: ARG001 - all have one form
    """A pruned node is fine as long as it keeps the blocks that we have not seen when we come back."""
    check = "node: pruning"
    if not report.prune_height:
        return ok(check, "it keeps all blocks")
    kept = report.blocks - report.prune_height + 1
    says = f"it keeps the last {kept} blocks, about {kept // BLOCKS_A_DAY} days"
    if kept < FEW_BLOCKS:
        return warning(
            check, f"{says}: after a longer absence payments could be missed", "raise prune= in bitcoin.conf"
        )
    return ok(check, says)


def announcements(services: Services, report: NodeReport) -> Finding:
    """The topics that we listen to, on our endpoint, each with room for a whole block."""
    check, endpoint = "node: ZMQ", services.settings.node_zmqs[services.rpc.active]
    ours = {p.topic: p.high_water_mark for p in report.publishers if _same_endpoint(p.address, endpoint)}
    missing = [topic for topic in TOPICS if topic not in ours]
    if missing:
        lines = ", ".join(f"zmqpub{topic}" for topic in missing)
        return failed(
            check,
            f"nothing announces {', '.join(missing)} at {endpoint}: payments are seen up to a minute late",
            f"set {lines} in bitcoin.conf to the address of SATTLE_NODE_ZMQ",
        )
    low = [topic for topic in TOPICS if 0 < ours[topic] < HIGH_WATER_MARK]
    if low:
        lines = ", ".join(f"zmqpub{topic}hwm={HIGH_WATER_MARK}" for topic in low)
        return warning(check, f"a full block can overflow {', '.join(low)}", f"set {lines} in bitcoin.conf")
    return ok(check, f"{', '.join(TOPICS)} at {endpoint}")


def clock(services: Services, report: NodeReport) -> Finding:  # noqa: ARG001 - all have one form
    """Whether a payment is in time is judged by the node's clock, an expiry by ours."""
    seconds = report.ahead.total_seconds()
    says = f"its clock runs {abs(seconds):.1f} s {'ahead of' if seconds > 0 else 'behind'} ours"
    if abs(report.ahead) > CLOCK_DIFFERENCE:
        return failed("node: clock", says, "let both machines take their time from the network, by NTP")
    return ok("node: clock", says)


CHECKS: tuple[NodeCheck, ...] = (version, chain, synced, history, announcements, clock)


def _same_endpoint(published: str, ours: str) -> bool:
    """The same port, for TCP: the node may know its own host by another name than we do."""
    try:
        there, here = urlsplit(published), urlsplit(ours)
        return published == ours or (there.scheme == here.scheme == "tcp" and there.port == here.port)
    except ValueError:
        return False
