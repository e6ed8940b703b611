"""What the teacher is asked for the graph: the skills of a general occupation (RJDB 2.1)."""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
import yaml

from hr_pipeline.graph.build import fold
from hr_pipeline.llm.lists import read_list
from hr_pipeline.llm.structured import schema_of
from hr_pipeline.llm.task import ReplyError, Task, load_prompt
from hr_pipeline.llm.template import JSON_RATE, written_as_json

_LONGEST = 40
_NO_SKILL = frozenset(",[]{}")


@dataclass(frozen=True)
class SkillsQuestion:
    """n skills are asked for an occupation; the SOC code serves the template teacher only."""

    occupation: str
    code: str
    n: int


def parse_skill_list(reply: str, question: SkillsQuestion) -> list[str]:
    """The first n distinct skills of a listing: JSON, or one per line (or comma-separated on one
    line)."""
    named = read_list(reply, "skills", question.n)
    found: dict[str, str] = {}
    for skill in filter(_is_skill, named):
        found.setdefault(fold(skill), skill)
    skills = list(found.values())
    if len(skills) < question.n:
        raise ReplyError(
            f"{len(skills)} usable skills were found; list exactly {question.n} different ones, "
            "each as an entry of its own, 1 to 4 words, without explanations."
        )
    return skills[: question.n]


def _is_skill(text: str) -> bool:
    return (
        2 <= len(text) <= _LONGEST
        and any(map(str.isalnum, text))
        and len(text.split()) <= 5
        and _NO_SKILL.isdisjoint(text)
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
    if rng.random() < JSON_RATE:
        return written_as_json("skills", chosen, int(rng.integers(4)))
    style = ("{i}. {skill}", "- {skill}", "{skill}", "{i}) {skill}")[int(rng.integers(4))]
    head = ("", f"Skills for {question.occupation}:\n", "\n")[int(rng.integers(3))]
    return head + "\n".join(style.format(i=i, skill=s) for i, s in enumerate(chosen, 1))


LIST_SKILLS: Task[SkillsQuestion, list[str]] = Task(
    name="list_skills",
    prompt=load_prompt("hr_pipeline.graph", "list_skills"),
    fields=lambda q: {"occupation": q.occupation, "n": str(q.n)},
    parse=parse_skill_list,
    template=list_skills_by_template,
    schema=schema_of("skills", "skills", {"type": "array", "items": {"type": "string"}}),
)
