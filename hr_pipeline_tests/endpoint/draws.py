"""Draws that do not depend on the order in which requests arrive."""

from dataclasses import dataclass
from hashlib import blake2b
from math import exp
from statistics import NormalDist
from struct import unpack

from hr_pipeline_tests.endpoint.options import Options

_NORMAL = NormalDist()


def uniform(seed: int, identity: bytes, what: str, attempt: int = 0) -> float:
    """A number in (0, 1) made of the seed, a request's identity and what is drawn."""
    drawn = blake2b(b"%d/%s/%d/" % (seed, what.encode(), attempt) + identity, digest_size=8)
    return (unpack(">Q", drawn.digest())[0] + 0.5) / 2**64


def lognormal(u: float, sigma: float) -> float:
    """A factor of mean 1."""
    if sigma == 0:
        return 1.0
    return exp(sigma * _NORMAL.inv_cdf(min(max(u, 1e-12), 1 - 1e-12)) - sigma * sigma / 2)


@dataclass(frozen=True)
class Fate:
    """What happens to one attempt: "" (answered), "429", "500", "reset" or "hang"; whether the text
    of its answer is cut; after how many seconds it is answered."""

    fault: str
    is_cut: bool
    delay_s: float


def fate(options: Options, prompt: bytes, attempt: int) -> Fate:
    """A prompt's next attempt gets a new draw."""
    delay_s = options.latency_ms / 1000
    if options.jitter:
        delay_s *= lognormal(uniform(options.seed, prompt, "latency", attempt), options.jitter)
    is_cut = bool(
        options.malformed
        and uniform(options.seed, prompt, "malformed", attempt) < options.malformed
    )
    return Fate(_fault(options, prompt, attempt), is_cut, delay_s)


def _fault(options: Options, prompt: bytes, attempt: int) -> str:
    shares = (
        ("429", options.fail_429),
        ("500", options.fail_500),
        ("reset", options.reset_rate),
        ("hang", options.hang_rate),
    )
    if not any(share for _, share in shares):
        return ""
    u = uniform(options.seed, prompt, "fault", attempt)
    for name, share in shares:
        if u < share:
            return name
        u -= share
    return ""
