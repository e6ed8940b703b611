"""Requests and answers of the HTTP side."""

from typing import Any, NamedTuple
from urllib.parse import parse_qs

import orjson

DEPLOYMENTS = "/openai/deployments/"
JSON_TYPE = b"application/json"
Headers = list[tuple[bytes, bytes]]


class Answer(NamedTuple):
    status: int
    body: bytes
    headers: Headers = []
    content_type: bytes = JSON_TYPE


class Incoming(NamedTuple):
    """A request; `path` is the part of the address that all providers share."""

    method: str
    path: str
    deployment: str  # the model, where the address names it
    query: dict[str, str]
    headers: dict[bytes, bytes]
    body: bytes

    def keys_shown(self) -> set[str]:
        bearer = self.headers.get(b"authorization", b"").decode().removeprefix("Bearer ").strip()
        return {bearer, self.headers.get(b"api-key", b"").decode()} - {""}


def incoming(scope: dict[str, Any], body: bytes) -> Incoming:
    """Reads the addresses of OpenAI and both kinds of Azure's."""
    path: str = scope["path"]
    query = {name: values[-1] for name, values in parse_qs(scope["query_string"].decode()).items()}
    deployment = ""
    if path.startswith(DEPLOYMENTS):
        deployment, _, rest = path.removeprefix(DEPLOYMENTS).partition("/")
        path = f"/{rest}" if "api-version" in query else path
    else:
        for prefix in ("/openai/v1/", "/openai/", "/v1/"):
            if path.startswith(prefix):
                path = "/" + path.removeprefix(prefix)
                break
    return Incoming(scope["method"], path, deployment, query, dict(scope["headers"]), body)


def form_of(request: Incoming) -> dict[str, bytes]:
    """The fields of a multipart form; {} where there is none."""
    kind = request.headers.get(b"content-type", b"")
    boundary = kind.partition(b"boundary=")[2].partition(b";")[0].strip(b'" ')
    fields = {}
    for part in request.body.split(b"--" + boundary) if boundary else ():
        head, _, content = part.partition(b"\r\n\r\n")
        name = head.partition(b'name="')[2].partition(b'"')[0]
        if name:
            fields[name.decode()] = content.removesuffix(b"\r\n")
    return fields


def ok(value: Any) -> Answer:
    return Answer(200, orjson.dumps(value))


def error(
    status: int,
    message: str,
    kind: str = "invalid_request_error",
    code: str | None = None,
    param: str | None = None,
) -> Answer:
    said = {"message": message, "type": kind, "param": param, "code": code}
    return Answer(status, orjson.dumps({"error": said}))
