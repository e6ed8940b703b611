"""What a reader hands back: the rows kept, the rows lost, and how many there were."""

import re
from dataclasses import dataclass, field

import pyarrow as pa

from hr_pipeline.lake.ledger import Ledger
from hr_pipeline.lake.text import well_formed

INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


@dataclass(frozen=True)
class SourceTable:
    """rows_in = table.num_rows + ledger.lost_rows()."""

    table: pa.Table
    ledger: Ledger = field(default_factory=Ledger)
    rows_in: int = 0


def squeeze(text: str) -> str:
    """One line of text: no control or invisible characters, no non-breaking or double spaces; half
    characters, which JSON can hold, are spelled out."""
    line = " ".join(text.split())
    if line.isprintable():
        return line
    return " ".join(CONTROL.sub(" ", INVISIBLE.sub("", well_formed(text))).split())
