"""The teacher behind any OpenAI-compatible endpoint."""

import os
from json import JSONDecodeError
from typing import Any

from hr_pipeline.lake.errors import InputError
from hr_pipeline.llm.recording import Request
from hr_pipeline.llm.task import Reply, RequestRefused, Task


class TeacherUnavailable(Exception):
    """The endpoint stayed out of reach; what was answered before is kept in the recording."""


class OpenAITeacher:
    """Chat completions with bounded, jittered retries of what may pass: 408, 409, 429, 5xx, resets,
    timeouts.

    A refused key, an unknown model or a used-up account stops the run at once: InputError.
    """

    def __init__(
        self,
        model: str,
        *,
        base_url: str | None = None,
        key_variable: str = "OPENAI_API_KEY",
        parameters: dict[str, Any] | None = None,
        timeout_s: float = 120.0,
        attempts: int = 8,
        longest_wait_s: float = 60.0,
    ) -> None:
        self.model = model
        self.parameters = tuple(sorted((parameters or {}).items()))
        self._base_url, self._timeout_s = base_url, timeout_s
        self._attempts, self._longest_wait_s = attempts, longest_wait_s
        self._key = os.environ.get(key_variable, "").strip()
        if not self._key and base_url is None:
            raise InputError(
                "no key for the teacher",
                f"environment variable {key_variable}",
                "set it, or use --teacher template",
            )
        if not all("!" <= character <= "~" for character in self._key):
            raise InputError(
                "this is no key: it holds blanks or letters outside ASCII",
                f"environment variable {key_variable}",
            )
        self._client: Any = None

    def _open(self) -> Any:
        if self._client is None:
            from openai import AsyncOpenAI

            self._client = AsyncOpenAI(
                api_key=self._key or "none",
                base_url=self._base_url,
                max_retries=0,
                timeout=self._timeout_s,
            )
        return self._client

    async def reply(self, task: Task, question: Any, request: Request, key: str) -> Reply:
        import openai
        import tenacity

        retrying = tenacity.AsyncRetrying(
            retry=tenacity.retry_if_exception(_may_pass),
            wait=self._wait,
            stop=tenacity.stop_after_attempt(self._attempts),
            reraise=True,
        )

        async def once() -> Any:  # tenacity awaits only what it can tell is a coroutine function
            return await self._open().chat.completions.create(**request.body())

        completion: Any = None
        failure: Exception | None = None
        try:
            completion = await retrying(once)
        except (openai.APIError, JSONDecodeError) as error:
            failure = self._failure(error)
        if failure:  # raised outside the handler: what the endpoint said may hold the key
            raise failure
        if getattr(completion, "choices", None) is None:
            raise self._refused("it answers with no chat completion")
        usage = getattr(completion, "usage", None)
        return Reply(
            _content(completion.choices),
            getattr(usage, "prompt_tokens", 0) or 0,
            getattr(usage, "completion_tokens", 0) or 0,
        )

    def _failure(self, error: Exception) -> Exception:
        """What the run ends with: to be mended by the user, or worth another run."""
        status = getattr(error, "status_code", None)
        if getattr(error, "code", "") == "insufficient_quota":
            return InputError("the account's quota is used up", f"teacher {self.model}")
        if _may_pass(error):
            cause = f"status {status}" if status else type(error).__name__
            return TeacherUnavailable(
                f"the teacher's endpoint did not answer after {self._attempts} attempts ({cause}); "
                "run again to go on"
            )
        if status in (400, 413, 422):
            return RequestRefused(f"{status}: {self._without_key(_message(error))}")
        return self._refused(f"{status}: {_message(error)}" if status else _message(error))

    def _without_key(self, text: str) -> str:
        return (text.replace(self._key, "(key)") if self._key else text)[:200]

    def _refused(self, reason: str) -> InputError:
        return InputError(
            f"the endpoint refused the request ({self._without_key(reason)})",
            f"teacher {self.model}",
            "check key, model and base URL",
        )

    def _wait(self, state: Any) -> float:
        """Seconds to wait: what Retry-After says, else a random exponential wait."""
        import tenacity

        error = state.outcome.exception()
        headers = getattr(getattr(error, "response", None), "headers", {})
        try:
            said = float(headers.get("retry-after", ""))
        except ValueError:
            said = 0.0
        drawn = tenacity.wait_random_exponential(multiplier=0.5, max=self._longest_wait_s)(state)
        return min(said + 0.1 * drawn, self._longest_wait_s) if said else drawn

    async def close(self) -> None:
        if self._client is not None:
            await self._client.close()
            self._client = None


def _may_pass(error: BaseException) -> bool:
    """Whether the same request may be answered a little later."""
    import openai

    if isinstance(error, openai.APIStatusError):
        passing = error.status_code in (408, 409, 429) or error.status_code >= 500
        return passing and error.code != "insufficient_quota"
    return isinstance(error, openai.APIConnectionError | JSONDecodeError)


def _content(choices: Any) -> str:
    """The text of the first choice, whatever shape a server gives it; "" where there is none."""
    first = choices[0] if isinstance(choices, list) and choices else None
    content = getattr(getattr(first, "message", None), "content", None)
    if isinstance(content, list):  # parts, of which the text ones count
        content = "".join(str(p.get("text") or "") for p in content if isinstance(p, dict))
    return content if isinstance(content, str) else ""


def _message(error: Any) -> str:
    body = getattr(error, "body", None)
    return str((body.get("message") if isinstance(body, dict) else "") or error)
