"""Pages that stand where a login will be: they name the command that does the work until then."""

from flask import Blueprint, render_template, request

notices = Blueprint("bitpay_notices", __name__)
CODE_LENGTH = 7


@notices.get("/api-tokens")
def api_tokens() -> str:
    """Where the shop's settings page sends a merchant for a pairing code."""
    return render_template("api_tokens.html")


@notices.get("/api-access-request")
def api_access_request() -> str:
    """Where a client that asked for a pairing sends its merchant."""
    code = request.args.get("pairingCode", "")
    shown = code if len(code) == CODE_LENGTH and code.isascii() and code.isalnum() else "CODE"
    return render_template("api_access_request.html", code=shown)
