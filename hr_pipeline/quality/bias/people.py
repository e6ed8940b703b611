"""What is read of each triple for its balance: the person, and figures of what was written."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from hr_pipeline.rjdb.documents import sections
from hr_pipeline.rjdb.person import full_name
from hr_pipeline.text.phrases import tokens

UNKNOWN = "unknown"
ATTRIBUTES = ("gender", "name_group", "first_name", "last_name", "category", "split", "cluster_id")
COLUMNS = [
    *("cluster_id", "category", "split", "first_name", "gender", "name_group", "skills"),
    *("experiences", "removed_skills", "shortened", "job_description", "resume_matched"),
    *("resume_unmatched", "resume_swapped"),
]
_RESUMES = ("resume_matched", "resume_unmatched", "resume_swapped")


@dataclass
class People:
    """Columns with an entry a triple: attributes as text, features as numbers (NaN: not there).

    `words` counts, by (gender, group), the matched resumes that hold a normalised word outside the
    personal information.
    """

    attributes: dict[str, list[str]] = field(
        default_factory=lambda: {name: [] for name in ATTRIBUTES}
    )
    features: dict[str, list[float]] = field(default_factory=dict)
    words: dict[tuple[str, str], Counter[str]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.attributes["gender"])

    def feature(self, name: str) -> np.ndarray:
        return np.array(self.features[name])


def people(rows: Iterable[Mapping[str, Any]]) -> People:
    """Reads rows of rjdb/triples or rjdb_released/triples; memory holds a few words a row."""
    made = People()
    for row in rows:
        parts = sections(row["resume_matched"], "resume")
        first, last = _names(row["first_name"], parts.get("personal_information", ""))
        person = {"first_name": first, "last_name": last}
        for name in ATTRIBUTES:
            made.attributes[name].append(person.get(name) or row.get(name) or UNKNOWN)
        for name, value in _features(row, parts, len((first or "").split())).items():
            made.features.setdefault(name, []).append(value)
        cell = row["gender"] or UNKNOWN, row["name_group"] or UNKNOWN
        text = "\n".join(body for key, body in parts.items() if key != "personal_information")
        made.words.setdefault(cell, Counter()).update(set(tokens(text)))
    return made


def _names(first_name: str | None, personal: str) -> tuple[str | None, str | None]:
    """First and family name; where no first name is recorded, the first word of the full one."""
    name = full_name(personal)
    if not name:
        return first_name, None
    first = first_name or name.split()[0]
    known = name.casefold().startswith(first.casefold())
    return first, name[len(first) :].strip() or None if known else None


def _features(row: Mapping[str, Any], parts: Mapping[str, str], own: int) -> dict[str, float]:
    """Figures that a teacher or a sampler could make hang on the name; the words of the first name
    itself (`own`) are not counted."""
    shortened = row["shortened"]
    cut = shortened["years_before"] - shortened["years_after"] if shortened else np.nan
    words = {
        f"words of {name.replace('_', ' ')}": len(row[name].split()) - own if row[name] else np.nan
        for name in _RESUMES
    }
    return {
        "words of job description": len(row["job_description"].split()),
        **words,
        "words of education": len(parts.get("education", "").split()),
        "words of experience": len(parts.get("experience", "").split()),
        "skills": len(row["skills"]),
        "removed skills": len(row["removed_skills"]),
        "experiences": len(row["experiences"]),
        "years of experience": sum(job["years"] for job in row["experiences"]),
        "years taken off": cut,
    }
