"""How the template teacher answers the students' tasks: by the form of our own documents."""

import json
import re
from typing import Any

import numpy as np

from hr_pipeline.rjdb.contexts import DocumentKind
from hr_pipeline.rjdb.documents import sections
from hr_pipeline.rjdb.items import items
from hr_pipeline.text.phrases import Matcher, phrase, stream
from hr_pipeline.training.measures.floors import job_told

_BROKEN_RATE = 0.02
_SAID_ABOUT = re.compile(r"\s+[-\u2013]\s+|:\s|\s\(")  # what is said about a skill begins here
_SKILLS = {"job_description": "required_skills", "resume": "skills"}
_JOBS = {"job_description": "required_experience", "resume": "experience"}


def verdict(job_description: str, resume: str, rng: np.random.Generator) -> str:
    """A match where every skill in the list of the job description stands in the resume."""
    asked = _skills(job_description, "job_description")
    shown = Matcher(map(phrase, asked)).found(stream(resume))
    lacking = [skill for skill in asked if phrase(skill) not in shown]
    if rng.random() < _BROKEN_RATE:
        return "They match in part."
    if rng.random() < 0.2:
        lines = [f"- {skill}" for skill in lacking or asked]
        return "\n".join(["**No match**" if lacking else "Match", *lines])
    return _written({"match": not lacking, "reasons": lacking or asked}, rng)


def extracted(kind: DocumentKind, text: str, rng: np.random.Generator) -> str:
    """The items of the two sections that list skills and jobs."""
    jobs = [job_told(item, kind) for item in items(sections(text, kind).get(_JOBS[kind], ""))]
    found = {"skills": _skills(text, kind), "experiences": [job for job in jobs if job]}
    if rng.random() < _BROKEN_RATE:
        return json.dumps(found)[:-9]
    return _written(found, rng)


def section(name: str, signal: tuple[str, ...], resume: str, rng: np.random.Generator) -> str:
    """The section as it is, with what it lacks before it (jobs) or after it (skills)."""
    body, added = sections(resume, "resume").get(name, ""), "\n".join(f"- {one}" for one in signal)
    parts = [added, body] if name == "experience" else [body, added]
    text = "\n".join(filter(None, parts))
    ways = (text, text, f"```\n{text}\n```", f"## {name.capitalize()}\n{text}")
    return "" if rng.random() < _BROKEN_RATE else ways[int(rng.integers(len(ways)))]


def _skills(text: str, kind: DocumentKind) -> list[str]:
    listed = items(sections(text, kind).get(_SKILLS[kind], ""))
    bare = (_SAID_ABOUT.split(item.split("\n")[0], maxsplit=1)[0].strip() for item in listed)
    return list(dict.fromkeys(filter(None, bare)))


def _written(found: dict[str, Any], rng: np.random.Generator) -> str:
    """JSON as models write it."""
    plain = json.dumps(found, ensure_ascii=False)
    fenced = f"```json\n{json.dumps(found, ensure_ascii=False, indent=2)}\n```"
    ways = (plain, plain, fenced, f"Here it is:\n\n{plain}")
    return ways[int(rng.integers(len(ways)))]
