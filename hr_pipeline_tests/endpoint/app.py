"""The endpoint: an ASGI application that speaks the OpenAI protocol, with faults on demand."""

import asyncio
import socket
import struct
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Any

import orjson

from hr_pipeline_tests.endpoint import asked as asking
from hr_pipeline_tests.endpoint import embeddings
from hr_pipeline_tests.endpoint.batches import Batches
from hr_pipeline_tests.endpoint.counting import Counts
from hr_pipeline_tests.endpoint.draws import Fate, fate, uniform
from hr_pipeline_tests.endpoint.limits import Limits
from hr_pipeline_tests.endpoint.options import Options
from hr_pipeline_tests.endpoint.probabilities import tokens_of
from hr_pipeline_tests.endpoint.replies import Made, NoReply, Replies
from hr_pipeline_tests.endpoint.wire import Answer, Incoming, error, incoming, ok

_NOW = struct.pack("ii", 1, 0)  # SO_LINGER: closing resets


class Connection:
    """The client's end, as uvicorn holds it."""

    def __init__(self, receive: Callable[[], Awaitable[dict[str, Any]]]) -> None:
        self._receive = receive
        self._cycle: Any = getattr(receive, "__self__", None)

    @property
    def is_gone(self) -> bool:
        return getattr(self._cycle, "disconnected", False)

    async def until_gone(self, longest_s: float) -> None:
        try:
            async with asyncio.timeout(longest_s):
                while (await self._receive())["type"] != "http.disconnect":
                    pass
        except TimeoutError:
            pass

    async def reset(self) -> None:
        transport = self._cycle.transport
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NOW)
        transport.abort()
        await self.until_gone(10)


class App:
    """Faults, limits and replies by the options, which may change while it runs."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self._start_again()

    def _start_again(self) -> None:
        self.counts = Counts()
        self.replies = Replies(self.options)
        self.limits = Limits(self.options)
        self.batches = Batches(self.options, self.counts, self.replies)

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        body = b""
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        answer = await self._answer(incoming(scope, body), Connection(receive))
        if answer:
            length = (b"content-length", b"%d" % len(answer.body))
            headers = [(b"content-type", answer.content_type), length, *answer.headers]
            start = {"type": "http.response.start", "status": answer.status, "headers": headers}
            await send(start)
            await send({"type": "http.response.body", "body": answer.body})

    async def _answer(self, request: Incoming, connection: Connection) -> Answer | None:
        """None: the connection was dropped."""
        paid = {"/chat/completions": self._chat, "/embeddings": self._embed}.get(request.path)
        if paid and request.method == "POST":
            self.counts.came()
            try:
                return await paid(request, connection)
            finally:
                self.counts.went()
        own = self._own(request)
        return own or await self._guarded(request, connection) or self._other(request)

    def _own(self, request: Incoming) -> Answer | None:
        """What no provider has: counters and switches; they need no key."""
        match request.method, request.path:
            case "GET", "/stats":
                self.batches.advance()
                return ok(self.counts.snapshot())
            case "GET", "/paid":
                self.batches.advance()
                return ok(self.counts.paid)
            case "POST", "/reset":
                self._start_again()
                return ok({"reset": True})
            case "POST", "/control":
                return self._control(request.body)
        return None

    def _control(self, body: bytes) -> Answer:
        try:
            changed = orjson.loads(body)
            for name, value in changed.items():
                self.options.set(name, value)
        except (ValueError, TypeError, AttributeError) as wrong:
            return error(400, f"{wrong}")
        if {"replies", "seed", "words"} & set(changed):
            self.replies.prepare()
        return ok(asdict(self.options) | {"key": bool(self.options.key)})

    def _other(self, request: Incoming) -> Answer:
        if request.path == "/models":
            model = {"id": self.options.model, "object": "model", "created": 0, "owned_by": "us"}
            return ok({"object": "list", "data": [model]})
        if request.path.startswith(("/files", "/batches")):
            return self.batches.answer(request)
        return error(404, f"there is nothing at {request.path}", code="404")

    async def _guarded(self, request: Incoming, connection: Connection) -> Answer | None:
        """What stands before every request of the API: an outage, a key."""
        options = self.options
        if options.down:
            self.counts.count("unavailable")
            if options.down == "hang":
                await connection.until_gone(options.hang_s)
            return error(503, "the service is unavailable", "server_error")
        if options.key and options.key not in request.keys_shown():
            self.counts.count("unauthorised")
            return error(401, "Incorrect API key provided", code="invalid_api_key")
        return None

    async def _chat(self, request: Incoming, connection: Connection) -> Answer | None:
        barred = await self._guarded(request, connection)
        if barred:
            return barred
        try:
            asked = asking.read(request.body, request.deployment)
            made = self.replies.make(asked, is_cut=False)
        except (ValueError, NoReply) as wrong:
            self.counts.count("bad_request")
            return error(400, f"{wrong}")
        if self.options.no_schema and asked.schema is not None:
            self.counts.count("bad_request")
            return error(400, "'response_format' is not supported", param="response_format")
        if self.options.logprobs == "refused" and asked.body.get("logprobs"):
            self.counts.count("bad_request")
            return error(400, "'logprobs' is not supported", param="logprobs")
        if self._is_refused(asked):
            self.counts.count("refused")
            return error(400, "The prompt was filtered", code="content_filter")
        wait_s = self.limits.admit(made.tokens)
        if wait_s:
            self.counts.count("err429", "err429_limit")
            return self._too_many(wait_s)
        drawn = fate(self.options, asked.prompt, self.counts.next_attempt(asked.prompt))
        if drawn.fault:
            return await self._fail(drawn, connection)
        if drawn.is_cut:
            made = self.replies.make(asked, is_cut=True)
        await asyncio.sleep(drawn.delay_s)
        return self._deliver(asked, made, connection.is_gone)

    async def _embed(self, request: Incoming, connection: Connection) -> Answer | None:
        """Vectors; `texts` counts those that were sent whole."""
        barred = await self._guarded(request, connection)
        if barred:
            return barred
        try:
            wanted = embeddings.read(request.body, self.options)
        except ValueError as wrong:
            self.counts.count("bad_request")
            return error(400, f"{wrong}")
        drawn = fate(self.options, wanted.key, self.counts.next_attempt(wanted.key))
        if drawn.fault:
            return await self._fail(drawn, connection)
        await asyncio.sleep(drawn.delay_s)
        body = orjson.dumps(embeddings.answer(wanted, self.options))
        if drawn.is_cut:
            self.counts.count("malformed")
            return Answer(200, body[: len(body) // 2])
        self.counts.count("ok")
        self.counts.of["texts"] += len(wanted.texts)
        return Answer(200, body)

    def _is_refused(self, asked: asking.Asked) -> bool:
        share = self.options.fail_400
        return bool(share) and uniform(self.options.seed, asked.prompt, "refused") < share

    async def _fail(self, drawn: Fate, connection: Connection) -> Answer | None:
        match drawn.fault:
            case "429":
                self.counts.count("err429")
                return self._too_many(self.options.retry_after)
            case "500":
                self.counts.count("err500")
                return error(500, "The server had an error", "server_error")
            case "reset":
                self.counts.count("reset")
                await connection.reset()
                return None
        self.counts.count("hung")
        await connection.until_gone(self.options.hang_s)
        return error(504, "the gateway timed out", "server_error")

    def _deliver(self, asked: asking.Asked, made: Made, is_gone: bool) -> Answer:
        """A client that has gone is billed all the same."""
        self.counts.bill(asked.key, made, is_gone)
        self.counts.count("aborted" if is_gone else "malformed" if made.is_cut else "ok")
        completion = made.completion(asked)
        if self.options.logprobs == "given" and asked.body.get("logprobs"):
            completion["choices"][0]["logprobs"] = {"content": tokens_of(made.text, asked.prompt)}
        body = orjson.dumps(completion)
        return Answer(200, body, self.limits.headers())

    def _too_many(self, wait_s: float) -> Answer:
        answer = error(429, "Rate limit reached", "requests", "rate_limit_exceeded")
        return answer._replace(headers=self.limits.waiting(wait_s))
