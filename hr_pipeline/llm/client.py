"""The teacher behind an endpoint: one attempt at a request, and what its outcome means."""

import time
from collections.abc import Mapping
from typing import Any

import orjson

from hr_pipeline.lake.errors import InputError
from hr_pipeline.llm.pace import Deadline, Pacer
from hr_pipeline.llm.providers import Provider
from hr_pipeline.llm.request import CHARACTERS_A_TOKEN, Reply, Request, read_completion
from hr_pipeline.llm.task import Passing, RequestRefused, Task
from hr_pipeline.llm.transport import TRANSPORTS, NoResponse, Response, Transport

USED_UP = ("insufficient_quota", "billing_hard_limit_reached", "insufficient_balance")
REFUSALS = (400, 413, 422)
FAILURES_OF_AN_OUTAGE = 5  # at least, without an answer between, for `patience_s`


class TeacherUnavailable(Exception):
    """The endpoint stayed out of reach; what was answered before is kept in the recording."""


class HttpTeacher:
    """A model behind an endpoint of the chat completions API.

    `reply` makes one attempt, paced and with a deadline. It raises Passing for what may go better a
    little later, RequestRefused for a request that the endpoint takes in no case, InputError for
    what the user must mend (key, model, address, account) and TeacherUnavailable when nothing was
    answered for `patience_s` seconds.
    """

    def __init__(
        self,
        model: str,
        provider: Provider,
        *,
        parameters: Mapping[str, Any] | None = None,
        takes_schema: bool = True,
        transport: str = "http",
        timeout_s: float = 300.0,
        rpm: float = 0,
        tpm: float = 0,
        patience_s: float = 10.0,
    ) -> None:
        if transport not in TRANSPORTS:
            raise InputError(f"there is no transport {transport!r}", mend="use http or sdk")
        self.model = model
        self.parameters = tuple(sorted((parameters or {}).items()))
        self.provider = provider
        self.pacer, self._deadline = Pacer(rpm, tpm), Deadline(timeout_s)
        self._transport: Transport = TRANSPORTS[transport](provider)
        self._takes_schema = takes_schema
        self._suspected: set[str] = set()  # keys of requests that may be refused for their schema
        self._patience_s = patience_s
        self._has_answered = False
        self._failures, self._failing_since = 0, 0.0  # without an answer between
        self._reply_tokens = 0.0  # of a reply, on average of late

    def admit(self, task: Task, request: Request, key: str) -> None:
        """Every request may be asked live."""

    async def reply(self, task: Task, question: Any, request: Request, key: str) -> Reply:
        tokens = request.characters // CHARACTERS_A_TOKEN + int(self._reply_tokens)
        ticket = await self.pacer.turn(tokens)
        started = time.monotonic()
        with_schema = self._takes_schema and not self._suspected
        try:
            async with self._deadline.over(key):
                response = await self._transport.send(
                    request, with_schema, self._deadline.longest_s
                )
        except (NoResponse, TimeoutError) as failure:
            self.pacer.answered(ticket, False, {})
            if isinstance(failure, NoResponse) and not failure.timed_out:
                raise self._failed(str(failure)) from None
            self._deadline.passed(key)
            raise self._failed("no answer in time") from None
        limited = response.status == 429
        self.pacer.answered(ticket, limited, response.headers)
        if response.status == 200:
            reply = self._read(response)
            self._deadline.answered(key, time.monotonic() - started)
            self._has_answered, self._failures = True, 0
            weight = 0.05 if self._reply_tokens else 1.0
            self._reply_tokens += weight * (reply.completion_tokens - self._reply_tokens)
            if key in self._suspected:  # it answers what it refused: it takes no schema
                self._takes_schema = False
            return reply
        if request.schema and with_schema and _of_schema(response):
            self._suspected.add(key)
            raise Passing("the endpoint takes no JSON schema", free=True)
        if response.status in REFUSALS:
            self._suspected.discard(key)  # refused without a schema, too
        raise self._meaning(response.status, response)

    def _read(self, response: Response) -> Reply:
        try:
            return read_completion(response.body)
        except (ValueError, RecursionError):
            said = _error_of(response.body)
        if said:  # some gateways send errors as 200
            status = said.get("code")
            raise self._meaning(status if isinstance(status, int) else 500, response)
        if self._has_answered or _is_cut(response.body):
            raise self._failed("an answer that is no chat completion")
        raise self._refused("it answers with no chat completion")

    def _meaning(self, status: int, response: Response) -> Exception:
        """What an answer other than a completion means for the request, or for the run."""
        error = _error_of(response.body)
        message = self.provider.without_key(
            str(error.get("message") or response.body.decode(errors="replace"))
        )
        if status == 402 or error.get("code") in USED_UP or error.get("type") in USED_UP:
            return InputError(
                f"the account's quota is used up ({message})", f"teacher {self.model}"
            )
        if status == 429:
            return Passing("429", _retry_after(response.headers), limited=True)
        if status in (408, 409, 425) or status >= 500:
            return self._failed(f"status {status}", _retry_after(response.headers))
        if status in REFUSALS or _is_moderated(error):
            return RequestRefused(f"{status}: {message}")
        return self._refused(f"{status}: {message}")

    def _failed(self, cause: str, wait_s: float | None = None) -> Exception:
        """Passing, or TeacherUnavailable where nothing but failures came for a while."""
        now = time.monotonic()
        self._failing_since = self._failing_since if self._failures else now
        self._failures += 1
        silent_s = now - self._failing_since
        if self._failures >= FAILURES_OF_AN_OUTAGE and silent_s >= self._patience_s:
            return TeacherUnavailable(
                f"the teacher's endpoint has not answered for {silent_s:.0f} s ({cause}); what was "
                "answered is kept: run again to go on"
            )
        return Passing(cause, wait_s)

    def _refused(self, reason: str) -> InputError:
        return InputError(
            f"the endpoint refused the request ({reason})",
            f"teacher {self.model}",
            "check key, model and base URL",
        )

    def stop(self, reason: BaseException) -> None:
        """No further attempt goes; those in flight end by themselves."""
        self.pacer.stop(reason)

    async def close(self) -> None:
        self.pacer.stop(None)
        await self._transport.close()


def _error_of(body: bytes) -> dict[str, Any]:
    """The error object of an answer; {} where there is none."""
    try:
        said = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    if isinstance(said, list):
        said = said[0] if said else {}
    error = said.get("error") if isinstance(said, dict) else None
    if isinstance(error, str):
        return {"message": error}
    if isinstance(error, dict):
        return error
    for name in ("message", "detail"):
        if isinstance(said, dict) and said.get(name):
            return said | {"message": said[name]}
    return {}


def _is_cut(body: bytes) -> bool:
    """Whether this is the beginning of JSON, the rest of which was lost."""
    try:
        orjson.loads(body)
    except orjson.JSONDecodeError:
        return body.lstrip()[:1] in (b"", b"{")
    return False


def _is_moderated(error: dict[str, Any]) -> bool:
    """Whether a gateway (OpenRouter) tells so of this one prompt, with the status of a bad key."""
    facts = error.get("metadata")
    return isinstance(facts, dict) and "flagged_input" in facts


def _of_schema(response: Response) -> bool:
    """Whether a request may have been refused because of its JSON schema."""
    error = _error_of(response.body) if response.status in (400, 422) else {}
    said = f"{error.get('param')} {error.get('message')}".lower()
    return any(word in said for word in ("response_format", "schema", "grammar", "structured"))


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that the endpoint asks to wait; None where it does not say."""
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        said = headers.get(name, "")
        if said.replace(".", "", 1).isdecimal():
            return float(said) * unit
    return None
