"""How benchmarks print: one line a figure, with the limit it is held against."""

import sys
from dataclasses import dataclass, field


@dataclass
class Report:
    """Rows of (what, figure, limit)."""

    rows: list[tuple[str, str, str]] = field(default_factory=list)

    def add(self, what: str, figure: str, limit: str = "") -> None:
        self.rows.append((what, figure, limit))
        print(f"{what}: {figure}" + (f"  (limit: {limit})" if limit else ""), file=sys.stderr)

    def text(self) -> str:
        lines = ["| benchmark | figure | limit |", "|---|---|---|"]
        return "\n".join(lines + [f"| {a} | {b} | {c} |" for a, b, c in self.rows])
