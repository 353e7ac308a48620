"""Pages that stand where a login will be: they name the command that does the work until then."""

from flask import Blueprint, render_template, request

notices = Blueprint("bitpay_notices", __name__)
LONGEST_SHOWN = 40


@notices.get("/api-tokens")
def api_tokens() -> str:
    """Where the shop's settings page sends a merchant for a pairing code."""
    return render_template("api_tokens.html")


@notices.get("/api-access-request")
def api_access_request() -> str:
    """Where a client that asked for a pairing sends its merchant."""
    code = safe_in_a_shell(request.args.get("pairingCode", ""), "CODE")
    return render_template("api_access_request.html", code=code)


def safe_in_a_shell(text: str, placeholder: str) -> str:
    """`text` if a person may paste it into a command line: it came with a link, and anybody may have made that."""
    return text if text.isascii() and text.isalnum() and len(text) <= LONGEST_SHOWN else placeholder
