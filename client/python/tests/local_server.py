"""A local server on a data folder, which can be killed and started again at its address."""

from __future__ import annotations

import asyncio
import json
import re
import tempfile
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

COMMAND = Path(__file__).parents[3] / "bin" / "carillon.js"
ROOT_TOKEN = "root"
START_TIMEOUT_S = 60


class LocalServer:
    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="carillon-test-")
        self._process: asyncio.subprocess.Process | None = None
        self._reading: asyncio.Task[None] | None = None
        self._port = 0

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    async def __aenter__(self) -> LocalServer:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.terminate()
            await self._process.wait()
        if self._reading is not None:
            await self._reading
        self._folder.cleanup()

    async def start(self) -> None:
        arguments = ["dev", "--port", str(self._port), "--root-token", ROOT_TOKEN]
        self._process = await asyncio.create_subprocess_exec(
            "node",
            str(COMMAND),
            *arguments,
            "--data",
            str(Path(self._folder.name) / "data"),
            cwd=self._folder.name,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        started = asyncio.get_running_loop().create_future()
        self._reading = asyncio.ensure_future(self._read(self._process, started))
        self._port = await asyncio.wait_for(started, START_TIMEOUT_S)

    async def kill(self) -> None:
        """Returns once nothing answers at its address."""
        assert self._process is not None and self._reading is not None
        self._process.kill()
        await self._process.wait()
        # The streams of what it started end, too.
        await self._reading

    async def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """As the holder of the root token."""
        return await asyncio.to_thread(self._post, path, body)

    async def publish(self, id: str) -> None:
        await self.post("sys/events/publish/test/thing", {"id": id, "metadata": {"path": f"things/{id}"}})

    def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        headers = {"X-Vault-Token": ROOT_TOKEN, "Content-Type": "application/json"}
        data = json.dumps(body).encode()
        request = urllib.request.Request(f"{self.address}/v1/{path}", data, headers, method="POST")
        with urllib.request.urlopen(request) as response:
            text = response.read()
        read: dict[str, Any] = json.loads(text) if text else {}
        return read

    async def _read(self, process: asyncio.subprocess.Process, started: asyncio.Future[int]) -> None:
        output = ""
        assert process.stdout is not None
        async for line in process.stdout:
            output += line.decode()
            address = re.search(r"export VAULT_ADDR=http://[^ ]*:(\d+) ", output)
            if address is not None and not started.done():
                started.set_result(int(address[1]))
        if not started.done():
            started.set_exception(AssertionError(f"the server ended:\n{output}"))
