"""A connection to the address that was checked, whatever the name resolves to by now (rebinding)."""

from typing import Any

from app.deadline import Deadline, DeadlineAdapter
from app.notify.targets import Target


class PinnedAdapter(DeadlineAdapter):
    """Connects to `target.address`; TLS asks for and verifies `target.host`."""

    def __init__(self, target: Target, deadline: Deadline) -> None:
        self._target = target
        super().__init__(deadline)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """TLS names the host and not the address."""
        if self._target.scheme == "https":
            kwargs.update(server_hostname=self._target.host, assert_hostname=self._target.host)
        super().init_poolmanager(*args, **kwargs)

    def build_connection_pool_key_attributes(self, *args: Any, **kwargs: Any) -> Any:
        """Where to connect: the checked address in the place of the name."""
        host_params, pool_kwargs = super().build_connection_pool_key_attributes(*args, **kwargs)
        host_params["host"] = str(self._target.address)
        return host_params, pool_kwargs
