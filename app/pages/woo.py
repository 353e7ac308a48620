"""What shops post to us: the key that their owner approved, and hints that an order changed. Neither is a form."""

import hashlib
import hmac
import json
import logging
from base64 import b64encode
from typing import Any

from flask import Blueprint, Response, request

from app.db.queries import reading
from app.db.queries_shops import shop_of
from app.domain.ids import ALPHABET
from app.errors import BadInput, NotFound, SattleError
from app.sealing import CannotUnseal
from app.services import checked_key, services
from app.usecases.connect_shop import TOKEN_CHARACTERS, store_of_token, take_key
from app.usecases.hear_shop import hear_shop

log = logging.getLogger(__name__)

blueprint = Blueprint("woo", __name__)
LONGEST_KEY_BYTES = 10_000
LONGEST_HINT_BYTES = 4 * 1024 * 1024
PING = b"webhook_id="


@blueprint.post("/woo/key")
def key() -> Response:
    """The key comes with the one-time value that we gave the shop. It wants exactly 200; all else makes it forget the
    key again and tell its owner."""
    server, body = services(), _json(LONGEST_KEY_BYTES)
    server.slow_down(server.code_throttle, request.environ)
    token = str(body.get("user_id") or "")
    if len(token) != TOKEN_CHARACTERS or not set(token) <= set(ALPHABET):
        return _plain("This key was not asked for.", 404)
    try:
        given = checked_key(str(body.get("consumer_key") or ""), str(body.get("consumer_secret") or ""))
        if body.get("key_permissions") not in (None, "read_write"):
            raise BadInput("key_permissions", body.get("key_permissions"), "a key that may read and write is needed")
        store_id = store_of_token(token, server.clock.now())
        sealed = server.sealer.seal(f"{given.consumer_key}:{given.consumer_secret}", store_id)
        take_key(token, sealed, server.clock.now())
    except NotFound as trouble:
        return _plain(str(trouble), 404)
    except SattleError as trouble:
        return _plain(str(trouble), 400)
    return _plain("Thank you. The key is tried now.", 200)


@blueprint.post("/woo/hook/<store_id>")
def hook(store_id: str) -> Response:
    """An order changed, says the shop: look at it sooner. Unsigned pings, and what is about nothing, are let pass."""
    raw = request.get_data(cache=False) if (request.content_length or 0) <= LONGEST_HINT_BYTES else b""
    if raw.startswith(PING):
        return _plain("", 200)
    server, shop = services(), shop_of(reading(), store_id)
    if shop is None or shop.sealed_hook_secret is None:
        return _plain("No webhook is expected here.", 404)
    try:
        secret = server.sealer.unseal(shop.sealed_hook_secret, store_id)
    except CannotUnseal:
        log.warning("the webhook of store %s cannot be verified: its secret does not open", store_id)
        return _plain("", 200)  # it is a hint only; polling goes on without
    if not _is_signed(raw, secret, request.headers.get("X-WC-Webhook-Signature", "")):
        return _plain("The signature is not that of this webhook.", 401)
    order_id = _order_id(raw)
    if order_id is not None:
        hear_shop(store_id, order_id, server.clock.now())
    return _plain("", 200)


def _is_signed(raw: bytes, secret: str, given: str) -> bool:
    ours = b64encode(hmac.digest(secret.encode(), raw, hashlib.sha256)).decode()
    return hmac.compare_digest(ours.encode(), given.encode())


def _order_id(raw: bytes) -> int | None:
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    found = (body.get("id") or body.get("arg")) if isinstance(body, dict) else None
    return found if isinstance(found, int) and not isinstance(found, bool) and 0 < found < 2**63 else None


def _json(most: int) -> dict[str, Any]:
    """The object in the body; what is none is an empty one, whose fields are then missed by name."""
    if (request.content_length or 0) > most:
        return {}
    try:
        body = json.loads(request.get_data(cache=False) or b"{}")
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}


def _plain(text: str, status: int) -> Response:
    return Response(text, status, content_type="text/plain; charset=utf-8")
