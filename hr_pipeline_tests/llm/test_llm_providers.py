"""Providers: where a request goes and which key it shows, seen by a real local server."""

import asyncio
from typing import Any

import pytest
from llm_server import ChatServer

from hr_pipeline.lake.errors import InputError
from hr_pipeline.llm.providers import OPENAI_URL, Provider, provider
from hr_pipeline.llm.request import Request
from hr_pipeline.llm.transport import TRANSPORTS

KEY = "sk-planted-4f9a8b7c6d5e"
BOTH = pytest.mark.parametrize("transport", sorted(TRANSPORTS))


def asked(
    server: ChatServer, transport: str, provider: Provider, model: str = "gpt-4o"
) -> tuple[str, dict[str, Any], dict[str, str]]:
    """Path, body and headers as the server has seen them."""

    async def ask() -> None:
        sender = TRANSPORTS[transport](provider)
        answer = await sender.send(Request(model, (("user", "hi"),)), True, 5)
        await sender.close()
        assert answer.status == 200

    asyncio.run(ask())
    return server.asked[-1]


# -- OpenAI and compatible servers -------------------------------------------------------------


@BOTH
@pytest.mark.parametrize("end", ["/v1", "/v1/", "", "/api/v1"])
def test_a_compatible_server_is_asked_below_its_base_url(
    server: ChatServer, transport: str, end: str
) -> None:
    base_url = server.url.removesuffix("/v1") + end
    path, body, headers = asked(server, transport, provider("openai", base_url))
    assert path == f"{end.rstrip('/')}/chat/completions"
    assert body["model"] == "gpt-4o"
    assert headers.get("authorization", "Bearer none") == "Bearer none" and "api-key" not in headers


@BOTH
def test_the_key_goes_as_a_bearer_and_the_environment_may_name_the_server(
    server: ChatServer, monkeypatch: pytest.MonkeyPatch, transport: str
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", server.url)
    monkeypatch.setenv("MY_KEY", KEY)
    monkeypatch.setenv("OPENAI_ORG_ID", "org-1")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "proj-2")
    path, _, headers = asked(server, transport, provider("openai", key_variable="MY_KEY"))
    assert path == "/v1/chat/completions"
    assert headers["authorization"] == f"Bearer {KEY}"
    assert headers["openai-organization"] == "org-1" and headers["openai-project"] == "proj-2"


def test_without_an_address_it_is_openai_and_a_key_is_needed(
    server: ChatServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(InputError, match="environment variable OPENAI_API_KEY: no key"):
        provider("openai")
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    assert provider("openai").chat_url("gpt-4o") == f"{OPENAI_URL}/chat/completions"
    with pytest.raises(InputError, match="environment variable MY_KEY: no key") as caught:
        provider("openai", key_variable="MY_KEY")
    assert KEY not in str(caught.value) and KEY not in repr(provider("openai"))


# -- Azure OpenAI ------------------------------------------------------------------------------


@BOTH
@pytest.mark.parametrize("end", ["", "/", "/openai", "/openai/v1", "/openai/v1/"])
def test_azure_is_asked_below_its_v1_address_with_the_deployment_as_the_model(
    server: ChatServer, monkeypatch: pytest.MonkeyPatch, transport: str, end: str
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    resource = server.url.removesuffix("/v1")
    path, body, headers = asked(server, transport, provider("azure", resource + end), "my-gpt")
    assert path == "/openai/v1/chat/completions"
    assert body["model"] == "my-gpt" and headers["api-key"] == KEY


@BOTH
@pytest.mark.parametrize("end", ["", "/", "/openai/"])
@pytest.mark.parametrize(("name", "quoted"), [("my-gpt_4.1", "my-gpt_4.1"), ("a b/c", "a%20b%2Fc")])
def test_azure_with_an_api_version_is_asked_at_the_deployment(
    server: ChatServer,
    monkeypatch: pytest.MonkeyPatch,
    transport: str,
    end: str,
    name: str,
    quoted: str,
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    where = provider("azure", server.url.removesuffix("/v1") + end, "2024-10-21")
    path, body, headers = asked(server, transport, where, name)
    assert path == f"/openai/deployments/{quoted}/chat/completions?api-version=2024-10-21"
    assert headers["api-key"] == KEY and "authorization" not in headers
    assert body["messages"] == [{"role": "user", "content": "hi"}]


def test_azure_takes_its_own_key_variable_first_and_needs_one(
    server: ChatServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(InputError, match="environment variable OPENAI_API_KEY: no key"):
        provider("azure", server.url)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-other")
    assert provider("azure", server.url).key == "sk-other"
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", KEY)
    assert provider("azure", server.url).key == KEY
    assert provider("openai", server.url).key == "sk-other"
    monkeypatch.setenv("MY_KEY", "sk-mine")
    assert provider("azure", server.url, key_variable="MY_KEY").key == "sk-mine"
    with pytest.raises(InputError, match="--base-url https://NAME.openai.azure.com"):
        provider("azure")


# -- what is refused ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1:8000/v1", "ftp://a/v1", "http://", "http:///v1", "http://a:x/v1"),
        *("http://a:99999/v1", "http://a b/v1", "http://a/v1\n", "http://[::1/v1", "http://a/#v1"),
    ],
)
def test_what_is_no_address_is_refused_in_one_line(server: ChatServer, address: str) -> None:
    with pytest.raises(InputError, match="no address; write e.g. http") as caught:
        provider("openai", address)
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize(
    "address", ["http://me:hush-1@127.0.0.1/v1", "https://a/v1?key=hush-1", "http://hush-1@a"]
)
def test_an_address_that_holds_a_secret_is_refused_without_repeating_it(
    server: ChatServer, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", address)
    for given in (address, ""):
        with pytest.raises(InputError) as caught:
            provider("openai", given)
        assert "hush" not in str(caught.value)


@pytest.mark.parametrize("broken", ["sk-a\nb-planted", "sk-é-planted", "sk a planted", "sk-\x7f"])
def test_what_is_no_key_is_refused_without_being_repeated(
    server: ChatServer, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    monkeypatch.setenv("MY_KEY", broken)
    with pytest.raises(InputError, match="MY_KEY") as caught:
        provider("openai", server.url, key_variable="MY_KEY")
    assert "planted" not in str(caught.value)


def test_an_unknown_provider_is_refused() -> None:
    with pytest.raises(InputError, match="no provider 'bedrock'; use openai or azure"):
        provider("bedrock")


def test_what_the_endpoint_said_is_shown_short_and_without_the_key() -> None:
    shown = Provider(key=KEY).without_key("x" * 195 + KEY + "y" * 900)
    assert len(shown) == 200 and "sk-" not in shown
    assert Provider().without_key("no key to hide") == "no key to hide"
