"""A chat server for each test that asks for one, and no proxy between."""

from collections.abc import Iterator

import pytest
from llm_server import ChatServer

_SET_BY_USERS = (
    *("OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID"),
    "AZURE_OPENAI_API_KEY",
    *("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"),
    *("NO_PROXY", "no_proxy"),
)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[ChatServer]:
    for name in _SET_BY_USERS:
        monkeypatch.delenv(name, raising=False)
    server = ChatServer()
    yield server
    server.close()
