"""The context of a triple: everything that is decided before a word is written.

A context holds the skills, experiences, name and planned changes of one triple. The documents that
follow from it are plans: which skills and which experiences each of the three resumes shows.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

ResumeKind = Literal["matched", "unmatched", "swapped"]
RESUME_KINDS: tuple[ResumeKind, ...] = ("matched", "unmatched", "swapped")
DocumentKind = Literal["job_description", "resume"]


@dataclass(frozen=True, slots=True)
class Document:
    """One document of a triple: `key` is its column, `plan` names the plan that it shows (the job
    description asks for what the matched resume has), `asked_as` stands in the section's prompt."""

    key: str
    kind: DocumentKind
    plan: ResumeKind
    name: str
    asked_as: str

    @property
    def title(self) -> str:
        """What messages begin with: "Matched resume"."""
        return self.name.capitalize()

    @property
    def marker(self) -> str:
        """The head in a reply: "MATCHED RESUME"."""
        return self.name.upper()


DOCUMENTS = {
    document.key: document
    for document in (
        Document(
            "job_description", "job_description", "matched", "job description", "job description"
        ),
        Document(
            "resume_matched",
            "resume",
            "matched",
            "matched resume",
            "resume of a person who meets every demand",
        ),
        Document(
            "resume_unmatched",
            "resume",
            "unmatched",
            "unmatched resume",
            "resume of a person who falls short",
        ),
        Document(
            "resume_swapped",
            "resume",
            "swapped",
            "swapped resume",
            "resume of a person with other skills than those asked for",
        ),
    )
}


def documents_of(swapped: bool) -> tuple[str, ...]:
    """Keys of the documents of a triple, with the swapped resume or without."""
    return tuple(
        key for key, document in DOCUMENTS.items() if swapped or document.plan != "swapped"
    )


@dataclass(frozen=True, slots=True)
class Experience:
    """One job held: `start` and `end` are calendar years, `years` = end - start."""

    title: str
    years: int
    start: int
    end: int

    @property
    def span(self) -> str:
        return f"{self.start} - {self.end}"

    @property
    def duration(self) -> str:
        return f"{self.years} year{'s' if self.years > 1 else ''}"


@dataclass(frozen=True, slots=True)
class Swap:
    """In the swapped resume `put_in` stands where the matched one has `removed`."""

    removed: str
    put_in: str


@dataclass(frozen=True, slots=True)
class Shortened:
    """The latest experience of the unmatched resume; `years_after` 0 means it is left out."""

    title: str
    years_before: int
    years_after: int


@dataclass(frozen=True, slots=True)
class ResumePlan:
    """What one resume must show: its skills, and its experiences latest first."""

    kind: ResumeKind
    skills: tuple[str, ...]
    experiences: tuple[Experience, ...]


@dataclass(frozen=True, slots=True)
class Context:
    """One row of rjdb/contexts; experiences are latest first, the first is the current job."""

    context_id: str
    cluster_id: str
    occupation: str
    category: str
    split: str
    skills: tuple[str, ...]
    experiences: tuple[Experience, ...]
    first_name: str
    gender: str
    name_group: str
    removed_skills: tuple[str, ...]
    swaps: tuple[Swap, ...]
    shortened: Shortened

    def plan(self, kind: ResumeKind) -> ResumePlan:
        """The skills and experiences that the resume of this kind shows (paper section 2.2)."""
        if kind == "matched":
            return ResumePlan(kind, self.skills, self.experiences)
        latest, *earlier = self.experiences
        years = self.shortened.years_after
        if kind == "swapped":
            put_in = {swap.removed: swap.put_in for swap in self.swaps}
            skills = tuple(put_in.get(skill, skill) for skill in self.skills)
            years = max(1, years)
        else:
            skills = tuple(s for s in self.skills if s not in self.removed_skills)
        shorter = Experience(latest.title, years, latest.start, latest.start + years)
        return ResumePlan(kind, skills, ((shorter,) if years else ()) + tuple(earlier))


def context_from_row(row: Mapping[str, Any]) -> Context:
    """A row of rjdb/contexts or rjdb/triples; what a released row does not say is empty, and its
    latest job is not shortened."""
    jobs = tuple(Experience(**job) for job in row["experiences"])
    short = row["shortened"]
    return Context(
        context_id=row["context_id"],
        cluster_id=row["cluster_id"] or "",
        occupation=row["occupation"],
        category=row["category"] or "",
        split=row["split"] or "",
        skills=tuple(row["skills"]),
        experiences=jobs,
        first_name=row["first_name"] or "",
        gender=row["gender"] or "",
        name_group=row["name_group"] or "",
        removed_skills=tuple(row["removed_skills"]),
        swaps=tuple(Swap(**swap) for swap in row["swaps"] or ()),
        shortened=(
            Shortened(**short) if short else Shortened(jobs[0].title, jobs[0].years, jobs[0].years)
        ),
    )


def faults_of(context: Context) -> list[str]:
    """What makes a context unfit to be written from; empty for a good one."""
    skills, removed = set(context.skills), set(context.removed_skills)
    latest = context.experiences[0] if context.experiences else None
    spans = zip(context.experiences, context.experiences[1:], strict=False)
    rules = {
        "skills repeat": len(skills) == len(context.skills),
        "no skill is removed": bool(removed),
        "a removed skill is not asked for": removed <= skills,
        "no skill stays": len(removed) < len(skills),
        "swaps are not of the removed skills": {s.removed for s in context.swaps} == removed,
        "a skill that is asked for is put in": skills.isdisjoint(s.put_in for s in context.swaps),
        "no experience": latest is not None,
        "the latest experience is not the occupation": latest is not None
        and latest.title == context.occupation,
        "spans are not contiguous": all(later.start == earlier.end for later, earlier in spans),
        "a span is not its years long": all(
            e.end - e.start == e.years for e in context.experiences
        ),
        "the latest experience is not shortened": latest is not None
        and 0 <= context.shortened.years_after < latest.years,
    }
    return [fault for fault, holds in rules.items() if not holds]


def faults_in(rows: Iterable[Mapping[str, Any]]) -> Counter[str]:
    """The faults of all contexts, and the clusters whose genders differ by more than one."""
    faults: Counter[str] = Counter()
    genders: dict[str, Counter[str]] = defaultdict(Counter)
    for row in rows:
        faults.update(faults_of(context_from_row(row)))
        genders[row["cluster_id"]][row["gender"]] += 1
    unbalanced = sum(abs(c["female"] - c["male"]) > 1 for c in genders.values())
    return faults + Counter({"clusters out of balance": unbalanced})
