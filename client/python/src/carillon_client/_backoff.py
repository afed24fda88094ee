"""How long to wait before the next attempt ("full jitter"), and what a server may ask for."""

from __future__ import annotations

import math
import re

from ._bounds import (
    MAX_BACKOFF_MS,
    MAX_SERVER_WAIT_MS,
    MAX_SPREAD_DOUBLINGS,
    MIN_BACKOFF_MS,
    STABLE_CONNECTION_S,
)

#: Long before, a bound no longer grows.
_MAX_DOUBLINGS = 32


class Backoff:
    """Counts the failures in a row."""

    def __init__(self) -> None:
        #: Over how long the clients of the server reconnect, if all lose their connections at once.
        self.spread_ms = 0
        self._failures = 0

    def fail(self, random: float, server_wait_ms: int = 0) -> int:
        """Counts a failure, and returns the milliseconds to wait. `random` is in [0, 1)."""
        doublings = min(self._failures, _MAX_DOUBLINGS)
        self._failures += 1
        # A wait that the server asks for is spread already.
        spread_ms = 0 if server_wait_ms > 0 else self.spread_ms
        spread_doublings = min(max(doublings - 1, 0), MAX_SPREAD_DOUBLINGS)
        spread = min(spread_ms << spread_doublings, MAX_SERVER_WAIT_MS)
        bound = max(spread, min(MAX_BACKOFF_MS, MIN_BACKOFF_MS << doublings))
        return min(max(server_wait_ms, 0), MAX_SERVER_WAIT_MS) + math.floor(random * bound)

    def disconnected(self, lasted_s: float) -> None:
        if lasted_s >= STABLE_CONNECTION_S:
            self._failures = 0


def retry_after_ms(header: str | None) -> int:
    """A date, which some proxies send, counts as none."""
    text = (header or "").strip()
    return int(text) * 1000 if re.fullmatch(r"[0-9]{1,12}", text) else 0
