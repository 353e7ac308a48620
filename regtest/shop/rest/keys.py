"""The shop's API keys, and whose a request is."""

import base64
import binascii
import hmac
import secrets
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from regtest.shop.database import Database
from regtest.shop.options import Options
from regtest.shop.rest import oauth
from regtest.shop.rest.exchange import RestError, RestRequest

PERMISSIONS = ("read", "write", "read_write")
ROLES = ("administrator", "shop_manager", "subscriber")
READS = ("GET", "HEAD")


@dataclass(frozen=True)
class Key:
    """One key; its owner's role counts as well."""

    id: int
    consumer_key: str
    consumer_secret: str
    permissions: str
    role: str
    description: str

    @property
    def owner(self) -> str:
        """The name under which its notes by a person appear."""
        return "admin" if self.role == "administrator" else self.role


class Keys:
    """Those of the file. `url` is where the shop listens."""

    def __init__(self, database: Database, url: str, now: Callable[[], datetime]) -> None:
        self._database = database
        self._url = url
        self._now = now

    def add(self, permissions: str = "read_write", role: str = "administrator", description: str = "a test") -> Key:
        """A new key. Raises ValueError for permissions or a role that do not exist."""
        if permissions not in PERMISSIONS or role not in ROLES:
            raise ValueError(f"permissions are {', '.join(PERMISSIONS)} and roles {', '.join(ROLES)}")
        row = (f"ck_{secrets.token_hex(20)}", f"cs_{secrets.token_hex(20)}", permissions, role, description)
        columns = "consumer_key, consumer_secret, permissions, role, description"
        with self._database.open() as db:
            added = db.execute(f"INSERT INTO api_keys ({columns}) VALUES (?,?,?,?,?)", row)  # noqa: S608 - our own names
        return Key(added.lastrowid or 0, *row)

    def remove(self, key_id: int) -> None:
        """A person revoked it, or one click did not reach its end."""
        with self._database.open() as db:
            db.execute("DELETE FROM api_keys WHERE id = ?", (key_id,))

    def owner_of(self, request: RestRequest, options: Options) -> Key | None:
        """Whose request it is; None for nobody's. Raises RestError for a key that does not fit or may not do this."""
        if not request.key_is_read:
            return None
        found = self._by_password(request, options) if request.is_https else None
        found = found or self._by_signature(request, options)
        if found is not None:
            _require_permission(found, request.method)
        return found

    def _by_password(self, request: RestRequest, options: Options) -> Key | None:
        given = _basic(request.headers.get("Authorization", ""))
        if given is None:
            query = request.query
            given = (query.get("consumer_key", ""), query.get("consumer_secret", ""))
        if not all(given):
            return None
        found = self._find(given[0])
        if found is None:
            if options.application_passwords:
                words = "<strong>Error:</strong> Unknown username. Check again or try your email address."
                raise RestError(401, "invalid_username", words)
            return None
        if not hmac.compare_digest(found.consumer_secret.encode(), given[1].encode()):
            raise _refused("Consumer secret is invalid.")
        return found

    def _by_signature(self, request: RestRequest, options: Options) -> Key | None:
        given = oauth.parameters(request.query_text, request.headers.get("Authorization", ""))
        if not given:
            return None
        for name in oauth.NEEDED:
            if name not in given:
                code = "woocommerce_rest_authentication_missing_parameter"
                raise RestError(401, code, f"Missing OAuth parameter {name}")
        found = self._find(given["oauth_consumer_key"])
        if found is None:
            raise _refused("Consumer key is invalid.")
        if given["oauth_signature_method"] not in oauth.METHODS:
            raise _refused("Invalid signature - signature method is invalid.")
        base = oauth.base_string(request.method, self._signed_url(request, options), request.query_text, given)
        wanted = oauth.signature(base, found.consumer_secret, given["oauth_signature_method"])
        if not hmac.compare_digest(wanted.encode(), given["oauth_signature"].encode()):
            raise _refused("Invalid signature - provided signature does not match.")
        self._require_fresh(found, given)
        return found

    def _signed_url(self, request: RestRequest, options: Options) -> str:
        """From the site's own idea of its address, whatever host was asked."""
        home = (options.home or self._url).rstrip("/").partition("://")[2]
        return f"{'https' if request.is_https else 'http'}://{home}{request.address.rstrip('/')}"

    def _require_fresh(self, key: Key, given: dict[str, str]) -> None:
        at = given["oauth_timestamp"]
        if not at.isdecimal() or abs(int(at) - int(self._now().timestamp())) > oauth.WINDOW_SECONDS:
            raise _refused("Invalid timestamp.")
        try:
            with self._database.open() as db:
                db.execute("INSERT INTO nonces VALUES (?,?)", (key.consumer_key, given["oauth_nonce"]))
        except sqlite3.IntegrityError:
            raise _refused("Invalid nonce - nonce has already been used.") from None

    def _find(self, consumer_key: str) -> Key | None:
        with self._database.open() as db:
            row = db.execute("SELECT * FROM api_keys WHERE consumer_key = ?", (consumer_key,)).fetchone()
        return Key(**dict(row)) if row else None


def _basic(authorization: str) -> tuple[str, str] | None:
    scheme, _, text = authorization.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        name, colon, password = base64.b64decode(text, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return (name, password) if colon else None


def _require_permission(key: Key, method: str) -> None:
    if method == "OPTIONS":
        return
    wanted = "read" if method in READS else "write"
    if wanted not in key.permissions.split("_"):
        raise _refused(f"The API key provided does not have {wanted} permissions.")


def _refused(words: str) -> RestError:
    return RestError(401, "woocommerce_rest_authentication_error", words)
