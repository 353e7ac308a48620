"""What the worker's proposing thread does: it asks the merchants' wallets on the node for transactions to sign."""

import logging
from collections.abc import Callable
from functools import partial
from typing import Protocol

from flask import Flask

from app.clock import Clock
from app.domain.psbt import Proposal, PsbtJob, PsbtState
from app.usecases.propose_psbt import due_psbts, keep_proposal

log = logging.getLogger(__name__)

Guard = Callable[[Callable[[], None]], bool]


class MerchantWallet(Protocol):
    """The wallet on the node. Raises NodeUnavailable."""

    def propose(self, job: PsbtJob) -> Proposal: ...


class PsbtProposer:
    """Used by one thread, at any time; what a dead worker left is simply due."""

    def __init__(self, app: Flask, clock: Clock, network: str, wallet: MerchantWallet) -> None:
        self._app = app
        self._clock = clock
        self._network = network
        self._wallet = wallet

    def propose_due(self, guard: Guard) -> None:
        """Do those that are due. One that cannot be done because the node is away stays due."""
        with self._app.app_context():
            for job in due_psbts(self._network, self._clock.now()):
                guard(partial(self._propose, job))

    def _propose(self, job: PsbtJob) -> None:
        proposal = self._wallet.propose(job)
        keep_proposal(job.payout_id, proposal, self._clock.now())
        if proposal.state is not PsbtState.NO_WALLET:
            log.info("transaction for payout %s: %s", job.payout_id, proposal.state)
