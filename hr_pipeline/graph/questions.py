"""What the teacher is asked for the graph: the skills of a general occupation (RJDB 2.1)."""

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
import yaml

from hr_pipeline.graph.build import fold
from hr_pipeline.llm.structured import read_field, schema_of
from hr_pipeline.llm.task import ReplyError, Task, load_prompt
from hr_pipeline.llm.template import JSON_RATE, written_as_json

_MARK = re.compile(r"^\s*(?:[-*•–—]+(?!\w*\*)|\(?\d{1,2}[.)](?!\d))\s*")
_TALK = re.compile(
    r"(?:sure|certainly|of course|here (?:are|is)|skills (?:for|of))\b", re.IGNORECASE
)
_EXPLANATION = re.compile(r"\s+[-–—]+\s+|\*{0,2}:\*{0,2}\s+")
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
    held = read_field(reply, "skills")
    if isinstance(held, list):
        listed = [_bare(_MARK.sub("", skill)) for skill in held if isinstance(skill, str)]
    else:
        listed = _listed(reply, question.n)
    named = [_bare(_EXPLANATION.split(line, maxsplit=1)[0]) for line in listed]
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


def _listed(text: str, n: int) -> list[str]:
    """The entries of a list in plain text, without what a model says around it."""
    lines = [_bare(_MARK.sub("", line)) for line in text.splitlines()]
    listed = [line for line in lines if line and not line.endswith(":")]
    if len(listed) > n:
        listed = [line for line in listed if not _TALK.match(line)]
    if len(listed) == 1 and n > 1:
        parts = re.split(r"[,;]", listed[0].split(": ")[-1])
        listed = [_bare(part).removeprefix("and ") for part in parts]
    return listed


def _bare(text: str) -> str:
    """Without quotes and emphasis around it; a full stop goes at the end only (".NET")."""
    return text.strip(" *`\"'").rstrip(" .*`\"'")


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
