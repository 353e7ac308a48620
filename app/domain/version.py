"""The version of Sattle, as it names itself to others."""

VERSION = "0.1.0"
USER_AGENT = f"Sattle/{VERSION}"
