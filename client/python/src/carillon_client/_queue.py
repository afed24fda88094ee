"""Items between the connection and the program, and the acknowledgement of those that it has processed."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Callable

from ._bounds import MAX_UNACKED_CHARACTERS, UNACKED_SHARE
from ._items import Item


def _nothing() -> None:
    pass


class ItemQueue:
    def __init__(self, cursor: str | None) -> None:
        #: The position after the last item that the program took.
        self.cursor = cursor
        self._items: deque[tuple[Item, Callable[[], None]]] = deque()
        self._done = _nothing
        self._end: BaseException | None = None
        self._closed = False
        self._waiting = 0
        self._arrived = asyncio.Event()
        self._asked = asyncio.Event()

    def put(self, item: Item, done: Callable[[], None]) -> None:
        self._items.append((item, done))
        self._arrived.set()

    def restart(self) -> None:
        """Drops the items that the program did not take. The next connection begins with them."""
        self._items.clear()
        self._done = _nothing

    def fail(self, error: BaseException) -> None:
        """The program gets the error after the items that arrived before."""
        if self._end is None:
            self._end = error
        self._arrived.set()

    def close(self) -> None:
        self.restart()
        self._closed = True
        self._arrived.set()

    async def awaited(self) -> None:
        """Returns once the program waits for an item."""
        if self._waiting == 0:
            await self._asked.wait()

    async def next(self) -> Item:
        done, self._done = self._done, _nothing
        done()
        self._waiting += 1
        self._asked.set()
        try:
            while not self._items:
                if self._closed:
                    raise StopAsyncIteration
                if self._end is not None:
                    self._closed = True
                    raise self._end
                self._arrived.clear()
                await self._arrived.wait()
        finally:
            self._waiting -= 1
            if self._waiting == 0:
                self._asked.clear()
        # Nothing is awaited from here on, so that a cancelled call takes no item.
        item, self._done = self._items.popleft()
        self.cursor = item.cursor
        return item


class Acks:
    """Of one connection: many items with one message, and early enough that the server goes on sending."""

    def __init__(self, credit: int, acknowledge: Callable[[str], None]) -> None:
        self._acknowledge = acknowledge
        self._max_events = max(1, credit // UNACKED_SHARE)
        self._events = 0
        self._characters = 0.0

    def done(self, cursor: str, characters: float, is_asked: bool) -> None:
        self._events += 1
        self._characters += characters
        if is_asked or self._events >= self._max_events or self._characters >= MAX_UNACKED_CHARACTERS:
            self._events = 0
            self._characters = 0.0
            self._acknowledge(cursor)
