"""The endpoint as a process of its own, for tests and benchmarks."""

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any
from urllib.request import ProxyHandler, Request, build_opener

from hr_pipeline_tests.endpoint.options import Options, flag

ROOT = Path(__file__).parents[2]
_OPENER = build_opener(ProxyHandler({}))


class Endpoint:
    """`with Endpoint(latency_ms=50, fail_429=0.1) as endpoint:`; options as `Options` has them.

    `url` ends in /v1 (`azure_url` does not).
    """

    def __init__(self, **options: Any) -> None:
        self._command = [sys.executable, "-m", "hr_pipeline_tests.endpoint", "--port", "0"]
        self._command += ["--until-eof"]
        checked = Options()
        for name, value in options.items():
            checked.set(name, value)
            if value is True and name != "down":
                self._command.append(flag(name))
            elif value is not False:
                self._command += [flag(name), str(getattr(checked, name))]
        self.url = ""
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def azure_url(self) -> str:
        return self.url.removesuffix("/v1")

    def __enter__(self) -> "Endpoint":
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(self._command, cwd=ROOT, stdin=pipe, stdout=pipe)
        assert self._process.stdout is not None
        self.url = self._process.stdout.readline().decode().strip()
        if not self.url:
            raise RuntimeError(f"the endpoint ended with {self._process.wait()}")
        self.stats()
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.communicate()

    def stats(self) -> dict[str, Any]:
        """What `Counts.snapshot` holds."""
        return self._call("/stats")

    def paid(self) -> Counter[str]:
        """How often a provider would have billed each request, by the key of its whole body."""
        return Counter(self._call("/paid"))

    def set(self, **options: Any) -> None:
        """Change options from now on, e.g. set(down=True)."""
        self._call("/control", options)

    def reset(self) -> None:
        """Forget all that was counted, and all files and batches."""
        self._call("/reset", {})

    def _call(self, path: str, body: dict[str, Any] | None = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        with _OPENER.open(Request(self.azure_url + path, data), timeout=30) as answer:
            return json.load(answer)
