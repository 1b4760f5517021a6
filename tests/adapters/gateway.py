"""A gateway that says what it is told to say, and remembers what it was asked: for answers no studio should give."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Asked:
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Says:
    body: Any = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)

    def wire(self) -> bytes:
        body = self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()
        headers = {"content-length": str(len(body)), "connection": "close", "content-type": "application/json"}
        lines = [f"HTTP/1.1 {self.status} Said", *(f"{k}: {v}" for k, v in {**headers, **self.headers}.items())]
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


@dataclass
class Gateway:
    answers: list[Says]
    url: str = ""
    asked: list[Asked] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        method, path, _ = head[0].split(" ")
        headers = dict(_header(line) for line in head[1:] if line)
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        self.asked.append(Asked(method, path, headers, body))
        answer = self.answers[min(len(self.asked), len(self.answers)) - 1]
        writer.write(answer.wire())
        await writer.drain()
        writer.close()


def _header(line: str) -> tuple[str, str]:
    name, _, value = line.partition(": ")
    return name.lower(), value


@asynccontextmanager
async def gateway(*answers: Says) -> AsyncIterator[Gateway]:
    """Open a gateway that gives these answers in turn, and the last one for good."""
    told = Gateway(list(answers))
    server = await asyncio.start_server(told.serve, "127.0.0.1", limit=2**24)
    told.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield told
    finally:
        server.close()


def error(code: int, message: str, *details: Any, status: str = "SAID") -> Says:
    """Return an error as Google writes it."""
    return Says({"error": {"code": code, "message": message, "status": status, "details": list(details)}}, code)
