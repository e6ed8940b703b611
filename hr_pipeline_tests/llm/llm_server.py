"""A real local server that speaks POST /v1/chat/completions, and small tasks to ask it."""

import gzip
import json
import socket
import struct
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np

from hr_pipeline.llm.task import Prompt, ReplyError, Task

_RESETS = struct.pack("ii", 1, 0)  # SO_LINGER: closing resets


@dataclass
class Said:
    """One answer of the server: a status and a body, or a lost connection, after a delay."""

    content: str | None = None
    status: int = 200
    body: Any = None  # in place of a completion; str and bytes go out as they are
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0
    drop: bool = False
    reset: bool = False
    cut: int | None = None  # so many bytes of the body, then the connection is closed
    encoding: str = ""
    trickle_s: float = 0.0  # between single bytes
    usage: dict[str, int] | None = field(
        default_factory=lambda: {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10}
    )

    def payload(self) -> bytes:
        data = self._content()
        return gzip.compress(data) if self.encoding == "gzip" else data

    def _content(self) -> bytes:
        if isinstance(self.body, bytes):
            return self.body
        if isinstance(self.body, str):
            return self.body.encode()
        message = {"role": "assistant", "content": self.content}
        choice = {"index": 0, "finish_reason": "stop", "message": message}
        whole = {"id": "x", "object": "chat.completion", "created": 1, "model": "m"}
        return json.dumps(self.body or whole | {"choices": [choice], "usage": self.usage}).encode()


def error(status: int, message: str = "no", code: str | None = None, **more: Any) -> Said:
    return Said(status=status, body={"error": {"message": message, "code": code}}, **more)


Answerer = Callable[[dict[str, Any], dict[str, str]], Said]


class ChatServer:
    """Keeps what it was asked; answers with what waits in `script`, then by `answer`."""

    def __init__(self) -> None:
        self.script: deque[Said] = deque()
        self.answer: Answerer = lambda body, headers: Said(content=last(body).upper())
        self.asked: list[tuple[str, dict[str, Any], dict[str, str]]] = []
        self.times: list[float] = []
        self.in_flight = self.most_in_flight = self.connections = 0
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def bodies(self) -> list[dict[str, Any]]:
        return [body for _, body, _ in self.asked]

    def take(self, path: str, body: dict[str, Any], headers: dict[str, str]) -> Said:
        with self._lock:
            self.asked.append((path, body, headers))
            self.times.append(time.monotonic())
            said = self.script.popleft() if self.script else None
            self.in_flight += 1
            self.most_in_flight = max(self.most_in_flight, self.in_flight)
        said = said or self.answer(body, headers)
        time.sleep(said.delay)
        with self._lock:
            self.in_flight -= 1
        return said

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def _handler(server: ChatServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            server.connections += 1
            super().setup()

        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            body = json.loads(self.rfile.read(length))
            said = server.take(self.path, body, {k.lower(): v for k, v in self.headers.items()})
            if said.drop or said.reset:
                self.close_connection = True
                if said.reset:
                    self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESETS)
                    self.connection.close()
                return
            data = said.payload()
            self.send_response(said.status)
            encoding = {"Content-Encoding": said.encoding} if said.encoding else {}
            kind = {"Content-Type": "application/json"}
            for name, value in (kind | encoding | said.headers).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            try:
                for piece in _pieces(data[: said.cut], said.trickle_s):
                    self.wfile.write(piece)
                self.close_connection = said.cut is not None
            except OSError:
                self.close_connection = True  # the client has given up

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    return Handler


def _pieces(data: bytes, between_s: float) -> Iterator[bytes]:
    if not between_s:
        yield data
        return
    for place in range(len(data)):
        time.sleep(between_s)
        yield data[place : place + 1]


def last(body: dict[str, Any]) -> str:
    """The last message's text."""
    return body["messages"][-1]["content"]


def parse_word(reply: str, question: str) -> str:
    if not reply.strip():
        raise ReplyError("The reply is empty; write one word.")
    if "bad" in reply:
        raise ReplyError(f"'bad' is not a word that answers {question!r}; it costs $5.")
    return reply.strip()


def template_word(question: str, rng: np.random.Generator) -> str:
    return "bad" if question == "never" else f"{question}-{rng.integers(1_000_000)}"


WORD: Task[str, str] = Task(
    name="word",
    prompt=Prompt("word", "say $word", "hash"),
    fields=lambda question: {"word": question},
    parse=parse_word,
    template=template_word,
)
