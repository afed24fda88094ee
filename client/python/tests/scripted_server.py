"""The server of a vector: it does what the steps say, and records what the client does."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import struct
from dataclasses import dataclass, field
from typing import Any, Mapping, Sequence
from urllib.parse import parse_qs, unquote, urlsplit

_TEXT, _BINARY, _CLOSE, _PING, _PONG = 1, 2, 8, 9, 10
_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


@dataclass(frozen=True)
class Act:
    """What the client did on a connection: `message`, `ping`, or `gone` with a close code."""

    kind: str
    value: Any = None


class Session:
    """An accepted connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._silent = False
        self.acts: asyncio.Queue[Act] = asyncio.Queue()
        self.reading = asyncio.ensure_future(self._read())

    def send(self, opcode: int, data: bytes) -> None:
        size = len(data)
        head = bytes([0x80 | opcode])
        if size < 126:
            head += bytes([size])
        elif size < 65_536:
            head += b"\x7e" + struct.pack("!H", size)
        else:
            head += b"\x7f" + struct.pack("!Q", size)
        self._writer.write(head + data)

    def send_text(self, text: str) -> None:
        self.send(_TEXT, text.encode())

    def send_bytes(self, data: bytes) -> None:
        self.send(_BINARY, data)

    def close(self, code: int, reason: str) -> None:
        self.send(_CLOSE, struct.pack("!H", code) + reason.encode())

    def break_off(self) -> None:
        self._writer.transport.abort()

    def fall_silent(self) -> None:
        self._silent = True

    async def _read(self) -> None:
        code = 1006
        try:
            while True:
                opcode, data = await self._frame()
                if opcode == _CLOSE:
                    code = struct.unpack("!H", data[:2])[0] if data else 1005
                    self.send(_CLOSE, data[:2])
                    self._writer.close()
                    break
                if opcode == _PING:
                    self.acts.put_nowait(Act("ping"))
                    if not self._silent:
                        self.send(_PONG, data)
                elif opcode in (_TEXT, _BINARY):
                    self.acts.put_nowait(Act("message", json.loads(data)))
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        self.acts.put_nowait(Act("gone", code))

    async def _frame(self) -> tuple[int, bytes]:
        first, second = await self._reader.readexactly(2)
        size = second & 0x7F
        if size == 126:
            size = struct.unpack("!H", await self._reader.readexactly(2))[0]
        elif size == 127:
            size = struct.unpack("!Q", await self._reader.readexactly(8))[0]
        mask = await self._reader.readexactly(4)
        data = await self._reader.readexactly(size)
        return first & 0x0F, bytes(byte ^ mask[index % 4] for index, byte in enumerate(data))


@dataclass
class Handshake:
    """A handshake that is not answered yet."""

    target: str
    headers: Mapping[str, str]
    reader: asyncio.StreamReader = field(repr=False)
    writer: asyncio.StreamWriter = field(repr=False)

    @property
    def asked(self) -> dict[str, Any]:
        parts = urlsplit(self.target)
        query = parse_qs(parts.query)
        offered = [name.strip() for name in self.headers["sec-websocket-protocol"].split(",")]
        assert "carillon.v1.json" in offered
        return {
            "pattern": unquote(parts.path.removeprefix("/v1/sys/events/subscribe/")),
            "namespace": self.headers.get("x-vault-namespace", ""),
            "filter": query.get("filter", [None])[0],
            "namespaces": query.get("namespaces", []),
            "since": query.get("since", [None])[0],
            "lease": next((name for name in offered if name.startswith("carillon.lease.")), None),
            "token": self.headers.get("x-vault-token"),
        }

    def accept(self) -> Session:
        digest = hashlib.sha1((self.headers["sec-websocket-key"] + _GUID).encode()).digest()
        lines = [
            "HTTP/1.1 101 Switching Protocols",
            "Upgrade: websocket",
            "Connection: Upgrade",
            f"Sec-WebSocket-Accept: {base64.b64encode(digest).decode()}",
            "Sec-WebSocket-Protocol: carillon.v1.json",
        ]
        self.writer.write("".join(f"{line}\r\n" for line in [*lines, ""]).encode())
        return Session(self.reader, self.writer)

    def refuse(self, status: int, headers: Mapping[str, str], errors: Sequence[str]) -> None:
        body = json.dumps({"errors": errors}).encode()
        lines = [f"HTTP/1.1 {status} Refused", f"Content-Length: {len(body)}", "Connection: close"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        self.writer.write("".join(f"{line}\r\n" for line in [*lines, ""]).encode() + body)
        self.writer.close()

    def break_off(self) -> None:
        self.writer.transport.abort()


class ScriptedServer:
    def __init__(self) -> None:
        self.handshakes: asyncio.Queue[Handshake] = asyncio.Queue()
        self._writers: list[asyncio.StreamWriter] = []
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> ScriptedServer:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        for writer in self._writers:
            writer.transport.abort()
        if self._server is not None:
            self._server.close()

    @property
    def address(self) -> str:
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = {}
        for line in head[1:-2]:
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        await self.handshakes.put(Handshake(head[0].split(" ")[1], headers, reader, writer))
