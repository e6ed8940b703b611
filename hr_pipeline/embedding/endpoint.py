"""A model behind POST {base_url}/embeddings, as OpenAI has it and many servers have it too."""

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import numpy as np
import orjson

from hr_pipeline.embedding.dense import QUERY
from hr_pipeline.lake.errors import InputError

if TYPE_CHECKING:
    import openai

AT_ONCE = 8  # requests under way
RETRIES = 8  # of a request that failed; the waits between them are a minute in all, or as asked for
TIMEOUT_S = 120.0
REFUSALS = (400, 413, 422)


class Endpoint:
    """An Encoder. `batch` texts go in one request, eight requests at a time.

    The openai package asks again after 429, 5xx and lost connections, as soon as Retry-After lets
    it. A text that the endpoint refuses is found by halving its batch, and named.
    """

    def __init__(
        self, model: str, base_url: str, key_variable: str, query_prompt: str, batch: int
    ) -> None:
        self.name, self._where, self._query_prompt = model, f"embedder {model}", query_prompt
        self._batch, self.at_once = batch, batch * AT_ONCE
        self._client = _client(base_url, key_variable)
        self._tokens, self._lock = 0, threading.Lock()

    def identity(self, role: str) -> str:
        return identity_of(self.name, self._prompt(role))

    def sight(self) -> str:
        return f"{self._tokens:,} tokens"

    def encode(self, texts: list[str], role: str) -> np.ndarray:
        written = [self._prompt(role) + text for text in texts]
        batches = [written[i : i + self._batch] for i in range(0, len(written), self._batch)]
        with ThreadPoolExecutor(AT_ONCE) as pool:
            made = list(pool.map(self._vectors, batches))
        if len({vectors.shape[1] for vectors in made}) > 1:
            raise InputError("its vectors differ in length", self._where)
        return np.concatenate(made)

    def _prompt(self, role: str) -> str:
        return self._query_prompt if role == QUERY else ""

    def _vectors(self, texts: list[str]) -> np.ndarray:
        import openai

        try:
            return self._read(self._asked(texts), len(texts))
        except openai.APIConnectionError as error:
            reason = f"no answer ({error.__cause__ or error})"
        except openai.APIStatusError as error:
            said = error.message.replace(self._client.api_key, "(key)")[:200]
            if error.status_code in REFUSALS and len(texts) > 1:
                half = len(texts) // 2
                return np.concatenate([self._vectors(texts[:half]), self._vectors(texts[half:])])
            reason = f"status {error.status_code}: {said}"
            if error.status_code in REFUSALS:
                reason = f"it refuses the text {texts[0][:60]!r} ({reason})"
        except orjson.JSONDecodeError:
            reason = "its replies are cut"
        mend = "check key, model and base URL, and run again: what was embedded before is kept"
        raise InputError(reason, self._where, mend)

    def _asked(self, texts: list[str]) -> Any:
        """The reply; one that was cut is asked for again."""
        from tenacity import retry, retry_if_exception_type, stop_after_attempt

        again = retry_if_exception_type(orjson.JSONDecodeError)

        @retry(retry=again, stop=stop_after_attempt(RETRIES), reraise=True)
        def ask() -> Any:
            create = self._client.embeddings.with_raw_response.create
            answer = create(model=self.name, input=texts, encoding_format="float")
            return orjson.loads(answer.content)

        return ask()

    def _read(self, reply: Any, n: int) -> np.ndarray:
        """The vectors in the order of the texts, whatever the order of the reply."""
        try:
            items = {
                item.get("index", at): item["embedding"] for at, item in enumerate(reply["data"])
            }
            tokens = (reply.get("usage") or {}).get("total_tokens") or 0
        except (TypeError, KeyError, AttributeError):
            raise InputError(f"this is no reply: {str(reply)[:200]}", self._where) from None
        if set(items) != set(range(n)) or len(reply["data"]) != n:
            raise InputError(f"{len(reply['data'])} vectors for {n} texts", self._where)
        try:
            vectors = np.array([items[place] for place in range(n)], np.float32)
        except (TypeError, ValueError):
            vectors = np.empty(0, np.float32)
        if vectors.ndim != 2 or not vectors.size or not np.isfinite(vectors).all():
            raise InputError("it answers with what are no vectors of one length", self._where)
        with self._lock:
            self._tokens += tokens
        return vectors


def identity_of(model: str, prompt: str) -> str:
    """Under which vectors are kept: wherever the endpoint lies, a model of one name is the same."""
    return f"openai:{model} {prompt!r}"


def _client(base_url: str, key_variable: str) -> "openai.OpenAI":
    """Follows no redirect, which could carry the key elsewhere. Raises InputError."""
    import openai

    address = base_url or os.environ.get("OPENAI_BASE_URL", "")
    key = os.environ.get(key_variable, "").strip()
    variable = f"environment variable {key_variable}"
    if not key and not address:
        raise InputError("no key for the embedder", variable, "set it, or embedder.base_url")
    if not all("!" <= character <= "~" for character in key):
        raise InputError("this is no key: it holds blanks or letters outside ASCII", variable)
    parts = urlsplit(address)
    if address and (parts.scheme not in ("http", "https") or not parts.hostname or parts.username):
        mend = "write e.g. http://127.0.0.1:8000/v1"
        raise InputError("this is no address, or one with a key", "embedder.base_url", mend)
    return openai.OpenAI(
        api_key=key or "none",
        base_url=address or None,
        max_retries=RETRIES,
        timeout=TIMEOUT_S,
        http_client=openai.DefaultHttpxClient(follow_redirects=False),
    )
