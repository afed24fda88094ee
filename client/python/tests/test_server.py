"""The client and the local server, as a program uses them."""

from __future__ import annotations

import asyncio
import gc
import unittest

from carillon_client import (
    Connected,
    ConnectionState,
    DisconnectedError,
    Event,
    ForbiddenError,
    InvalidError,
    RevokedError,
    UnavailableError,
    subscribe,
)

from .local_server import ROOT_TOKEN, LocalServer

ARRIVAL_S = 60
POLICY = """
path "sys/events/subscribe/*" { capabilities = ["read"] }
path "things/*" {
  capabilities          = ["list", "subscribe"]
  subscribe_event_types = ["*"]
}
"""


class ServerTest(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self) -> None:
        self.server = await self.enterAsync(LocalServer())

    async def enterAsync(self, server: LocalServer) -> LocalServer:
        await server.__aenter__()
        self.addAsyncCleanup(server.__aexit__)
        return server

    async def new_token(self) -> str:
        await self.server.post("sys/policies/acl/all", {"policy": POLICY})
        answer = await self.server.post("auth/token/create", {"policies": ["all"]})
        token: str = answer["auth"]["client_token"]
        return token

    async def test_no_event_is_lost_or_repeated_when_the_server_is_killed(self) -> None:
        ids = [f"e-{number}" for number in range(300)]
        taken: list[str] = []
        token = await self.new_token()
        async with subscribe("test/*", url=self.server.address, token=token, credit=20) as subscription:
            await subscription.opened()

            async def take() -> None:
                async for item in subscription:
                    assert isinstance(item, Event), item
                    taken.append(item.id)
                    if len(taken) == len(ids):
                        break

            taking = asyncio.ensure_future(take())
            for number, id in enumerate(ids):
                if number in (100, 200):
                    await self.server.kill()
                    await self.server.start()
                await self.server.publish(id)
            await asyncio.wait_for(taking, ARRIVAL_S)
        self.assertEqual(taken, ids)

    async def test_resumes_in_another_subscription_after_the_last_item_that_was_taken(self) -> None:
        url = self.server.address
        async with subscribe("test/*", url=url, token=ROOT_TOKEN) as first:
            await first.opened()
            for id in ("a", "b", "c"):
                await self.server.publish(id)
            item = await first.__anext__()
        async with subscribe("test/*", url=url, token=ROOT_TOKEN, since=first.cursor) as second:
            rest = [await second.__anext__(), await second.__anext__()]
        self.assertEqual([each.id for each in (item, *rest) if isinstance(each, Event)], ["a", "b", "c"])
        self.assertEqual(item.cursor, first.cursor)

    async def test_a_cancelled_wait_takes_no_item(self) -> None:
        async with subscribe("test/*", url=self.server.address, token=ROOT_TOKEN) as subscription:
            await subscription.opened()
            with self.assertRaises(asyncio.TimeoutError):
                await asyncio.wait_for(subscription.__anext__(), 0.2)
            await self.server.publish("a")
            item = await subscription.__anext__()
        self.assertIsInstance(item, Event)

    async def test_a_function_gives_another_token_when_the_first_one_is_revoked(self) -> None:
        tokens = [await self.new_token(), await self.new_token()]
        given: list[str] = []

        async def next_token() -> str:
            given.append(tokens[min(len(given), 1)])
            return given[-1]

        async with subscribe("test/*", url=self.server.address, token=next_token) as subscription:
            await subscription.opened()
            await self.server.post("auth/token/revoke", {"token": tokens[0]})
            await self.server.publish("a")
            item = await asyncio.wait_for(subscription.__anext__(), ARRIVAL_S)
        self.assertIsInstance(item, Event)
        self.assertEqual(given, tokens)

    async def test_a_revoked_token_ends_the_subscription_once(self) -> None:
        token = await self.new_token()
        async with subscribe("test/*", url=self.server.address, token=token) as subscription:
            await subscription.opened()
            await self.server.post("auth/token/revoke", {"token": token})
            with self.assertRaises(RevokedError):
                await asyncio.wait_for(subscription.__anext__(), ARRIVAL_S)
            with self.assertRaises(StopAsyncIteration):
                await subscription.__anext__()

    async def test_names_what_is_wrong_with_a_request(self) -> None:
        url = self.server.address
        async with subscribe("test/*", url=url, token="unknown") as subscription:
            with self.assertRaisesRegex(ForbiddenError, "403.*give a token"):
                await subscription.opened()
        async with subscribe("test/*", url=url, token=ROOT_TOKEN, filter="((") as subscription:
            with self.assertRaises(InvalidError):
                await subscription.__anext__()

    async def test_a_loop_that_is_left_closes_the_connection(self) -> None:
        states: list[ConnectionState] = []
        url, before = self.server.address, len(asyncio.all_tasks())
        asyncio.get_running_loop().call_later(0.5, lambda: asyncio.ensure_future(self.server.publish("a")))
        async for _ in subscribe("test/*", url=url, token=ROOT_TOKEN, since="earliest", on_state=states.append):
            break
        gc.collect()
        while len(asyncio.all_tasks()) > before:
            await asyncio.sleep(0.05)
        self.assertEqual(states, [Connected()])

    async def test_without_reconnection_the_end_of_the_connection_is_an_error(self) -> None:
        url = self.server.address
        async with subscribe("test/*", url=url, token=ROOT_TOKEN, reconnect=False) as subscription:
            await subscription.opened()
            await self.server.kill()
            with self.assertRaises(DisconnectedError):
                await subscription.__anext__()
        async with subscribe("test/*", url=url, token=ROOT_TOKEN, reconnect=False) as subscription:
            with self.assertRaisesRegex(UnavailableError, "cannot reach"):
                await subscription.__anext__()


class OptionsTest(unittest.TestCase):
    def test_options_are_checked_before_anything_is_sent(self) -> None:
        for options in (
            {"url": "carillon.example.com"},
            {"url": "https://carillon.example.com?a=b"},
            {"credit": 0},
            {"timeout": 0},
            {"namespaces": "blue"},
        ):
            with self.subTest(str(options)), self.assertRaises(InvalidError):
                subscribe("*", **{"url": "https://carillon.example.com", "token": "t", **options})  # type: ignore[arg-type]
        with self.assertRaises(InvalidError):
            subscribe(" ", url="https://carillon.example.com", token="t")


if __name__ == "__main__":
    unittest.main()
