"""Providers: where a chat request goes, and how it shows its key."""

import os
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlsplit

from hr_pipeline.lake.errors import InputError

OPENAI_URL = "https://api.openai.com/v1"
KINDS = ("openai", "azure")
KEY_VARIABLE = "OPENAI_API_KEY"
AZURE_KEY_VARIABLE = "AZURE_OPENAI_API_KEY"  # comes first where the kind is azure
_NAMED_BY_ENVIRONMENT = {
    "OpenAI-Organization": "OPENAI_ORG_ID",
    "OpenAI-Project": "OPENAI_PROJECT_ID",
}


@dataclass(frozen=True)
class Provider:
    """`openai`: any server that speaks POST {base_url}/chat/completions with a bearer key. `azure`:
    a resource of Azure OpenAI, where the model is a deployment's name; with an API version the
    older addresses are used."""

    kind: str = "openai"
    base_url: str = OPENAI_URL
    api_version: str = ""
    key: str = field(default="", repr=False)
    lacks: str = ""  # the environment variable that ought to hold the key

    def root(self) -> str:
        """The address below which the API lies."""
        if self.kind != "azure":
            return self.base_url.rstrip("/")
        return self._resource() + ("/openai" if self.api_version else "/openai/v1")

    def _resource(self) -> str:
        """The address of Azure's resource; a part of the API's path may have been given with it."""
        return self.base_url.rstrip("/").removesuffix("/v1").removesuffix("/openai")

    def chat_url(self, model: str) -> str:
        if self.kind == "azure" and self.api_version:
            deployment = f"{self.root()}/deployments/{quote(model, safe='')}"
            return f"{deployment}/chat/completions?api-version={quote(self.api_version)}"
        return f"{self.root()}/chat/completions"

    def headers(self) -> dict[str, str]:
        """Who asks: the key, and what the openai package adds from the environment."""
        self.require_key()
        if self.kind == "azure":
            return {"api-key": self.key}
        shown = {name: os.environ.get(held, "") for name, held in _NAMED_BY_ENVIRONMENT.items()}
        shown["Authorization"] = f"Bearer {self.key}" if self.key else ""
        return {name: value for name, value in shown.items() if value}

    def sdk_client(self, synchronous: bool = False) -> Any:
        """A client of the openai package for the same address and key; it does not retry."""
        import openai

        self.require_key()
        facts: dict[str, Any] = {"api_key": self.key or "none", "max_retries": 0}
        if self.kind == "azure" and self.api_version:
            facts |= {"azure_endpoint": self._resource(), "api_version": self.api_version}
            return (openai.AzureOpenAI if synchronous else openai.AsyncAzureOpenAI)(**facts)
        facts["base_url"] = self.root()
        if self.kind == "azure":
            facts["default_headers"] = self.headers()
        return (openai.OpenAI if synchronous else openai.AsyncOpenAI)(**facts)

    def require_key(self) -> None:
        """Raises InputError where a key is needed and is not there."""
        if self.lacks:
            where = f"environment variable {self.lacks}"
            raise InputError("no key for the teacher", where, "set it, or use --teacher template")

    def without_key(self, text: str) -> str:
        """What the endpoint said, shortened, and without the key that it may have repeated."""
        return (text.replace(self.key, "(key)") if self.key else text)[:200]

    def no_such_address(self) -> InputError:
        return InputError(
            "this is no address",
            self.base_url.partition("?")[0],  # a query may hold a key
            "write e.g. http://127.0.0.1:8000/v1",
        )


def provider(
    kind: str,
    base_url: str = "",
    api_version: str = "",
    key_variable: str = KEY_VARIABLE,
    *,
    may_replay: bool = False,
) -> Provider:
    """The provider that the settings name, with the key from the environment. Raises InputError; a
    key that is lacking is missed with the first call where all may be in the recording."""
    if kind not in KINDS:
        raise InputError(f"there is no provider {kind!r}", mend=f"use {' or '.join(KINDS)}")
    if kind == "azure" and not base_url:
        raise InputError(
            "the azure teacher needs the address of its resource",
            "base_url",
            "add --base-url https://NAME.openai.azure.com",
        )
    address = base_url or os.environ.get("OPENAI_BASE_URL", "")
    variable = _variable(kind, key_variable)
    key = _key(variable)
    is_needed = not address or kind == "azure"
    lacks = variable if is_needed and not key else ""
    found = Provider(kind, address or OPENAI_URL, api_version, key, lacks)
    if not may_replay:
        found.require_key()
    _check_address(found)
    return found


def _variable(kind: str, named: str) -> str:
    is_azure = kind == "azure" and named == KEY_VARIABLE and os.environ.get(AZURE_KEY_VARIABLE)
    return AZURE_KEY_VARIABLE if is_azure else named


def _key(variable: str) -> str:
    key = os.environ.get(variable, "").strip()
    if not all("!" <= character <= "~" for character in key):
        raise InputError(
            "this is no key: it holds blanks or letters outside ASCII",
            f"environment variable {variable}",
        )
    return key


def _check_address(provider: Provider) -> None:
    """Raises InputError, which repeats no password."""
    if "@" in provider.base_url:
        raise InputError(
            "the address holds a name or a password, which would stand in logs",
            "base_url",
            "give the key through its environment variable",
        )
    try:
        parts = urlsplit(provider.base_url)
        complete = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        raise provider.no_such_address() from None
    extra = parts.query or parts.fragment or " " in provider.base_url
    if not complete or extra or not provider.base_url.isprintable():
        raise provider.no_such_address()
