"""What the engine's benchmark measures: how the endpoint behaves, and which runs meet it."""

from dataclasses import dataclass
from typing import Any

OURS, RAW = "ours", "raw"


@dataclass(frozen=True)
class Run:
    """One run of a client. `phase` names it among the runs of its scenario; runs of one scenario
    and one `place` share a recording, in their order. `flags`: for the client."""

    phase: str
    rows: int
    endpoint: dict[str, Any]
    flags: tuple[str, ...] = ()
    place: str = ""
    only: tuple[str, ...] = ()  # clients; (): all


@dataclass(frozen=True)
class Scenario:
    name: str
    title: str
    runs: tuple[Run, ...]
    with_raw: bool = False
    with_peers: bool = True


def _one(rows: int, endpoint: dict[str, Any], *flags: str) -> tuple[Run, ...]:
    return (Run("", rows, endpoint, flags),)


_QUICK = {"latency_ms": 50}
_LIMIT = {"latency_ms": 500, "rpm": 6000}
_FAULTS = {"latency_ms": 500, "fail_429": 0.10, "fail_500": 0.05, "hang_rate": 0.01}

SCENARIOS = {
    scenario.name: scenario
    for scenario in (
        Scenario(
            "throughput",
            "500 ms latency, 4,000 rows",
            _one(4000, {"latency_ms": 500}),
            with_raw=True,
        ),
        Scenario(
            "quick",
            "50 ms latency, 1,000 and 8,000 rows",
            (Run("1,000", 1000, _QUICK, place="a"), Run("8,000", 8000, _QUICK, place="b")),
            with_raw=True,
        ),
        Scenario(
            "rerun",
            "The same job again, with a tenth more rows, with one row inserted in front",
            (
                Run("first", 1000, _QUICK),
                Run("again", 1000, _QUICK),
                Run("a tenth more", 1100, _QUICK),
                Run("one in front", 1101, _QUICK, ("--first", "-1"), only=(OURS,)),
            ),
        ),
        Scenario(
            "faults",
            "10% 429, 5% 500, 1% hangs; 500 ms latency, 4,000 rows, 10 s for a request",
            _one(4000, _FAULTS, "--timeout", "10"),
        ),
        Scenario(
            "random429",
            "10% 429 alone, and none; 500 ms latency, 16,000 rows",
            (
                Run("none", 16_000, {"latency_ms": 500}, place="a"),
                Run("10% 429", 16_000, {"latency_ms": 500, "fail_429": 0.10}, place="b"),
            ),
            with_peers=False,
        ),
        Scenario(
            "hard_limit",
            "6,000 requests a minute and no word about it; 500 ms latency, 4,000 rows",
            _one(4000, _LIMIT),
        ),
        Scenario(
            "told",
            "6,000 requests a minute, told to the client; 500 ms latency, 4,000 rows",
            _one(4000, _LIMIT, "--rpm", "6000"),
        ),
        Scenario(
            "structured",
            "JSON is asked for and 5% of the replies are cut; 500 ms latency, 2,000 rows",
            _one(2000, {"latency_ms": 500, "malformed": 0.05, "reply": "fenced"}, "--structured"),
        ),
        Scenario(
            "growth",
            "50 ms latency, 1,000 to 100,000 rows",
            tuple(Run(f"{n:,}", n, _QUICK, place=str(n)) for n in (1000, 16_000, 100_000)),
            with_raw=True,
            with_peers=False,
        ),
    )
}
