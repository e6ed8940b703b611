"""The wire: how a chat request reaches an endpoint, and what came back, without a judgement."""

import asyncio
import os
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from hr_pipeline.lake.errors import InputError
from hr_pipeline.llm.providers import Provider
from hr_pipeline.llm.request import Request

CONNECT_S = 10.0


@dataclass(frozen=True)
class Response:
    """Any answer of the endpoint; `headers` is asked in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class NoResponse(Exception):
    """The connection failed or the deadline passed; the message says which."""

    def __init__(self, cause: str, timed_out: bool = False) -> None:
        super().__init__(cause)
        self.timed_out = timed_out


class Transport(Protocol):
    """Sends one request once and follows no redirect, which could carry the key elsewhere. Raises
    NoResponse. Opens on first use, also after `close`."""

    async def send(self, request: Request, with_schema: bool, timeout_s: float) -> Response: ...

    async def close(self) -> None: ...


class HttpTransport:
    """The chat completions protocol spoken directly over aiohttp: a fraction of the SDK's CPU
    a call (docs/engine_benchmark.md: `ours` beside `openai`)."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider
        self._session: Any = None
        self._urls: dict[str, Any] = {}  # by model

    def _open(self) -> Any:
        from importlib.metadata import version

        import aiohttp

        headers = {
            **self._provider.headers(),
            "Content-Type": "application/json",
            "User-Agent": f"hr-pipeline/{version('hr-pipeline')}",
        }
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=60),
            headers=headers,
            proxy=_proxy_for(self._provider.base_url),
            cookie_jar=aiohttp.DummyCookieJar(),
        )

    def _url(self, model: str) -> Any:
        from yarl import URL

        try:
            return self._urls.setdefault(model, URL(self._provider.chat_url(model)))
        except ValueError:
            raise self._provider.no_such_address() from None

    async def send(self, request: Request, with_schema: bool, timeout_s: float) -> Response:
        import aiohttp

        if self._session is None:
            self._session = self._open()
        url = self._urls.get(request.model) or self._url(request.model)
        data = request.encoded if with_schema else request.encoded_without_schema
        timeout = aiohttp.ClientTimeout(total=timeout_s, sock_connect=CONNECT_S)
        try:
            async with self._session.post(
                url, data=data, timeout=timeout, allow_redirects=False
            ) as answer:
                return Response(answer.status, answer.headers, await answer.read())
        except aiohttp.InvalidURL:
            raise self._provider.no_such_address() from None
        except (aiohttp.ConnectionTimeoutError, aiohttp.ClientError, OSError) as error:
            raise _no_response(error) from None

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None


class SdkTransport:
    """The same through the openai package, for its credentials, proxies and telemetry."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider
        self._client: Any = None

    def _open(self) -> Any:
        import openai

        carrier = openai.DefaultAsyncHttpxClient(follow_redirects=False)
        return self._provider.sdk_client().with_options(http_client=carrier)

    async def send(self, request: Request, with_schema: bool, timeout_s: float) -> Response:
        import openai

        if self._client is None:
            self._client = self._open()
        body = request.body(with_schema)
        model, messages = body.pop("model"), body.pop("messages")
        timeout = openai.Timeout(timeout_s, connect=min(CONNECT_S, timeout_s))
        try:
            async with asyncio.timeout(timeout_s):  # the package's own holds for each read
                answer = await self._client.chat.completions.with_raw_response.create(
                    model=model, messages=messages, extra_body=body, timeout=timeout
                )
                return Response(answer.status_code, answer.headers, answer.content)
        except openai.APIStatusError as error:
            response = error.response
            return Response(error.status_code, response.headers, response.content)
        except openai.APIConnectionError as error:
            raise _no_response(error.__cause__ or error) from None
        except TimeoutError as error:
            raise _no_response(error) from None

    async def close(self) -> None:
        if self._client is not None:
            await self._client.close()
            self._client = None


TRANSPORTS: dict[str, type[HttpTransport] | type[SdkTransport]] = {
    "http": HttpTransport,
    "sdk": SdkTransport,
}


def _no_response(error: BaseException) -> NoResponse:
    """One clause, the same for both transports, without what may hold a key."""
    name = type(error).__name__
    if "Timeout" in name:
        connecting = "Connect" in name
        return NoResponse(f"no {'connection' if connecting else 'answer'} in time", not connecting)
    reached = not any(word in name for word in ("Connector", "ConnectError", "Proxy"))
    reason = _reason(error)
    cause = "the connection was lost" if reached else "no connection"
    return NoResponse(f"{cause}: {reason}" if reason else cause)


def _reason(error: BaseException | None) -> str:
    """What the operating system said; "" where it said nothing."""
    while error is not None:
        if isinstance(error, ssl.SSLError):
            return (error.reason or "TLS").lower().replace("_", " ")
        if isinstance(error, socket.gaierror):
            return "no such host"
        if type(error).__module__ == "builtins" and isinstance(error, OSError) and error.errno:
            return os.strerror(error.errno).lower()
        error = getattr(error, "os_error", None) or error.__cause__ or error.__context__
    return ""


def _proxy_for(url: str) -> str | None:
    """The proxy that the environment names for this address; looked up once, not per call."""
    parts = urlsplit(url)
    proxies = getproxies()
    proxy = proxies.get(parts.scheme) or proxies.get("all")
    if not proxy or proxy_bypass(parts.netloc):
        return None
    proxy = proxy if "://" in proxy else f"http://{proxy}"
    if urlsplit(proxy).scheme not in ("http", "https"):
        raise InputError(
            f"the proxy for {parts.scheme} is of a kind that the http transport cannot use",
            "environment",
            "set NO_PROXY, or --set teacher.transport=sdk",
        )
    return proxy
