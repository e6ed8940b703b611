"""`python -m hr_pipeline_tests.benchmarks.bias [--lake DIR]`: planted bias and what was measured.

A matcher whose bias is known exactly: the score of a pair is uniform in 0 to 1, drawn from all of
the texts but the person, less `size` for names of one group; the threshold is one half. So the
group's selection rate is lower by `size`, its impact ratio 1 - 2 `size`, its flip rate `size`.
Without --lake the resumes are made up here.
"""

import argparse
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from hr_pipeline.lake.ledger import Ledger
from hr_pipeline.lake.rng import digest
from hr_pipeline.lake.store import Lake
from hr_pipeline.quality.bias.applications import Applications, Cells, applications
from hr_pipeline.quality.bias.audit import Row, audit, score
from hr_pipeline.quality.bias.sample import read_sample
from hr_pipeline.rjdb.documents import sections
from hr_pipeline.rjdb.person import full_name

HALF = 0.5
SIZES = (0.0, 0.01, 0.02, 0.05, 0.1, 0.15, 0.2)
GROUPS = ("north", "south", "west")


def names(each: int = 12) -> pa.Table:
    """A list of made-up names: `each` per gender and group."""
    cells = [(gender, group) for gender in ("female", "male") for group in GROUPS]
    return pa.Table.from_pylist(
        [
            {
                "first_name": f"{sex[:2].title()}{group}{chr(97 + i)}",
                "gender": sex,
                "name_group": group,
            }
            for sex, group in cells
            for i in range(each)
        ]
    )


def made_up(triples: int, seed: int = 1) -> Applications:
    """Applications of made-up triples, three resumes each."""
    listed = names().to_pylist()
    rows = []
    for i in range(triples):
        who = listed[i % len(listed)]
        resume = (
            f"## Personal Information\nName: {who['first_name']} Miller\n"
            f"Email: {who['first_name'].lower()}.miller@example.org\n\n## Skills\n- "
        )
        rows.append(
            {key: who[key] for key in ("first_name", "gender", "name_group")}
            | {"triple_id": f"t{seed}-{i}", "occupation": "Welder", "skills": ["welding"]}
            | {"experiences": [], "removed_skills": [], "swaps": []}
            | {"job_description": f"## Job title\nWelder {seed} {i}"}
            | {
                f"resume_{kind}": f"{resume}{kind} skills of place {i}"
                for kind in ("matched", "unmatched", "swapped")
            }
        )
    return applications(rows, Ledger())


@dataclass
class PlantedBias:
    """Scores as above; `against` are the first names of the group, `size` the penalty."""

    against: frozenset[str]
    size: float = 0.0
    _read: dict[tuple[str, str], tuple[float, bool]] = field(default_factory=dict)

    def scores(self, job_descriptions: Sequence[str], resumes: Sequence[str]) -> np.ndarray:
        pairs = zip(job_descriptions, resumes, strict=True)
        return np.array([u - self.size * hit for u, hit in map(self._of_pair, pairs)])

    def _of_pair(self, pair: tuple[str, str]) -> tuple[float, bool]:
        if pair not in self._read:
            parts = sections(pair[1], "resume")
            words = (full_name(parts.pop("personal_information", "")) or "").split()
            starts = {" ".join(words[:n]) for n in range(1, len(words) + 1)}
            uniform = int.from_bytes(digest(pair[0], *parts.values())[:6], "big") / 2**48
            self._read[pair] = uniform, not starts.isdisjoint(self.against)
        return self._read[pair]


def planted(cells: Cells, attribute: str, group: str) -> PlantedBias:
    """Against every name of a gender or of a name group."""
    side = ("gender", "name_group").index(attribute)
    held = (listed for cell, listed in cells.names.items() if cell[side] == group)
    return PlantedBias(frozenset(name for listed in held for name in listed))


@dataclass(frozen=True)
class Recovered:
    """A planted size; by measure what it is among these applications, and what the audit says:
    value and interval."""

    size: float
    here: dict[str, float]
    found: dict[str, tuple[float, float, float]]

    @property
    def everywhere(self) -> dict[str, float]:
        """What it is over endlessly many applications."""
        return _effects(HALF, self.size)

    def error(self, measure: str) -> float:
        """Against the size among these applications: what the swapping and counting got wrong."""
        return self.found[measure][0] - self.here[measure]

    def error_everywhere(self, measure: str) -> float:
        """As above, and the luck of the sample with it."""
        return self.found[measure][0] - self.everywhere[measure]

    def covered(self, measure: str) -> bool:
        _, low, high = self.found[measure]
        return low - 1e-5 <= self.everywhere[measure] <= high + 1e-5


MEASURES = ("selection shift", "impact ratio", "flip rate")


def _effects(selected: float, lost: float) -> dict[str, float]:
    """Of a bias that loses a share of all applications, where the others are `selected`."""
    return dict(zip(MEASURES, (-lost, 1 - lost / selected, lost), strict=True))


def recover(
    held: Applications, cells: Cells, attribute: str, group: str, sizes: Iterable[float], seed: int
) -> list[Recovered]:
    """Audits the planted matcher at each size."""
    matcher, made = planted(cells, attribute, group), []
    unbiased = PlantedBias(frozenset()).scores(held.job_descriptions, held.resumes)
    selected = float((unbiased.round(5) >= HALF).mean())
    for matcher.size in sizes:
        scored = score(held, cells, matcher.scores, seed)
        rows = audit("planted", held, cells, scored, HALF, seed)
        lost = selected - float(((unbiased - matcher.size).round(5) >= HALF).mean())
        here = _effects(selected, lost)
        made.append(Recovered(matcher.size, here, _found(rows, attribute, group)))
    return made


def _found(rows: list[Row], attribute: str, group: str) -> dict[str, tuple[float, float, float]]:
    return {
        row["measure"]: (row["value"], row["ci_low"], row["ci_high"])
        for row in rows
        if (row["names"], row["attribute"], row["group"]) == ("swapped", attribute, group)
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lake", help="a lake with rjdb/triples; made-up resumes without")
    parser.add_argument("--triples", type=int, default=1_000)
    parser.add_argument("--seeds", type=int, default=20, help="how often, on made-up resumes")
    arguments = parser.parse_args()
    if arguments.lake:
        lake = Lake(arguments.lake)
        version, sizes = lake.require("rjdb/triples").version, {"test": arguments.triples}
        held = read_sample(lake, version, sizes, 1, Ledger()).applications
        print_table(held, Cells.from_table(lake.table("sources/first_names")))
    else:
        print_table(made_up(arguments.triples), Cells.from_table(names()))
        print_seeds(arguments.triples, arguments.seeds)


def print_table(held: Applications, cells: Cells) -> None:
    """Planted beside recovered; "here" is the planted size among these very applications."""
    print("| planted against | size | here | selection shift | ratio here | impact ratio |")
    print("|---|---|---|---|---|---|")
    for attribute, group in (("gender", "female"), ("name_group", cells.groups[0])):
        for one in recover(held, cells, attribute, group, SIZES, seed=1):
            cells_of_row = [f"{attribute}: {group}", f"{one.size}"]
            for measure in MEASURES[:2]:
                value, low, high = one.found[measure]
                cells_of_row += [f"{one.here[measure]:.4f}"]
                cells_of_row += [f"{value:.4f} ({low:.4f} to {high:.4f})"]
            print(f"| {' | '.join(cells_of_row)} |")


def print_seeds(triples: int, seeds: int) -> None:
    """How often other samples come within 0.02, here and everywhere, and intervals cover."""
    cells = Cells.from_table(names())
    made = [
        one
        for seed in range(1, seeds + 1)
        for one in recover(made_up(triples, seed), cells, "gender", "female", SIZES, seed)
    ]
    print(
        f"\n| {seeds} samples, {len(SIZES)} sizes | largest error here | within 0.02 here", end=""
    )
    print(" | within 0.02 everywhere | interval covers |\n|---|---|---|---|---|")
    for measure in MEASURES:
        here = np.abs([one.error(measure) for one in made])
        everywhere = np.abs([one.error_everywhere(measure) for one in made])
        covers = np.mean([one.covered(measure) for one in made])
        print(
            f"| {measure} | {here.max():.5f} | {np.mean(here <= 0.02):.1%} "
            f"| {np.mean(everywhere <= 0.02):.1%} | {covers:.1%} |"
        )


if __name__ == "__main__":
    main()
