"""Waiting for a scan of a wallet, which the worker does, and telling how far it is."""

import time

import click

from app.db.models import ChainState, WalletScan, db
from app.db.queries import reading
from app.db.worker_locks import somebody_leads
from app.errors import Unavailable
from app.services import services

POLL_SECONDS = 0.5
POLLS_A_LOOK = 10  # between two looks whether a worker runs


def await_scan(scan_id: int) -> WalletScan:
    """The scan once it is done; what happens meanwhile goes to standard error. Unavailable when it cannot go on."""
    told = ""
    polls = 0
    while True:
        scan = _as_of_now(scan_id)
        if scan.state == "done":
            return scan
        if scan.state == "failed":
            raise Unavailable(f"the scan failed: {scan.message}")
        if polls % POLLS_A_LOOK == 0 and not somebody_leads(db.engine):
            raise Unavailable("no worker runs, and the worker does the scan: it will, once `flask worker` is started")
        if (now := _standing(scan)) != told:
            click.echo(now, err=True)
            told = now
        polls += 1
        time.sleep(POLL_SECONDS)


def _standing(scan: WalletScan) -> str:
    if scan.state == "running":
        return f"scanning the indexes to {scan.range_end}: {scan.progress_percent} %"
    state = reading().get(ChainState, services().settings.network)
    if state is None or state.node_state != "ready":
        return f"waiting for the node: {state.node_message if state else 'the worker has not reached it yet'}"
    return f"waiting: {scan.message or 'it will begin in a moment'}"


def _as_of_now(scan_id: int) -> WalletScan:
    session = reading()
    session.rollback()
    return session.get_one(WalletScan, scan_id, populate_existing=True)
