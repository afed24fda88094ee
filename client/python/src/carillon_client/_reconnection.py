"""Keeps a subscription connected: fills its queue from one connection after another, from the cursor of the queue."""

from __future__ import annotations

import asyncio
import re

from ._backoff import Backoff
from ._connection import Send, attempt
from ._errors import CarillonError, DisconnectedError, ForbiddenError, RevokedError, UnavailableError
from ._items import Gap, Item
from ._messages import Events, Hello
from ._options import Connected, ConnectionState, Disconnected, Options
from ._outcome import GiveUp, Outcome, Retry
from ._queue import Acks, ItemQueue
from ._runtime import Runtime

#: A lease is sent as a subprotocol, which can be no other text.
_LEASE = re.compile(r"[\w.-]{1,2048}", re.ASCII)


class Reconnection:
    def __init__(self, options: Options, runtime: Runtime, queue: ItemQueue) -> None:
        self._options = options
        self._runtime = runtime
        self._queue = queue
        self._backoff = Backoff()
        self._acks: Acks | None = None
        self._lease: str | None = None
        #: The token that the lease stands for.
        self._lease_token: str | None = None
        self._token = ""
        #: The token that was refused last, and the error to end with if there is no other one.
        self._refused: tuple[str, CarillonError] | None = None
        #: When the hello of the last attempt arrived.
        self._greeted_at: float | None = None
        self._ever_greeted = False
        #: Whether the server rejected the cursor: its storage is another one.
        self._cursor_lost = False
        self._opened: asyncio.Future[None] | None = None

    @property
    def opened(self) -> asyncio.Future[None]:
        if self._opened is None:
            self._opened = asyncio.get_running_loop().create_future()
            if self._ever_greeted:
                self._opened.set_result(None)
        return self._opened

    def end_opening(self, error: BaseException) -> None:
        if not self.opened.done():
            self.opened.set_exception(error)
            # A program that does not call `opened` gets the error from the iteration.
            self.opened.exception()

    async def run(self) -> None:
        try:
            await self._run()
        except asyncio.CancelledError:
            raise
        except BaseException as error:
            # Of this client, or of a function of the program.
            self._queue.fail(error)
            self.end_opening(error)

    async def _run(self) -> None:
        while True:
            outcome = await self._attempt()
            error = self._error_of(outcome)
            if error is not None:
                raise error
            await self._wait(outcome)

    async def _attempt(self) -> Outcome:
        self._greeted_at = None
        self._token = await self._options.read_token()
        if self._refused is not None and self._refused[0] == self._token:
            return GiveUp(self._refused[1])
        since = "earliest" if self._cursor_lost else self._queue.cursor
        if self._lease is not None and self._lease_token == self._token:
            outcome = await attempt(self._runtime, self._options, self, since, None, self._lease)
            if not isinstance(outcome, GiveUp) or not isinstance(outcome.error, ForbiddenError):
                return outcome
            # The server does not take the lease, or refuses the token: with the token it says which.
            self._lease = None
        return await attempt(self._runtime, self._options, self, since, self._token, None)

    def greeted(self, hello: Hello, send: Send) -> None:
        self._lease = hello.lease if hello.lease and _LEASE.fullmatch(hello.lease) else None
        self._lease_token = self._token
        self._backoff.spread_ms = hello.spread_ms
        self._greeted_at = self._runtime.now()
        self._ever_greeted = True
        self._refused = None
        credit = self._options.credit or hello.credit
        if credit != hello.credit:
            send({"type": "credit", "events": credit})
        self._acks = Acks(credit, lambda cursor: send({"type": "ack", "cursor": cursor}))
        reason = "storage_lost" if self._cursor_lost else hello.gap
        self._cursor_lost = False
        if reason is None:
            self._queue.cursor = hello.cursor
        else:
            self._put(Gap(reason, hello.cursor), 0, False)
        if self._opened is not None and not self._opened.done():
            self._opened.set_result(None)
        self._tell(Connected())

    def delivered(self, delivery: Events | Gap, characters: int) -> None:
        if isinstance(delivery, Gap):
            self._put(delivery, characters, False)
            return
        for event in delivery.events:
            is_last = event is delivery.events[-1]
            self._put(event, characters / len(delivery.events), delivery.acknowledge and is_last)

    def _put(self, item: Item, characters: float, is_ack_asked: bool) -> None:
        acks = self._acks
        assert acks is not None
        self._queue.put(item, lambda: acks.done(item.cursor, characters, is_ack_asked))

    def _tell(self, state: ConnectionState) -> None:
        if self._options.on_state is not None:
            self._options.on_state(state)

    def _error_of(self, outcome: Outcome) -> CarillonError | None:
        """The error that the subscription ends with; None if it goes on."""
        reconnect = self._options.reconnect
        if isinstance(outcome, Retry):
            if reconnect:
                return None
            return (DisconnectedError if self._ever_greeted else UnavailableError)(outcome.reason)
        error = outcome.error
        if reconnect and error.status == 400 and self._ever_greeted and not self._cursor_lost:
            # The server accepted everything but the cursor before.
            self._cursor_lost = True
            return None
        # A function may return another token by now. One other is tried for each connection.
        by_token = isinstance(error, (ForbiddenError, RevokedError))
        renewable = by_token and reconnect and not isinstance(self._options.token, str)
        if not renewable or (self._refused is not None and self._greeted_at is None):
            return error
        self._refused = (self._token, error)
        return None

    async def _wait(self, outcome: Outcome) -> None:
        self._queue.restart()
        retry = outcome if isinstance(outcome, Retry) else Retry(str(outcome.error))
        if retry.when_asked:
            await self._queue.awaited()
        if self._greeted_at is not None:
            self._backoff.disconnected(self._runtime.now() - self._greeted_at)
        wait_ms = 0 if retry.at_once else self._backoff.fail(self._runtime.random(), retry.wait_ms)
        self._tell(Disconnected(retry.reason, wait_ms / 1000))
        await self._runtime.sleep(wait_ms / 1000)
