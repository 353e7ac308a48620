"""What the worker's shop thread does: it looks for shops, tries keys, and examines shops; pages only ask for it."""

import logging
import threading
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from functools import partial
from typing import Any

from flask import Flask

from app.checks.woo import probes
from app.db.models import Shop, Store
from app.db.queries import reading
from app.db.queries_shops import store_terms
from app.domain.advice import StoreTerms
from app.domain.findings import Finding, Level
from app.domain.ids import new_id
from app.errors import SattleError
from app.sealing import CannotUnseal
from app.services import Examination, Services, ShopTrouble
from app.usecases import connect_shop as connecting
from app.usecases.check_shop import Checked, WayIn, due_shop_checks, finish_check, start_check
from app.usecases.keep_shop_hook import expect_hook, forget_hook, note_hook

log = logging.getLogger(__name__)

POLL_SECONDS = 1.0

Guard = Callable[[Callable[[], None]], bool]


class ShopKeeper:
    """Used by one thread of any worker."""

    def __init__(self, app: Flask, services: Services) -> None:
        self._app = app
        self._services = services

    def keep(self, stopping: threading.Event, guard: Guard) -> None:
        """Look for work until the end. In a thread of its own: a shop may not answer."""
        while not stopping.wait(POLL_SECONDS):
            guard(partial(self.work, guard))

    def work(self, guard: Guard) -> None:
        """Do what waits."""
        with self._app.app_context():
            for connect_id in connecting.due_connects(self._now()):
                guard(partial(self._connect, connect_id))
            for store_id in due_shop_checks(self._now()):
                guard(partial(self._check, store_id))

    def _connect(self, connect_id: str) -> None:
        attempt = connecting.start_connect(connect_id, self._now())
        if attempt is None:
            return
        try:
            if attempt.sealed_key is None:
                found = self._services.find_shop(attempt.home_url)
                connecting.record_found(attempt.id, found.to_json())
                log.info("a shop was found for store %s", attempt.store_id)
            else:
                self._try_key(attempt, attempt.sealed_key)
        except SattleError as trouble:
            failure = _failure(trouble)
            connecting.record_failure(attempt.id, failure)
            log.info("store %s was not connected: %s", attempt.store_id, failure.kind)

    def _try_key(self, attempt: connecting.Attempt, sealed_key: str) -> None:
        key = self._services.sealer.unseal(sealed_key, attempt.store_id)
        home = str((attempt.found or {}).get("home_url") or attempt.home_url)
        seen = self._services.examine_shop(home, key, self._terms(attempt.store_id))
        if seen.trouble is not None:
            raise seen.trouble
        findings = [*seen.findings, *probes(self._services, attempt.store_id)]
        made = connection_of(seen, key.partition(":")[0][-7:], findings)
        connecting.record_connected(attempt.id, made, self._now())
        self._keep_hook(attempt.store_id)
        log.info("store %s is connected to its shop", attempt.store_id)

    def _check(self, store_id: str) -> None:
        check = start_check(store_id, self._now())
        if check is None:
            return
        try:
            key = self._services.sealer.unseal(check.sealed_key, store_id)
        except CannotUnseal as trouble:
            found = [Finding("key", Level.FAILED, str(trouble).partition(":")[0], str(trouble).partition(": ")[2])]
            finish_check(check, Checked(_plain(found)), self._now())
            return
        seen = self._services.examine_shop(check.home_url, key, self._terms(store_id))
        findings = [*seen.findings, *probes(self._services, store_id)]
        facts = None if seen.facts is None else seen.facts.to_json()
        finish_check(check, Checked(_plain(findings), _way_in(seen), facts), self._now())
        if seen.is_usable:
            self._keep_hook(store_id)

    def _keep_hook(self, store_id: str) -> None:
        """Its hints make us look sooner; without them orders are looked at by the clock."""
        sealer = self._services.sealer
        known = expect_hook(store_id, sealer.seal(new_id(), store_id))
        session = reading()
        session.rollback()
        row = session.get(Shop, store_id)
        if known is None or row is None or known.sealed_secret is None:
            return
        try:
            secret = sealer.unseal(known.sealed_secret, store_id)
            hook = self._services.keep_shop_hook(row, known.id, secret)
        except CannotUnseal:
            forget_hook(store_id)
        except ShopTrouble as trouble:
            log.info("the shop of store %s gives no hints: %s", store_id, trouble.kind)
        else:
            if hook is not None:
                note_hook(store_id, hook.id, self._now())

    def _terms(self, store_id: str) -> StoreTerms:
        session = reading()
        session.rollback()
        terms = store_terms(session.get_one(Store, store_id), session.get(Shop, store_id))
        session.rollback()
        return terms

    def _now(self) -> datetime:
        return self._services.clock.now()


def connection_of(seen: Examination, key_ending: str, findings: list[Finding]) -> connecting.Connection:
    """What is kept of a shop that was examined without trouble."""
    root, auth, facts = seen.root, seen.auth, seen.facts
    if root is None or auth is None or facts is None:
        raise RuntimeError("a shop without trouble was not examined to the end")
    return connecting.Connection(
        home_url=root.home_url,
        root_url=root.root_url,
        named_root_url=root.named_root_url,
        auth=auth.value,
        plain_permalinks=root.plain_permalinks,
        name=root.name,
        key_ending=key_ending,
        facts=facts.to_json(),
        findings=_plain(findings),
    )


def _way_in(seen: Examination) -> WayIn | None:
    root, auth = seen.root, seen.auth
    if root is None or auth is None or not seen.is_usable:
        return None
    return WayIn(root.root_url, root.named_root_url, root.plain_permalinks, auth.value)


def _failure(trouble: SattleError) -> connecting.Failure:
    if isinstance(trouble, ShopTrouble):
        return connecting.Failure(trouble.kind.value, trouble.says, trouble.remedy)
    says, _, remedy = str(trouble).partition(": ")
    return connecting.Failure("not_possible", says, remedy)


def _plain(findings: list[Finding]) -> list[dict[str, Any]]:
    return [{name: str(value) for name, value in asdict(finding).items()} for finding in findings]
