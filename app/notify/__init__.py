"""The only door out: checked targets, pinned addresses, limits on time and size."""

from app.notify.door import Answer, Door

__all__ = ["Answer", "Door"]
