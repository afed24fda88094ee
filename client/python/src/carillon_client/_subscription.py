"""A subscription that outlives its connections: it resumes after the last item that the program took."""

from __future__ import annotations

import asyncio
from datetime import datetime, timezone
from ssl import SSLContext
from types import TracebackType
from typing import Callable, Sequence

from ._bounds import CONNECT_TIMEOUT_S
from ._errors import DisconnectedError
from ._items import Item
from ._options import ConnectionState, Options, TokenSource
from ._queue import ItemQueue
from ._reconnection import Reconnection
from ._runtime import Runtime, SystemRuntime


def subscribe(
    pattern: str,
    *,
    url: str,
    token: TokenSource,
    namespace: str = "",
    namespaces: Sequence[str] = (),
    filter: str = "",
    since: str | datetime | None = None,
    credit: int | None = None,
    timeout: float = CONNECT_TIMEOUT_S,
    reconnect: bool = True,
    on_state: Callable[[ConnectionState], None] | None = None,
    ssl: SSLContext | None = None,
) -> Subscription:
    """Subscribes to the event types that the pattern names, such as `kv-v2/*`.

    Nothing is sent until `async with`, or the first item is asked for.

    :param token: the token, or a function that returns one, also an asynchronous one. It is called for each connection.
    :param since: where to begin: `earliest`, a time, `-15m`, the id of an event, or the `cursor` of an item. Without it
        the subscription begins with new events.
    :param credit: how many events the server may send before the program has processed them.
    :param on_state: is called for each connection, and for each wait before the next attempt.
    :raises InvalidError: if an option is wrong

    >>> async def print_paths(token: str) -> None:
    ...     async with subscribe("kv-v2/data-*", url="https://carillon.example.com", token=token) as items:
    ...         async for item in items:
    ...             print(item.reason if isinstance(item, Gap) else item.metadata["path"])
    """
    options = Options(
        pattern=pattern,
        url=url,
        token=token,
        namespace=namespace.strip("/"),
        namespaces=namespaces,
        filter=filter,
        since=_text_of(since) if isinstance(since, datetime) else since,
        credit=credit,
        timeout=timeout,
        reconnect=reconnect,
        on_state=on_state,
        ssl=ssl,
    )
    return Subscription(options, SystemRuntime())


class Subscription:
    """An asynchronous iterator of events and gaps. Make one with `subscribe`."""

    def __init__(self, options: Options, runtime: Runtime) -> None:
        self._queue = ItemQueue(options.since)
        self._reconnection = Reconnection(options, runtime, self._queue)
        self._task: asyncio.Task[None] | None = None
        self._closed = False

    @property
    def cursor(self) -> str | None:
        """The position after the last item that the program took. Another subscription can resume there."""
        return self._queue.cursor

    async def opened(self) -> None:
        """Returns once the server has accepted the subscription. Events that are published later are not missed.

        :raises CarillonError: if the subscription ends before
        """
        self._start()
        await asyncio.shield(self._reconnection.opened)

    async def aclose(self) -> None:
        """Closes the connection. The iteration then ends."""
        self._closed = True
        self._queue.close()
        task = self._task
        if task is not None and not task.done():
            task.cancel()
            await asyncio.wait((task,))
        self._reconnection.end_opening(DisconnectedError("the subscription was closed"))

    def __aiter__(self) -> Subscription:
        return self

    async def __anext__(self) -> Item:
        self._start()
        return await self._queue.next()

    async def __aenter__(self) -> Subscription:
        self._start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()

    def __del__(self) -> None:
        # A program that left its loop without `async with`. The task knows only the queue, so this is called.
        task = self._task
        if task is not None and not task.done() and not task.get_loop().is_closed():
            task.get_loop().call_soon_threadsafe(task.cancel)

    def _start(self) -> None:
        if self._task is None and not self._closed:
            self._task = asyncio.ensure_future(self._reconnection.run())


def _text_of(time: datetime) -> str:
    """A time without a zone is of this machine."""
    return time.astimezone(timezone.utc).isoformat().replace("+00:00", "Z")
