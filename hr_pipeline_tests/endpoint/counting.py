"""What the endpoint has seen and billed."""

import time
from collections import Counter, defaultdict
from typing import Any

from hr_pipeline_tests.endpoint.replies import Made

NAMES = (
    *("requests", "ok", "malformed", "refused", "unauthorised", "bad_request", "unavailable"),
    *("err429", "err429_limit", "err500", "reset", "hung", "aborted", "duplicate_ok"),
    *("duplicate_paid", "prompt_tokens", "completion_tokens", "batch_requests", "texts"),
)


class Counts:
    """`paid` and `good` count by the key of the whole body: what a provider would bill, and what
    was answered whole."""

    def __init__(self) -> None:
        self.of: Counter[str] = Counter(dict.fromkeys(NAMES, 0))
        self.paid: Counter[str] = Counter()
        self.good: Counter[str] = Counter()
        self.in_flight = self.max_in_flight = 0
        self._attempts: defaultdict[bytes, int] = defaultdict(int)
        self._first: float | None = None
        self._last = 0.0
        self._series: defaultdict[int, Counter[str]] = defaultdict(Counter)
        self._cpu = time.process_time()

    def came(self) -> None:
        now = time.monotonic()
        if self._first is None:
            self._first = now
        self.in_flight += 1
        self.max_in_flight = max(self.max_in_flight, self.in_flight)
        self.count("requests")

    def went(self) -> None:
        self.in_flight -= 1
        self._last = time.monotonic()

    def count(self, *names: str) -> None:
        """Once more, also in this second."""
        passed = time.monotonic() - self._first if self._first is not None else 0
        second = self._series[int(passed)]
        for name in names:
            self.of[name] += 1
            second[name] += 1

    def next_attempt(self, prompt: bytes) -> int:
        """From 0; the attempts that were let in count."""
        attempt = self._attempts[prompt]
        self._attempts[prompt] = attempt + 1
        return attempt

    def bill(self, key: str, made: Made, is_gone: bool = False) -> None:
        self.of["prompt_tokens"] += made.prompt_tokens
        self.of["completion_tokens"] += made.completion_tokens
        self.of["duplicate_paid"] += self.paid[key] > 0
        self.paid[key] += 1
        if not (made.is_cut or is_gone):
            self.of["duplicate_ok"] += self.good[key] > 0
            self.good[key] += 1

    def snapshot(self) -> dict[str, Any]:
        """All counts; `series` holds the requests, good answers and 429s of every second."""
        last = max(self._series, default=-1)
        return {
            **self.of,
            "distinct_paid": len(self.paid),
            "distinct_ok": len(self.good),
            "in_flight": self.in_flight,
            "max_in_flight": self.max_in_flight,
            "first_to_last_s": round(max(0.0, self._last - (self._first or self._last)), 3),
            "server_cpu_s": round(time.process_time() - self._cpu, 3),
            "series": [
                [self._series[second][name] for name in ("requests", "ok", "err429")]
                for second in range(last + 1)
            ],
        }
