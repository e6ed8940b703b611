"""Who applies in the audit: pairs of a job description and a resume, with the person's name."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from hr_pipeline.lake.errors import InputError
from hr_pipeline.lake.ledger import Ledger
from hr_pipeline.lake.picked import drawn
from hr_pipeline.lake.rng import draw_integer
from hr_pipeline.quality.bias.people import UNKNOWN
from hr_pipeline.quality.bias.renaming import NamedResume, find_name
from hr_pipeline.rjdb.names import GENDERS, FirstNames

RESUMES = ("resume_matched", "resume_unmatched", "resume_swapped")
COLUMNS = [
    *("triple_id", "split", "occupation", "skills", "experiences", "removed_skills", "swaps"),
    *("first_name", "gender", "name_group", "job_description", *RESUMES),
]


@dataclass(frozen=True, slots=True)
class Cells:
    """Names to swap in, by (gender, group): genders outside, groups inside, as axes of arrays."""

    groups: tuple[str, ...]
    names: dict[tuple[str, str], list[str]]

    @staticmethod
    def from_table(table: pa.Table) -> "Cells":
        """Of sources/first_names those that stand in one gender and group only: a name of two
        groups would blur both. Raises InputError where a cell of the list has none."""
        listed = FirstNames.from_table(table)
        where: dict[str, set[tuple[str, str]]] = defaultdict(set)
        for cell, held in listed.names.items():
            for name in held:
                where[name.casefold()].add(cell)
        cells = [(gender, group) for gender in GENDERS for group in listed.groups]
        names = {
            cell: [n for n in listed.names[cell] if len(where[n.casefold()]) == 1] for cell in cells
        }
        if empty := [", ".join(cell) for cell, kept in names.items() if not kept]:
            raise InputError(
                f"no name belongs to {'; '.join(empty)} alone",
                "first names",
                "give a list with more names",
            )
        return Cells(listed.groups, names)

    def drawn(self, seed: int, triple_id: str) -> list[str]:
        """One name a cell, the same for all resumes of a triple."""
        return [
            names[draw_integer(seed, "quality/bias/name", f"{triple_id} {cell}", len(names))]
            for cell, names in self.names.items()
        ]


@dataclass
class Applications:
    """n pairs in the order of the triples; `triple` numbers the triple of each."""

    triple_ids: list[str] = field(default_factory=list)
    triple: list[int] = field(default_factory=list)
    job_descriptions: list[str] = field(default_factory=list)
    resumes: list[str] = field(default_factory=list)
    named: list[NamedResume] = field(default_factory=list)
    genders: list[str] = field(default_factory=list)
    groups: list[str] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.resumes)

    def twins(self, cells: Cells, seed: int) -> Iterator[list[str]]:
        """For each cell the n resumes, each under a name of the cell."""
        under = [cells.drawn(seed, triple_id) for triple_id in self.triple_ids]
        for number in range(len(cells.names)):
            names = (under[triple][number] for triple in self.triple)
            yield [resume.under(n) for resume, n in zip(self.named, names, strict=True)]


def applications(rows: Iterable[Mapping[str, Any]], ledger: Ledger) -> Applications:
    """Every resume of rows of rjdb/triples applies for the job of its triple.

    Ledger, step "resume": no_name_found (nothing to swap; the resume is left out).
    """
    made = Applications()
    for row in rows:
        made.triple_ids.append(row["triple_id"])
        own = [row["job_description"], row["occupation"], *row["skills"], *row["removed_skills"]]
        own += [swap["put_in"] for swap in row["swaps"] or ()]
        own += [job["title"] for job in row["experiences"]]
        for column in RESUMES:
            if row[column] is None:
                continue
            first = row["first_name"]
            named = find_name(row[column], first, own) if first else None
            if named is None:
                key = f"{row['triple_id']} {column}"
                ledger.add("resume", key, "no_name_found", first or "", row[column])
                continue
            made.triple.append(len(made.triple_ids) - 1)
            made.job_descriptions.append(row["job_description"])
            made.resumes.append(row[column])
            made.named.append(named)
            made.genders.append(row["gender"] or UNKNOWN)
            made.groups.append(row["name_group"] or UNKNOWN)
    return made


@dataclass
class Pairs:
    """Pairs with labels, to learn from: each match stands beside each of its mismatches."""

    job_descriptions: list[str] = field(default_factory=list)
    resumes: list[str] = field(default_factory=list)
    labels: list[bool] = field(default_factory=list)

    def add(self, row: Mapping[str, Any]) -> None:
        for column in RESUMES[1:]:
            if row[column] is not None:
                self.job_descriptions += [row["job_description"]] * 2
                self.resumes += [row["resume_matched"], row[column]]
                self.labels += [True, False]

    def arguments(self) -> tuple[list[str], list[str], np.ndarray]:
        """What `Matcher.fit` takes."""
        return self.job_descriptions, self.resumes, np.array(self.labels, bool)


def chosen(ids: Iterable[tuple[str, str | None]], sizes: Mapping[str, int], seed: int) -> set[str]:
    """Triples of each split, as many as `sizes` says: those with the smallest keyed hashes, so that
    neither order nor the other triples decide. `ids`: (triple, split).
    InputError: a negative size."""
    if min(sizes.values()) < 0:
        told = ", ".join(f"{size:,} of {split}" for split, size in sizes.items())
        raise InputError("triples and fit_triples are 0 or more", f"settings of the audit ({told})")
    of_split: dict[str, list[str]] = defaultdict(list)
    for triple_id, split in ids:
        if split is not None and split in sizes:
            of_split[split].append(triple_id)
    return {
        name
        for split, found in of_split.items()
        for name in drawn(found, sizes[split], seed, "quality/bias/sample")
    }
