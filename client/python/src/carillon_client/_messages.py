"""Messages of the server, in the encoding `carillon.v1.json`. Unknown members are ignored, unknown reasons passed on."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Callable, Sequence, Union

from ._items import Event, Gap, event_of

SUBPROTOCOL = "carillon.v1.json"

_HEARTBEAT = '{"type":"heartbeat"}'


@dataclass(frozen=True)
class Hello:
    cursor: str
    gap: str | None
    credit: int
    spread_ms: int
    lease: str | None


@dataclass(frozen=True)
class Events:
    events: Sequence[Event]
    acknowledge: bool


@dataclass(frozen=True)
class Goodbye:
    reason: str
    reconnect: bool
    after_ms: int


Message = Union[Hello, Events, Gap, Goodbye]


class MalformedError(Exception):
    """The server sent what is not of `carillon.v1`."""


def decode(data: str | bytes) -> Message | None:
    """None for a heartbeat that comes back."""
    if not isinstance(data, str):
        raise MalformedError("a binary message where text ones are due")
    if data == _HEARTBEAT:
        return None
    try:
        message = json.loads(data)
    except ValueError:
        raise MalformedError("the message is not JSON") from None
    if not isinstance(message, dict):
        raise MalformedError("the message is no JSON object")
    kind = message.get("type")
    read = _READERS.get(kind) if isinstance(kind, str) else None
    if read is None:
        raise MalformedError("the type of the message is none of carillon.v1")
    try:
        return read(message)
    except (KeyError, TypeError):
        raise MalformedError(f"the {kind} lacks a member, or has one of another kind") from None


def _text(value: Any) -> str:
    if not isinstance(value, str) or value == "":
        raise TypeError
    return value


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError
    return value


def _count(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise TypeError
    return value


def _hello(message: dict[str, Any]) -> Hello:
    _flag(message["resumed"])
    _count(message["ack_timeout_ms"])
    gap = message.get("gap")
    lease = message.get("lease")
    return Hello(
        cursor=_text(message["cursor"]),
        gap=None if gap is None else _text(gap["reason"]),
        credit=_count(message["credit"]),
        spread_ms=_count(message.get("spread_ms", 0)),
        lease=lease if isinstance(lease, str) else None,
    )


def _events(message: dict[str, Any]) -> Events:
    sent = message["events"]
    if not isinstance(sent, list):
        raise TypeError
    events = [event_of(_text(each["cursor"]), each["event"]) for each in sent if isinstance(each["event"], dict)]
    read = [event for event in events if event is not None]
    if len(read) < len(sent):
        raise TypeError
    return Events(events=read, acknowledge=message.get("acknowledge") is True)


def _gap(message: dict[str, Any]) -> Gap:
    return Gap(reason=_text(message["reason"]), cursor=_text(message["cursor"]))


def _goodbye(message: dict[str, Any]) -> Goodbye:
    return Goodbye(
        reason=_text(message["reason"]),
        reconnect=_flag(message["reconnect"]),
        after_ms=_count(message["after_ms"]),
    )


_READERS: dict[str, Callable[[dict[str, Any]], Message]] = {"hello": _hello, "events": _events, "gap": _gap, "goodbye": _goodbye}
