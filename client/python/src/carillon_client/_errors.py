"""The errors that a subscription ends with. A temporary failure is no error: the client tries again."""

from __future__ import annotations


class CarillonError(Exception):
    """Why a subscription ended. `code` is stable; `status` is that of the server's answer, if there was one."""

    code = "error"

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class InvalidError(CarillonError):
    """An option, the pattern or the filter is wrong. Fix it."""

    code = "invalid"


class ForbiddenError(CarillonError):
    """The token is not valid, or has no right to this."""

    code = "forbidden"


class NotFoundError(CarillonError):
    """The namespace does not exist, or this is not the address of a Carillon server."""

    code = "not_found"


class RevokedError(CarillonError):
    """The token, its rights or its namespace ended while the subscription was open."""

    code = "revoked"


class ProtocolError(CarillonError):
    """The server does not speak `carillon.v1` as this client does, or it redirects."""

    code = "protocol"


class DisconnectedError(CarillonError):
    """The connection ended, and `reconnect` is false."""

    code = "disconnected"


class UnavailableError(CarillonError):
    """The server could not be reached, or had a temporary failure, and `reconnect` is false."""

    code = "unavailable"
