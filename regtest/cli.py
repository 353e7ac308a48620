"""The command line of the harness, `python -m regtest VERB`."""

import json
import signal
import sys
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from types import FrameType

import click

from regtest.attach import attached, current_status
from regtest.bitcoind import find_bitcoind
from regtest.errors import RegtestError
from regtest.miner import Miner
from regtest.payer import Payer
from regtest.scenarios.commands import scenario
from regtest.state import State
from regtest.targets import parse_bitcoin, read_target
from regtest.verb import say, verb

MINER_SECONDS = 30


@click.group()
def main() -> None:
    """Run Sattle with a Bitcoin node and a shop on this machine, and play customer and miner."""


main.add_command(scenario)


@main.command()
@verb
def up(state: State) -> None:
    """Start node, server, worker, miner and shop, and stay until Ctrl-C."""
    from regtest.up import run  # noqa: PLC0415 - the other verbs start faster without it

    sys.exit(run(state, say))


@main.command()
@verb
def down(state: State) -> None:
    """Stop what `up` started, from another terminal or after a crash of it."""
    from regtest.down import stop_all  # noqa: PLC0415 - the other verbs start faster without it

    stopped = stop_all(state)
    say(f"stopped: {', '.join(stopped)}" if stopped else "nothing was running")


@main.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@verb
def status(state: State, *, as_json: bool) -> None:
    """Say whether everything is up, and where. Always exits 0."""
    found = current_status(state)
    if as_json:
        click.echo(json.dumps(found))
    else:
        click.echo("\n".join(f"{name}: {value}" for name, value in found.items()))


@main.command()
@verb
def bitcoind(_state: State) -> None:
    """Print the path of a bitcoind, building one if there is none: what a test run does first."""
    click.echo(find_bitcoind(say))


@main.command()
@click.argument("blocks", type=click.IntRange(min=1), default=1)
@click.option("--empty", is_flag=True, help="Leave the waiting transactions out.")
@verb
def mine(state: State, blocks: int, *, empty: bool) -> None:
    """Mine BLOCKS blocks (one unless told) and print the new height and their hashes."""
    chain = attached(state)
    chain.require_regtest()
    hashes = chain.mine_empty(blocks) if empty else chain.mine(blocks)
    click.echo(json.dumps({"height": chain.height(), "blocks": hashes}))


@main.command()
@click.argument("target")
@click.option("--amount", metavar="BTC", help="How much; what remains due unless given.")
@click.option("--fee-rate", metavar="SATS", default="2", show_default=True, help="Satoshis a virtual byte.")
@verb
def pay(state: State, target: str, amount: str | None, fee_rate: str) -> None:
    """Pay TARGET (an address, a bitcoin: URI or a checkout page) from the test wallet and print the txid."""
    asked = read_target(target)
    sats = parse_bitcoin(amount) if amount is not None else asked.due_sats
    if sats is None:
        raise RegtestError("an address alone does not say how much: add --amount BTC")
    if sats == 0:
        raise RegtestError("nothing remains due; to pay all the same, add --amount BTC")
    txid = Payer(attached(state)).pay(asked.destination, sats, _fee_rate(fee_rate))
    _print_payment(state, txid)


@main.command()
@click.argument("txid", required=False)
@verb
def bump(state: State, txid: str | None) -> None:
    """Raise the fee of TXID (the last payment unless given) and print the new txid."""
    _print_payment(state, Payer(attached(state)).bump(txid or _last_payment(state)))


@main.command("double-spend")
@click.argument("txid", required=False)
@verb
def double_spend(state: State, txid: str | None) -> None:
    """Spend the coins of TXID (the last payment unless given) to somebody else and print the new txid."""
    _print_payment(state, Payer(attached(state)).double_spend(txid or _last_payment(state)))


@main.command()
@click.argument("blocks", type=click.IntRange(min=1))
@click.option(
    "--drop-transactions", is_flag=True, help="Leave their transactions waiting instead of mining them again."
)
@verb
def reorg(state: State, blocks: int, *, drop_transactions: bool) -> None:
    """Replace the last BLOCKS blocks by a longer branch; print the new height and the new hashes."""
    chain = attached(state)
    chain.require_regtest()
    hashes = chain.reorg(blocks, keep_transactions=not drop_transactions)
    click.echo(json.dumps({"height": chain.height(), "blocks": hashes}))


@main.command()
@click.argument("seconds", type=click.IntRange(min=1))
@verb
def advance(state: State, seconds: int) -> None:
    """Move time forward for node and server, to see an invoice expire; print by how much it is moved in all."""
    chain = attached(state)
    chain.require_regtest()
    click.echo(json.dumps({"offset_seconds": chain.advance(seconds)}))


@main.command()
@click.option("--every", "seconds", type=click.FloatRange(min=0.1), default=MINER_SECONDS, show_default=True)
@verb
def miner(state: State, seconds: float) -> None:
    """Mine a block every so many seconds until stopped."""
    chain = attached(state)
    worker = Miner(chain, seconds, say)
    _on_stop(worker.stop)
    chain.prepare()
    worker.run()


@main.command("payer-page")
@click.option("--port", type=int, default=8002, show_default=True)
@click.option("--server", required=True, help="The Sattle server whose checkout pages may be paid.")
@verb
def payer_page(state: State, port: int, server: str) -> None:
    """Serve the form target behind the checkout's "pay from the test wallet", on 127.0.0.1 only."""
    from regtest.payer_web import serve  # noqa: PLC0415 - the other verbs start faster without it

    serve(state, port, server)


@main.command("record-story")
@verb
def record_story(_state: State) -> None:
    """Make the payments that /how-it-works plays, with a node of their own, and record them anew."""
    from regtest.record_story import record  # noqa: PLC0415 - the other verbs start faster without it

    record(say)


def _fee_rate(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        raise RegtestError(f"--fee-rate {text!r} is not a number of satoshis a virtual byte") from None


def _last_payment(state: State) -> str:
    txid = state.last_payment
    if txid is None:
        raise RegtestError("no payment was made from here yet; name the TXID")
    return txid


def _print_payment(state: State, txid: str) -> None:
    state.remember_payment(txid)
    click.echo(txid)


def _on_stop(stop: Callable[[], object]) -> None:
    def handler(_signal: int, _frame: FrameType | None) -> None:
        stop()

    signal.signal(signal.SIGTERM, handler)
    signal.signal(signal.SIGINT, handler)
