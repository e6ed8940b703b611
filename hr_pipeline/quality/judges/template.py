"""The template judge: a score made by rules from the defects that it finds. Not a benchmark.

It reads a document with the gate's rules, as a careful person would with the facts beside it, and
answers with a model's noise and in a model's many forms.
"""

from collections import Counter
from functools import lru_cache

import numpy as np

from hr_pipeline.llm.template import JSON_RATE, written_as_json
from hr_pipeline.rjdb.contexts import DOCUMENTS, Context
from hr_pipeline.rjdb.documents import SECTIONS
from hr_pipeline.rjdb.gate import check_section
from hr_pipeline.rjdb.pages import page_of

BROKEN_RATE = 0.02
NOISE = 0.35  # standard deviation of a score, before it is rounded
# Points off for the first defect of a kind, by criterion; every further one costs half of it.
POINTS: dict[str, dict[str, float]] = {
    "consistency": {"title": 1.6, "experience": 1.0, "skill": 0.9, "section": 1.2},
    "factuality": {"title": 1.0, "experience": 1.0, "skill": 1.0, "section": 1.2},
}
_KIND_OF = {"job_title": "title", "section_missing": "section"}
_FORMS: tuple[str, ...] = ("{n}",) * 12
_FORMS += ("Score: {n}", "{n}/5", "**{n}**", "{n}.", "{criterion}: {n}")
_FORMS += ("Rating: {n} out of 5", "On a scale of 1 to 5, my score is {n}.")
_BROKEN = ("Between 3 and 4, I would say.", "The document reads well.", "0", "10", "4, perhaps 3")


@lru_cache(maxsize=256)
def defects(document: str, text: str, context: Context) -> Counter[str]:
    """How many faults of each kind (title, experience, skill, section) the gate's rules find in a
    document; names and addresses are none of a judge's business."""
    page, found = page_of(document, text), Counter[str]()
    for section in SECTIONS[DOCUMENTS[document].kind]:
        for problem in check_section(context, document, section, page.bodies.get(section, "")):
            kind = _KIND_OF.get(problem.code, problem.code.partition("_")[0])
            if kind in POINTS["factuality"]:
                found[kind] += 1
    return found


def score(
    document: str, text: str, context: Context, criterion: str, rng: np.random.Generator
) -> str:
    """A reply: 5 less the points of the defects, with noise, in one of a model's forms."""
    if rng.random() < BROKEN_RATE:
        return _BROKEN[int(rng.integers(len(_BROKEN)))]
    points = POINTS[criterion]
    off = sum(
        points[kind] * (1 + (count - 1) / 2)
        for kind, count in defects(document, text, context).items()
    )
    n = int(np.clip(np.rint(5 - off + rng.normal(0, NOISE)), 1, 5))
    if rng.random() < JSON_RATE:
        return written_as_json("score", n, int(rng.integers(4)))
    form = _FORMS[int(rng.integers(len(_FORMS)))]
    return form.format(n=n, criterion=criterion.capitalize())
