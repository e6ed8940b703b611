"""Skills of postings (KDJPPR 3.2): as the release gives them, else found in the description."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache, partial
from itertools import islice
from typing import Any

from hr_pipeline.jaqa.keys import skill_key
from hr_pipeline.jaqa.skills.finder import Found, SkillFinder, distinct
from hr_pipeline.jaqa.skills.questions import LIST_POSTING_SKILLS, Listed, PostingQuestion
from hr_pipeline.lake.ledger import Ledger
from hr_pipeline.lake.picked import drawn
from hr_pipeline.lake.processes import mapped
from hr_pipeline.lake.shown import Draw, pictures
from hr_pipeline.lake.store import Lake
from hr_pipeline.llm.engine import Answer, Engine, Unanswered
from hr_pipeline.llm.template import TEMPLATE
from hr_pipeline.text.phrases import phrase

Row = dict[str, Any]
NAMES = "sources/skill_names"
OVER_CEILING = "over_ceiling"
AT_ONCE = 256  # postings handed to a process together
ONE_PROCESS_POSTINGS = 4_000  # fewer are done before a second process has read the names
_SHOWN = 15  # most frequent skills in the plot


@dataclass(frozen=True)
class Loss:
    """A posting without a skill: why, in the ledger's words."""

    posting_id: str
    cause: str
    detail: str
    raw: str


@dataclass
class SkillCounts:
    """What is shown: where skills come from, how many a posting has, which are most frequent."""

    how: Counter[str] = field(default_factory=Counter)
    per_posting: Counter[int] = field(default_factory=Counter)
    postings: Counter[str] = field(default_factory=Counter)

    def add(self, row: Row) -> None:
        self.how[row["how"]] += 1
        self.per_posting[len(row["skills"])] += 1
        self.postings.update(row["skills"])


def drawn_postings(postings: Iterable[Row], most: int, seed: int, ledger: Ledger) -> set[str]:
    """Ids of at most so many of the postings that have a description, drawn by their hashes; the
    ledger gets the others: no_description, over_ceiling. Without a description there is nothing to
    ask about, whatever skills a release gives."""
    described = dict[str, str]()
    for row in postings:
        if (row["description"] or "").strip():
            described[row["posting_id"]] = row["title"]
        else:
            ledger.add("row", row["posting_id"], "no_description", raw=row["title"])
    chosen = set(drawn(described, most, seed, "jaqa/posting_skills"))
    for posting, title in described.items():
        if posting not in chosen:
            ledger.add("row", posting, OVER_CEILING, f"{most:,} postings were asked for", title)
    return chosen


@cache
def finder_of(root: str, version: str) -> SkillFinder:
    """The finder of a version of sources/skill_names, read once in each process."""
    return SkillFinder(Lake(root).rows(NAMES, version))


def skills_by_names(
    postings: Iterable[Row], lake: Lake, names_version: str, ledger: Ledger, processes: int
) -> Iterator[Row]:
    """Rows of jaqa/posting_skills; the ledger gets no_skill_found."""
    work = partial(_many_by_names, str(lake.root), names_version)
    for done in mapped(work, _chunks(postings), processes):
        yield from _kept(done, ledger)


def _many_by_names(root: str, version: str, postings: list[Row]) -> list[Row | Loss]:
    finder = finder_of(root, version)
    return [given_skills(row, finder) or found_skills(row, finder) for row in postings]


def _chunks(postings: Iterable[Row]) -> Iterator[list[Row]]:
    rows = iter(postings)
    while chunk := list(islice(rows, AT_ONCE)):
        yield [{name: row[name] for name in _READ} for row in chunk]


_READ = ("posting_id", "title", "description", "skills")


def _kept(results: Iterable[Row | Loss], ledger: Ledger) -> Iterator[Row]:
    for one in results:
        if isinstance(one, Loss):
            ledger.add("row", one.posting_id, one.cause, one.detail, one.raw)
        else:
            yield one


def given_skills(posting: Row, finder: SkillFinder) -> Row | None:
    """The row of a posting whose release names its skills."""
    skills = distinct(finder.usual(skill) for skill in posting["skills"] if phrase(skill))
    return _row(posting, skills, "given") if skills else None


def found_skills(posting: Row, finder: SkillFinder) -> Row | Loss:
    """The row of a posting whose description holds names of skills."""
    found = finder.find(posting["description"])
    if not found:
        return Loss(posting["posting_id"], "no_skill_found", "no name stands there", _head(posting))
    skills = distinct(one.name.skill for one in found)
    return _row(posting, skills, "found", [_place(one) for one in found])


def _row(
    posting: Row,
    skills: list[str],
    how: str,
    found: Iterable[Row] = (),
    request_ids: Iterable[str] = (),
) -> Row:
    return {
        "posting_id": posting["posting_id"],
        "skills": skills,
        "how": how,
        "found": list(found),
        "request_ids": list(request_ids),
    }


def _place(one: Found) -> Row:
    return {
        "skill": one.name.skill,
        "name": one.name.name,
        "start": one.start,
        "end": one.end,
    }


def _head(posting: Row) -> str:
    return f"{posting['title']}: {posting['description']}"[:200]


def skills_by_teacher(
    postings: Iterable[Row],
    finder: SkillFinder,
    engine: Engine,
    ledger: Ledger,
    watch: Callable[[Iterator[Row | Loss]], Iterator[Row | Loss]] = lambda results: results,
) -> Iterator[Row]:
    """The same rows, with the skills that the teacher lists of each description; the ledger gets
    no_usable_reply too, and the listed skills that stand in no description ("skill")."""

    async def ask(posting: Row) -> tuple[Row | Loss, list[str]]:
        given = given_skills(posting, finder)
        if given:
            return given, []
        text = posting["description"]
        by_template = engine.teacher.model == TEMPLATE
        names = [text[f.start : f.end] for f in finder.find(text)] if by_template else []
        try:
            answer = await engine.ask(LIST_POSTING_SKILLS, PostingQuestion(text, tuple(names)))
        except Unanswered as failure:
            cause = "no_usable_reply"
            return Loss(posting["posting_id"], cause, failure.reason, failure.raw), []
        return _listed_skills(posting, answer, finder), answer.value.invented

    def told() -> Iterator[Row | Loss]:
        for result, invented in engine.in_order(ask, postings):
            for name in invented:
                key = result.posting_id if isinstance(result, Loss) else result["posting_id"]
                ledger.add("skill", key, "not_in_description", "listed by the teacher", name)
            yield result

    return _kept(watch(told()), ledger)


def _listed_skills(posting: Row, answer: Answer[Listed], finder: SkillFinder) -> Row | Loss:
    named = answer.value.named
    if not named:
        detail = "the teacher lists none"
        return Loss(posting["posting_id"], "no_skill_found", detail, _head(posting))
    places = [
        {"skill": finder.usual(one.name), "name": one.name, "start": one.start, "end": one.end}
        for one in named
    ]
    skills = distinct(str(place["skill"]) for place in places)
    return _row(posting, skills, "teacher", places, answer.request_ids)


def faults_of_posting_skills(rows: Iterable[Row], descriptions: Iterable[Row]) -> Counter[str]:
    """Places that lie outside their text or do not spell the name, skills that repeat, rows
    without a skill, skills found nowhere. Both are in the order of the postings."""
    faults: Counter[str] = Counter()
    texts = iter(descriptions)
    for row in rows:
        posting = next((p for p in texts if p["posting_id"] == row["posting_id"]), None)
        text = (posting or {}).get("description") or ""
        faults["place that does not spell its name"] += sum(
            phrase(text[one["start"] : one["end"]]) != phrase(one["name"]) for one in row["found"]
        )
        forms = [skill_key(skill) for skill in row["skills"]]
        faults["skill that repeats"] += len(forms) - len(set(forms))
        faults["posting without a skill"] += not forms
        if row["how"] != "given":
            placed = {skill_key(one["skill"]) for one in row["found"]}
            faults["skill without a place"] += len(set(forms) ^ placed)
    return +faults


def plots(counts: SkillCounts) -> str:
    """Skills per posting, and the most frequent skills."""

    def per_posting(axes: Any) -> None:
        axes.bar(list(counts.per_posting), list(counts.per_posting.values()), width=1.0)
        axes.set(xlabel="skills of a posting", ylabel="postings")

    def most_frequent(axes: Any) -> None:
        top = sorted(counts.postings.items(), key=lambda entry: (-entry[1], entry[0]))[:_SHOWN]
        axes.barh([skill for skill, _ in reversed(top)], [n for _, n in reversed(top)])
        axes.set(xlabel="postings", title="most frequent skills")

    draws: list[Draw] = [per_posting, most_frequent]
    return pictures(draws) if counts.per_posting else ""
