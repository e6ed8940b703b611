"""Hard limits: token buckets of requests and of tokens a minute, and the headers that tell them."""

import math
import time

from hr_pipeline_tests.endpoint.options import Options
from hr_pipeline_tests.endpoint.wire import Headers


class Bucket:
    """Holds `burst_s` seconds of its rate."""

    def __init__(self) -> None:
        self.level = math.inf
        self._filled = time.monotonic()

    def fill(self, per_minute: float, burst_s: float) -> None:
        now = time.monotonic()
        size = max(1.0, per_minute / 60 * burst_s)
        self.level = min(size, self.level + (now - self._filled) * per_minute / 60)
        self._filled = now


class Limits:
    """Admits a request where both buckets hold enough for it."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._requests, self._tokens = Bucket(), Bucket()

    def admit(self, tokens: int) -> float:
        """0.0: the request is in; else seconds until it would be. A bucket of tokens may be
        overdrawn, so that a request larger than the bucket gets through."""
        options, waits = self._options, [0.0]
        if options.rpm:
            self._requests.fill(options.rpm, options.burst_s)
            waits.append((1 - self._requests.level) * 60 / options.rpm)
        if options.tpm:
            self._tokens.fill(options.tpm, options.burst_s)
            waits.append((1 - self._tokens.level) * 60 / options.tpm)
        wait = max(waits)
        if wait == 0:
            self._requests.level -= 1
            self._tokens.level -= tokens
        return wait

    def headers(self) -> Headers:
        """As OpenAI sends them: the limit a minute, what is left, the time until all is back."""
        options, told = self._options, []
        if not options.ratelimit_headers:
            return []
        for unit, limit, bucket in (
            ("requests", options.rpm, self._requests),
            ("tokens", options.tpm, self._tokens),
        ):
            if limit:
                bucket.fill(limit, options.burst_s)
                size = max(1.0, limit / 60 * options.burst_s)
                missing = max(0.0, size - bucket.level)
                told += [
                    _header(f"x-ratelimit-limit-{unit}", f"{limit:.0f}"),
                    _header(f"x-ratelimit-remaining-{unit}", f"{max(bucket.level, 0):.0f}"),
                    _header(f"x-ratelimit-reset-{unit}", _duration(missing * 60 / limit)),
                ]
        return told

    def waiting(self, wait_s: float) -> Headers:
        """What a 429 tells; nothing where `wait_s` is 0."""
        told = self.headers()
        if wait_s:
            told.append(_header("retry-after", str(max(1, math.ceil(wait_s)))))
        if wait_s and self._options.retry_after_ms:
            told.append(_header("retry-after-ms", str(math.ceil(wait_s * 1000))))
        return told


def _header(name: str, value: str) -> tuple[bytes, bytes]:
    return name.encode(), value.encode()


def _duration(seconds: float) -> str:
    """As Go writes durations: "120ms", "1.5s", "6m0s"."""
    if seconds < 1:
        return f"{math.ceil(seconds * 1000)}ms"
    minutes, rest = divmod(round(seconds, 3), 60)
    return f"{minutes:.0f}m{rest:g}s" if minutes else f"{rest:g}s"
