"""The composition root: the only place that names concrete adapters."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

from flask import Flask, Response, current_app
from sqlalchemy.orm import Session

from app.api.bitpay.ipn import ipn_body
from app.api.bitpay.render import invoice_object
from app.api.greenfield.invoice_answers import invoice_answer
from app.bridge_ledger import BridgeLedger, shop_of
from app.chain.derivation import (
    Derivation,
    Destination,
    derivation_from_descriptor,
    destination_of,
    parse_account_key,
)
from app.chain.explorer import Explorer
from app.chain.merchant_wallet import MerchantWallet
from app.chain.networks import Network, network_named
from app.chain.report import NodeReport as NodeReport
from app.chain.report import ask_node
from app.chain.rpc import Rpc
from app.chain.rpc_line import NodeAddress
from app.chain.rpc_line import RpcError as RpcError
from app.chain.scan import Scanner
from app.chain.signals import Heard as Heard
from app.chain.signals import Signals
from app.clock import Clock
from app.currencies import digits
from app.db.marks import Marks
from app.db.models import Delivery, Invoice
from app.db.models import Shop as ShopRow
from app.domain.advice import StoreTerms
from app.domain.emails import LONGEST as LONGEST_EMAIL
from app.domain.exact_json import dumps
from app.domain.shop_connect import why_no_grant
from app.errors import NotFound, WalletStopped
from app.notify import Door
from app.proxies import client_address
from app.psbt_proposer import PsbtProposer
from app.rates import Source, source_named
from app.sealing import Sealer
from app.settings import Settings
from app.throttle import (
    CLAIMS_A_MINUTE,
    CODES_A_MINUTE,
    INVOICES_A_MINUTE,
    LOOKS_A_MINUTE,
    PAGES_A_MINUTE,
    PASSWORDS_A_MINUTE,
    PASSWORDS_A_MINUTE_OF_ACCOUNT,
    Throttle,
    address_group,
)
from app.usecases.create_invoice import Surroundings
from app.usecases.payout_surroundings import PayoutSurroundings
from app.usecases.record_chain import ChainRecord
from app.wallet_scanner import WalletScanner
from woo_bridge.by_person import carry_out as carry_out
from woo_bridge.decide import decide
from woo_bridge.doctor import Examination as Examination
from woo_bridge.doctor import examine
from woo_bridge.errors import ShopTrouble as ShopTrouble
from woo_bridge.ports import Desk as Desk
from woo_bridge.ports import Report as Report
from woo_bridge.rest.address import Auth, ShopAddress, ShopKey
from woo_bridge.rest.address import checked_key as checked_key
from woo_bridge.rest.discover import ShopRoot, discover
from woo_bridge.rest.hook import Hook, keep_hook
from woo_bridge.rest.line import Line
from woo_bridge.rest.shop import Shop
from woo_bridge.shop_pass import Passed as Passed
from woo_bridge.shop_pass import look_at as look_at
from woo_bridge.shop_pass import look_at_all as look_at_all
from woo_bridge.shop_pass import look_at_due as look_at_due
from woo_bridge.shop_pass import poll as poll


@dataclass
class Services:
    """What the edges of one process share. Reach it with `services()` inside an application context."""

    settings: Settings
    clock: Clock = field(init=False)
    door: Door = field(init=False)
    shop_line: Line = field(init=False)
    sealer: Sealer = field(init=False)
    rpc: Rpc = field(init=False)
    invoice_throttle: Throttle = field(init=False)  # of invoices that anybody may make
    code_throttle: Throttle = field(init=False)  # of pairing codes that anybody may ask for
    password_throttle: Throttle = field(init=False)  # of requests that bring a password
    account_throttle: Throttle = field(init=False)  # of passwords tried for one account
    claim_throttle: Throttle = field(init=False)  # of claims of pull payments
    status_throttle: Throttle = field(init=False)  # of looks at a checkout page's figures
    page_throttle: Throttle = field(init=False)  # of pages and pictures drawn for buyers
    marks: Marks = field(init=False)
    merchant_invoice: Callable[[str], Response] = field(init=False)  # what a person sees at /invoices/{id}

    def __post_init__(self) -> None:
        self.rpc = Rpc(*self.nodes())
        self.clock = Clock(self.settings.test_clock)
        self.marks = Marks(self.settings.data_dir)
        self.door = Door(allow_private=self.settings.allow_private_targets)
        self.shop_line = Line(self.door.adapter)
        self.sealer = Sealer(self.settings.sealing_keys)
        self.invoice_throttle = Throttle(INVOICES_A_MINUTE, 60)
        self.code_throttle = Throttle(CODES_A_MINUTE, 60)
        self.password_throttle = Throttle(PASSWORDS_A_MINUTE, 60)
        self.account_throttle = Throttle(PASSWORDS_A_MINUTE_OF_ACCOUNT, 60)
        self.claim_throttle = Throttle(CLAIMS_A_MINUTE, 60)
        self.status_throttle = Throttle(LOOKS_A_MINUTE, 60)
        self.page_throttle = Throttle(PAGES_A_MINUTE, 60)

    def slow_down(self, throttle: Throttle, environ: Mapping[str, Any]) -> None:
        """Count a request of whoever asks. TooMany."""
        address = client_address(environ, self.settings.trusted_proxies)
        throttle.count(address_group(address), self.clock.monotonic())

    def slow_down_passwords(self, environ: Mapping[str, Any], email: str) -> None:
        """Count a password that is tried, for whoever asks and for the account. TooMany."""
        self.slow_down(self.password_throttle, environ)
        self.account_throttle.count(email.strip().lower()[:LONGEST_EMAIL], self.clock.monotonic())

    def derive(self, descriptor: str, index: int) -> Destination:
        """The destination at an index of a stored derivation scheme."""
        return derivation_from_descriptor(descriptor, self.settings.network).at(index)

    def account_key(self, text: str, script_type: str | None) -> Derivation:
        """The derivation scheme of an account key as a merchant pastes it. BadInput."""
        return parse_account_key(text, self.settings.network, script_type)

    def surroundings(self) -> Surroundings:
        """What create_invoice needs of this process."""
        return Surroundings(self.settings.network, self.settings.rate_source, digits, self.derive, self.marks)

    def payout_surroundings(self) -> PayoutSurroundings:
        """What the use cases of payouts need of this process."""
        settings = self.settings
        return PayoutSurroundings(settings.network, settings.rate_source, digits, self.destination_of, self.holds)

    def destination_of(self, address: str) -> Destination:
        """The destination that somebody's address stands for. BadInput."""
        return destination_of(address, self.settings.network)

    def holds(self, descriptor: str, script_pubkey: bytes, indexes: Iterable[int]) -> bool:
        """Is it a scriptPubKey of a stored derivation scheme, at one of these indexes?"""
        return derivation_from_descriptor(descriptor, self.settings.network).holds(script_pubkey, indexes)

    def nodes(self) -> list[NodeAddress]:
        """The nodes that the operator names, in the order in which they are preferred."""
        settings = self.settings
        cookies = settings.node_cookies or (None,) * len(settings.node_urls)
        return [
            NodeAddress(url, cookie, settings.node_user, settings.node_password)
            for url, cookie in zip(settings.node_urls, cookies, strict=True)
        ]

    def signals(self) -> Signals:
        """The nodes' announcements."""
        return Signals(*self.settings.node_zmqs)

    def network(self) -> Network:
        """The network of the settings."""
        return network_named(self.settings.network)

    def node_report(self) -> NodeReport:
        """What the node says of itself now; its clock is compared with the machine's own. Raises NodeUnavailable."""
        return ask_node(self.rpc, self.clock.machine_now)

    def explorer(
        self,
        app: Flask,
        on_change: Callable[[], None] = lambda: None,
        stopping: Callable[[], bool] = lambda: False,
        progress: Callable[[int, int], None] = lambda _height, _of: None,
    ) -> Explorer:
        """The explorer, writing to the database of `app`; `on_change` is called after each change that it makes."""
        record = ChainRecord(app, self.settings.network, self.clock, on_change)
        return Explorer(self.rpc, record, self.network(), self.clock, stopping, progress)

    def psbt_proposer(self, app: Flask) -> PsbtProposer:
        """What asks the merchants' own wallets for transactions to sign."""
        network = self.settings.network
        return PsbtProposer(app, self.clock, network, MerchantWallet(self.rpc, network))

    def wallet_scanner(self, app: Flask) -> WalletScanner:
        """The scans of wallets, on a connection of their own."""
        return WalletScanner(app, self.clock, self.settings.network, Scanner(self.rpc, self.network()), self.marks)

    def bridge_desk(
        self,
        store_id: str,
        who: str,
        wake: Callable[[], None] = lambda: None,
        *,
        dry: bool = False,
        report: Callable[[Report], None] = lambda _: None,
    ) -> Desk:
        """What a pass over the orders of a store's shop works with; orders are claimed under the name `who`.

        NotFound when the store is not connected to a shop, CannotUnseal. Inside an application context.
        """
        ledger = BridgeLedger(store_id, who, self.clock.now, wake)
        row, terms = shop_of(store_id), ledger.terms()
        if row is None or terms is None:
            raise NotFound(f"store {store_id} is not connected to a shop")
        return Desk(self.shop(row), ledger, decide, terms, self.clock.now, dry, report)

    def source_named(self, name: str) -> Source:
        """Where quotes come from."""
        return source_named(name, self.settings.fixed_rates)

    def address_marks(self, descriptors: Mapping[int, str]) -> dict[int, int]:
        """By wallet id, the first address index that the mark of its descriptor, outside the database, leaves free.

        A wallet whose mark is missing, or cannot be read, is left out.
        """
        ceilings = {}
        for wallet_id, descriptor in descriptors.items():
            with suppress(WalletStopped):
                mark = self.marks.of(self.settings.network, descriptor).read()
                ceilings.update({wallet_id: mark.ceiling} if mark else {})
        return ceilings

    def shop(self, row: ShopRow) -> Shop:
        """The shop that a store is connected to. CannotUnseal when its key was sealed with another sealing key."""
        key, _, secret = self.sealer.unseal(row.sealed_key, row.store_id).partition(":")
        address = ShopAddress(row.root_url, Auth(row.auth), row.plain_permalinks, row.named_root_url)
        return Shop(address, ShopKey(key, secret), self.shop_line, self.clock.machine_now)

    def find_shop(self, home_url: str) -> ShopRoot:
        """The REST API behind the address of a shop. Raises ShopTrouble."""
        return discover(self.shop_line, home_url)

    def examine_shop(self, home_url: str, key: str, terms: StoreTerms) -> Examination:
        """Everything about a shop that can be asked of it; `key` is both halves with a colon between."""
        consumer_key, _, consumer_secret = key.partition(":")
        return examine(self.shop_line, home_url, ShopKey(consumer_key, consumer_secret), terms, self.clock.machine_now)

    def keep_shop_hook(self, row: ShopRow, hook_id: int | None, secret: str) -> Hook | None:
        """Have the shop tell us of changes. None where it could not reach us. Raises ShopTrouble."""
        settings = self.settings
        if settings.network != "regtest" and why_no_grant(settings.public_url):
            return None
        return keep_hook(self.shop(row), hook_id, f"{settings.public_url}/woo/hook/{row.store_id}", secret)

    def refused_target(self, url: str) -> str | None:
        """Why a client may not name this address for us to post to; None when it may."""
        return self.door.refusal(url)

    def api_bodies(self, row: Invoice, now: datetime) -> dict[str, str]:
        """An invoice as programs get it, by dialect, as JSON for people to read. The row was loaded whole."""
        url = self.settings.public_url
        told = {"BitPay": invoice_object(row, url, now), "Greenfield": invoice_answer(row, url, with_methods=True)}
        return {dialect: dumps(body, indent=2) for dialect, body in told.items()}

    def delivery_body(self, session: Session, delivery: Delivery, now: datetime) -> bytes:
        """What an IPN says, by its shape; a webhook's delivery brings along what it says."""
        return ipn_body(session, delivery, self.settings.public_url, now)


def services() -> Services:
    """The services of the running application."""
    return cast(Services, current_app.extensions["sattle"])


def running_app() -> Flask:
    """The running application itself, for what outlives the context or runs in other threads."""
    return current_app._get_current_object()  # type: ignore[attr-defined,no-any-return] # typed as the application itself
