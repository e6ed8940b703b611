"""The context of a triple: everything that is decided before a word is written.

A context holds the skills, experiences, name and planned changes of one triple. The documents that
follow from it are plans: which skills and which experiences each of the three resumes shows.
"""

from dataclasses import dataclass
from typing import Literal

ResumeKind = Literal["matched", "unmatched", "swapped"]
RESUME_KINDS: tuple[ResumeKind, ...] = ("matched", "unmatched", "swapped")


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
