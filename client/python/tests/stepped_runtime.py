"""A clock that goes on when the steps of a vector say so, and random numbers that they choose."""

from __future__ import annotations

import asyncio


class SteppedRuntime:
    def __init__(self, random: float) -> None:
        self._random = random
        self._now = 0.0
        self._timers: list[tuple[float, asyncio.Future[None]]] = []
        self._changed = asyncio.Event()

    def now(self) -> float:
        return self._now

    def random(self) -> float:
        return self._random

    async def sleep(self, seconds: float) -> None:
        if seconds <= 0:
            return
        timer = (self._now + seconds, asyncio.get_running_loop().create_future())
        self._timers.append(timer)
        self._changed.set()
        try:
            await timer[1]
        finally:
            self._timers = [each for each in self._timers if each is not timer]

    def advance(self, seconds: float) -> None:
        self._now += seconds
        for due, timer in self._timers:
            # Sums of such numbers are not exact.
            if due <= self._now + 1e-6 and not timer.done():
                timer.set_result(None)

    async def advance_to_next(self) -> float:
        """Lets time go by until the next timer rings, and returns how long that was."""
        while not self._pending:
            self._changed.clear()
            await self._changed.wait()
        wait = min(self._pending) - self._now
        self.advance(wait)
        return wait

    @property
    def _pending(self) -> list[float]:
        return [due for due, timer in self._timers if not timer.done()]
