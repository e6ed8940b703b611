"""The students' three tasks as texts (RJDB 4): rows to prompts and answers, and answers read back.

Prompts and answers stand on one line (`flat_text`); answers list items between semicolons. Whatever
a model writes is read without an error: what cannot be read says nothing.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hr_pipeline.lake.picked import drawn
from hr_pipeline.training.examples import Example
from hr_pipeline.training.measures.metrics import Extracted, Measured, Verdict
from hr_pipeline.training.measures.metrics import editing_metrics as measure_editing
from hr_pipeline.training.measures.metrics import extraction_metrics as measure_extraction
from hr_pipeline.training.measures.metrics import matching_metrics as measure_matching
from hr_pipeline.training.students.flat_text import flat, joined, unflat

Row = Mapping[str, Any]

MATCH, NO_MATCH = "match", "no match"
SKILLS, EXPERIENCES = "skills", "experiences"
DOCUMENTS = {"resume": "resume", "job_description": "job description"}
_MATCH_ASKED = "Does this resume fit this job, and why?"
_VERDICT = re.compile(r"\W*(?P<no>(?:no|not a)\s+|mis)?match\b(?P<rest>.*)", re.I | re.S)
_LABEL = re.compile(rf"(?:^|[|\n])\s*({SKILLS}|{EXPERIENCES}):", re.I)


@dataclass(frozen=True)
class Student:
    """A task as data: `dataset` with the column that tells its rows apart, its rows as examples,
    the answer to a row as its measure takes it, and that measure."""

    name: str
    dataset: str
    key: str
    prompt: Callable[[Row], str]
    target: Callable[[Row], str]
    read: Callable[[str], Any]
    measure: Callable[[Sequence[Row], Sequence[Any]], list[Measured]]
    learns: Callable[[Row], bool] = lambda row: True

    def example(self, row: Row) -> Example:
        return Example(row[self.key], self.prompt(row), self.target(row))


# -- matching and explaining ---------------------------------------------------------------


def matching_prompt(row: Row) -> str:
    """Of a job description and a resume."""
    job, resume = row["job_description"], row["resume"]
    return joined(_MATCH_ASKED, f"Job description:\n\n{job}", f"Resume:\n\n{resume}")


def verdict_text(match: bool, reasons: Iterable[str]) -> str:
    """E.g. "no match; lacks SQL; 3 of 5 years as Nurse": the verdict comes first."""
    return _listed([MATCH if match else NO_MATCH, *reasons])


def read_verdict(text: str) -> Verdict:
    """The verdict and its reasons; of a text that begins with neither verdict nothing is kept."""
    found = _VERDICT.fullmatch(text)
    if found is None:
        return Verdict()
    return Verdict(not found["no"], tuple(_items(found["rest"])))


# -- extraction ----------------------------------------------------------------------------


def extraction_prompt(row: Row) -> str:
    """Of a document of one of the `DOCUMENTS`."""
    kind = DOCUMENTS[row["kind"]]
    return joined(f"Which skills and experiences does this {kind} tell of?", row["text"])


def extracted_text(skills: Iterable[str], experiences: Iterable[str]) -> str:
    """E.g. "skills: SQL; Java | experiences: Nurse (2014 - 2019)"."""
    return flat(f"{SKILLS}: {_listed(skills)}\n{EXPERIENCES}: {_listed(experiences)}")


def read_extracted(text: str) -> Extracted:
    """Items after each label, each once; what stands before the first label is nothing."""
    found: dict[str, dict[str, None]] = {SKILLS: {}, EXPERIENCES: {}}
    _, *labelled = _LABEL.split(text)
    for label, items in zip(labelled[::2], labelled[1::2], strict=True):
        found[label.lower()] |= dict.fromkeys(_items(items))
    return Extracted(tuple(found[SKILLS]), tuple(found[EXPERIENCES]))


# -- editing -------------------------------------------------------------------------------


def editing_prompt(row: Row) -> str:
    """Of a section's name, what it lacks, and the whole resume."""
    asked = f"Write the {row['section']} section of this resume so that it has all of these:"
    return joined(f"{asked}\n{_listed(row['signal'])}", row["resume_unmatched"])


STUDENTS = {
    student.name: student
    for student in (
        Student(
            name="matcher",
            dataset="rjdb/matching",
            key="pair_id",
            prompt=matching_prompt,
            target=lambda row: verdict_text(row["label"], row["explanation"]),
            read=read_verdict,
            measure=measure_matching,
            learns=lambda row: row["negative_kind"] != "swapped",  # the paper's set, 1 to 1
        ),
        Student(
            name="extractor",
            dataset="rjdb/extraction",
            key="document_id",
            prompt=extraction_prompt,
            target=lambda row: extracted_text(row["skills"], row["experiences"]),
            read=read_extracted,
            measure=measure_extraction,
        ),
        Student(
            name="editor",
            dataset="rjdb/editing",
            key="item_id",
            prompt=editing_prompt,
            target=lambda row: flat(row["target"]),
            read=unflat,
            measure=measure_editing,
        ),
    )
}


def some_triples(rows: Sequence[Row], most: int, seed: int, stage: str) -> list[Row]:
    """Rows of whole triples, drawn by their ids, in the rows' order: at most `most` rows but of one
    triple at least, and all for 0. So kinds of rows keep their shares."""
    if not most or len(rows) <= most:
        return list(rows)
    of_triple: dict[str, int] = {}
    for row in rows:
        of_triple[row["triple_id"]] = of_triple.get(row["triple_id"], 0) + 1
    kept: set[str] = set()
    count = 0
    for triple in drawn(of_triple, len(of_triple), seed, stage):
        count += of_triple[triple]
        if kept and count > most:
            break
        kept.add(triple)
    return [row for row in rows if row["triple_id"] in kept]


def _listed(items: Iterable[str]) -> str:
    """Between semicolons; an item's own semicolons and bars become commas and slashes."""
    bare = (" ".join(item.split()) for item in items)
    return "; ".join(item.replace(";", ",").replace("|", "/") for item in bare)


def _items(text: str) -> list[str]:
    """What stands between semicolons, bars and line ends."""
    return [bare for part in re.split(r"[;|\n]", text) if (bare := part.strip(" \t,:"))]
