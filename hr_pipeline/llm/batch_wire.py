"""The provider's side of the batch lane: files, batches, and the lines of their results."""

import json
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import IO, Any, NamedTuple, TypeVar

import orjson

from hr_pipeline.lake.errors import InputError
from hr_pipeline.llm.batch_store import DONE, OPEN, REFUSED
from hr_pipeline.llm.client import TeacherUnavailable
from hr_pipeline.llm.providers import provider
from hr_pipeline.llm.request import Reply, canonical_json, read_completion

Result = TypeVar("Result")

TAG = "hr_pipeline"  # the name of the metadata field that holds a batch's tag
A_PAGE = 100  # batches
A_DAY = 86_400.0  # seconds by which the provider's clock may be off
PROMPT_REFUSED = (400, 401, 403, 404, 413, 422)  # status of a request that is taken in no case
FILE_TIMEOUT_S = 600.0  # of a transfer that does not move
ENDED = ("completed", "failed", "expired", "cancelled")


class UnknownBatch(InputError):
    """The provider knows no batch of this id."""


class BatchApi:
    """Files and batches of a provider. What may pass is tried again, `tries` times in all.

    `timeout_s` is that of a call other than a file's; `facts` are those that a batch's row keeps.
    Raises InputError for what the user must mend and TeacherUnavailable for what may go better
    later.
    """

    def __init__(self, facts: dict[str, Any], tries: int, timeout_s: float) -> None:
        import openai

        self._openai = openai
        self.key_variable = facts["key_variable"]
        self.structured = facts["structured"]
        self.provider = provider(
            facts["kind"], facts["base_url"], facts["api_version"], self.key_variable
        )
        self.tries = tries
        # The v1 address of Azure takes OpenAI's name of the endpoint, the older ones a shorter one.
        older = self.provider.kind == "azure" and bool(self.provider.api_version)
        self.endpoint = "/chat/completions" if older else "/v1/chat/completions"
        # The package wants to hear with every call that no bearer key is meant to go with it.
        has_none = not older and "Authorization" not in self.provider.headers()
        self._extra: Any = {"extra_headers": {"Authorization": openai.Omit()} if has_none else {}}
        client = self.provider.sdk_client(synchronous=True)
        self._quick = client.with_options(timeout=timeout_s)
        self._files = client.with_options(timeout=max(timeout_s, FILE_TIMEOUT_S))

    def upload(self, tag: str, requests: Iterable[tuple[str, str]]) -> str:
        """The id of a new file of (key, request as JSON)."""
        with tempfile.TemporaryFile() as file:
            for key, text in requests:
                file.write(line_of(key, text, self.endpoint, self.structured))

            def send() -> Any:
                file.seek(0)
                return self._files.files.create(
                    file=(f"{tag}.jsonl", file), purpose="batch", **self._extra
                )

            return str(self._surely(send).id)

    def create(self, tag: str, file_id: str, since: float) -> Any:
        """The batch of an uploaded file. Where an answer was lost it is looked for before it is
        created again, so there is one batch to a tag."""
        tried = [0]

        def once() -> Any:
            tried[0] += 1
            found = self._find(tag, since) if tried[0] > 1 else None
            return found or self._quick.batches.create(
                completion_window="24h",
                endpoint=self.endpoint,
                input_file_id=file_id,
                metadata={TAG: tag},
                **self._extra,
            )

        return self._surely(once)

    def find(self, tag: str, since: float) -> Any | None:
        """The batch with this tag, created at `since` (Unix seconds) or later."""
        return self._surely(lambda: self._find(tag, since))

    def _find(self, tag: str, since: float) -> Any | None:
        newest_first = self._quick.batches.list(limit=A_PAGE, **self._extra)
        for batch in newest_first:  # page by page
            if (batch.metadata or {}).get(TAG) == tag:
                return batch
            if batch.created_at < since - A_DAY:
                break
        return None

    def retrieve(self, batch_id: str) -> Any:
        return self._surely(lambda: self._quick.batches.retrieve(batch_id, **self._extra), batch_id)

    def cancel(self, batch_id: str) -> Any:
        """The batch after the wish to cancel it; one that has ended stays as it is."""

        def once() -> Any:
            try:
                return self._quick.batches.cancel(batch_id, **self._extra)
            except (self._openai.ConflictError, self._openai.BadRequestError):
                return self._quick.batches.retrieve(batch_id, **self._extra)

        return self._surely(once, batch_id)

    def lines(self, file_id: str) -> Iterator[bytes]:
        """The lines of a file."""
        with self._surely(lambda: self._download(file_id)) as file:
            yield from file

    def _download(self, file_id: str) -> IO[bytes]:
        """The whole file, in a temporary one that is gone when it is closed: a broken transfer is
        begun again, and what is done with a line keeps no connection open."""
        file = tempfile.TemporaryFile()  # noqa: SIM115 (the caller closes it)
        try:
            content = self._files.files.with_streaming_response.content
            with content(file_id, **self._extra) as response:
                for data in self._pieces(response):
                    file.write(data)
        except BaseException:
            file.close()
            raise
        file.seek(0)
        return file

    def _pieces(self, response: Any) -> Iterator[bytes]:
        """The bytes of an answer; what breaks it off counts as a lost connection."""
        try:
            yield from response.iter_bytes(1 << 20)
        except self._openai.OpenAIError:
            raise
        except Exception as error:
            said = f"the transfer broke off: {error}"
            raise self._openai.APIConnectionError(
                message=said, request=response.http_request
            ) from error

    def _surely(self, work: Callable[[], Result], batch_id: str = "") -> Result:
        from tenacity import Retrying, retry_if_exception, stop_after_attempt
        from tenacity import wait_random_exponential as jitter

        again = Retrying(
            retry=retry_if_exception(self._passes),
            stop=stop_after_attempt(self.tries),
            wait=jitter(multiplier=0.5, max=20),
            reraise=True,
        )
        try:
            return again(work)
        except self._openai.NotFoundError as error:
            if not batch_id:
                raise self._refused(error) from None
            raise UnknownBatch(
                f"the endpoint knows no batch {batch_id}",
                self.provider.base_url,
                "check the key; if it is gone: hr-pipeline batches --forget " + batch_id,
            ) from None
        except self._openai.APIStatusError as error:
            raise (
                self._unavailable(error) if self._passes(error) else self._refused(error)
            ) from None
        except self._openai.APIConnectionError as error:
            raise self._unavailable(error) from None

    def _passes(self, error: BaseException) -> bool:
        if isinstance(error, self._openai.APIStatusError):
            return error.status_code in (408, 409, 425, 429) or error.status_code >= 500
        return isinstance(error, self._openai.APIConnectionError)

    def _refused(self, error: Any) -> InputError:
        said = self.provider.without_key(str(error.message))
        return InputError(
            f"the endpoint's batch lane refused the request ({error.status_code}: {said})",
            self.provider.base_url,
            f"check the key in {self.key_variable}, and that the endpoint has the Batch API",
        )

    def _unavailable(self, error: BaseException) -> TeacherUnavailable:
        said = self.provider.without_key(" ".join(str(error).split()) or type(error).__name__)
        return TeacherUnavailable(
            f"the endpoint's batch lane does not answer ({said}); all that is known of the batches "
            "is kept: run again to go on"
        )


def line_of(key: str, text: str, endpoint: str, structured: bool) -> bytes:
    """A line of a batch's file; the request as it would go to the endpoint live."""
    body: Any = orjson.Fragment(text)
    if not structured or '"sample":' in text:
        facts = json.loads(text)  # it reads half characters too
        facts.pop("sample", None)  # tells equal questions apart in the recording only
        if not structured:
            facts.pop("response_format", None)
        body = orjson.Fragment(canonical_json(facts))
    line = {"custom_id": key, "method": "POST", "url": endpoint, "body": body}
    return orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE)


class Outcome(NamedTuple):
    """What a batch has made of a request."""

    key: str
    state: str  # DONE, OPEN or REFUSED
    said: str = ""
    reply: Reply | None = None  # where one was made, and billed


def read_outcome(line: bytes) -> Outcome | None:
    """A line of an output or error file; None where it is none."""
    said = _loaded(line)
    if not isinstance(said, dict) or not isinstance(said.get("custom_id"), str):
        return None
    key = said["custom_id"]
    response, error = (_object(said.get(name)) for name in ("response", "error"))
    status, body = response.get("status_code"), response.get("body")
    if status == 200:
        return _answer(key, body)
    words = _object(_object(body).get("error")) or error
    message = str(words.get("message") or words.get("code") or "no reply")
    if status in PROMPT_REFUSED:
        return Outcome(key, REFUSED, f"{status}: {message}")
    return Outcome(key, OPEN, f"{status or words.get('code') or 'error'}: {message}")


def _answer(key: str, body: Any) -> Outcome:
    try:
        reply = read_completion(canonical_json(body))
    except (ValueError, TypeError):
        return Outcome(key, OPEN, "it answers with no chat completion")
    if not reply.text.strip():
        return Outcome(key, OPEN, "a reply without text", reply)
    return Outcome(key, DONE, "", reply)


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _loaded(line: bytes) -> Any:
    """None for what is no JSON."""
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError:
        try:
            return json.loads(line)  # it reads half characters too
        except (ValueError, RecursionError):
            return None


@dataclass(frozen=True)
class Faults:
    """Why a batch failed before it was run: by line of its file (from 1), or as a whole."""

    of_lines: dict[int, str]
    said: str

    @property
    def is_full(self) -> bool:
        """Too much is under way; it will pass when other batches have ended."""
        return "token_limit_exceeded" in self.said


def faults_of(batch: Any) -> Faults:
    listed = (batch.errors.data if batch.errors else None) or []
    of_lines = {fault.line: f"{fault.code}: {fault.message}" for fault in listed if fault.line}
    whole = [f"{fault.code}: {fault.message}" for fault in listed if not fault.line]
    return Faults(of_lines, "; ".join(whole) or "; ".join(list(of_lines.values())[:1]) or "failed")
