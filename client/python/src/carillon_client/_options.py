"""What a program subscribes with, and what it is told of the connection."""

from __future__ import annotations

import inspect
import re
from dataclasses import dataclass, field
from ssl import SSLContext
from typing import Awaitable, Callable, Sequence, Union
from urllib.parse import quote, urlencode, urlsplit

from ._bounds import CONNECT_TIMEOUT_S, MAX_CREDIT
from ._errors import InvalidError

TokenSource = Union[str, Callable[[], Union[str, Awaitable[str]]]]


@dataclass(frozen=True)
class Connected:
    """The server has accepted the subscription."""


@dataclass(frozen=True)
class Disconnected:
    """The connection ended, or an attempt failed. The next one begins after `retry_in` seconds."""

    reason: str
    retry_in: float


ConnectionState = Union[Connected, Disconnected]


@dataclass(frozen=True)
class Options:
    pattern: str
    url: str
    #: Not in the text of this object, which may be logged.
    token: TokenSource = field(repr=False)
    namespace: str = ""
    namespaces: Sequence[str] = ()
    filter: str = ""
    since: str | None = None
    credit: int | None = None
    timeout: float = CONNECT_TIMEOUT_S
    reconnect: bool = True
    on_state: Callable[[ConnectionState], None] | None = None
    ssl: SSLContext | None = None

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise InvalidError("url must be an address such as https://carillon.example.com")
        if parts.username is not None or parts.query or parts.fragment:
            raise InvalidError("url must have no user, query or fragment")
        if self.pattern.strip() == "":
            raise InvalidError('pattern must name event types, such as "kv-v2/*"')
        if isinstance(self.namespaces, str):
            raise InvalidError("namespaces must be a list of patterns")
        if self.credit is not None and not 1 <= self.credit <= MAX_CREDIT:
            raise InvalidError(f"credit must be a number from 1 to {MAX_CREDIT}, not {self.credit}")
        if not self.timeout > 0:
            raise InvalidError(f"timeout must be a number of seconds above 0, not {self.timeout}")

    @property
    def origin(self) -> str:
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}"

    def socket_url(self, since: str | None) -> str:
        parts = urlsplit(self.url)
        scheme = "wss" if parts.scheme == "https" else "ws"
        query: list[tuple[str, str]] = [("filter", self.filter)] if self.filter else []
        query += [("namespaces", each) for each in self.namespaces]
        if since is not None:
            query.append(("since", since))
        # Slashes and stars are what a pattern is made of.
        path = f"{parts.path.rstrip('/')}/v1/sys/events/subscribe/{quote(self.pattern.strip(), safe='/*')}"
        return f"{scheme}://{parts.netloc}{path}{'?' if query else ''}{urlencode(query)}"

    async def read_token(self) -> str:
        token = self.token if isinstance(self.token, str) else self.token()
        if inspect.isawaitable(token):
            token = await token
        if not isinstance(token, str) or not re.fullmatch(r"[!-~]+", token):
            # The message does not quote it.
            raise InvalidError("token must be a text of visible ASCII characters")
        return token
