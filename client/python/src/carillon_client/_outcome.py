"""What the end of an attempt means: to try again, and when, or to give up."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Union

from websockets.datastructures import Headers

from ._backoff import retry_after_ms
from ._bounds import MAX_QUOTED_CHARACTERS
from ._errors import CarillonError, ForbiddenError, InvalidError, NotFoundError, ProtocolError, RevokedError
from ._messages import Goodbye

#: Close codes that the same client would get again: a message or a cursor of it was wrong.
_LASTING_CLOSE_CODES = (4400, 4401, 4402, 4403)

NORMAL_CLOSE_CODE = 1000

#: These do not reject the request itself: it took too long, came too early, or was one of too many.
_RETRYABLE_STATUSES = (408, 425, 429)


@dataclass(frozen=True)
class Retry:
    reason: str
    #: What the server asks to wait.
    wait_ms: int = 0
    #: Without a back-off: the server was silent, and may have been for long.
    at_once: bool = False
    #: Only when the program asks for an item: it takes none at present.
    when_asked: bool = False


@dataclass(frozen=True)
class GiveUp:
    error: CarillonError


Outcome = Union[Retry, GiveUp]


def outcome_of_goodbye(goodbye: Goodbye) -> Outcome:
    reason = f"the server ended the subscription ({goodbye.reason})"
    if goodbye.reconnect:
        return Retry(reason, wait_ms=goodbye.after_ms, when_asked=goodbye.reason == "ack_timeout")
    return _revoked(reason) if goodbye.reason == "revoked" else GiveUp(ProtocolError(reason))


def outcome_of_close(code: int, reason: str) -> Outcome:
    text = f"the server closed the subscription ({code}{f' {reason}' if reason else ''})"
    if code == NORMAL_CLOSE_CODE:
        return _revoked(text)
    return GiveUp(ProtocolError(text)) if code in _LASTING_CLOSE_CODES else Retry(text)


def outcome_of_malformed(message: str) -> Outcome:
    text = f"the server sent what is not of carillon.v1: {message}; is there a newer version of this client?"
    return GiveUp(ProtocolError(text))


def outcome_of_refusal(origin: str, status: int, headers: Headers, body: bytes) -> Outcome:
    if status < 400:
        return GiveUp(ProtocolError(f"{origin} redirects; give the address that it redirects to as url", status))
    warning = headers.get("Carillon-Warning")
    message = f"the server answered {status}: {_reason_in(body)}{f': {_quoted(warning)}' if warning else ''}"
    if status >= 500 or status in _RETRYABLE_STATUSES:
        return Retry(message, wait_ms=retry_after_ms(headers.get("Retry-After")))
    if status in (401, 403):
        hint = "give a token that is valid and whose policies allow it"
        return GiveUp(ForbiddenError(f"{message}; {hint}", status))
    if status == 404:
        return GiveUp(NotFoundError(f"{message}; check the url, and that the namespace exists", status))
    return GiveUp(InvalidError(message, status))


def _revoked(reason: str) -> Outcome:
    hint = "the token, its rights or its namespace ended; subscribe with a token that may"
    return GiveUp(RevokedError(f"{reason}: {hint}"))


def _reason_in(body: bytes) -> str:
    text = body.decode("utf-8", "replace")
    try:
        errors = json.loads(text)["errors"]
        if isinstance(errors, list) and errors:
            text = "; ".join(map(str, errors))
    except (ValueError, KeyError, TypeError):
        # Another server on the way answered.
        pass
    return _quoted(text)


def _quoted(text: str) -> str:
    return re.sub(r"[\s\x00-\x1f\x7f-\x9f]+", " ", text).strip()[:MAX_QUOTED_CHARACTERS] or "no reason given"
