"""The client passes the conformance vectors of `carillon.v1`: test/protocol-vectors/README.md defines them."""

from __future__ import annotations

import asyncio
import base64
import json
import unittest
from pathlib import Path
from typing import Any

from carillon_client import CarillonError, Connected, ConnectionState, Event, Gap, Item, Subscription
from carillon_client._options import Options

from .scripted_server import Handshake, ScriptedServer, Session
from .stepped_runtime import SteppedRuntime

FOLDER = Path(__file__).parents[3] / "test" / "protocol-vectors"

#: A client that can ping sends no heartbeats.
MET_NEEDS = {"pings", "leases"}

STEP_TIMEOUT_S = 60

#: Turns of the event loop in which the client replaces its timer after a hello.
TURNS = 20

HELLO = {"type": "hello", "resumed": True, "credit": 256, "ack_timeout_ms": 60_000}

Step = dict[str, Any]


def cloud_event(number: int) -> dict[str, Any]:
    event = {"id": f"e-{number}", "metadata": {"path": f"secret/data/{number}"}}
    return {
        "id": f"e-{number}",
        "source": "vault://test",
        "specversion": "1.0",
        "type": "*",
        "data": {"event": event, "event_type": "kv-v2/data-write"},
        "datacontenttype": "application/json",
        "datacontentype": "application/cloudevents",
        "time": "2026-11-22T12:00:00Z",
    }


def events_message(step: Step) -> dict[str, Any]:
    message = {
        "type": "events",
        "events": [{"cursor": f"c{number}", "event": cloud_event(number)} for number in step["events"]],
    }
    if "acknowledge" in step:
        message["acknowledge"] = step["acknowledge"]
    if "padding_bytes" in step:
        message["padding"] = "x" * step["padding_bytes"]
    return message


def name_of(item: Item) -> str:
    return f"gap: {item.reason}" if isinstance(item, Gap) else item.id


def members_of(item: Item) -> dict[str, Any]:
    assert isinstance(item, Event)
    names = ("cursor", "id", "source", "time", "event_type", "namespace", "metadata", "note")
    members = {name: getattr(item, name) for name in names} | {"entity_ids": list(item.entity_ids)}
    return members if item.plugin_info is None else members | {"plugin_info": item.plugin_info}


class Player:
    def __init__(self, server: ScriptedServer, subscribed: dict[str, Any], random: float) -> None:
        self._server = server
        self._subscribed = {"pattern": "*", **subscribed}
        self._random = random
        self._runtime = SteppedRuntime(random)
        self._handshake: Handshake | None = None
        self._session: Session | None = None
        self._waited_ms = 0.0
        self._connected = asyncio.Event()
        self._asked: asyncio.Task[Item] | None = None
        options = Options(url=server.address, token="token", on_state=self._hear, **self._subscribed)
        self.subscription = Subscription(options, self._runtime)

    async def step(self, step: Step) -> None:
        [party] = {"client", "server", "program", "time"} & step.keys()
        if party == "time":
            await self._settled()
            self._runtime.advance(step["ms"] / 1000)
        else:
            play = {"client": self._client, "server": self._serve, "program": self._program}[party]
            await play(step)

    async def end(self) -> None:
        self.check_rest()
        await self.subscription.aclose()
        if self._asked is not None:
            await asyncio.gather(self._asked, return_exceptions=True)

    def check_rest(self) -> None:
        """A message of the client is expected by a step. Its end, and its pings, need not be."""
        while self._session is not None and not self._session.acts.empty():
            act = self._session.acts.get_nowait()
            assert act.kind != "message", f"the client also sent {act.value}"

    async def _settled(self) -> None:
        await self._connected.wait()
        for _ in range(TURNS):
            await asyncio.sleep(0)

    async def _client(self, step: Step) -> None:
        kind = step["client"]
        if kind == "connects":
            await self._connects(step)
            return
        assert self._session is not None
        if "after_ms" in step:
            await self._settled()
            waited = await self._runtime.advance_to_next()
            self._check_range(waited * 1000, step["after_ms"])
        act = await self._session.acts.get()
        if kind == "sends":
            assert (act.kind, act.value) == ("message", step["message"]), act
        elif kind == "closes":
            assert (act.kind, act.value) == ("gone", step["code"]), act
        else:
            assert act.kind == {"pings": "ping", "leaves": "gone"}[kind], act

    async def _connects(self, step: Step) -> None:
        self.check_rest()
        self._session = None
        self._handshake = await self._server.handshakes.get()
        lease = step.get("lease")
        expected = {
            "namespace": "",
            "filter": None,
            "namespaces": [],
            **self._subscribed,
            "since": step.get("since"),
            "lease": lease,
            "token": "token" if lease is None else None,
        }
        expected.pop("credit", None)
        assert self._handshake.asked == expected, (self._handshake.asked, expected)
        if "waits_ms" in step:
            self._check_range(self._waited_ms, step["waits_ms"])
        self._waited_ms = 0

    async def _serve(self, step: Step) -> None:
        kind = step["server"]
        handshake, session = self._handshake, self._session
        assert handshake is not None
        if kind == "accepts":
            self._connected.clear()
            self._session = handshake.accept()
            if "hello" in step:
                self._session.send_text(json.dumps({**HELLO, **step["hello"]}))
            else:
                self._connected.set()
        elif kind == "refuses":
            handshake.refuse(step["status"], step.get("headers", {}), step.get("errors", []))
        elif kind == "breaks":
            (session or handshake).break_off()
        elif session is None:
            raise AssertionError(f"no connection for {step}")
        elif kind == "closes":
            session.close(step["code"], step.get("reason", ""))
        elif kind == "falls silent":
            session.fall_silent()
        elif "text" in step:
            session.send_text(step["text"])
        elif "base64" in step:
            session.send_bytes(base64.b64decode(step["base64"]))
        else:
            session.send_text(json.dumps(step.get("message") or events_message(step)))

    async def _program(self, step: Step) -> None:
        kind = step["program"]
        if kind == "asks":
            self._asked = asyncio.ensure_future(self.subscription.__anext__())
            # The call begins before the next step.
            await asyncio.sleep(0)
        elif kind == "closes":
            await self.subscription.aclose()
        elif kind == "fails":
            try:
                item = await self._take()
            except CarillonError as error:
                assert error.code == step["code"], error
                assert "status" not in step or error.status == step["status"], error.status
            else:
                raise AssertionError(f"got {name_of(item)}")
        elif "items" in step:
            for expected in step["items"]:
                assert name_of(await self._take()) == expected
        else:
            for event in step["events"]:
                assert members_of(await self._take()) == event

    async def _take(self) -> Item:
        asked, self._asked = self._asked, None
        return await (asked or self.subscription.__anext__())

    def _check_range(self, milliseconds: float, ends: list[int]) -> None:
        start, below = ends
        span = below - start
        if self._random == 0:
            assert start - 0.001 <= milliseconds < start + 1, (milliseconds, ends)
        else:
            assert below - max(1, span / 100) <= milliseconds < below, (milliseconds, ends)

    def _hear(self, state: ConnectionState) -> None:
        if isinstance(state, Connected):
            self._connected.set()
            return
        self._waited_ms += state.retry_in * 1000
        # The client begins to wait after this call.
        asyncio.get_running_loop().call_soon(self._runtime.advance, state.retry_in)


class VectorTest(unittest.IsolatedAsyncioTestCase):
    async def test_each_vector_with_the_least_and_the_greatest_random_number(self) -> None:
        paths = sorted(FOLDER.glob("*.json"))
        self.assertGreater(len(paths), 50)
        for path in paths:
            vector = json.loads(path.read_text())
            self.assertEqual(vector["version"], 1)
            if not set(vector.get("needs", [])) <= MET_NEEDS:
                continue
            for random in (0.0, 0.999999):
                with self.subTest(f"{path.name}, {random}: {vector['title']}"):
                    await self._play(vector, random)

    async def _play(self, vector: dict[str, Any], random: float) -> None:
        async with ScriptedServer() as server:
            player = Player(server, vector.get("subscription", {}), random)
            async with player.subscription:
                for number, step in enumerate(vector["steps"], 1):
                    try:
                        await asyncio.wait_for(player.step(step), STEP_TIMEOUT_S)
                    except (AssertionError, asyncio.TimeoutError) as error:
                        self.fail(f"step {number}, {step}: {error!r}")
                await player.end()
                self.assertTrue(server.handshakes.empty())


if __name__ == "__main__":
    unittest.main()
