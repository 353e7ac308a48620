"""What can go wrong between us and a shop, in words that a merchant can act on."""

import re
from enum import StrEnum

from app.errors import Unavailable

_HALF = re.compile(r"\b(c[ks]_)[0-9a-zA-Z]{8,}")


class TroubleKind(StrEnum):
    """Why a shop gave no usable answer."""

    UNREACHABLE = "unreachable"  # no connection: nothing was sent
    TARGET_REFUSED = "target_refused"  # our own policy does not let us connect there
    TIMEOUT = "timeout"  # it may have done what it was asked for
    CUT_OFF = "cut_off"  # the connection ended before the answer: the same
    SERVER_ERROR = "server_error"  # 5xx: the same
    MAINTENANCE = "maintenance"  # 503
    TOO_OFTEN = "too_often"  # 429
    HTML = "html"  # a page where JSON should be
    BLOCKED = "blocked"  # a firewall or security plugin answered
    NO_REST_API = "no_rest_api"
    KEY_REFUSED = "key_refused"
    ROLE_TOO_WEAK = "role_too_weak"
    WRITE_REFUSED = "write_refused"
    REDIRECTED = "redirected"
    BAD_JSON = "bad_json"
    BAD_REQUEST = "bad_request"
    NO_SUCH_THING = "no_such_thing"  # the REST API works, and has nothing under that id


OUTCOME_UNKNOWN = frozenset(
    {
        TroubleKind.TIMEOUT,
        TroubleKind.CUT_OFF,
        TroubleKind.SERVER_ERROR,
        TroubleKind.MAINTENANCE,
        TroubleKind.HTML,
        TroubleKind.BAD_JSON,
    }
)
IS_ODD = frozenset({TroubleKind.BAD_JSON, TroubleKind.BAD_REQUEST, TroubleKind.NO_SUCH_THING})
IS_DOWN = OUTCOME_UNKNOWN | {TroubleKind.UNREACHABLE, TroubleKind.TOO_OFTEN, TroubleKind.BLOCKED}
MAY_BE_ONE_ANSWER = frozenset(
    {
        TroubleKind.TIMEOUT,
        TroubleKind.CUT_OFF,
        TroubleKind.SERVER_ERROR,
        TroubleKind.HTML,
        TroubleKind.BLOCKED,
    }
)


class ShopTrouble(Unavailable):
    """A shop gave no usable answer. `says` tells what was seen and `remedy` what helps; neither holds a secret.

    `http_status` and `code` (WooCommerce's word) are None where there was no answer; `retry_after` is in seconds.
    """

    def __init__(
        self,
        kind: TroubleKind,
        says: str,
        remedy: str,
        *,
        http_status: int | None = None,
        code: str | None = None,
        retry_after: int | None = None,
    ) -> None:
        says = _HALF.sub(r"\1…", says)  # some shops print what they were sent into their pages of errors
        super().__init__(f"{says}; {remedy}" if remedy else says)
        self.kind = kind
        self.says = says
        self.remedy = remedy
        self.http_status = http_status
        self.code = code
        self.retry_after = retry_after

    @property
    def outcome_unknown(self) -> bool:
        """May the shop have done what it was asked for? Then read before anything is written again."""
        return self.kind in OUTCOME_UNKNOWN

    @property
    def is_odd(self) -> bool:
        """Is it this one answer that nobody understands? That is no reason to leave other orders alone."""
        return self.kind in IS_ODD

    @property
    def may_be_one_answer(self) -> bool:
        """Is it something that a plugin or a firewall may do to one order alone, so that asking once more tells?"""
        return self.kind in MAY_BE_ONE_ANSWER

    @property
    def shop_is_down(self) -> bool:
        """Is it the shop as a whole that does not answer, rather than this one request? Then leave it in peace."""
        return self.kind in IS_DOWN
