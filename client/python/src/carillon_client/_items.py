"""What a subscription yields."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Mapping, Union


@dataclass(frozen=True)
class Event:
    """An event, with the position after it."""

    #: `kv-v2/data-write`
    event_type: str
    #: What the publisher says about the event. Vault's values are strings.
    metadata: Mapping[str, Any]
    #: Unique together with the source.
    id: str
    source: str
    #: RFC 3339, as the publisher wrote it.
    time: str
    #: The Vault namespace with its trailing slash; empty for root.
    namespace: str
    entity_ids: tuple[str, ...]
    note: str
    #: The mount and the plugin that the event comes from, if Vault says so.
    plugin_info: Mapping[str, str] | None
    #: The whole event, in the form of a stock subscription.
    cloud_event: Mapping[str, Any]
    #: The position after this event: `since=event.cursor` resumes there, also in another process.
    cursor: str


@dataclass(frozen=True)
class Gap:
    """Events may be missing before the next item. A program that mirrors a state reads it again."""

    #: One of those of the protocol, or of a later version of it.
    reason: str
    #: The position after the gap.
    cursor: str


Item = Union[Event, Gap]


def event_of(cursor: str, event: Mapping[str, Any]) -> Event | None:
    """None if it is not the CloudEvent of a frame."""
    data = event.get("data")
    inner = data.get("event") if isinstance(data, dict) else None
    if not isinstance(data, dict) or not isinstance(inner, dict):
        return None
    id, source, time = event.get("id"), event.get("source"), event.get("time")
    event_type, namespace, note = data.get("event_type"), data.get("namespace", ""), inner.get("note", "")
    metadata, entity_ids = inner.get("metadata", {}), inner.get("entity_ids", [])
    if not isinstance(id, str) or not isinstance(source, str) or not isinstance(time, str):
        return None
    if not isinstance(event_type, str) or not isinstance(namespace, str) or not isinstance(note, str):
        return None
    if not isinstance(metadata, dict) or not isinstance(entity_ids, list):
        return None
    plugin = data.get("plugin_info")
    # A later version of the server may send members that are not strings.
    info = {key: value for key, value in plugin.items() if isinstance(value, str)} if isinstance(plugin, dict) else None
    return Event(
        event_type=event_type,
        metadata=metadata,
        id=id,
        source=source,
        time=time,
        namespace=namespace,
        entity_ids=tuple(map(str, entity_ids)),
        note=note,
        plugin_info=info,
        cloud_event=event,
        cursor=cursor,
    )
