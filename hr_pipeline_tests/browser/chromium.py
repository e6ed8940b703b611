"""Drives a headless Chromium by its own protocol: what a page shows, fetches, complains of."""

import asyncio
import base64
import itertools
import json
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
WAIT_S = 60.0


def find() -> str | None:
    """The browser's command, where one is installed."""
    return next(filter(None, map(shutil.which, NAMES)), None)


@dataclass
class Seen:
    """What the browser saw of one page."""

    screenshot: bytes
    answers: list[Any]  # of the expressions asked for, in order
    requests: list[str] = field(default_factory=list)  # addresses fetched, the page's own too
    complaints: list[str] = field(default_factory=list)  # errors on the console


def look_at(page: Path, profile: Path, expressions: list[str], width: int, height: int) -> Seen:
    """Open a file and look at it; the expressions are JavaScript."""
    command = [find() or "", "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run"]
    command += ["--remote-debugging-port=0", f"--user-data-dir={profile}", "about:blank"]
    command += [f"--window-size={width},{height}", "--force-color-profile=srgb"]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as browser:
        try:
            return asyncio.run(asyncio.wait_for(_look(page, profile, expressions), WAIT_S))
        finally:
            browser.terminate()


async def _look(page: Path, profile: Path, expressions: list[str]) -> Seen:
    port_file = profile / "DevToolsActivePort"
    while not port_file.exists() or not port_file.read_text().strip():
        await asyncio.sleep(0.1)
    port = port_file.read_text().split()[0]
    async with aiohttp.ClientSession() as session:
        async with session.get(f"http://127.0.0.1:{port}/json/list") as found:
            targets = [t for t in await found.json() if t["type"] == "page"]
        address = targets[0]["webSocketDebuggerUrl"]
        async with session.ws_connect(address, max_msg_size=1 << 28) as socket:
            return await _converse(_Protocol(socket), page, expressions)


class _Protocol:
    """Calls and events of the DevTools protocol."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket, self._numbers = socket, itertools.count(1)
        self.events: list[dict[str, Any]] = []

    async def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        number = next(self._numbers)
        await self._socket.send_json({"id": number, "method": method, "params": parameters})
        while (message := await self._next()).get("id") != number:
            self.events.append(message)
        assert "error" not in message, message
        return message["result"]

    async def wait_for(self, method: str) -> None:
        while not any(event.get("method") == method for event in self.events):
            self.events.append(await self._next())

    async def _next(self) -> dict[str, Any]:
        return json.loads((await self._socket.receive()).data)


async def _converse(protocol: _Protocol, page: Path, expressions: list[str]) -> Seen:
    for domain in ("Page", "Network", "Runtime", "Log"):
        await protocol.call(f"{domain}.enable")
    await protocol.call("Page.navigate", url=page.as_uri())
    await protocol.wait_for("Page.loadEventFired")
    answers = []
    for expression in expressions:
        said = await protocol.call("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in said, said
        answers.append(said["result"].get("value"))
    shot = await protocol.call("Page.captureScreenshot", format="png", captureBeyondViewport=True)
    events = [(event["method"], event["params"]) for event in protocol.events if "method" in event]
    return Seen(
        base64.b64decode(shot["data"]),
        answers,
        [p["request"]["url"] for method, p in events if method == "Network.requestWillBeSent"],
        [
            json.dumps(p)
            for method, p in events
            if method == "Runtime.exceptionThrown"
            or (method == "Log.entryAdded" and p["entry"]["level"] == "error")
        ],
    )
