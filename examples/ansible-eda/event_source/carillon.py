"""An event source for Event-Driven Ansible: the events of a Carillon server, as they happen.

Arguments:
    url           the address of the server; VAULT_ADDR if absent
    token         a token that may subscribe; VAULT_TOKEN if absent
    token_file    instead: a file with the token, which is read for each connection
    namespace     the Vault namespace; VAULT_NAMESPACE if absent
    pattern       which event types, such as "kv-v2/*" (the default is "*")
    filter        an expression in the language of Vault's filters
    position_file where the position is stored, so that a rulebook that starts again gets what it missed
    since         where the first start begins: "earliest", a time, "-15m", or now if absent

An event is {"carillon": {"event_type": …, "path": …, "metadata": {…}, "id": …, "time": …, …}}. Where events may be
missing, the source puts {"carillon": {"gap": "<reason>"}}.

With the argument "feedback: true" the position is stored when the rules have taken the event, and otherwise when
it was handed to them.
"""

import asyncio
import json
import os
import random
from pathlib import Path
from typing import Any, AsyncIterator
from urllib.parse import quote

import aiohttp

MAX_WAIT_SECONDS = 60
# The server sends a comment after 15 seconds without an event.
SILENCE_SECONDS = 45
# The longest line: an event.
BUFFER_BYTES = 2**21


class Refused(Exception):
    """An answer that no other attempt changes."""


class Source:
    def __init__(self, queue: Any, args: dict[str, Any]) -> None:
        self.queue = queue
        self.feedback = args.get("eda_feedback_queue")
        address = args.get("url") or os.environ.get("VAULT_ADDR", "http://127.0.0.1:8200")
        pattern = quote(args.get("pattern", "*"), safe="*/")
        self.url = f"{address.rstrip('/')}/v1/sys/events/subscribe/{pattern}"
        self.parameters = {"filter": args["filter"]} if args.get("filter") else {}
        self.token = args.get("token") or os.environ.get("VAULT_TOKEN", "")
        self.token_file = args.get("token_file")
        self.namespace = args.get("namespace") or os.environ.get("VAULT_NAMESPACE", "")
        self.file = Path(args["position_file"]) if args.get("position_file") else None
        stored = self.file.read_text() if self.file and self.file.exists() else ""
        self.position = stored or args.get("since") or ""
        self.failures = 0

    async def run(self) -> None:
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=30, sock_read=SILENCE_SECONDS)
        async with aiohttp.ClientSession(timeout=timeout, read_bufsize=BUFFER_BYTES) as session:
            while True:
                wait = 0.0
                try:
                    wait = await self.connect(session)
                except (aiohttp.ClientError, asyncio.TimeoutError):
                    pass
                self.failures += 1
                backoff = min(MAX_WAIT_SECONDS, 2 ** min(self.failures, 6) / 2)
                await asyncio.sleep(max(wait, backoff * random.uniform(0.5, 1)))

    async def connect(self, session: aiohttp.ClientSession) -> float:
        """Follows the stream to its end, and returns the seconds that the server asks to wait."""
        async with session.get(self.url, params=self.parameters, headers=self.headers()) as answer:
            if answer.status == 400 and self.position.startswith("cc"):
                # The server that made the cursor lost its storage, or it was another one.
                self.position = "earliest"
                await self.put({"gap": "the server does not accept the stored position"})
                return 0
            if answer.status in (400, 401, 403, 404):
                raise Refused(f"{self.url}: {answer.status} {await answer.text()}")
            if answer.status != 200:
                return float(answer.headers.get("Retry-After", 0))
            async for position, kind, data in events_of(answer.content):
                self.failures = 0
                if kind == "message":
                    await self.put(event_of(data))
                elif kind == "gap":
                    await self.put({"gap": data["reason"]})
                self.store(position)
        return 0

    def headers(self) -> dict[str, str]:
        token = Path(self.token_file).read_text().strip() if self.token_file else self.token
        headers = {"X-Vault-Token": token, "Accept": "text/event-stream"}
        if self.namespace:
            headers["X-Vault-Namespace"] = self.namespace
        if self.position:
            headers["Last-Event-ID"] = self.position
        return headers

    async def put(self, event: dict[str, Any]) -> None:
        await self.queue.put({"carillon": event})
        if self.feedback is not None:
            await self.feedback.get()

    def store(self, position: str) -> None:
        """The file is replaced as a whole, so a crash never leaves half a position."""
        self.position = position
        if self.file:
            new = self.file.with_name(f"{self.file.name}.new")
            new.write_text(position)
            new.replace(self.file)


async def events_of(lines: aiohttp.StreamReader) -> AsyncIterator[tuple[str, str, Any]]:
    """The position, the kind and the data of each server-sent event."""
    fields: dict[str, str] = {}
    async for line in lines:
        text = line.decode().rstrip("\r\n")
        if text == "":
            if "data" in fields:
                yield fields["id"], fields.get("event", "message"), json.loads(fields["data"])
            fields = {}
        elif not text.startswith(":"):
            name, _, value = text.partition(":")
            fields[name] = value.removeprefix(" ")


def event_of(frame: dict[str, Any]) -> dict[str, Any]:
    data = frame["data"]
    metadata = data["event"].get("metadata", {})
    return {
        "id": frame["id"],
        "time": frame["time"],
        "source": frame["source"],
        "event_type": data["event_type"],
        "namespace": data.get("namespace", ""),
        "path": metadata.get("path", ""),
        "metadata": metadata,
        "plugin_info": data.get("plugin_info", {}),
    }


async def main(queue: asyncio.Queue, args: dict[str, Any]) -> None:
    await Source(queue, args).run()
