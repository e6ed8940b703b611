"""What a judge is asked of a document: its consistency and its factuality, from 1 to 5 (G-Eval).

Source: RJDB paper, section 2.3. A question holds the criterion, the steps, the facts that the
document was written from, and the document; the answer is the score alone.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from hr_pipeline.llm.probabilities import WITH_PROBABILITIES, token_probabilities
from hr_pipeline.llm.structured import read_field, schema_of
from hr_pipeline.llm.task import Prompt, ReplyError, Task, load_prompt
from hr_pipeline.quality.judges import template
from hr_pipeline.rjdb.contexts import DOCUMENTS, Context

Criterion = Literal["consistency", "factuality"]
LOWEST, HIGHEST = 1, 5
KINDS = {"job_description": "job description", "resume": "resume"}


@dataclass(frozen=True)
class JudgeQuestion:
    """One document (a key of `DOCUMENTS`) beside the context that it was written from."""

    document: str
    text: str
    context: Context


def _fields(question: JudgeQuestion) -> Mapping[str, str]:
    document, context = DOCUMENTS[question.document], question.context
    plan = context.plan(document.plan)
    jobs = [
        f"- {job.duration} as {job.title}"
        if document.kind == "job_description"
        else f"- {job.title} ({job.span})"
        for job in plan.experiences
    ]
    return {
        "kind": KINDS[document.kind],
        "title": context.occupation,
        "skills": "\n".join(f"- {skill}" for skill in plan.skills) or "- (none)",
        "experience": "\n".join(jobs) or "- (none)",
        "text": question.text,
    }


_SCALE = re.compile(r"\b1\s*(?:-|–|—|to|and|through)\s*5\b", re.I)
_OUT_OF = re.compile(r"(?<=\d)\s*(?:/|out\s+of|of)\s*5(?:\.0)?\b", re.I)
_NUMBER = re.compile(r"(?<![\w.])\d+(?:\.\d+)?(?![\w])")
_SCORED = re.compile(
    r"\b(?:score|rating|rate|grade)\b\W{0,9}(?:\w+\W{1,3}){0,3}?(\d+(?:\.\d+)?)", re.I
)


def parse_score(reply: str, question: JudgeQuestion) -> float:
    """The score in a reply: "4", "4/5", "Score: 4", "4 out of 5", {"score": 4}.

    The scale itself ("from 1 to 5") is no score. Of several numbers the one that is called score
    or rating counts, where there is one; else, and outside 1 to 5, the reply is asked again.
    """
    held = read_field(reply, "score")
    text = _OUT_OF.sub("", _SCALE.sub(" ", reply if held is None else str(held)))
    numbers = set(map(float, _NUMBER.findall(text)))
    if len(numbers) > 1:
        numbers = set(map(float, _SCORED.findall(text)))
    if len(numbers) != 1:
        raise ReplyError("No single score was found. Reply with one number from 1 to 5 alone.")
    score = numbers.pop()
    if not LOWEST <= score <= HIGHEST:
        raise ReplyError(f"{score:g} is no score. Reply with one number from 1 to 5 alone.")
    return score


def expected_score(completion: bytes, score: float) -> float | None:
    """The mean of the scores by the probabilities of their tokens, where the reply's score stands;
    None where the endpoint tells none. `completion` as it was received, `score` as parsed."""
    for token in token_probabilities(completion):
        if token.text.strip() == f"{score:g}":
            weights = dict.fromkeys(range(LOWEST, HIGHEST + 1), 0.0)
            for text, probability in token.alternatives.items():
                if text.strip() in map(str, weights):
                    weights[int(text)] += probability
            total = sum(weights.values())
            mean = sum(value * weight for value, weight in weights.items()) / total if total else 0
            return round(mean, 5) if total else None
    return None


def _task(criterion: Criterion, prompt: Prompt) -> Task[JudgeQuestion, float]:
    return Task(
        name=f"judge_{criterion}",
        prompt=prompt,
        fields=_fields,
        parse=parse_score,
        template=lambda q, rng: template.score(q.document, q.text, q.context, criterion, rng),
        schema=schema_of("judgement", "score", {"type": "integer"}),
    )


_ROOM = "hr_pipeline.quality"
CRITERIA: dict[str, Task[JudgeQuestion, float]] = {
    "consistency": _task("consistency", load_prompt(_ROOM, "judge_consistency")),
    "factuality": _task("factuality", load_prompt(_ROOM, "judge_factuality")),
}
WEIGHTED = {name: replace(task, parameters=WITH_PROBABILITIES) for name, task in CRITERIA.items()}
