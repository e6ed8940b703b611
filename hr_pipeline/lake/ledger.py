"""The ledger: the rows that a step lost, with cause and raw text. Rows in = rows out + ledger."""

from collections import Counter
from dataclasses import dataclass, field

import pyarrow as pa

from hr_pipeline.lake.text import well_formed

LEDGER_SCHEMA = pa.schema(
    [
        pa.field("step", pa.string(), nullable=False),
        pa.field("key", pa.string(), nullable=False),
        pa.field("cause", pa.string(), nullable=False),
        pa.field("detail", pa.string()),
        pa.field("raw", pa.string()),
    ]
)


@dataclass
class Ledger:
    """Collects lost rows.

    `step` says what was lost: "row" for a whole row of the dataset (these count in rows in = rows
    out + ledger), any other word for a part of a row that stays (a skill inside a posting).
    """

    rows: list[tuple[str, str, str, str, str]] = field(default_factory=list)

    def add(self, step: str, key: str, cause: str, detail: str = "", raw: str = "") -> None:
        self.rows.append((step, well_formed(key), cause, well_formed(detail), well_formed(raw)))

    def lost_rows(self) -> int:
        return sum(row[0] == "row" for row in self.rows)

    def causes(self) -> dict[str, int]:
        """Counts by 'step: cause', most frequent first."""
        return dict(Counter(f"{row[0]}: {row[2]}" for row in self.rows).most_common())

    def table(self) -> pa.Table:
        columns = zip(*self.rows, strict=True) if self.rows else [[]] * len(LEDGER_SCHEMA)
        return pa.table([pa.array(list(c), pa.string()) for c in columns], schema=LEDGER_SCHEMA)
