"""Skills of general occupations, listed by the teacher (RJDB 2.1, "Generating Skills")."""

import re
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import pyarrow as pa
import yaml

from hr_pipeline.embedding.topk import nearest
from hr_pipeline.graph.build import fold
from hr_pipeline.lake.ledger import Ledger
from hr_pipeline.lake.rng import digest
from hr_pipeline.llm.engine import Engine, Unanswered
from hr_pipeline.llm.task import ReplyError, Task, load_prompt

N_SKILLS = (3, 20)  # bounds of n: merged titles reach 284
N_WITHOUT_COUNTERPART = 8
MOST_COMMON_SHARE = 0.05  # of the general occupations that may share one generated skill
_MARK = re.compile(r"^\s*(?:[-*•–—]+(?!\w*\*)|\(?\d{1,2}[.)](?!\d))\s*")
_TALK = re.compile(
    r"(?:sure|certainly|of course|here (?:are|is)|skills (?:for|of))\b", re.IGNORECASE
)
_EXPLANATION = re.compile(r"\s+[-–—]+\s+|\*{0,2}:\*{0,2}\s+")
_LONGEST = 40


@dataclass(frozen=True)
class SkillsQuestion:
    """n skills are asked for an occupation; the SOC code serves the template teacher only."""

    occupation: str
    code: str
    n: int


def parse_skill_list(reply: str, question: SkillsQuestion) -> list[str]:
    """The first n distinct skills of a listing, one per line (or comma-separated on one line)."""
    lines = [_bare(_MARK.sub("", line)) for line in reply.splitlines()]
    listed = [line for line in lines if line and not line.endswith(":")]
    if len(listed) > question.n:
        listed = [line for line in listed if not _TALK.match(line)]
    if len(listed) == 1 and question.n > 1:
        parts = re.split(r"[,;]", listed[0].split(": ")[-1])
        listed = [_bare(part).removeprefix("and ") for part in parts]
    named = [_bare(_EXPLANATION.split(line, maxsplit=1)[0]) for line in listed]
    found: dict[str, str] = {}
    for skill in filter(_is_skill, named):
        found.setdefault(fold(skill), skill)
    skills = list(found.values())
    if len(skills) < question.n:
        raise ReplyError(
            f"{len(skills)} usable skills were found; list exactly {question.n} different ones, "
            "each on its own line, 1 to 4 words, without explanations."
        )
    return skills[: question.n]


def _bare(text: str) -> str:
    """Without quotes and emphasis around it; a full stop goes at the end only (".NET")."""
    return text.strip(" *`\"'").rstrip(" .*`\"'")


def _is_skill(text: str) -> bool:
    return (
        2 <= len(text) <= _LONGEST
        and any(map(str.isalnum, text))
        and len(text.split()) <= 5
        and "," not in text
    )


@cache
def _table() -> dict[str, dict[str, list[str]]]:
    text = (files("hr_pipeline.graph") / "template_skills.yaml").read_text(encoding="utf-8")
    return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))


def list_skills_by_template(question: SkillsQuestion, rng: np.random.Generator) -> str:
    """A reply as a model would write it, from our own table of skills per SOC minor group."""
    table = _table()
    pool = table["minor"].get(question.code[:4], []) + table["major"].get(question.code[:2], [])
    pool = list(dict.fromkeys(pool)) or sum(table["major"].values(), [])
    n = question.n - (1 if rng.random() < 0.01 else 0)  # now and then one short
    chosen = [pool[i] for i in rng.permutation(len(pool))[:n]]
    style = ("{i}. {skill}", "- {skill}", "{skill}", "{i}) {skill}")[int(rng.integers(4))]
    head = ("", f"Skills for {question.occupation}:\n", "\n")[int(rng.integers(3))]
    return head + "\n".join(style.format(i=i, skill=s) for i, s in enumerate(chosen, 1))


LIST_SKILLS: Task[SkillsQuestion, list[str]] = Task(
    name="list_skills",
    prompt=load_prompt("hr_pipeline.graph", "list_skills"),
    fields=lambda q: {"occupation": q.occupation, "n": str(q.n)},
    parse=parse_skill_list,
    template=list_skills_by_template,
)


@dataclass(frozen=True)
class Counterpart:
    """The advertised title nearest to a general occupation, and the n that follows from it."""

    title: str | None
    similarity: float | None
    n: int


def counterparts(occupations: list[str], postings: pa.Table, model: str) -> list[Counterpart]:
    """n = the median number of skills per advertisement of the counterpart, held to 3..20."""
    per_title: dict[str, list[int]] = {}
    shown: dict[str, str] = {}
    for title, skills in zip(
        postings.column("title").to_pylist(), postings.column("skills").to_pylist(), strict=True
    ):
        shown[fold(title)] = min(title, shown.get(fold(title), title))
        per_title.setdefault(fold(title), []).append(len(skills))
    if not per_title or not occupations:
        return [Counterpart(None, None, N_WITHOUT_COUNTERPART)] * len(occupations)
    keys = sorted(per_title)
    positions, scores = nearest(occupations, [shown[key] for key in keys], model)
    return [
        Counterpart(
            shown[keys[p]], float(s), int(np.clip(np.median(per_title[keys[p]]), *N_SKILLS))
        )
        for p, s in zip(positions, scores, strict=True)
    ]


@dataclass
class GeneralSkills:
    """Rows of graph/general_skills, and what was lost."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    ledger: Ledger = field(default_factory=Ledger)


def list_general_skills(
    occupations: pa.Table,
    postings: pa.Table,
    engine: Engine,
    seed: int,
    model: str,
    watch: Callable[[Iterator, int], Iterator] = lambda results, total: results,
) -> GeneralSkills:
    """Ask the teacher for the skills of every general occupation and hold the 5% rule."""
    result = GeneralSkills()
    titles = occupations.column("title").to_pylist()
    codes = occupations.column("code").to_pylist()
    found = counterparts(titles, postings, model)
    ask = _asker(engine)
    rows = zip(titles, codes, found, strict=True)
    for row, failure in watch(engine.in_order(ask, rows), len(titles)):
        if failure is None:
            result.rows.append(row)
        else:
            result.ledger.add("row", row["code"], "no_usable_reply", failure.reason, failure.raw)
    hold_most_common_share(result, seed)
    return result


def _asker(
    engine: Engine,
) -> Callable[[tuple[str, str, Counterpart]], Awaitable[tuple[dict[str, Any], Unanswered | None]]]:
    async def ask(
        row: tuple[str, str, Counterpart],
    ) -> tuple[dict[str, Any], Unanswered | None]:
        title, code, counterpart = row
        facts = {
            "code": code,
            "title": title,
            "counterpart": counterpart.title,
            "similarity": counterpart.similarity,
            "n": counterpart.n,
            "teacher": engine.teacher.model,
        }
        try:
            answer = await engine.ask(LIST_SKILLS, SkillsQuestion(title, code, counterpart.n))
        except Unanswered as failure:
            return facts, failure
        return facts | {"skills": answer.value, "request_ids": list(answer.request_ids)}, None

    return ask


def most_holders(n_occupations: int) -> int:
    """How many general occupations may share one generated skill."""
    return max(1, int(MOST_COMMON_SHARE * n_occupations))


def largest_share(general: pa.Table) -> tuple[str, int, int]:
    """The generated skill on most occupations, on how many it sits, and on how many it may."""
    counts = Counter(fold(s) for skills in general.column("skills").to_pylist() for s in skills)
    skill, holders = counts.most_common(1)[0] if counts else ("", 0)
    return skill, holders, most_holders(general.num_rows)


def hold_most_common_share(result: GeneralSkills, seed: int) -> None:
    """Take a skill away from randomly drawn occupations until it sits on at most 5% of them.

    One "communication" on all of them would make them a single cluster (METHOD: the 5% rule).
    Occupations that are left without a skill are lost; 5% of the fewer that stay may be less.
    """
    while True:
        _take_too_common(result, seed)
        empty = [row for row in result.rows if not row["skills"]]
        for row in empty:
            result.ledger.add("row", row["code"], "no_skills", "all were too common", row["title"])
        if not empty:
            return
        result.rows = [row for row in result.rows if row["skills"]]


def _take_too_common(result: GeneralSkills, seed: int) -> None:
    most = most_holders(len(result.rows))
    holders: dict[str, list[int]] = {}
    for i, row in enumerate(result.rows):
        for skill in dict.fromkeys(map(fold, row["skills"])):
            holders.setdefault(skill, []).append(i)
    for skill, rows in holders.items():
        drawn = sorted(rows, key=lambda i: digest(seed, "5%", skill, result.rows[i]["code"]))
        for i in drawn[most:]:
            row = result.rows[i]
            row["skills"] = [s for s in row["skills"] if fold(s) != skill]
            result.ledger.add("skill", row["code"], "too_common", f"on more than {most}", skill)
