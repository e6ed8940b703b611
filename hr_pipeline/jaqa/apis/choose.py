"""APIs of skills: the nearest of the catalog, and the teacher's choice among them (KDJPPR 3.2)."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from hr_pipeline.embedding.models import Embedder
from hr_pipeline.embedding.nearest import EXACT_UP_TO, Nearest, nearest_k
from hr_pipeline.jaqa.apis.catalog import Api
from hr_pipeline.jaqa.apis.questions import CHOOSE_APIS, ApisQuestion
from hr_pipeline.jaqa.keys import skill_key
from hr_pipeline.lake.ledger import Ledger
from hr_pipeline.lake.picked import most_frequent
from hr_pipeline.llm.engine import Engine, Unanswered

Row = dict[str, Any]


@dataclass(frozen=True)
class Skill:
    """A distinct skill in its usual spelling, and how many postings ask for it."""

    name: str
    n_postings: int


def distinct_skills(skills_of_postings: Iterable[list[str]]) -> list[Skill]:
    """The skills of all postings, those with equal keys once, by key. The usual spelling is the
    most frequent one, among equals the first of the alphabet."""
    spellings: dict[str, Counter[str]] = {}
    postings: Counter[str] = Counter()
    for skills in skills_of_postings:
        keys = {key: skill for skill in reversed(skills) if (key := skill_key(skill))}
        for key, skill in keys.items():
            spellings.setdefault(key, Counter())[skill] += 1
            postings[key] += 1
    return [Skill(most_frequent(found), postings[key]) for key, found in sorted(spellings.items())]


@dataclass(frozen=True)
class Retrieved:
    """A question for each skill, with the cosines of its candidates; how they were found."""

    questions: list[ApisQuestion]
    scores: list[list[float]]
    nearest: Nearest


def retrieve(
    skills: list[Skill],
    catalog: list[Api],
    embedder: Embedder,
    k: int,
    seed: int,
    exact_up_to: int = EXACT_UP_TO,
) -> Retrieved:
    """The k APIs nearest to each skill. Among equals the more used one is first."""
    names, texts = [skill.name for skill in skills], [api.text for api in catalog]
    found = nearest_k(embedder, names, texts, k, exact_up_to=exact_up_to, seed=seed)
    questions = [
        ApisQuestion(
            skill.name,
            tuple(catalog[place].name for place in places),
            tuple(", ".join(catalog[place].ecosystems) for place in places),
        )
        for skill, places in zip(skills, found.positions, strict=True)
    ]
    return Retrieved(questions, [list(map(float, row)) for row in found.scores], found)


def choose_apis(
    skills: list[Skill],
    retrieved: Retrieved,
    engine: Engine,
    embedder: str,
    ledger: Ledger,
    watch: Callable[[Iterator, int], Iterator] = lambda answers, total: answers,
) -> Iterator[Row]:
    """Rows of jaqa/skill_apis, one call a skill; those without a usable reply go to the ledger."""
    questions = retrieved.questions
    answers = watch(engine.in_order(partial(engine.answer, CHOOSE_APIS), questions), len(questions))
    for skill, question, scores, answer in zip(
        skills, questions, retrieved.scores, answers, strict=True
    ):
        if isinstance(answer, Unanswered):
            ledger.add("row", skill.name, "no_usable_reply", answer.reason, answer.raw)
            continue
        yield {
            "skill": skill.name,
            "n_postings": skill.n_postings,
            "candidates": list(question.candidates),
            "ecosystems": list(question.ecosystems),
            "scores": scores,
            "apis": answer.value,
            "embedder": embedder,
            "teacher": engine.teacher.model,
            "prompt_hash": CHOOSE_APIS.prompt.hash,
            "request_ids": list(answer.request_ids),
        }


def faults_in_choices(rows: Iterable[Row], known: set[str]) -> Counter[str]:
    """What must not be: a choice outside the candidates or twice, a candidate that the catalog does
    not have, scores that do not descend."""
    faults: Counter[str] = Counter()
    for row in rows:
        faults["chosen outside the candidates"] += bool(set(row["apis"]) - set(row["candidates"]))
        faults["chosen twice"] += len(set(row["apis"])) != len(row["apis"])
        faults["candidates not in the catalog"] += bool(set(row["candidates"]) - known)
        faults["scores out of order"] += row["scores"] != sorted(row["scores"], reverse=True)
    return +faults
