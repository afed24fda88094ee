"""One attempt to subscribe: a handshake, a connection until its end, and what that means."""

from __future__ import annotations

import asyncio
import json
import ssl
from typing import Any, Callable, Mapping, Protocol

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidMessage, InvalidStatus, InvalidURI
from websockets.typing import Subprotocol

from ._bounds import CLOSE_TIMEOUT_S, MAX_MESSAGE_BYTES, MAX_TIMER_DELAY_S, PING_INTERVAL_S
from ._errors import ProtocolError
from ._items import Gap
from ._messages import SUBPROTOCOL, Events, Goodbye, Hello, MalformedError, decode
from ._options import Options
from ._outcome import (
    NORMAL_CLOSE_CODE,
    GiveUp,
    Outcome,
    Retry,
    outcome_of_close,
    outcome_of_goodbye,
    outcome_of_malformed,
    outcome_of_refusal,
)
from ._runtime import OverdueError, Runtime, within

_MESSAGE_TOO_BIG = 1009
_BAD_MESSAGE = 4400

Send = Callable[[Mapping[str, Any]], None]


class Listener(Protocol):
    def greeted(self, hello: Hello, send: Send) -> None: ...

    def delivered(self, delivery: Events | Gap, characters: int) -> None: ...


class _Connect(connect):
    """Follows no redirect, which would send the token to another server."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        return exc


async def attempt(
    runtime: Runtime,
    options: Options,
    listener: Listener,
    since: str | None,
    token: str | None,
    lease: str | None,
) -> Outcome:
    """Sends the lease in place of the token, if there is one."""
    deadline = runtime.now() + options.timeout
    headers = {"X-Vault-Namespace": options.namespace} if options.namespace else {}
    if token is not None:
        headers["X-Vault-Token"] = token
    offered = [Subprotocol(SUBPROTOCOL)] + ([] if lease is None else [Subprotocol(lease)])
    secured: dict[str, Any] = {} if options.ssl is None else {"ssl": options.ssl}
    handshake = _Connect(
        options.socket_url(since),
        additional_headers=headers,
        subprotocols=offered,
        compression=None,
        open_timeout=None,
        close_timeout=CLOSE_TIMEOUT_S,
        # The client pings at random times.
        ping_interval=None,
        max_size=MAX_MESSAGE_BYTES,
        **secured,
    )
    try:
        socket = await within(runtime, options.timeout, handshake)
    except OverdueError:
        return Retry("the server does not answer")
    except InvalidStatus as error:
        answer = error.response
        return outcome_of_refusal(options.origin, answer.status_code, answer.headers, bytes(answer.body or b""))
    except (OSError, EOFError, InvalidMessage) as error:
        return Retry(f"cannot reach {options.origin} ({_reason_of(error)})")
    except (InvalidHandshake, InvalidURI) as error:
        return GiveUp(ProtocolError(f"{options.origin} answered as no Carillon server does ({error})"))
    if socket.subprotocol != SUBPROTOCOL:
        await socket.close(NORMAL_CLOSE_CODE)
        return GiveUp(ProtocolError(f"{options.origin} does not speak carillon.v1; is it a Carillon server?"))
    return await _Conversation(runtime, socket, listener).until_end(deadline)


class _Conversation:
    def __init__(self, runtime: Runtime, socket: ClientConnection, listener: Listener) -> None:
        self._runtime = runtime
        self._socket = socket
        self._listener = listener
        self._outgoing: asyncio.Queue[str] = asyncio.Queue()
        self._greeted = False
        #: Pings since the last sign of life.
        self._unanswered = 0

    async def until_end(self, deadline: float) -> Outcome:
        code: int | None = NORMAL_CLOSE_CODE
        tasks: list[asyncio.Future[Any]] = [asyncio.ensure_future(self._write())]
        try:
            # The first message has to arrive in time. Later ones need not.
            outcome = await within(self._runtime, deadline - self._runtime.now(), self._read_one())
            if outcome is None:
                reading = asyncio.ensure_future(self._read())
                pinging = asyncio.ensure_future(self._ping())
                tasks += [reading, pinging]
                await asyncio.wait((reading, pinging), return_when=asyncio.FIRST_COMPLETED)
                outcome = reading.result() if reading.done() else pinging.result()
            code = None
            return outcome
        except OverdueError:
            code = None
            return Retry("the server does not begin to speak")
        except MalformedError as error:
            code = _BAD_MESSAGE
            return outcome_of_malformed(str(error))
        finally:
            for task in tasks:
                task.cancel()
            if code is None:
                # The server does not answer any more, or has nothing more to say.
                self._socket.transport.abort()
            else:
                await self._socket.close(code)
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _read(self) -> Outcome:
        while True:
            outcome = await self._read_one()
            if outcome is not None:
                return outcome

    async def _read_one(self) -> Outcome | None:
        """Returns how the message ends the connection, if it does."""
        try:
            data = await self._socket.recv()
        except ConnectionClosed as closed:
            if closed.rcvd is not None:
                return outcome_of_close(closed.rcvd.code, closed.rcvd.reason)
            if closed.sent is not None and closed.sent.code == _MESSAGE_TOO_BIG:
                raise MalformedError(f"a message of more than {MAX_MESSAGE_BYTES} bytes") from None
            return Retry("the connection broke")
        self._unanswered = 0
        message = decode(data)
        if message is None:
            return None
        if isinstance(message, Goodbye):
            return outcome_of_goodbye(message)
        if isinstance(message, Hello):
            if self._greeted:
                raise MalformedError("a second hello")
            self._greeted = True
            self._listener.greeted(message, self._send)
        elif not self._greeted:
            raise MalformedError("a message before the hello")
        else:
            self._listener.delivered(message, len(data))
        return None

    def _send(self, message: Mapping[str, Any]) -> None:
        self._outgoing.put_nowait(json.dumps(message))

    async def _write(self) -> None:
        try:
            while True:
                await self._socket.send(await self._outgoing.get())
        except ConnectionClosed:
            # Whoever reads learns why.
            pass

    async def _ping(self) -> Outcome:
        """Returns if the server gives no sign of life from one ping to the next."""
        while True:
            wait = PING_INTERVAL_S * (0.75 + self._runtime.random() / 2)
            due = self._runtime.now() + wait
            await self._runtime.sleep(wait)
            # After a late timer, the answer may not be read yet: one more ping decides.
            is_late = self._runtime.now() > due + MAX_TIMER_DELAY_S
            if self._unanswered > (1 if is_late else 0):
                return Retry("the server does not answer any more", at_once=True)
            self._unanswered += 1
            try:
                pong = asyncio.ensure_future(await self._socket.ping())
            except ConnectionClosed:
                # Whoever reads learns why.
                await asyncio.Event().wait()
            else:
                pong.add_done_callback(self._hear)

    def _hear(self, pong: asyncio.Future[float]) -> None:
        if not pong.cancelled() and pong.exception() is None:
            self._unanswered = 0


def _reason_of(error: BaseException) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return error.verify_message
    return str(error) or type(error).__name__
