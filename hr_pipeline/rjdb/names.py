"""First names of the applicants: uniform over groups, genders balanced inside every cluster."""

from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache

import pyarrow as pa

from hr_pipeline.lake.errors import InputError
from hr_pipeline.lake.rng import draw_integer

GENDERS = ("female", "male")


@dataclass(frozen=True)
class FirstNames:
    """Names by (gender, group); every group has both genders."""

    groups: tuple[str, ...]
    names: dict[tuple[str, str], list[str]]

    @staticmethod
    def from_table(table: pa.Table) -> "FirstNames":
        """From sources/first_names; raises InputError where no group has both genders."""
        names: dict[tuple[str, str], list[str]] = defaultdict(list)
        for row in table.to_pylist():
            names[row["gender"], row["name_group"]].append(row["first_name"])
        groups = sorted({group for _, group in names})
        whole = tuple(g for g in groups if all((gender, g) in names for gender in GENDERS))
        if not whole:
            raise InputError("no group of the name list has names of both genders", "first names")
        return FirstNames(whole, {key: sorted(listed) for key, listed in names.items()})

    def gender_and_group(self, seed: int, cluster: str, index: int) -> tuple[str, str]:
        """Gender by parity of (index + a draw per cluster), groups in turn: counts inside a cluster
        differ by at most one for the genders and for each gender and group."""
        turn = index + _first_turn(seed, cluster, 2 * len(self.groups))
        return GENDERS[turn % 2], self.groups[turn // 2 % len(self.groups)]


@lru_cache(maxsize=4096)
def _first_turn(seed: int, cluster: str, turns: int) -> int:
    return draw_integer(seed, "rjdb/names", cluster, turns)
