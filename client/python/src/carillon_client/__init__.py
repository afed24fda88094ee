"""Subscribe to events of Carillon, without missing one.

>>> from carillon_client import Gap, subscribe
>>>
>>> async def follow(token: str) -> None:
...     async with subscribe("kv-v2/*", url="https://carillon.example.com", token=token) as items:
...         async for item in items:
...             if isinstance(item, Gap):
...                 print("read everything again:", item.reason)
...             else:
...                 print(item.event_type, item.metadata["path"])
"""

from ._errors import (
    CarillonError,
    DisconnectedError,
    ForbiddenError,
    InvalidError,
    NotFoundError,
    ProtocolError,
    RevokedError,
    UnavailableError,
)
from ._items import Event, Gap, Item
from ._options import Connected, ConnectionState, Disconnected
from ._subscription import Subscription, subscribe

__all__ = [
    "CarillonError",
    "Connected",
    "ConnectionState",
    "Disconnected",
    "DisconnectedError",
    "Event",
    "ForbiddenError",
    "Gap",
    "InvalidError",
    "Item",
    "NotFoundError",
    "ProtocolError",
    "RevokedError",
    "Subscription",
    "UnavailableError",
    "subscribe",
]
