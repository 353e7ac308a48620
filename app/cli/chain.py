"""`flask chain …`: where our facts stand on the chain, and catching up by hand.

Only one process may write what the chain says. Where a worker runs, these commands ask it and watch; where none does,
they do the work themselves.
"""

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import click

from app.cli.terms import Verbs, as_json, print_json
from app.db.models import ChainState, db
from app.db.queries import reading
from app.db.queries_chain import newest_block, open_alerts, open_gaps
from app.db.worker_locks import worker_locks
from app.domain.ids import new_id
from app.domain.node_state import NodeState
from app.errors import NodeUnavailable
from app.services import running_app, services
from app.usecases.watch_node import advance_rescan, begin_rescan, pending_rescan

LOOK_SECONDS = 0.25

block_height = click.IntRange(0, 2**31 - 1)

Progress = Callable[[int], None]  # told the height that was reached


@click.group(cls=Verbs)
def chain() -> None:
    """The chain as this server knows it."""


@chain.command()
@as_json
def status(as_json: bool) -> None:
    """Where we stand, how the node does, and what must be done about it."""
    told = told_chain()
    if as_json:
        print_json(told)
        return
    click.echo(f"{told['node_state']}: {told['message']}")
    if told["remedy"]:
        click.echo(f"what to do: {told['remedy']}")
    click.echo(f"our newest block: {told['height']} {told['hash']}; the node's: {told['node_height']}")
    click.echo(f"chain and mempool seen up to {told['observed_at']}")
    for gap in told["gaps"]:
        click.echo(f"never seen: blocks {gap['from']} to {gap['to']}")
    if told["rescan"]:
        click.echo(f"reading again: {told['rescan']['next']} of {told['rescan']['until']}")
    click.echo(f"alerts that nobody has acknowledged: {told['alerts']}")


@chain.command()
def sync() -> None:
    """Catch up with the node, and return when chain and mempool have been seen."""
    rpc = services().rpc
    start, best = _height(), int(rpc.blockchain_info()["blocks"])
    with _bar("blocks", start, best) as progress:
        if _alone():
            _sync_ourselves(progress)
        else:
            _watch_the_worker(progress)
    click.echo(f"In step with the node at block {_height()}.", err=True)


@chain.command()
@click.option("--from", "from_height", type=block_height, required=True, help="The first height to read.")
def rescan(from_height: int) -> None:
    """Read the blocks from a height on once more, and record payments that are missing here."""
    network = services().settings.network
    begin_rescan(network, from_height)
    until = _height()
    with _bar("blocks read", from_height, until + 1) as progress:
        if _alone():
            _reread(network, progress)
        else:
            _wait(lambda: _rescan_is_over(network, until, progress))
    click.echo(f"Blocks {from_height} to {until} were read again.", err=True)


def told_chain() -> dict[str, Any]:
    """The state of the chain as scripts read it."""
    session, network = reading(), services().settings.network
    state = session.get(ChainState, network) or ChainState(network=network, node_state="unknown", node_message="")
    block = newest_block(session, network)
    left = pending_rescan(network)
    return {
        "network": network,
        "height": block.height if block else None,
        "hash": block.hash if block else None,
        "observed_at": state.observed_at.isoformat() if state.observed_at else None,
        "node_state": state.node_state,
        "message": state.node_message,
        "remedy": NodeState(state.node_state).remedy,
        "node_height": state.node_height,
        "gaps": [{"from": gap.from_height, "to": gap.to_height} for gap in open_gaps(session, network)],
        "rescan": {"next": left.start, "until": left.stop - 1} if left else None,
        "alerts": len(open_alerts(session)),
    }


def _height() -> int:
    session = reading()
    session.rollback()  # what a worker wrote meanwhile is wanted
    block = newest_block(session, services().settings.network)
    return block.height if block else 0


def _alone() -> bool:
    """May we write? A worker that runs has the lead; ours ends with this process."""
    return worker_locks(db.engine, f"command-{new_id()}").leads()


def _sync_ourselves(progress: Progress) -> None:
    app = running_app()
    explorer = services().explorer(app, progress=lambda height, _: progress(height))
    _wait(explorer.sync)


def _watch_the_worker(progress: Progress) -> None:
    asked_at = services().clock.now()

    def has_caught_up() -> bool:
        progress(_height())
        state = reading().get(ChainState, services().settings.network)
        if state is None or state.observed_at is None:
            return False
        named = NodeState(state.node_state)
        if not named.in_step and named is not NodeState.CATCHING_UP:
            raise NodeUnavailable(named, f"{state.node_message}. {named.remedy}")
        return state.observed_at >= asked_at

    _wait(has_caught_up)


def _reread(network: str, progress: Progress) -> None:
    explorer = services().explorer(running_app())
    for height in pending_rescan(network) or ():
        explorer.reread(height)
        advance_rescan(network, height + 1)
        progress(height + 1)


def _rescan_is_over(network: str, until: int, progress: Progress) -> bool:
    reading().rollback()
    left = pending_rescan(network)
    progress(left.start if left else until + 1)
    return left is None


@contextmanager
def _bar(what: str, start: int, end: int) -> Iterator[Progress]:
    """A progress bar on standard error, for work that takes a while."""
    with click.progressbar(length=max(end - start, 0), label=what, file=sys.stderr, show_pos=True) as bar:
        yield lambda height: bar.update(max(height - start - bar.pos, 0))


def _wait(done: Callable[[], bool]) -> None:
    while not done():
        threading.Event().wait(LOOK_SECONDS)
