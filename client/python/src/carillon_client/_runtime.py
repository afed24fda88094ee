"""Time and chance, which the tests choose."""

from __future__ import annotations

import asyncio
import random
from typing import Awaitable, Protocol, TypeVar

T = TypeVar("T")


class Runtime(Protocol):
    def now(self) -> float:
        """Seconds."""

    async def sleep(self, seconds: float) -> None: ...

    def random(self) -> float:
        """In [0, 1)."""


class SystemRuntime:
    def now(self) -> float:
        return asyncio.get_running_loop().time()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    def random(self) -> float:
        return random.random()


class OverdueError(Exception):
    """Something did not happen in time."""


async def within(runtime: Runtime, seconds: float, awaitable: Awaitable[T]) -> T:
    """Cancels what takes longer, and raises OverdueError."""
    work = asyncio.ensure_future(awaitable)
    alarm = asyncio.ensure_future(runtime.sleep(seconds))
    try:
        await asyncio.wait((work, alarm), return_when=asyncio.FIRST_COMPLETED)
        if work.done():
            return work.result()
        raise OverdueError
    finally:
        for task in (work, alarm):
            if not task.done():
                task.cancel()
        await asyncio.wait((work, alarm))
        if not work.cancelled():
            # What it ended with is of no interest to a caller that was cancelled.
            work.exception()
