"""The engine's benchmark as Markdown: the runs, medians over repetitions, and the figures that are
held against limits."""

from collections.abc import Callable, Iterable
from statistics import median
from typing import Any

from hr_pipeline_tests.benchmarks.engine_scenarios import OURS, RAW, SCENARIOS

Record = dict[str, Any]
FLOOR = "floor"  # a peer of this name is what faults are compared with
_COLUMNS = ("wall s", "calls/s", "CPU ms/row", "peak MiB", "requests", "lost", "doubled", "429s")
_RATES = (("throughput", ""), ("quick", "8,000"))  # scenario, phase
_IDEAL_LIMITED_S = (4000 - 100) / 100  # 6,000 a minute, the first 100 at once


def record_of(stats: dict[str, Any], finished: dict[str, Any], rows: tuple[int, int]) -> Record:
    """One run in figures: what the client took, what the endpoint saw, what was written."""
    series, span_s = stats["series"], stats["first_to_last_s"]
    half = series[len(series) // 2 :]
    return {
        **finished,
        **{name: stats[name] for name in ("requests", "ok", "malformed", "err429", "err500")},
        **{name: stats[name] for name in ("hung", "aborted", "duplicate_ok", "max_in_flight")},
        "span_s": span_s,
        "calls_s": stats["requests"] / span_s if span_s else 0.0,
        "ok_s": stats["ok"] / span_s if span_s else 0.0,
        "pace": median([second[1] for second in series[1:-1]] or [0]),
        "share_429": stats["err429"] / max(stats["requests"], 1),
        "late_share_429": sum(s[2] for s in half) / max(sum(s[0] for s in half), 1),
        "written": rows[0],
        "different": rows[1],
    }


class Medians:
    """Figures of all records, by scenario, phase and client."""

    def __init__(self, records: Iterable[Record]) -> None:
        self._found: dict[tuple[str, str, str], list[Record]] = {}
        for record in records:
            place = (record["scenario"], record["phase"], record["client"])
            self._found.setdefault(place, []).append(record)

    def of(self, scenario: str, phase: str, client: str, figure: str) -> float | None:
        held = self._found.get((scenario, phase, client))
        return median(record[figure] for record in held) if held else None

    def worst(self, scenario: str, phase: str, client: str, figure: str) -> float | None:
        held = self._found.get((scenario, phase, client))
        return max(record[figure] for record in held) if held else None

    def clients(self, scenario: str, phase: str) -> list[str]:
        """Ours and the floor of the machine first."""
        found = {client for s, p, client in self._found if (s, p) == (scenario, phase)}
        return sorted(found, key=lambda client: (client != OURS, client != RAW, client))

    def peers(self, scenario: str, phase: str) -> list[str]:
        return [c for c in self.clients(scenario, phase) if c not in (OURS, RAW, FLOOR)]

    def repetitions(self, scenario: str, phase: str, client: str) -> int:
        return len(self._found.get((scenario, phase, client), ()))

    def lost(self, scenario: str, phase: str, client: str) -> float:
        held = self._found[scenario, phase, client]
        return max(record["rows"] - record["different"] for record in held)

    def doubled(self, scenario: str, phase: str, client: str) -> float:
        held = self._found[scenario, phase, client]
        return max(record["written"] - record["different"] for record in held)

    def stopped(self, scenario: str, phase: str, client: str) -> bool:
        return any(record["was_stopped"] for record in self._found[scenario, phase, client])


def tables(records: Iterable[Record]) -> str:
    """All scenarios that were run, then the figures with their limits."""
    medians = Medians(records)
    parts = [_table(name, medians) for name in SCENARIOS]
    parts.append("## Figures and their limits\n\n" + _figures(medians))
    return "\n\n".join(part for part in parts if part)


def _table(scenario: str, medians: Medians) -> str:
    lines = []
    for run in SCENARIOS[scenario].runs:
        for client in medians.clients(scenario, run.phase):
            lines.append(_line(scenario, run.phase, client, medians))
    if not lines:
        return ""
    head = ("client", "run", *_COLUMNS)
    rule = "|" + "|".join(["---", "---", *("---:" for _ in _COLUMNS)]) + "|"
    times = max((medians.repetitions(scenario, p, OURS) for p in _phases(scenario)), default=0)
    often = f"Medians of {times} repetitions." if times > 1 else "One repetition."
    title = f"## {scenario}\n\n{SCENARIOS[scenario].title}. {often}\n"
    return "\n".join([title, _cells(head), rule, *lines])


def _phases(scenario: str) -> list[str]:
    return [run.phase for run in SCENARIOS[scenario].runs]


def _line(scenario: str, phase: str, client: str, medians: Medians) -> str:
    def of(figure: str) -> float:
        return medians.of(scenario, phase, client, figure) or 0.0

    name = client + (" (stopped)" if medians.stopped(scenario, phase, client) else "")
    refused = f"{of('share_429'):.1%}" if of("err429") else "0"
    return _cells(
        (
            *(name, phase, f"{of('wall_s'):.1f}", f"{of('calls_s'):,.0f}"),
            *(f"{1000 * of('cpu_s') / of('rows'):.2f}", f"{of('peak_mib'):.0f}"),
            *(f"{of('requests'):,.0f}", f"{medians.lost(scenario, phase, client):,}"),
            *(f"{medians.doubled(scenario, phase, client):,}", refused),
        )
    )


def _cells(texts: Iterable[str]) -> str:
    return "| " + " | ".join(texts) + " |"


# -- figures with limits ---------------------------------------------------------------------

Figure = tuple[str, float | None, Callable[[float], str], str]


def _figures(medians: Medians) -> str:
    lines = ["| figure | measured | limit |", "|---|---:|---:|"]
    for what, value, written, limit in [
        *_speed(medians),
        *_reruns(medians),
        *_faults(medians),
        *_limits(medians),
        *_growth(medians),
    ]:
        if value is not None:
            lines.append(_cells((what, written(value), limit)))
    return "\n".join(lines)


def _ratio(a: float | None, b: float | None) -> float | None:
    return a / b if a is not None and b else None


def _plain(value: float) -> str:
    return f"{value:,.0f}"


def _exact(value: float) -> str:
    return f"{value:.2f}"


def _percent(value: float) -> str:
    return f"{value:.1%}"


def _speed(medians: Medians) -> list[Figure]:
    rate, quick = (medians.of(*at, OURS, "ok_s") for at in _RATES)
    best, best_quick = (_best_peer(medians, *at) for at in _RATES)
    cpu_s = medians.of("throughput", "", OURS, "cpu_s")
    return [
        (
            "rate, of the bare client's, at 500 ms",
            _ratio(rate, medians.of("throughput", "", RAW, "ok_s")),
            _exact,
            "at least 0.95",
        ),
        ("rate, of the best peer's, at 500 ms", _ratio(rate, best), _exact, "at least 2.5"),
        (
            "the most that it could be: 256 in flight at 500 ms are 512 calls a second",
            _ratio(512.0, best),
            _exact,
            "",
        ),
        ("rate, of the best peer's, at 50 ms", _ratio(quick, best_quick), _exact, ""),
        ("CPU ms a call, all in, 4,000 rows", _ratio(cpu_s, 4.0), _exact, "1.0"),
        ("CPU ms a further call", further_call_ms(medians, OURS), _exact, "0.5"),
        *(
            (f"CPU ms a further call: {peer}", further_call_ms(medians, peer), _exact, "")
            for peer in (RAW, *medians.peers("quick", "8,000"))
        ),
        (
            "calls a second at 50 ms",
            quick,
            _plain,
            "at least 1,500",
        ),
    ]


def _best_peer(medians: Medians, scenario: str, phase: str) -> float | None:
    """Answers a second of the fastest of the other tools; `floor` is none."""
    peers = medians.peers(scenario, phase)
    return max((medians.of(scenario, phase, p, "ok_s") or 0.0 for p in peers), default=None)


def further_call_ms(medians: Medians, client: str) -> float | None:
    """CPU of 8,000 rows less that of 1,000, by the rows between."""
    many, few = (medians.of("quick", phase, client, "cpu_s") for phase in ("8,000", "1,000"))
    return (many - few) / 7 if many is not None and few is not None else None


def _reruns(medians: Medians) -> list[Figure]:
    return [
        (
            f"requests of a rerun: {phase}",
            medians.worst("rerun", phase, OURS, "requests"),
            _plain,
            w,
        )
        for phase, w in (("again", "0"), ("a tenth more", "100"), ("one in front", "1"))
    ]


def _faults(medians: Medians) -> list[Figure]:
    wall_s = medians.of("faults", "", OURS, "wall_s")
    has_run = wall_s is not None
    pace, median_second = (
        _ratio(
            medians.of("random429", "10% 429", OURS, figure),
            medians.of("random429", "none", OURS, figure),
        )
        for figure in ("ok_s", "pace")
    )
    return [
        (
            "rows lost, under faults",
            medians.lost("faults", "", OURS) if has_run else None,
            _plain,
            "0",
        ),
        (
            "rows doubled, under faults",
            medians.doubled("faults", "", OURS) if has_run else None,
            _plain,
            "0",
        ),
        (
            "wall time under faults, of the floor client's",
            _ratio(wall_s, medians.of("faults", "", FLOOR, "wall_s")),
            _exact,
            "1.15",
        ),
        ("answers a second under random 429s, of those without", pace, _exact, "at least 0.90"),
        ("the same in the median second: without the last rows' waits", median_second, _exact, ""),
    ]


def _limits(medians: Medians) -> list[Figure]:
    found: list[Figure] = []
    for name, says in (("hard_limit", "untold"), ("told", "told")):
        wall_s = medians.of(name, "", OURS, "wall_s")
        found += [
            (
                f"wall time at a limit, {says}, of the ideal",
                _ratio(wall_s, _IDEAL_LIMITED_S),
                _exact,
                "1.10",
            ),
            (f"429s at a limit, {says}", medians.of(name, "", OURS, "share_429"), _percent, "5%"),
            (
                f"429s at a limit, {says}, in the last half",
                medians.of(name, "", OURS, "late_share_429"),
                _percent,
                "1%",
            ),
        ]
    return found


def _growth(medians: Medians) -> list[Figure]:
    some, many = (medians.of("growth", n, OURS, "wall_s") for n in ("16,000", "100,000"))
    per_row = _ratio(many, some)
    return [
        (
            "time a row at 100,000 rows, of that at 16,000",
            per_row * 0.16 if per_row is not None else None,
            _exact,
            "1.10",
        ),
        (
            "peak MiB at 100,000 rows",
            medians.worst("growth", "100,000", OURS, "peak_mib"),
            _plain,
            "300",
        ),
    ]
