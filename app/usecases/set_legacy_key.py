"""Give a store a BitPay legacy API key. Only its hash is kept, so it can be shown once."""

import hashlib
import secrets
import string
from datetime import datetime

from app.db.audit import note
from app.db.models import LegacyApiKey, Store
from app.db.queries_bitpay import drop_api_key
from app.db.session import change
from app.domain.audit import Kind
from app.errors import NotFound

KEY_LENGTH = 43
LETTERS = string.ascii_letters + string.digits


def set_legacy_key(store_id: str, now: datetime) -> str:
    """Make the key and return it; the one before stops working. NotFound (store)."""
    key = "".join(secrets.choice(LETTERS) for _ in range(KEY_LENGTH))
    with change() as session:
        if session.get(Store, store_id) is None:
            raise NotFound(f"there is no store {store_id}")
        drop_api_key(session, store_id)
        digest = hashlib.sha256(key.encode()).hexdigest()
        session.add(LegacyApiKey(store_id=store_id, key_sha256=digest, created_at=now))
        note(session, Kind.LEGACY_KEY_MADE, store_id, store_id)
    return key
