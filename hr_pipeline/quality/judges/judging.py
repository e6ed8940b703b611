"""Which documents are judged, and what becomes of a judge's replies: rows of quality/judgements."""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from hr_pipeline.lake.errors import InputError
from hr_pipeline.lake.ledger import Ledger
from hr_pipeline.lake.picked import drawn, rows_among
from hr_pipeline.lake.rng import digest, rng
from hr_pipeline.llm.engine import Answer, Engine, Unanswered
from hr_pipeline.llm.probabilities import token_probabilities
from hr_pipeline.quality.judges.corruptions import CORRUPTIONS, Strangers
from hr_pipeline.quality.judges.questions import (
    CRITERIA,
    WEIGHTED,
    JudgeQuestion,
    expected_score,
)
from hr_pipeline.rjdb.contexts import Context, context_from_row

JUDGED = ("job_description", "resume_matched")
ORIGINAL = "none"
BY_SAMPLES, BY_PROBABILITIES = "samples", "probabilities"
MOST_SAMPLES = 100  # to a question; all are in memory at once
COLUMNS = ("corpus", "triple_id", "document", "criterion", "corruption", "teacher", "writing_mode")
Batches = Callable[[str, list[str] | None], Iterable[pa.RecordBatch]]


@dataclass(frozen=True)
class JudgingSettings:
    """`sample`: triples judged of each corpus and writing mode; `twins`: of these, how many are
    judged corrupted too; `samples`: replies to a question; `weighting`: their mean, or by the
    probabilities of one reply's token."""

    sample: int = 100
    twins: int = 50
    samples: int = 5
    weighting: str = BY_SAMPLES


def judging_settings(config: Mapping[str, Any]) -> JudgingSettings:
    """The settings, checked; raises InputError."""
    settings = JudgingSettings(**config)
    least = {"sample": 1, "twins": 0, "samples": 1}
    for name, number in least.items():
        if getattr(settings, name) < number:
            raise InputError(f"at least {number} is needed", f"quality/judgements.{name}")
    if settings.samples > MOST_SAMPLES:
        most = f"at most {MOST_SAMPLES} replies are asked for a question"
        raise InputError(most, f"quality/judgements.samples={settings.samples}")
    if settings.weighting not in (BY_SAMPLES, BY_PROBABILITIES):
        raise InputError(
            f"there is no {settings.weighting!r}",
            "quality/judgements.weighting",
            f"use {BY_SAMPLES} or {BY_PROBABILITIES}",
        )
    return settings


# -- what is judged --------------------------------------------------------------------------


def drawn_triples(batches: Batches, dataset: str, sample: int, seed: int) -> list[dict[str, Any]]:
    """`sample` rows of each writing mode of a dataset of triples, drawn by their ids: the same ones
    whatever the order; the order of drawing is kept."""
    ids: dict[str | None, list[str]] = {}
    for batch in batches(dataset, ["triple_id", "writing_mode"]):
        for row in batch.to_pylist():
            ids.setdefault(row["writing_mode"], []).append(row["triple_id"])

    stage = (seed, "judged triples")
    wanted = [key for of_mode in ids.values() for key in drawn(of_mode, sample, *stage)]
    rows = rows_among(batches(dataset, None), "triple_id", wanted)
    return sorted(rows, key=lambda row: digest(*stage, row["triple_id"]))


@dataclass(frozen=True)
class Item:
    """One judgement to be made; `facts` are the columns of its row that are known beforehand.
    `question` is None where the document could not be corrupted."""

    facts: dict[str, Any]
    question: JudgeQuestion | None

    @property
    def key(self) -> str:
        names = ("corpus", "triple_id", "document", "criterion", "corruption")
        return "/".join(self.facts[name] for name in names)


def every_item(
    batches: Batches,
    corpora: Mapping[str, str],
    skills: list[str],
    titles: list[str],
    settings: JudgingSettings,
    seed: int,
) -> list[Item]:
    """The items of all corpora (name -> dataset of triples), from triples drawn of each."""
    return [
        item
        for corpus, dataset in corpora.items()
        for rows in [drawn_triples(batches, dataset, settings.sample, seed)]
        for item in items_of(corpus, rows, skills, titles, settings, seed)
    ]


def items_of(
    corpus: str,
    rows: list[dict[str, Any]],
    skills: list[str],
    titles: list[str],
    settings: JudgingSettings,
    seed: int,
) -> Iterator[Item]:
    """All judgements of a corpus: every document by every criterion, and the twins of the first
    `settings.twins` of each writing mode. `skills` and `titles` are those of the graph."""
    contexts = [context_from_row(row) for row in rows]
    strangers, modes = Strangers(skills, titles, contexts), dict[str | None, int]()
    for row, context in zip(rows, contexts, strict=True):
        mode = row["writing_mode"]
        modes[mode] = modes.get(mode, 0) + 1
        with_twins = modes[mode] <= settings.twins
        for document in JUDGED:
            for corruption, question in _twins(row, context, document, strangers, seed, with_twins):
                for criterion in CRITERIA:
                    known = (row["triple_id"], document, criterion, corruption)
                    values = (corpus, *known, row["teacher"], mode)
                    yield Item(dict(zip(COLUMNS, values, strict=True)), question)


def _twins(
    row: Mapping[str, Any],
    context: Context,
    document: str,
    strangers: Strangers,
    seed: int,
    with_twins: bool,
) -> Iterator[tuple[str, JudgeQuestion | None]]:
    """The document as it is, and its corrupted twins, by the name of the corruption."""
    original = JudgeQuestion(document, row[document], context)
    yield ORIGINAL, original
    for name, corrupt in CORRUPTIONS.items() if with_twins else ():
        draws = rng(seed, f"corruption/{name}", f"{row['triple_id']}/{document}")
        yield name, corrupt(original, strangers, draws)


# -- judging ---------------------------------------------------------------------------------


@dataclass
class Judged:
    """The replies to one item's question; `lost` are (step, cause, detail, raw) of the ledger."""

    item: Item
    scores: list[float] = field(default_factory=list)
    weighting: str = BY_SAMPLES
    request_ids: list[str] = field(default_factory=list)
    lost: list[tuple[str, str, str, str]] = field(default_factory=list)

    def take(self, answer: Answer[float]) -> None:
        self.scores.append(answer.value)
        self.request_ids += answer.request_ids

    def miss(self, failure: Unanswered) -> None:
        self.lost.append(("sample", failure.task, failure.reason, failure.raw))
        self.request_ids += failure.request_ids

    def row(self, judge: str) -> dict[str, Any] | None:
        """A row of quality/judgements; None where no reply could be used."""
        if not self.scores:
            return None
        criterion = self.item.facts["criterion"]
        return self.item.facts | {
            "judgement_id": self.item.key,
            "score": round(sum(self.scores) / len(self.scores), 5),
            "samples": len(self.scores),
            "weighting": self.weighting,
            "judge": judge,
            "prompt_hash": CRITERIA[criterion].prompt.hash,
            "request_ids": self.request_ids,
        }


class Judging:
    """Asks the engine's teacher for scores.

    By probabilities, one reply is enough where the endpoint tells them. Whether it does, the first
    question shows; where it does not (some refuse to be asked), all are judged by the mean of
    samples, and a single reply that tells none of its score is, too.
    """

    def __init__(self, engine: Engine, settings: JudgingSettings) -> None:
        self.engine, self.settings = engine, settings
        self._tells = None if settings.weighting == BY_PROBABILITIES else False
        self._first = asyncio.Lock()

    async def judge(self, item: Item) -> Judged:
        judged, question = Judged(item), item.question
        if question is None:
            judged.lost.append(("row", "could not be corrupted", item.facts["corruption"], ""))
            return judged
        if self._tells is not False and await self._weighted(judged, question):
            return judged
        task = CRITERIA[item.facts["criterion"]]
        # All at once: where replies wait for a batch, one round holds all samples.
        asked = (self.engine.ask(task, question, n) for n in range(self.settings.samples))
        for answer in await asyncio.gather(*asked, return_exceptions=True):
            if isinstance(answer, Unanswered):
                judged.miss(answer)
            elif isinstance(answer, BaseException):
                raise answer
            else:
                judged.take(answer)
        if not judged.scores:
            _, cause, detail, raw = judged.lost.pop()
            judged.lost.append(("row", cause, detail, raw))
        return judged

    async def _weighted(self, judged: Judged, question: JudgeQuestion) -> bool:
        """Whether one reply's probabilities gave the score. The first question goes alone."""
        if self._tells is None:
            async with self._first:
                if self._tells is None:
                    return await self._by_probabilities(judged, question)
        return bool(self._tells) and await self._by_probabilities(judged, question)

    async def _by_probabilities(self, judged: Judged, question: JudgeQuestion) -> bool:
        tells, expected = False, None
        try:
            answer = await self.engine.ask(WEIGHTED[judged.item.facts["criterion"]], question)
            judged.request_ids += answer.request_ids
            tells = bool(token_probabilities(answer.reply.body))
            expected = expected_score(answer.reply.body, answer.value)
        except Unanswered as failure:
            judged.request_ids += failure.request_ids
        if self._tells is None:
            self._tells = tells
        if expected is None:
            return False
        judged.scores, judged.weighting = [expected], BY_PROBABILITIES
        return True


def judgements(judging: Judging, items: Iterable[Item], ledger: Ledger) -> Iterator[Judged]:
    """All items judged, in order; what was lost goes to the ledger as it happens."""
    for judged in judging.engine.in_order(judging.judge, items):
        for step, cause, detail, raw in judged.lost:
            ledger.add(step, judged.item.key, cause, detail, raw)
        yield judged
